//! What the tests of this module share: archives, a recorder of progress, and a small HTTP server.

use super::Progress;
use super::files::{FILES, Spec};
use super::idx::Kind;
use flate2::{Compression, write::GzEncoder};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Packs bytes.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A file of black images, or of the labels 0, 1, .. 9, 0, 1, ..
pub(super) fn blank(spec: Spec) -> Vec<u8> {
    let mut bytes = spec.layout.header();
    match spec.layout.kind {
        Kind::Images => bytes.resize(spec.layout.bytes() as usize, 0),
        Kind::Labels => bytes.extend((0..spec.layout.samples).map(|i| (i % 10) as u8)),
    }
    bytes
}

/// Writes the four files of [`blank`]; the images are holes, so that they take neither time nor disk.
pub(super) fn write_plain(folder: &Path) {
    for spec in FILES {
        let mut file = File::create(folder.join(spec.name)).unwrap();
        match spec.layout.kind {
            Kind::Images => file.write_all(&spec.layout.header()).unwrap(),
            Kind::Labels => file.write_all(&blank(spec)).unwrap(),
        }
        file.set_len(spec.layout.bytes()).unwrap();
    }
}

/// Notes each report as a line.
#[derive(Default)]
pub(super) struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn text(&self) -> String {
        self.lines().join("\n")
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Progress for Recorder {
    fn file_started(&self, name: &str, already: u64, total: Option<u64>) {
        self.note(format!("started {name} {already} {total:?}"));
    }

    fn file_advanced(&self, bytes: u64) {
        self.note(format!("advanced {bytes}"));
    }

    fn file_finished(&self, name: &str) {
        self.note(format!("finished {name}"));
    }

    fn notice(&self, text: &str) {
        self.note(format!("notice {text}"));
    }
}

/// A request that the server saw.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    /// N of `Range: bytes=N-`.
    pub(super) from: Option<usize>,
}

/// What the server answers.
pub(super) struct Reply {
    pub(super) status: &'static str,
    /// Header lines, each with its line end.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn not_found() -> Self {
        Self { status: "404 Not Found", headers: "Content-Length: 0\r\n".into(), body: Vec::new() }
    }

    /// The whole file, whatever was asked for.
    pub(super) fn whole(body: &[u8]) -> Self {
        Self {
            status: "200 OK",
            headers: format!("Content-Length: {}\r\n", body.len()),
            body: body.to_vec(),
        }
    }

    /// What was asked for.
    pub(super) fn ranged(body: &[u8], seen: &Seen) -> Self {
        let total = body.len();
        match seen.from {
            None => Self::whole(body),
            Some(from) if from >= total => Self {
                status: "416 Range Not Satisfiable",
                headers: format!("Content-Range: bytes */{total}\r\nContent-Length: 0\r\n"),
                body: Vec::new(),
            },
            Some(from) => Self {
                status: "206 Partial Content",
                headers: format!(
                    "Content-Range: bytes {from}-{}/{total}\r\nContent-Length: {}\r\n",
                    total - 1,
                    total - from
                ),
                body: body[from..].to_vec(),
            },
        }
    }

    /// The same, but the connection closes after `length` bytes of the body.
    pub(super) fn cut(mut self, length: usize) -> Self {
        self.body.truncate(length);
        self
    }
}

/// Serves on a free port of 127.0.0.1 until it is dropped, one connection after the other.
pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `answer` says nothing with `None`: the connection stays open in silence.
    pub(super) fn start(answer: impl Fn(&Seen) -> Option<Reply> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let mut stream = stream.unwrap();
                let Some(request) = read_request(&stream) else {
                    continue;
                };
                log.lock().unwrap().push(request.clone());
                match answer(&request) {
                    Some(reply) => send(&mut stream, &reply),
                    None => silent.push(stream),
                }
            }
        });
        Self { url, seen, stop, thread: Some(thread) }
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it, so that it sees the flag.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
        if let Some(thread) = self.thread.take() {
            let result = thread.join();
            assert!(std::thread::panicking() || result.is_ok(), "the server panicked");
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut from = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = Some(range.trim_end_matches('-').parse().unwrap());
        }
    }
    Some(Seen { path, from })
}

fn send(stream: &mut TcpStream, reply: &Reply) {
    let Reply { status, headers, body } = reply;
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
    // The client may have gone: that is its right.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}
