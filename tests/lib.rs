//! What the workspace tests share: fixtures, a generator that replays words, the program under
//! test.

use rand_core::TryRng;
use serde_json::Value;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").into()
}

/// A fixture, by its path below `tests/fixtures`.
///
/// # Panics
/// If it is missing or not JSON.
#[must_use]
pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("a fixture is JSON")
}

/// The numbers of a JSON array.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn numbers(value: &Value) -> Vec<f64> {
    let array = value.as_array().expect("an array");
    array.iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// Replays recorded 32-bit words, each once.
#[derive(Debug)]
pub struct Replay(std::vec::IntoIter<u32>);

impl Replay {
    /// The words of a JSON array.
    #[must_use]
    pub fn new(words: &Value) -> Self {
        let words: Vec<u32> = numbers(words).iter().map(|word| *word as u32).collect();
        Self(words.into_iter())
    }

    /// Whether all words were used.
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.0.len() == 0
    }
}

impl TryRng for Replay {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next().expect("the operator draws as many words as DEAP's did"))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_u64_via_u32(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u32())
    }
}

/// The folder with real MNIST that `TINYEVO_DATA` names. Without it a test says loudly that it
/// was skipped; in CI that is a failure.
///
/// # Panics
/// In CI, if the variable is not set.
#[must_use]
pub fn real_mnist(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TINYEVO_DATA").map(PathBuf::from);
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{test}: CI must set TINYEVO_DATA");
        eprintln!("\n!!! SKIPPED {test}: set TINYEVO_DATA to a folder with the four MNIST files\n");
    }
    folder
}
