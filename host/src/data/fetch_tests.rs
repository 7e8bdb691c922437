//! Downloads from a small server on this machine: good ones, and every way to go wrong.

use super::catalog::{Checksum, Entry, Remote, to_hex};
use super::download::{Client, Timeouts};
use super::fetch::fetch;
use super::files::{Spec, TEST_LABELS};
use super::idx::{Kind, Layout};
use super::testing::{Recorder, Reply, Server, gzip};
use super::{DataError, Published};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::time::Duration;

const NAME: &str = "t10k-labels-idx1-ubyte";
const PART: &str = "t10k-labels-idx1-ubyte.gz.part";

/// A labels file large enough that its archive can be cut.
fn file() -> Vec<u8> {
    let samples = 5000_u32;
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend(samples.to_be_bytes());
    let mut word = 1_u32;
    bytes.extend((0..samples).map(|_| {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (word >> 24) as u8 % 10
    }));
    bytes
}

fn spec() -> Spec {
    let mut spec = TEST_LABELS;
    spec.layout = Layout { kind: Kind::Labels, samples: 5000 };
    spec
}

/// A data set of one file with the checksum of `file`, on these servers.
fn entry(servers: &[&str]) -> Entry {
    let checksum = Checksum::Unpacked(Sha256::digest(file()).into());
    Entry {
        set: Published::Mnist,
        mirrors: servers.iter().map(|url| (*url).to_string()).collect(),
        files: vec![Remote { spec: spec(), checksum }],
    }
}

fn client() -> Client {
    let timeouts =
        Timeouts { connect: Duration::from_millis(500), silence: Duration::from_millis(300) };
    Client::new(timeouts, false)
}

/// Fetches into `folder` and returns what was noted, with the result.
fn try_fetch(entry: &Entry, folder: &Path) -> (Result<(), DataError>, String) {
    let recorder = Recorder::default();
    let result = fetch(entry, folder, &client(), &recorder);
    (result, recorder.text())
}

/// The file is in place, and nothing else is but the lock.
fn assert_installed(folder: &Path) {
    assert_eq!(fs::read(folder.join(NAME)).unwrap(), file());
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".lock", NAME]);
}

/// The reasons of a failed download; no final file may be there.
fn reasons(result: Result<(), DataError>, folder: &Path) -> String {
    assert!(!folder.join(NAME).exists(), "a bad file was put in place");
    let error = result.unwrap_err();
    assert!(matches!(error, DataError::Download { .. }), "{error}");
    error.to_string()
}

#[test]
fn a_good_file_is_fetched_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen)));
    let entry = entry(&[&server.url]);
    let (result, noted) = try_fetch(&entry, folder.path());
    result.unwrap();
    assert_installed(folder.path());
    assert!(noted.contains(&format!("finished {NAME}.gz")), "{noted}");
    assert_eq!(server.seen()[0].path, format!("/{NAME}.gz"));
    let (result, _) = try_fetch(&entry, folder.path());
    result.unwrap();
    assert_eq!(server.seen().len(), 1, "a file in place was fetched again");
}

#[test]
fn a_damaged_file_in_the_cache_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut damaged = file();
    damaged[100] ^= 1;
    fs::write(folder.path().join(NAME), damaged).unwrap();
    let server = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen)));
    try_fetch(&entry(&[&server.url]), folder.path()).0.unwrap();
    assert_installed(folder.path());
}

#[test]
fn the_second_mirror_takes_over() {
    for bad in [
        || Reply::not_found(),
        || Reply::whole(b"<html>not here</html>"),
        || Reply::whole(&gzip(b"something else")),
        || {
            // Well formed, but another file.
            let mut other = file();
            other[100] ^= 1;
            Reply::whole(&gzip(&other))
        },
        || Reply::whole(&vec![0; 1 << 20]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let first = Server::start(move |_| Some(bad()));
        let second = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen)));
        let (result, noted) = try_fetch(&entry(&[&first.url, &second.url]), folder.path());
        result.unwrap();
        assert_installed(folder.path());
        assert!(noted.contains("trying the next mirror"), "{noted}");
    }
}

#[test]
fn when_no_mirror_helps_the_error_lists_each_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Server::start(|_| Some(Reply::not_found()));
    let mut other = file();
    other[100] ^= 1;
    let wrong_sum = to_hex(&Sha256::digest(&other).into());
    let wrong = Server::start(move |_| Some(Reply::whole(&gzip(&other))));
    let silent = Server::start(|_| None);
    // A port on which nobody listens any more.
    let refused = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let refused = format!("http://{refused}");
    let servers = [&missing.url, &wrong.url, &silent.url, &refused].map(String::as_str);
    let text = reasons(try_fetch(&entry(&servers), folder.path()).0, folder.path());
    for part in servers.iter().chain(&["404", wrong_sum.as_str(), "silent", "refused"]) {
        assert!(text.contains(part), "{part} in {text}");
    }
    let kept = fs::metadata(folder.path().join(PART)).map_or(0, |part| part.len());
    assert_eq!(kept, 0, "wrong bytes were kept");
}

#[test]
fn a_cut_download_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let cut = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen).cut(700)));
    let text = reasons(try_fetch(&entry(&[&cut.url]), folder.path()).0, folder.path());
    assert!(text.contains("after 700 of"), "{text}");
    assert_eq!(fs::metadata(folder.path().join(PART)).unwrap().len(), 700);

    let server = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen)));
    let (result, noted) = try_fetch(&entry(&[&server.url]), folder.path());
    result.unwrap();
    assert_eq!(server.seen()[0].from, Some(700));
    assert!(noted.contains("started t10k-labels-idx1-ubyte.gz 700"), "{noted}");
    assert_installed(folder.path());
}

#[test]
fn a_server_without_ranges_sends_the_whole_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(PART), &gzip(&file())[..700]).unwrap();
    let server = Server::start(|_| Some(Reply::whole(&gzip(&file()))));
    try_fetch(&entry(&[&server.url]), folder.path()).0.unwrap();
    assert_installed(folder.path());
}

#[test]
fn old_bytes_that_spoil_the_file_are_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(PART), [7; 700]).unwrap();
    let server = Server::start(|seen| Some(Reply::ranged(&gzip(&file()), seen)));
    try_fetch(&entry(&[&server.url]), folder.path()).0.unwrap();
    assert_installed(folder.path());
    let asked: Vec<_> = server.seen().iter().map(|seen| seen.from).collect();
    assert_eq!(asked, [Some(700), None]);
}

#[test]
fn an_archive_with_a_published_checksum_is_checked_before_it_is_unpacked() {
    let archive = gzip(&file());
    let mut entry = entry(&[]);
    let sum = Sha256::digest(&archive).into();
    entry.files[0].checksum = Checksum::Archive { sum, bytes: archive.len() as u64 };
    let folder = tempfile::tempdir().unwrap();
    let mut spoilt = archive.clone();
    spoilt[50] ^= 1;
    let bad = Server::start(move |_| Some(Reply::whole(&spoilt)));
    entry.mirrors = vec![bad.url.clone()];
    let text = reasons(try_fetch(&entry, folder.path()).0, folder.path());
    assert!(text.contains(&to_hex(&sum)), "{text}");
    let good = Server::start(move |_| Some(Reply::whole(&archive)));
    entry.mirrors = vec![good.url.clone()];
    try_fetch(&entry, folder.path()).0.unwrap();
    assert_installed(folder.path());
}
