//! Brings one file from one address into memory.
//!
//! Owns HTTP and nothing else: whether the bytes are the right ones is decided in
//! [`fetch`](super). There is no deadline for the whole, only time-outs for connecting and for
//! silence; the size is limited all along.

use crate::data::request::Progress;
use std::io::Read;
use std::time::Duration;
use ureq::Agent;
use ureq::http::StatusCode;

/// How long to wait for the name, and again for the connection with its encryption.
const CONNECT: Duration = Duration::from_secs(5);

/// Makes the requests.
#[derive(Clone, Debug)]
pub(in crate::data) struct Client(Agent);

impl Client {
    /// A client that waits for `silence` for an answer, and again for each next piece of its body;
    /// it goes through the proxy that the usual environment variables name, if `proxy`.
    pub(in crate::data) fn new(silence: Duration, proxy: bool) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("tinyevo/", env!("CARGO_PKG_VERSION")))
            // The archive itself is wanted.
            .accept_encoding("identity")
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence));
        if !proxy {
            config = config.proxy(None);
        }
        Self(config.build().new_agent())
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
        let response = self.0.get(url).call().map_err(|error| (false, describe(&error)))?;
        if response.status() != StatusCode::OK {
            return Err((false, format!("it answers {}", response.status())));
        }
        let total = response.body().content_length();
        progress.file_started(name, total);
        let mut body = response.into_body().into_reader();
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        while bytes.len() as u64 <= limit && total.is_none_or(|total| total <= limit) {
            let cause = match body.read(&mut buffer) {
                Ok(0) if total.is_none_or(|total| total <= bytes.len() as u64) => return Ok(bytes),
                Ok(0) => String::new(),
                Ok(count) => {
                    bytes.extend_from_slice(&buffer[..count]);
                    progress.file_advanced(count as u64);
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
