//! Downloads that are cut, go on, start over, or hang.

use super::*;

/// How a server answers, given the archive.
type Answer = fn(&[u8], &Seen) -> Reply;

#[test]
fn a_cut_download_goes_on_where_it_stopped() {
    for checksum in [Case::by_file, Case::by_archive] {
        let case = Case::new();
        let server = case.serve(|archive, seen| match seen.from {
            None => Reply::whole(archive).cut(3000),
            Some(_) => Reply::ranged(archive, seen),
        });
        let reason = case.refused(checksum(&case), &server.url);
        let expected = format!("lost after 3000 of {} bytes", case.archive.len());
        assert!(reason.contains(&expected), "{reason}");
        assert!(fs::read(case.part()).unwrap() == case.archive[..3000]);

        let (result, recorder) = case.fetch(checksum(&case), &[&server.url]);
        result.unwrap();
        assert_eq!(server.seen()[1].from, Some(3000));
        assert!(recorder.lines()[0].starts_with("started labels.gz 3000 Some("));
        case.assert_in_place();
    }
}

#[test]
fn the_next_mirror_goes_on_where_the_first_was_cut() {
    let case = Case::new();
    let first = case.serve(|archive, _| Reply::whole(archive).cut(3000));
    let second = case.serve(Reply::ranged);
    case.fetch(case.by_file(), &[&first.url, &second.url]).0.unwrap();
    assert_eq!(second.seen()[0].from, Some(3000));
    case.assert_in_place();
}

#[test]
fn servers_that_ignore_or_mistake_the_range_get_a_new_start() {
    let ignoring = |archive: &[u8], _: &Seen| Reply::whole(archive);
    let shifted =
        |archive: &[u8], seen: &Seen| Reply::ranged(archive, &seen_from(seen.from.map(|n| n + 1)));
    let silent_about_it = |archive: &[u8], seen: &Seen| {
        let mut reply = Reply::ranged(archive, seen);
        reply.headers = reply.headers.replace("Content-Range", "X-Range");
        reply
    };
    let refusing = |archive: &[u8], seen: &Seen| {
        Reply::ranged(archive, &seen_from(seen.from.map(|_| usize::MAX)))
    };
    let answers: [(Answer, usize); 4] =
        [(ignoring, 1), (shifted, 2), (silent_about_it, 2), (refusing, 2)];
    for (answer, requests) in answers {
        let case = Case::new();
        let server = case.serve(answer);
        fs::write(case.part(), &case.archive[..3000]).unwrap();
        case.fetch(case.by_file(), &[&server.url]).0.unwrap();
        case.assert_in_place();
        assert_eq!(server.seen().len(), requests);
        assert_eq!(server.seen()[0].from, Some(3000));
    }
}

#[test]
fn a_range_that_nobody_asked_for_is_refused() {
    let case = Case::new();
    let server = case.serve(|archive, _| Reply::ranged(archive, &seen_from(Some(5))));
    let reason = case.refused(case.by_file(), &server.url);
    assert!(reason.contains("wrong range"), "{reason}");
}

#[test]
fn a_whole_part_is_installed_without_a_byte_more() {
    let case = Case::new();
    let server = case.serve(Reply::ranged);
    fs::write(case.part(), &case.archive).unwrap();
    let (result, recorder) = case.fetch(case.by_file(), &[&server.url]);
    result.unwrap();
    case.assert_in_place();
    assert!(!recorder.text().contains("advanced"), "{}", recorder.text());
}

#[test]
fn old_bytes_that_do_not_fit_are_dropped_on_the_same_mirror() {
    let case = Case::new();
    let server = case.serve(Reply::ranged);
    for length in [3000, case.archive.len(), case.archive.len() + 1, 1_000_000] {
        fs::write(case.part(), vec![0x55; length]).unwrap();
        case.fetch(case.by_file(), &[&server.url]).0.unwrap();
        case.assert_in_place();
        fs::remove_file(case.path("labels")).unwrap();
    }
}

#[test]
fn a_body_without_a_declared_length_is_taken_to_its_end() {
    let case = Case::new();
    let server = case.serve(|archive, _| {
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
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", archive.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&archive[..1000]).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let timeouts =
        Timeouts { connect: Duration::from_secs(2), silence: Duration::from_millis(150) };
    let (entry, folder) = (entry(case.by_file(), &[&headers.url, &body]), case.folder.path());
    let client = Client::new(timeouts, false);
    let error = fetch(&entry, folder, &client, &Recorder::default()).unwrap_err();
    drop(client);
    thread.join().unwrap();
    let DataError::Download { failures, .. } = error else {
        panic!("{error}");
    };
    assert!(failures[0].reason.contains("silent"), "{:?}", failures[0]);
    let reason = &failures[1].reason;
    assert!(reason.contains("1000 of") && reason.contains("silent"), "{reason}");
    assert_eq!(fs::metadata(case.part()).unwrap().len(), 1000);
}
