//! The search order, and real MNIST through the whole of it.

use super::catalog;
use super::download::{Client, Timeouts};
use super::load::{Sources, load_from};
use super::testing::{Recorder, Reply, Server};
use super::{DataError, Dataset, Options, Origin, Published, Request};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Loads with the mirrors of `server`, if any, and a cache in `folder`.
fn try_load(
    request: &Request,
    data_dir: Option<&Path>,
    folder: &Path,
    server: Option<&Server>,
) -> (Result<Dataset, DataError>, String) {
    let timeouts =
        Timeouts { connect: Duration::from_millis(500), silence: Duration::from_millis(300) };
    let sources = Sources { catalog: &catalog::entry, client: Client::new(timeouts, false) };
    let options = Options {
        data_dir: data_dir.map(Path::to_path_buf),
        cache: Some(folder.to_path_buf()),
        mirrors: server.iter().map(|server| server.url.clone()).collect(),
        offline: server.is_none(),
        builtin_train: 2,
        builtin_test: 1,
        ..Options::default()
    };
    let recorder = Recorder::default();
    let loaded = load_from(&sources, request, &options, &recorder);
    (loaded, recorder.text())
}

#[test]
fn without_data_auto_draws_digits_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Some(Reply::not_found()));
    for server in [None, Some(&server)] {
        let (loaded, noted) = try_load(&Request::Auto, None, folder.path(), server);
        let data = loaded.unwrap();
        assert!(matches!(data.origin, Origin::Builtin { .. }));
        assert_eq!((data.train.len(), data.test.len()), (2, 1));
        assert!(noted.contains("tinyevo data fetch mnist"), "{noted}");
        assert!(data.to_string().contains("not MNIST"), "{data}");
    }
    assert!(!server.seen().is_empty());
}

#[test]
fn a_data_set_asked_for_by_name_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_| Some(Reply::not_found()));
    for request in [Request::Mnist, Request::Fashion, Request::Kmnist] {
        let (loaded, _) = try_load(&request, None, folder.path(), Some(&server));
        assert!(matches!(loaded, Err(DataError::Download { .. })), "{request}");
        let (loaded, _) = try_load(&request, None, folder.path(), None);
        assert!(matches!(loaded, Err(DataError::Offline { .. })), "{request}");
    }
}

#[test]
fn a_folder_that_was_given_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let empty = tempfile::tempdir().unwrap();
    for request in [Request::Auto, Request::Mnist] {
        let (loaded, _) = try_load(&request, Some(empty.path()), folder.path(), None);
        assert!(matches!(loaded, Err(DataError::MissingFile { .. })), "{request}");
    }
}

/// The folder that `TINYEVO_DATA` names. Without it the test says loudly that it was skipped; in CI
/// that is a failure.
fn real_mnist() -> Option<PathBuf> {
    let folder = std::env::var_os("TINYEVO_DATA").map(PathBuf::from);
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI must set TINYEVO_DATA");
        eprintln!("\n!!! SKIPPED: set TINYEVO_DATA to a folder with the four MNIST files\n");
    }
    folder
}

#[test]
fn real_mnist_is_recognised_and_can_be_fetched() {
    let Some(real) = real_mnist() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (loaded, noted) = try_load(&Request::Auto, Some(&real), folder.path(), None);
    let data = loaded.unwrap();
    // The name is given by the checksums of the four files.
    assert_eq!((data.name.as_str(), noted.as_str()), ("MNIST", ""));
    let test_counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    assert_eq!(data.test.class_counts(), test_counts);
    assert_eq!((data.train.len(), data.train.labels[0], data.test.labels[0]), (60_000, 5, 7));

    // The same files from a mirror end up in the cache, and are found there without a network.
    let server = Server::start(move |seen| {
        std::fs::read(real.join(seen.path.trim_start_matches('/')))
            .map_or_else(|_| Some(Reply::not_found()), |file| Some(Reply::ranged(&file, seen)))
    });
    let (fetched, _) = try_load(&Request::Mnist, None, folder.path(), Some(&server));
    let fetched = fetched.unwrap();
    assert!(fetched.test == data.test && fetched.train == data.train);
    assert_eq!(server.seen().len(), 4);
    let (cached, _) = try_load(&Request::Auto, None, folder.path(), None);
    assert!(matches!(cached.unwrap().origin, Origin::Cache(_)));
    assert_eq!(Published::Mnist.key(), "mnist");
}
