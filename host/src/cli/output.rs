//! Standard output, for results; a closed pipe is an error value and never a panic.

use super::terminal;
use crate::error::Error;
use crate::printable;
use std::io::Write;
use std::path::Path;

/// How errors name standard output.
const STANDARD_OUTPUT: &str = "standard output";

/// Whether an error says that nobody reads standard output any more.
pub(super) fn is_closed(error: &Error) -> bool {
    matches!(error, Error::Io { path, source, .. }
        if source.kind() == std::io::ErrorKind::BrokenPipe && path == Path::new(STANDARD_OUTPUT))
}

/// Prints results. Text of files, such as class names, is in them.
pub(super) fn print(text: &str) -> Result<(), Error> {
    bytes(printable::lines(text).as_bytes())
}

/// Prints results that are no text.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(Error::io("write", Path::new(STANDARD_OUTPUT)))
}

/// Reports an error on standard error, also under `--quiet`.
pub(super) fn error(error: &Error) {
    standard_error(&format!("error: {error}"));
}

/// Prints a line, or several, on standard error.
fn standard_error(text: &str) {
    // Where nobody listens there, the results still count.
    let _ = writeln!(std::io::stderr(), "{}", printable::lines(text));
}

/// Says on standard error what was left out.
pub(super) fn warning(error: &Error) {
    standard_error(&format!("left out: {error}"));
}

/// Standard error, for everything else; silent under `--quiet`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console {
    pub(super) quiet: bool,
}

impl Console {
    /// Prints a line, or several; not on a screen that has the terminal, which shows what is to be known itself.
    pub(super) fn line(self, text: &str) {
        if !self.quiet && !terminal::is_taken() {
            standard_error(text);
        }
    }
}
