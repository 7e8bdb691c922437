//! A digit drawn with characters: two rows of pixels a line, in half blocks.

/// Draws an image of rows of `width` bytes, two rows a line, without colours: a pixel is ink
/// from the middle grey on.
#[must_use]
pub fn draw(image: &[u8], width: usize) -> String {
    let width = width.max(1);
    let mut text = String::new();
    for rows in image.chunks(2 * width) {
        let (upper, lower) = rows.split_at(rows.len().min(width));
        let mut line = String::new();
        for (column, &pixel) in upper.iter().enumerate() {
            let below = lower.get(column).copied().unwrap_or(0);
            line.push(match (pixel >= 96, below >= 96) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_make_a_line() {
        let mut image = [0; 784];
        (image[0], image[1], image[28 + 1], image[28 + 2]) = (255, 255, 255, 255);
        let text = draw(&image, 28);
        assert_eq!(text.lines().next(), Some("▀█▄"));
        assert_eq!(text.lines().count(), 14);
    }
}
