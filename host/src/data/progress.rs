//! How the loaders report what they are doing.
//!
//! The library prints nothing; a command line turns these calls into progress bars and lines on stderr.

/// Receives what happens while data is fetched and loaded. Every method does nothing unless it is overridden.
///
/// For each file that is downloaded: `file_started`, any number of `file_advanced`, then `file_finished` once it is
/// checked and in place. When a mirror fails, `file_started` comes again for the same file (from zero, or from
/// the bytes that are kept), or an error is returned.
pub trait Progress {
    /// A transfer of `name` begins: `already` bytes are there from an earlier run, `total` is the size if the server told it.
    fn file_started(&self, name: &str, already: u64, total: Option<u64>) {
        let _ = (name, already, total);
    }

    /// `bytes` more bytes of the current file have arrived.
    fn file_advanced(&self, bytes: u64) {
        let _ = bytes;
    }

    /// The file is unpacked, checked and in place.
    fn file_finished(&self, name: &str) {
        let _ = name;
    }

    /// Something that the user should read, though the work goes on. May have several lines; no line feed at the end.
    fn notice(&self, text: &str) {
        let _ = text;
    }
}

/// Ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
