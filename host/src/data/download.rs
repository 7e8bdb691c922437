//! Brings one file from one address into a `.part` file, and goes on where an earlier run stopped.
//!
//! Owns HTTP and nothing else: whether the bytes are the right ones is decided in [`fetch`](super::fetch). There is
//! no deadline for the whole, only time-outs for connecting and for silence; the size is capped all along.

use super::{DataError, Progress};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

const CHUNK: usize = 64 * 1024;

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// For the name, and again for the connection with its encryption.
    pub(super) connect: Duration,
    /// For the header of the answer, and for each next piece of its body.
    pub(super) silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), silence: Duration::from_secs(30) }
    }
}

/// Makes the requests.
#[derive(Clone, Debug)]
pub(super) struct Client(Agent);

/// How large a file may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) limit: u64,
    /// Whether it must have exactly `limit` bytes.
    pub(super) exact: bool,
}

/// Why a transfer came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The mirror is to blame; another may do better.
    Mirror(String),
    /// This computer is to blame; no mirror will do better.
    Local(DataError),
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Local(error)
    }
}

/// What a server's answer means for the bytes that are there.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The body is the whole file.
    Whole {
        total: Option<u64>,
    },
    /// The body is what is missing.
    Rest {
        total: Option<u64>,
    },
    /// Nothing is missing.
    Complete,
    /// The bytes that are there are of no use to this server.
    StartOver,
    Refused(String),
}

impl Client {
    /// A client that goes through the proxy that the usual environment variables name, if `proxy`.
    pub(super) fn new(timeouts: Timeouts, proxy: bool) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tinyevo/", env!("CARGO_PKG_VERSION")))
            // The archive itself is wanted, at offsets that count its own bytes.
            .accept_encoding("identity")
            .timeout_resolve(Some(timeouts.connect))
            .timeout_connect(Some(timeouts.connect))
            .timeout_recv_response(Some(timeouts.silence))
            .timeout_per_read(Some(timeouts.silence))
            .timeout_per_write(Some(timeouts.silence));
        if !proxy {
            config = config.proxy(None);
        }
        Self(config.build().new_agent())
    }

    fn get(&self, url: &str, from: u64) -> Result<Response<Body>, Failure> {
        let mut request = self.0.get(url);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        request.call().map_err(|e| Failure::Mirror(describe(&e)))
    }
}

/// Brings `url` into the file `part`, which may hold the beginning already; `name` is for `progress`.
///
/// Returns whether old bytes were kept. After a failure `part` holds what can be gone on from.
pub(super) fn transfer(
    client: &Client,
    url: &str,
    part: &Path,
    size: Size,
    name: &str,
    progress: &dyn Progress,
) -> Result<bool, Failure> {
    let mut file = open(part)?;
    let mut have = length(&file, part)?;
    if have > size.limit {
        have = 0;
    }
    let mut response = client.get(url, have)?;
    let mut answer = interpret(&response, have, size);
    if answer == Answer::StartOver {
        have = 0;
        response = client.get(url, 0)?;
        answer = interpret(&response, 0, size);
    }
    let total = match answer {
        Answer::Complete => {
            progress.file_started(name, have, Some(have));
            return Ok(true);
        }
        Answer::Rest { total } => total,
        Answer::Whole { total } => {
            have = 0;
            total
        }
        // A server may not ask for a second new start.
        Answer::StartOver => return Err(Failure::Mirror("it answers with the wrong range".into())),
        Answer::Refused(reason) => return Err(Failure::Mirror(reason)),
    };
    progress.file_started(name, have, total);
    file.set_len(have)
        .and_then(|()| file.seek(SeekFrom::Start(have)))
        .map_err(DataError::io("write", part))?;
    let body = response.into_body().into_reader();
    let count = copy(body, &mut file, part, have, total, size, progress)?;
    match total {
        Some(total) if count < total => Err(Failure::Mirror(cut(count, Some(total), None))),
        _ => Ok(have > 0),
    }
}

/// Opens without emptying.
fn open(part: &Path) -> Result<File, DataError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(part)
        .map_err(DataError::io("open", part))
}

fn length(file: &File, part: &Path) -> Result<u64, DataError> {
    let meta = file.metadata().map_err(DataError::io("look at", part))?;
    Ok(meta.len())
}

