//! Fuzz targets of everything that reads bytes from outside: one folder each, with the properties that
//! must hold for any bytes (`check`), seeds made by tinyevo's own code, and the corpus that starts with
//! them.
//!
//! `cargo test -p tinyevo-fuzz` gives each target its corpus, the seeds with thousands of edits, and
//! random bytes; CONTRIBUTING.md says how to run the same targets under libFuzzer. After a format has
//! changed, `TINYEVO_WRITE_SEEDS=1 cargo test -p tinyevo-fuzz --test seeds` writes the seeds anew.

#![allow(unexpected_cfgs, reason = "cargo bolero sets `fuzzing`")]

pub mod checkpoint;
pub mod config;
pub mod idx;
pub mod onnx;
mod own;
pub mod own_csv;
pub mod own_idx;
pub mod own_npz;
pub mod picture;
pub mod safetensors;
pub mod tev;

// Under a fuzzer, every program of the package must be linked with it.
use bolero as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use tinyevo_core::layers::{Activation, Conv2d, Dense, Flatten, Layer, MaxPool2d, Padding, Window};
use tinyevo_core::rng::{Purpose, Stream, index, stream};

/// Layers with maps, for the seeds of the formats that hold them.
fn maps() -> [Layer; 4] {
    let window = Window { padding: Padding::Same, ..Window::slides(2) };
    [
        Layer::Conv2d(Conv2d { filters: 2, window, activation: Activation::Relu }),
        Layer::MaxPool2d(MaxPool2d { window: Window::tiles(2) }),
        Layer::Flatten(Flatten),
        Layer::Dense(Dense { units: 2, activation: Activation::Softmax }),
    ]
}

/// A file of a corpus: its name and bytes.
pub type Seed = (&'static str, Vec<u8>);

/// What reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its folder.
    pub name: &'static str,
    /// Files that it reads without a complaint.
    pub seeds: fn() -> Vec<Seed>,
    /// Panics if its properties do not hold for these bytes; says whether they were read.
    pub check: fn(&[u8]) -> bool,
}

/// All targets.
pub const TARGETS: [Target; 10] = [
    checkpoint::TARGET,
    config::TARGET,
    idx::TARGET,
    onnx::TARGET,
    own_csv::TARGET,
    own_idx::TARGET,
    own_npz::TARGET,
    picture::TARGET,
    safetensors::TARGET,
    tev::TARGET,
];

/// Random edits of each seed.
const EDITS: u32 = 3_000;

/// What a target does before bolero gives it the corpus and random bytes: the edited seeds, unless it
/// runs under a fuzzer, which edits better.
///
/// # Panics
/// If a property does not hold.
pub fn before(target: &Target) {
    if !cfg!(fuzzing) {
        target.check_edited_seeds();
    }
}

impl Target {
    /// Its corpus.
    #[must_use]
    pub fn corpus(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(self.name).join("corpus")
    }

    /// Checks the seeds as they are, cut at each length, with each byte changed, and with several
    /// random edits at once.
    ///
    /// # Panics
    /// If a seed is not read, or a property does not hold.
    pub fn check_edited_seeds(&self) {
        for (name, seed) in (self.seeds)() {
            assert!((self.check)(&seed), "{}: the seed {name} is refused", self.name);
            for length in 0..seed.len() {
                self.check_or_show(&seed[..length]);
            }
            let mut bytes = seed.clone();
            for at in 0..seed.len() {
                for change in [1, 0x80, 0xff, seed[at]] {
                    bytes[at] ^= change;
                    self.check_or_show(&bytes);
                    bytes[at] = seed[at];
                }
            }
            for number in 0..EDITS {
                let mut rng = stream(64, number, 0, Purpose::Show);
                let mut bytes = seed.clone();
                for _ in 0..=index(&mut rng, 4) {
                    edit(&mut bytes, &mut rng);
                }
                self.check_or_show(&bytes);
            }
        }
    }

    /// Checks; where that panics, shows the bytes first.
    fn check_or_show(&self, bytes: &[u8]) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.check)(bytes))) {
            eprintln!("{}: these bytes fail: {:?}", self.name, bytes.escape_ascii().to_string());
            resume_unwind(panic);
        }
    }
}

/// One random change: a byte, a 32-bit number, a piece that is taken out, doubled or put elsewhere.
fn edit(bytes: &mut Vec<u8>, rng: &mut Stream) {
    if bytes.is_empty() {
        bytes.push(index(rng, 256) as u8);
        return;
    }
    let at = index(rng, bytes.len());
    let end = at + 1 + index(rng, (bytes.len() - at).min(16));
    match index(rng, 5) {
        0 => bytes[at] = index(rng, 256) as u8,
        1 => {
            let numbers = [0, 1, 2, 16, 17, 0x7fff_ffff, 0x8000_0000, u32::MAX];
            let number = numbers[index(rng, numbers.len())].to_le_bytes();
            for (to, from) in bytes[at..].iter_mut().zip(number) {
                *to = from;
            }
        }
        2 => drop(bytes.drain(at..end)),
        3 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            let piece: Vec<u8> = bytes.drain(at..end).collect();
            let to = index(rng, bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
    }
}
