//! The check of a `.npy` file's header before its parser reads it, which multiplies and reserves without a look.

/// The longest header that is read, in bytes: NumPy's have 128. A text that nests deeply must not reach the parser.
pub(crate) const LONGEST_HEADER: usize = 1024;

/// Bytes in front of the header's text, at most.
pub(crate) const START: usize = 12;

/// The most decimal digits of a header: shapes of so many cannot overflow a number of 64 bits.
const MOST_DIGITS: usize = 19;

/// Refuses headers that no program writes, with which the parser could fail.
pub(crate) fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
    const NONE: &str = "is no .npy file";
    let (start, text) = match bytes.get(6) {
        Some(1) => (bytes.get(8..10), 10),
        _ => (bytes.get(8..12), 12),
    };
    let length = start.ok_or(NONE)?.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    if length > LONGEST_HEADER {
        return Err("has a longer header than NumPy writes");
    }
    let text = bytes.get(text..text + length).ok_or(NONE)?;
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits > MOST_DIGITS || text.contains(&b'x') || text.contains(&b'X') {
        return Err("has a shape that no memory holds");
    }
    Ok(())
}
