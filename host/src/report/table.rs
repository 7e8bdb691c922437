//! Tables for the terminal: columns as wide as their widest cell.

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lines of a table: the head, then the rows, with two blanks between columns. A row has as many cells as the head.
#[must_use]
pub fn table(head: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths.chain(head.get(column).map(|(name, _)| name.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(head).zip(&widths).map(|((cell, (_, align)), width)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&mut head.iter().map(|(name, _)| *name));
    text.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let head = [("name", Align::Left), ("%", Align::Right), ("state", Align::Left)];
        let rows = [("a", "7.5", "ended"), ("longer", "10.25", "")];
        let rows = rows.map(|(a, b, c)| vec![a.to_string(), b.to_string(), c.to_string()]);
        let expected = "name        %  state\na         7.5  ended\nlonger  10.25\n";
        assert_eq!(table(&head, &rows), expected);
        assert_eq!(table(&head, &[]), "name  %  state\n");
    }
}
