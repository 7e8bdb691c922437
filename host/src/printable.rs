//! Text from files, such as class names, for terminals: a control character in it could move the cursor, colour what follows or
//! hide it.

use std::borrow::Cow;
use std::fmt::Write;

/// The text of one or several lines: control characters other than line feeds and tabs stand as escapes, as `\u001b`, which is
/// what they are in JSON too.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// The text of a name in a line: as [`lines`], without line feeds and tabs.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    escaped(text, char::is_control)
}

fn escaped(text: &str, is_wrong: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_wrong) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_wrong(letter) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_nothing_else_is() {
        let text = "é→█\t1\r\n\u{1b}[31mred\u{7f}\u{9b}0m\0";
        assert_eq!(lines(text), "é→█\t1\\u000d\n\\u001b[31mred\\u007f\\u009b0m\\u0000");
        assert_eq!(name("a\nb\t\u{1b}"), "a\\u000ab\\u0009\\u001b");
        assert!(matches!(lines("two\nlines"), Cow::Borrowed(_)));
        // A C1 character, which JSON may hold as it is, stands for the same as its escape.
        let json = serde_json::to_string("\u{9b}").unwrap();
        assert_eq!(serde_json::from_str::<String>(&lines(&json)).unwrap(), "\u{9b}");
    }
}
