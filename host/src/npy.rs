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

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of this version with this length, behind which the text stands.
    fn header(version: u8, length: u32, text: &str) -> Vec<u8> {
        let length = length.to_le_bytes();
        let length = if version == 1 { &length[..2] } else { &length };
        [b"\x93NUMPY", &[version, 0][..], length, text.as_bytes()].concat()
    }

    #[test]
    fn headers_that_lie_about_their_length_or_shape_are_refused() {
        for version in [1, 2, 3] {
            let whole = |text: &str| check_header(&header(version, text.len() as u32, text));
            assert_eq!(whole("{'shape': (60000, 28, 28), }"), Ok(()));
            assert!(whole("{'shape': (4294967296, 4294967296), }").is_err());
            assert!(whole("{'shape': (0xffff, 2), }").is_err());
            assert!(whole(&" ".repeat(LONGEST_HEADER + 1)).is_err());
            assert!(check_header(&header(version, 9, "short")).is_err());
        }
        assert!(check_header(&header(2, u32::MAX, "{}")).unwrap_err().contains("longer header"));
        assert!(check_header(b"\x93NUMPY").is_err() && check_header(b"").is_err());
    }
}
