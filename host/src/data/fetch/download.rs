//! Brings one file from one address into memory.
//!
//! Owns HTTP and nothing else: [`fetch`](super) decides whether the bytes are the right ones. A transfer
//! has time-outs for connecting and for silence, a lowest mean rate and a largest size: it always ends.

use crate::data::request::Progress;
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::StatusCode;

/// Time limit for resolving the name, and again for connecting.
const CONNECT: Duration = Duration::from_secs(5);

/// The lowest mean rate of a transfer, in bytes per second, after the first silence that is allowed.
const SLOWEST: f64 = 4_000.0;

/// Makes the requests.
#[derive(Clone, Debug)]
pub(in crate::data) struct Client {
    agent: Agent,
    silence: Duration,
}

impl Client {
    /// A client that waits for `silence` for an answer, and again for each next piece of its body;
    /// it goes through the proxy that the usual environment variables name, if `proxy`.
    pub(in crate::data) fn new(silence: Duration, proxy: bool) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tinyevo/", env!("CARGO_PKG_VERSION")))
            // The archive itself is wanted.
            .accept_encoding("identity")
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence));
        let config = if proxy { config } else { config.proxy(None) };
        Self { agent: config.build().new_agent(), silence }
    }

    /// Makes one request for the whole of `url`, at most `limit` bytes; `name` is for `progress`.
    /// An error says whether another try may do better, and what went wrong.
    pub(super) fn get(
        &self,
        url: &str,
        limit: u64,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>, (bool, String)> {
        use ureq::Error::{ConnectionFailed, Io, Protocol, Timeout};
        let passing =
            |error: &_| matches!(error, Io(_) | Timeout(_) | ConnectionFailed | Protocol(_));
        let failed = |error| (passing(&error), describe(&error));
        let response = self.agent.get(url).call().map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err((false, format!("it answers {}", response.status())));
        }
        let total = response.body().content_length();
        progress.file_started(name, total);
        let mut body = response.into_body().into_reader();
        let (mut bytes, mut buffer, start) = (Vec::new(), vec![0; 1 << 16], Instant::now());
        while bytes.len() as u64 <= limit && total.is_none_or(|total| total <= limit) {
            let cause = match body.read(&mut buffer) {
                Ok(0) if total.is_none_or(|total| total <= bytes.len() as u64) => return Ok(bytes),
                Ok(0) => String::new(),
                Ok(count) => {
                    bytes.extend_from_slice(&buffer[..count]);
                    progress.file_advanced(count as u64);
                    let seconds = start.elapsed().as_secs_f64();
                    if seconds > self.silence.as_secs_f64() + bytes.len() as f64 / SLOWEST {
                        let text =
                            format!("it is too slow: {} bytes in {seconds:.0} s", bytes.len());
                        return Err((false, text));
                    }
                    continue;
                }
                Err(error) => format!(" ({})", describe(&ureq::Error::from(error))),
            };
            let total = total.map_or(String::new(), |total| format!(" of {total}"));
            let count = bytes.len();
            let text = format!("the connection was lost after {count}{total} bytes{cause}");
            return Err((true, text));
        }
        Err((false, format!("its file is larger than the {limit} bytes expected")))
    }
}

/// An error of the client in words.
fn describe(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => "its name was not resolved in time".into(),
        ureq::Error::Timeout(ureq::Timeout::Connect) => "no connection in time".into(),
        ureq::Error::Timeout(_) => "it was silent for too long".into(),
        ureq::Error::HostNotFound => "its server is not found (is there a network?)".into(),
        other => other.to_string(),
    }
}
