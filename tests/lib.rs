//! What the workspace tests share: fixtures, a generator that replays words, the program under
//! test.

pub mod imports;
pub mod own;
pub mod sources;

use rand_core::TryRng;
use serde_json::Value;
use std::convert::Infallible;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use tinyevo::config::{Algorithm, Config};
use tinyevo::data::Dataset;
use tinyevo::encoded::{EncodedSplit, Form};
use tinyevo::error::Error;
use tinyevo::feed::{Fixed, Minibatches};
use tinyevo::run::{Run, Settings};
use tinyevo::threads::Threads;
use tinyevo::threads::isa::Isa;
use tinyevo_core::network::Network;

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
        skipped(test, "set TINYEVO_DATA to a folder with the four MNIST files");
    }
    folder
}

/// Says loudly that a test was skipped, and why; in CI that is a failure.
///
/// # Panics
/// In CI.
pub fn skipped(test: &str, reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "{test} may not be skipped in CI: {reason}");
    // Straight to standard error: what a test prints is shown only where it fails.
    let notice = format!("\n!!! SKIPPED {test}: {reason}\n\n");
    let _ = std::io::stderr().write_all(notice.as_bytes());
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Itself, after checking that it succeeded.
    ///
    /// # Panics
    /// If it did not.
    #[must_use]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that it failed as it should: this exit code, one error that mentions all of
    /// `mentions`, no panic, no result.
    ///
    /// # Panics
    /// If it did not.
    pub fn fails(&self, code: i32, mentions: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "a result in spite of the error");
        let errors = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for mention in mentions {
            assert!(self.stderr.contains(mention), "no {mention:?} in:\n{}", self.stderr);
        }
    }
}

/// Runs the program at `path` without `TINYEVO_DATA`, with an empty cache and no terminal.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run(path: &str, arguments: &[&str]) -> Ran {
    ran(&mut command(path, arguments))
}

/// Runs a program in a folder.
///
/// # Panics
/// If it does not start or its output is not UTF-8.
#[must_use]
pub fn run_in(path: &str, folder: &Path, arguments: &[&str]) -> Ran {
    ran(command(path, arguments).current_dir(folder))
}

fn ran(command: &mut std::process::Command) -> Ran {
    let output = command.output().expect("the program starts");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The command that [`run`] runs. What it leaves where it runs, such as run folders, lies in `target`.
///
/// # Panics
/// If there is no such folder and it cannot be made.
#[must_use]
pub fn command(path: &str, arguments: &[&str]) -> std::process::Command {
    let folder = root().join("target/tmp/tests");
    std::fs::create_dir_all(&folder).expect("a folder in target");
    let mut command = std::process::Command::new(path);
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("TINYEVO_DATA")
        .env("XDG_CACHE_HOME", std::env::temp_dir().join("tinyevo-tests-no-such-cache"))
        .stdin(std::process::Stdio::null());
    command
}

/// Flags of a run that takes a moment: a few built-in digits and a small network.
pub const SMALL: [&str; 13] = [
    "evolve",
    "--preset",
    "tutorial",
    "--data",
    "builtin",
    "--builtin-train",
    "1",
    "--builtin-test",
    "700",
    "--hidden",
    "16",
    "--population",
    "9",
];

/// Flags of a run of which a thousand generations take a moment.
pub const TINY: [&str; 15] = [
    "evolve",
    "--preset",
    "tutorial",
    "--data",
    "builtin",
    "--builtin-train",
    "1",
    "--builtin-test",
    "100",
    "--hidden",
    "4",
    "--population",
    "6",
    "--threads",
    "1",
];

/// A path as an argument of the program.
///
/// # Panics
/// It is not UTF-8.
#[must_use]
pub fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The flags of [`SMALL`] and more.
#[must_use]
pub fn small<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SMALL.iter().chain(more).copied().collect()
}

/// A network, and the best weights for it of a few generations of a recipe on test images; of the filter-wise strategy the
/// last ones, on batches of training images.
///
/// # Errors
/// The recipe does not fit the data.
pub fn evolved(
    config: &Config,
    dataset: &Dataset,
    generations: u32,
) -> Result<(Network, Vec<f32>), Error> {
    let network = config.network(dataset.shape(), dataset.classes())?;
    let mut threads = Threads::new(2, Isa::detect())?;
    let settings = Settings { seed: config.seed, length: 0, stop: config.stop, identity: 0 };
    let go = |run: &mut dyn FnMut() -> Result<(), Error>| (0..generations).try_for_each(|_| run());
    if let (Algorithm::FilterEs(algorithm), Some(batch)) = (config.algorithm, config.batch) {
        let [form, _] = Form::for_run(config, &network)?;
        let (measure, train) = (config.fitness.measure, &dataset.train);
        let feed = Minibatches::in_form(&network, (measure, form), train, batch, config.seed)?;
        let settings = Settings { length: generations, ..settings };
        let mut run = Run::new(settings, algorithm, &network, feed, &mut threads)?;
        run.start()?;
        go(&mut || run.step())?;
        let champion = run.into_champion();
        return Ok((network, champion));
    }
    let test = EncodedSplit::new(&dataset.test, &network)?;
    let objective = test.objective(&network, config.fitness.measure, false)?;
    let Algorithm::EaSimple(algorithm) = config.algorithm else { unreachable!() };
    let mut run = Run::new(settings, algorithm, &network, Fixed(&objective), &mut threads)?;
    run.start()?;
    go(&mut || run.step())?;
    let champion = run.into_champion();
    Ok((network, champion))
}

/// A folder for runs and exports of a program; the file `champion` in it is the champion.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
    program: &'static str,
}

impl Folder {
    /// An empty one.
    ///
    /// # Panics
    /// There is no room for it.
    #[must_use]
    pub fn new(program: &'static str) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), program }
    }

    /// The path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    ///
    /// # Panics
    /// It is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_string()
    }

    /// Runs `export` on the champion.
    ///
    /// # Panics
    /// The program does not start.
    #[must_use]
    pub fn export(&self, flags: &[&str]) -> Output {
        let mut command = command(self.program, &["export", &self.text("champion")]);
        command.args(flags).output().expect("the program starts")
    }

    /// Exports the champion to a new file, and returns its bytes.
    ///
    /// # Panics
    /// It cannot be exported.
    #[must_use]
    pub fn exported(&self, name: &str, flags: &[&str]) -> Vec<u8> {
        let output = self.export(&[flags, &["--out", &self.text(name)]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(self.path(name)).expect("it was written")
    }
}

/// The Rust of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct Readme;

/// The Rust of the page on own data.
#[cfg(doctest)]
#[doc = include_str!("../docs/own-data.md")]
#[derive(Debug)]
pub struct OwnData;

/// The Rust of the page on the library.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
#[derive(Debug)]
pub struct Library;
