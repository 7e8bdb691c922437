//! Numbers in generated code.

use std::fmt::{Display, Write};

/// Numbers of generated code with commas, in lines of sixteen.
pub(super) fn list<T: Display>(numbers: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for (index, number) in numbers.into_iter().enumerate() {
        text.push(if index % 16 == 0 { '\n' } else { ' ' });
        // Writing to a string cannot fail.
        let _ = write!(text, "{number},");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_numbers_stand_in_lines_of_sixteen() {
        assert_eq!(list([1, -2]), "\n1, -2,\n");
        assert_eq!(list(0..17).lines().count(), 3);
    }
}
