//! Downloads that are cut, that hang, or that are answered with anything but the file.

use super::fetch::{Case, entry};
use super::support::{Reply, Server};
use crate::data::error::DataError;
use crate::data::fetch::Fetch;
use crate::data::fetch::download::Client;
use crate::data::request::Silent;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_cut_download_is_tried_once_more() {
    for checksum in [Case::by_file, Case::by_archive] {
        let case = Case::new();
        let requests = AtomicUsize::new(0);
        let server = case.serve(move |archive| match requests.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::whole(archive).cut(3000),
            _ => Reply::whole(archive),
        });
        case.fetch(checksum(&case), &[&server.url]).0.unwrap();
        assert_eq!(server.seen().len(), 2);
        case.assert_in_place();
    }
}

#[test]
fn a_mirror_that_always_cuts_is_left_after_the_second_time() {
    let case = Case::new();
    let server = case.serve(|archive| Reply::whole(archive).cut(3000));
    let reason = case.refused(case.by_file(), &server.url);
    let expected = format!("lost after 3000 of {} bytes", case.archive.len());
    assert!(reason.contains(&expected), "{reason}");
    assert_eq!(server.seen().len(), 2);
    case.assert_clean();
    let good = case.serve(Reply::whole);
    case.fetch(case.by_file(), &[&server.url, &good.url]).0.unwrap();
    assert_eq!((server.seen().len(), good.seen().len()), (4, 1));
    case.assert_in_place();
}

#[test]
fn an_answer_that_is_not_the_file_is_refused_at_once() {
    for (status, headers) in [
        // To a request without a range.
        ("416 Range Not Satisfiable", "Content-Range: bytes */0\r\nContent-Length: 0\r\n"),
        ("206 Partial Content", "Content-Range: bytes 0-0/9\r\nContent-Length: 0\r\n"),
        ("204 No Content", ""),
        ("500 Internal Server Error", "Content-Length: 0\r\n"),
    ] {
        let case = Case::new();
        let reply = move |_: &[u8]| Reply { status, headers: headers.into(), body: Vec::new() };
        let server = case.serve(reply);
        let reason = case.refused(case.by_file(), &server.url);
        assert!(reason.contains(&status[..3]), "{status}: {reason}");
        assert_eq!(server.seen().len(), 1, "{status}");
        case.assert_clean();
    }
}

#[test]
fn a_redirection_in_a_circle_ends() {
    let case = Case::new();
    let reply = |_: &[u8]| Reply {
        status: "302 Found",
        headers: "Location: /labels.gz\r\nContent-Length: 0\r\n".into(),
        body: Vec::new(),
    };
    let server = case.serve(reply);
    case.refused(case.by_file(), &server.url);
    assert!(server.seen().len() <= 12, "{} requests", server.seen().len());
}

#[test]
fn a_body_without_a_declared_length_is_taken_to_its_end() {
    let case = Case::new();
    let server = case.serve(|archive| {
        let mut reply = Reply::whole(archive);
        reply.headers.clear();
        reply
    });
    case.fetch(case.by_file(), &[&server.url]).0.unwrap();
    case.assert_in_place();
}

#[test]
fn a_silent_server_is_left_in_time() {
    let case = Case::new();
    let headers = Server::start(|_| None);
    // Announces more than it sends, and keeps the connection.
    let archive = case.archive.clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let body = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", archive.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&archive[..1000]).unwrap();
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let (entry, folder) = (entry(case.by_file(), &[&headers.url, &body]), case.folder.path());
    let client = Client::new(Duration::from_millis(150), false);
    let fetch = Fetch { entry: &entry, folder, client: &client, progress: &Silent };
    let error = fetch.run().unwrap_err();
    drop(client);
    thread.join().unwrap();
    let DataError::Download { failures, .. } = error else {
        panic!("{error}");
    };
    assert!(failures[0].1.contains("silent"), "{:?}", failures[0]);
    let reason = &failures[1].1;
    assert!(reason.contains("1000 of") && reason.contains("silent"), "{reason}");
    case.assert_clean();
}

/// Accepts connections one after the other, `work` on each with its number and its request read; ends
/// when `work` returns false. Returns the address.
fn raw(
    work: impl Fn(usize, TcpStream) -> bool + Send + 'static,
) -> (String, std::thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut count = 0;
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            count += 1;
            if !work(count, stream) {
                return count;
            }
        }
    });
    (url, thread)
}

fn send(mut stream: TcpStream, archive: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", archive.len());
    stream.write_all(&[head.as_bytes(), archive].concat()).unwrap();
}

#[test]
fn a_call_that_fails_is_tried_once_more_before_the_next_mirror() {
    // The connection is closed without an answer.
    let case = Case::new();
    let archive = case.archive.clone();
    let (url, thread) = raw(move |count, stream| {
        if count == 2 {
            send(stream, &archive);
        }
        count < 2
    });
    case.fetch(case.by_file(), &[&url]).0.unwrap();
    assert_eq!(thread.join().unwrap(), 2);
    case.assert_in_place();

    // There is no answer in time.
    let case = Case::new();
    let requests = AtomicUsize::new(0);
    let archive = case.archive.clone();
    let server = Server::start(move |_| {
        let first = requests.fetch_add(1, Ordering::SeqCst) == 0;
        (!first).then(|| Reply::whole(&archive))
    });
    let (entry, folder) = (entry(case.by_file(), &[&server.url]), case.folder.path());
    let client = Client::new(Duration::from_millis(150), false);
    Fetch { entry: &entry, folder, client: &client, progress: &Silent }.run().unwrap();
    assert_eq!(server.seen().len(), 2);
    case.assert_in_place();

    // Twice without an answer: the next mirror.
    let case = Case::new();
    let (url, thread) = raw(|count, _| count < 2);
    let good = case.serve(Reply::whole);
    case.fetch(case.by_file(), &[&url, &good.url]).0.unwrap();
    assert_eq!((thread.join().unwrap(), good.seen().len()), (2, 1));
    case.assert_in_place();
}

#[test]
fn a_server_that_drips_is_left_for_the_next_mirror() {
    let case = Case::new();
    let archive = case.archive.clone();
    // A byte in 10 ms, 10 s at most: never silent, and never ready.
    let (url, thread) = raw(move |_, mut stream| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", archive.len());
        stream.write_all(head.as_bytes()).unwrap();
        for byte in archive[..1000].chunks(1) {
            if stream.write_all(byte).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    });
    let good = case.serve(Reply::whole);
    let (mirrors, folder) = ([&*url, &*good.url], case.folder.path());
    let client = Client::new(Duration::from_millis(150), false);
    let start = Instant::now();
    let both = entry(case.by_file(), &mirrors);
    Fetch { entry: &both, folder, client: &client, progress: &Silent }.run().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    case.assert_in_place();
    assert_eq!(thread.join().unwrap(), 1);
}
