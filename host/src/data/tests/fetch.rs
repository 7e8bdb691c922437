//! Tests of [`fetch`](crate::data::fetch) against servers on the loopback.

use super::support::{Recorder, Reply, Server, gzip};
use crate::data::dataset::hex;
use crate::data::error::DataError;
use crate::data::fetch::Fetch;
use crate::data::fetch::catalog::{Checksum, Entry, Remote};
use crate::data::fetch::download::Client;
use crate::data::idx::{Header, Kind};
use crate::data::mnist::File;
use crate::data::request::{Published, Silent};
use sha2::{Digest, Sha256};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const HEADER: Header = Header { kind: Kind::Labels, samples: 20_000, size: [1, 1] };
const FILE: File = File { name: "labels", header: HEADER };

/// A cache, and a small file with its archive.
pub(super) struct Case {
    pub(super) folder: TempDir,
    pub(super) plain: Vec<u8>,
    pub(super) archive: Vec<u8>,
}

impl Case {
    pub(super) fn new() -> Self {
        let mut plain = HEADER.encode();
        let mut state = 1u32;
        plain.extend((0..HEADER.samples).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 % 10
        }));
        Self { folder: tempfile::tempdir().unwrap(), archive: gzip(&plain), plain }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn by_file(&self) -> Checksum {
        Checksum::Unpacked(sum(&self.plain))
    }

    pub(super) fn by_archive(&self) -> Checksum {
        Checksum::Archive(sum(&self.archive))
    }

    pub(super) fn fetch(
        &self,
        checksum: Checksum,
        mirrors: &[&str],
    ) -> (Result<(), DataError>, Recorder) {
        let recorder = Recorder::default();
        let (entry, client) = (entry(checksum, mirrors), client());
        let folder = self.folder.path();
        let result = Fetch { entry: &entry, folder, client: &client, progress: &recorder }.run();
        (result, recorder)
    }

    /// Fetches from one mirror that must fail; returns its reason.
    pub(super) fn refused(&self, checksum: Checksum, mirror: &str) -> String {
        match self.fetch(checksum, &[mirror]).0 {
            Err(DataError::Download { failures, .. }) => failures[0].1.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The file is in its place, and nothing else but the lock.
    pub(super) fn assert_in_place(&self) {
        assert!(fs::read(self.path("labels")).unwrap() == self.plain);
        assert_eq!(names(self.folder.path()), [".lock", "labels"]);
    }

    /// Nothing is there but the lock.
    pub(super) fn assert_clean(&self) {
        assert_eq!(names(self.folder.path()), [".lock"]);
    }

    pub(super) fn serve(&self, answer: impl Fn(&[u8]) -> Reply + Send + 'static) -> Server {
        let archive = self.archive.clone();
        Server::start(move |_| Some(answer(&archive)))
    }
}

pub(super) fn sum(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

pub(super) fn entry(checksum: Checksum, mirrors: &[&str]) -> Entry {
    Entry {
        set: Published::Mnist,
        mirrors: mirrors.iter().map(|&mirror| mirror.to_owned()).collect(),
        files: vec![Remote { file: FILE, checksum }],
    }
}

fn client() -> Client {
    Client::new(Duration::from_secs(2), false)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_good_file_is_unpacked_into_place_and_not_fetched_again() {
    for by_archive in [false, true] {
        let case = Case::new();
        let checksum = || if by_archive { case.by_archive() } else { case.by_file() };
        let server = case.serve(Reply::whole);
        let (result, recorder) = case.fetch(checksum(), &[&format!("{}/some/where/", server.url)]);
        result.unwrap();
        case.assert_in_place();
        assert_eq!(server.seen()[0], "/some/where/labels.gz");
        let lines = recorder.lines();
        let total = case.archive.len();
        assert_eq!(lines[0], format!("started labels.gz Some({total})"));
        assert_eq!(lines.last().unwrap(), "finished labels.gz");
        let advanced = lines.iter().filter_map(|line| line.strip_prefix("advanced "));
        let sum: usize = advanced.map(|bytes| bytes.parse::<usize>().unwrap()).sum();
        assert_eq!(sum, total);

        case.fetch(checksum(), &[&server.url]).0.unwrap();
        assert_eq!(server.seen().len(), 1, "it was fetched again");
    }
}

#[test]
fn a_damaged_file_in_place_is_replaced() {
    let case = Case::new();
    let server = case.serve(Reply::whole);
    let mut damaged = case.plain.clone();
    damaged[100] ^= 1;
    for bytes in [&damaged[..], &damaged[..50], b""] {
        fs::write(case.path("labels"), bytes).unwrap();
        case.fetch(case.by_file(), &[&server.url]).0.unwrap();
        case.assert_in_place();
    }
}

#[test]
fn the_second_mirror_takes_over_from_one_without_the_file() {
    let case = Case::new();
    let bad = Server::start(|_| Some(Reply::not_found()));
    let good = case.serve(Reply::whole);
    let (result, recorder) = case.fetch(case.by_file(), &[&bad.url, &good.url]);
    result.unwrap();
    case.assert_in_place();
    assert_eq!((bad.seen().len(), good.seen().len()), (1, 1));
    // As long as one mirror has the file, nobody needs to know that another has not.
    assert!(!recorder.text().contains("notice"), "{}", recorder.text());
}

#[test]
fn every_mirror_is_listed_with_its_reason() {
    let case = Case::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let missing = Server::start(|_| Some(Reply::not_found()));
    let mirrors = [&refusing, &missing.url, "not an address", "ftp://127.0.0.1"];
    let message = case.fetch(case.by_file(), &mirrors).0.unwrap_err().to_string();
    for mirror in mirrors {
        assert!(message.contains(&format!("\n  {mirror}/labels.gz:\n    ")), "{message}");
    }
    assert!(message.contains("refused") && message.contains("404"), "{message}");
    assert!(message.contains("tinyevo data fetch mnist"), "{message}");
}

#[test]
fn two_at_once_download_once() {
    let case = Case::new();
    let server = case.serve(|archive| {
        std::thread::sleep(Duration::from_millis(100));
        Reply::whole(archive)
    });
    std::thread::scope(|scope| {
        let fetches: Vec<_> =
            (0..3).map(|_| scope.spawn(|| case.fetch(case.by_file(), &[&server.url]).0)).collect();
        for fetch in fetches {
            fetch.join().unwrap().unwrap();
        }
    });
    assert_eq!(server.seen().len(), 1);
    case.assert_in_place();
}

#[test]
fn a_cache_that_cannot_be_made_is_told() {
    let case = Case::new();
    fs::write(case.path("file"), b"").unwrap();
    let folder = case.path("file").join("mnist");
    let entry = entry(case.by_file(), &["http://127.0.0.1:9"]);
    let client = client();
    let fetch = Fetch { entry: &entry, folder: &folder, client: &client, progress: &Silent };
    let error = fetch.run().unwrap_err();
    assert!(error.to_string().contains("make the folder"), "{error}");
}

#[test]
fn what_a_killed_process_left_goes_and_other_files_stay() {
    let case = Case::new();
    let server = case.serve(Reply::whole);
    fs::write(case.path("labels.part"), b"half a file").unwrap();
    fs::write(case.path("notes"), b"the user's own").unwrap();
    case.fetch(case.by_file(), &[&server.url]).0.unwrap();
    assert_eq!(names(case.folder.path()), [".lock", "labels", "notes"]);
}

#[cfg(unix)]
#[test]
fn files_in_the_cache_are_as_readable_as_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    let server = case.serve(Reply::whole);
    case.fetch(case.by_file(), &[&server.url]).0.unwrap();
    fs::write(case.path("other"), b"").unwrap();
    let mode = |name| fs::metadata(case.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("labels"), mode("other"));
}
