//! The name that a user gives to generated code.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// The most characters of a name: what C99 promises to tell apart, less our endings.
const LONGEST: usize = 40;

/// Words of Rust that cannot name a module. As a prefix in C every one of them would do.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern \
    false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self \
    static struct super trait true try type typeof union unsafe unsized use virtual where while yield";

/// A name in C and in Rust: an ASCII letter, then letters, digits and underscores; no word of Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier(String);

impl Identifier {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let letter = name.starts_with(|first: char| first.is_ascii_alphabetic());
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let keyword = KEYWORDS.split_whitespace().any(|word| word == name);
        if letter && plain && !keyword && name.len() <= LONGEST {
            return Ok(Self(name.to_string()));
        }
        Err(Error::Usage(format!(
            "{name:?} is no name for C and Rust: a letter, then at most {} letters, digits and \
             underscores; no keyword",
            LONGEST - 1
        )))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_both_languages() {
        for good in ["digits", "A", "a_1", &"n".repeat(40)] {
            assert_eq!(good.parse::<Identifier>().unwrap().as_str(), good);
        }
        for bad in ["", "_a", "1a", "a-b", "a b", "ä", "match", "a;", &"n".repeat(41)] {
            assert!(bad.parse::<Identifier>().is_err(), "{bad}");
        }
    }
}