/// Appends the body to the file, and returns how long the file is then.
fn copy(
    mut body: impl Read,
    file: &mut File,
    part: &Path,
    mut count: u64,
    total: Option<u64>,
    size: Size,
    progress: &dyn Progress,
) -> Result<u64, Failure> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let got = match body.read(&mut buffer) {
            Ok(0) => return Ok(count),
            Ok(got) => got,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let cause = describe(&ureq::Error::from(error));
                return Err(Failure::Mirror(cut(count, total, Some(&cause))));
            }
        };
        if count + got as u64 > total.unwrap_or(size.limit).min(size.limit) {
            // Not one of these bytes is to be trusted.
            file.set_len(0).map_err(DataError::io("write", part))?;
            return Err(Failure::Mirror(too_large(None, size)));
        }
        file.write_all(&buffer[..got]).map_err(DataError::io("write", part))?;
        count += got as u64;
        progress.file_advanced(got as u64);
    }
}

/// Decides what an answer to a request for everything from `have` on means.
fn interpret(response: &Response<Body>, have: u64, size: Size) -> Answer {
    let range = response
        .headers()
        .get(header::CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .and_then(ContentRange::parse);
    let answer = match (response.status(), range) {
        (StatusCode::OK, _) => Answer::Whole { total: response.body().content_length() },
        (StatusCode::PARTIAL_CONTENT, Some(range)) if range.start == Some(have) && have > 0 => {
            Answer::Rest { total: range.total }
        }
        (StatusCode::RANGE_NOT_SATISFIABLE, Some(range)) if range.total == Some(have) => {
            Answer::Complete
        }
        (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _) => Answer::StartOver,
        (status, _) => Answer::Refused(format!("it answers {status}")),
    };
    match answer {
        Answer::Whole { total: Some(total) } | Answer::Rest { total: Some(total) }
            if total > size.limit || (size.exact && total < size.limit) =>
        {
            Answer::Refused(too_large(Some(total), size))
        }
        // It ends before what is there already: of another file, or nonsense.
        Answer::Rest { total: Some(total) } if total < have => Answer::StartOver,
        answer => answer,
    }
}

/// The header `Content-Range: bytes START-END/TOTAL`, where either side may be `*`.
#[derive(Debug, PartialEq, Eq)]
struct ContentRange {
    start: Option<u64>,
    total: Option<u64>,
}

impl ContentRange {
    fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let known = |text: &str| (text != "*").then(|| text.trim().parse().ok());
        let start = match range.split_once('-') {
            Some((start, _)) => Some(start.trim().parse().ok()?),
            None if range.trim() == "*" => None,
            None => return None,
        };
        let total = match known(total.trim()) {
            Some(total) => Some(total?),
            None => None,
        };
        Some(Self { start, total })
    }
}

fn too_large(total: Option<u64>, size: Size) -> String {
    let found = total.map_or("more".to_owned(), |total| total.to_string());
    let most = if size.exact { "" } else { "at most " };
    format!("its file has the wrong size: {most}{} bytes expected, {found} offered", size.limit)
}

fn cut(count: u64, total: Option<u64>, cause: Option<&str>) -> String {
    let total = total.map_or("an unknown number of".to_owned(), |total| total.to_string());
    let cause = cause.map_or(String::new(), |cause| format!(" ({cause})"));
    format!("the connection was lost after {count} of {total} bytes{cause}")
}

/// An error of the client in words.
fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => "its name was not resolved in time".into(),
        ureq::Error::Timeout(ureq::Timeout::Connect) => "no connection in time".into(),
        ureq::Error::Timeout(_) => "it was silent for too long".into(),
        ureq::Error::HostNotFound => "its name is not known (is there a network?)".into(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_in_every_form_and_nonsense_in_none() {
        let parsed = |start, total| Some(ContentRange { start, total });
        for (text, expected) in [
            ("bytes 5-9/10", parsed(Some(5), Some(10))),
            (" bytes 0-0/* ", parsed(Some(0), None)),
            ("bytes */10", parsed(None, Some(10))),
            ("bytes 5/10", None),
            ("bytes x-9/10", None),
            ("bytes -9/10", None),
            ("bytes 5-9/x", None),
            ("bytes 5-9/99999999999999999999", None),
            ("bytes 5-9", None),
            ("lines 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text:?}");
        }
    }
}
