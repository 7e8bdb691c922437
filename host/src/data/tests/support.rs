//! What the tests of this module share: archives, a recorder of progress, and a small HTTP server.

use crate::data::idx::{Header, Kind};
use crate::data::mnist::{FILES, File};
use crate::data::request::Progress;
use flate2::{Compression, write::GzEncoder};
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
pub(super) fn blank(header: Header) -> Vec<u8> {
    let mut bytes = header.encode();
    match header.kind {
        Kind::Images => bytes.resize(header.file_bytes() as usize, 0),
        Kind::Labels => bytes.extend((0..header.samples).map(|i| (i % 10) as u8)),
    }
    bytes
}

/// Writes the four files of [`blank`]; the images are holes, so that they take neither time nor disk.
pub(super) fn write_plain(folder: &Path) {
    for File { name, header, .. } in FILES {
        let mut file = std::fs::File::create(folder.join(name)).unwrap();
        match header.kind {
            Kind::Images => file.write_all(&header.encode()).unwrap(),
            Kind::Labels => file.write_all(&blank(header)).unwrap(),
        }
        file.set_len(header.file_bytes()).unwrap();
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
    fn file_started(&self, name: &str, total: Option<u64>) {
        self.note(format!("started {name} {total:?}"));
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

    /// The same, but the connection closes after `length` bytes of the body.
    pub(super) fn cut(mut self, length: usize) -> Self {
        self.body.truncate(length);
        self
    }
}

/// Serves on a free port of 127.0.0.1 until it is dropped, one connection after the other.
pub(super) struct Server {
    pub(super) url: String,
    /// The paths that were asked for.
    seen: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `answer` says nothing with `None`: the connection stays open in silence.
    pub(super) fn start(answer: impl Fn(&str) -> Option<Reply> + Send + 'static) -> Self {
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

    pub(super) fn seen(&self) -> MutexGuard<'_, Vec<String>> {
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

fn read_request(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    lines.take_while(|line| !line.is_empty()).count();
    Some(path)
}

fn send(stream: &mut TcpStream, reply: &Reply) {
    let Reply { status, headers, body } = reply;
    let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
    // The client may have gone: that is its right.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}
