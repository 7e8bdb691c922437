//! Tests of [`load`](crate::data::load()): the search order.

use super::support::{Recorder, Reply, Server, blank, gzip, write_plain};
use crate::data::dataset::hex;
use crate::data::fetch::catalog::{Checksum, Entry, Remote};
use crate::data::fetch::download::Client;
use crate::data::load::{Search, fetch};
use crate::data::mnist::FILES;
use crate::data::{DataError, Dataset, Options, Origin, Published, Request, Silent, Wanted};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// The files of [`blank`], as they are published here.
struct Blank {
    sums: Vec<String>,
    /// By the path under which they are served.
    archives: HashMap<String, Vec<u8>>,
}

fn blank_files() -> &'static Blank {
    static BLANK: OnceLock<Blank> = OnceLock::new();
    BLANK.get_or_init(|| {
        let files = FILES.map(|file| (file, blank(file.header)));
        let sums = files.iter().map(|(_, bytes)| hex(Sha256::new().chain_update(bytes)));
        let archives =
            files.iter().map(|(file, bytes)| (format!("/{}.gz", file.name), gzip(bytes)));
        Blank { sums: sums.collect(), archives: archives.collect() }
    })
}

/// A catalogue in which the blank files are published as every set.
fn blank_catalog(set: Published) -> Entry {
    let files = FILES.into_iter().zip(&blank_files().sums);
    Entry {
        set,
        mirrors: vec!["http://127.0.0.1:9/never".into()],
        files: files
            .map(|(file, sum)| Remote { file, checksum: Checksum::Unpacked(sum.clone()) })
            .collect(),
    }
}

/// A server with the blank files (or with none), a cache and a folder for each test.
pub(super) struct World {
    server: Server,
    folder: TempDir,
    pub(super) options: Options<'static>,
}

impl World {
    pub(super) fn new(serves: bool) -> Self {
        let server = Server::start(move |path| {
            let archive = blank_files().archives.get(path).filter(|_| serves);
            Some(archive.map_or_else(Reply::not_found, |bytes| Reply::whole(bytes)))
        });
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            cache: Some(folder.path().join("cache")),
            mirrors: vec![server.url.clone()],
            builtin_train: 30,
            builtin_test: 20,
            ..Options::default()
        };
        Self { server, folder, options }
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.options.cache_folder(Published::Mnist).unwrap()
    }

    fn fill(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        write_plain(folder);
    }

    fn load(&self, request: &Request) -> (Result<Dataset, DataError>, String) {
        let recorder = Recorder::default();
        let client = Client::new(Duration::from_secs(30), false);
        let (options, progress) = (&self.options, &recorder);
        let search = Search { catalog: &blank_catalog, client, options, progress };
        let result = search.load(request);
        (result, recorder.text())
    }

    fn requests(&self) -> usize {
        self.server.seen().len()
    }
}

#[test]
fn a_given_folder_comes_first() {
    let mut world = World::new(true);
    let folder = world.folder.path().join("given");
    world.fill(&folder);
    world.fill(&world.cache());
    world.options.data_dir = Some(folder.clone());
    for request in [Request::Auto, Request::MNIST] {
        let (data, notices) = world.load(&request);
        let data = data.unwrap();
        assert_eq!(data.origin, Origin::DataDir(folder.clone()));
        assert_eq!(data.to_string(), format!("MNIST from {}", folder.display()));
        assert_eq!(notices, "");
    }
    // A request for something else does not look there.
    let data = world.load(&Request::Builtin).0.unwrap();
    assert_eq!(data.origin, Origin::Builtin(64));
    assert_eq!(world.requests(), 0);
}

#[test]
fn a_given_folder_of_no_use_is_an_error_and_nothing_else_is_tried() {
    let mut world = World::new(true);
    world.fill(&world.cache());
    for (folder, exists) in [("nowhere", false), ("empty", true)] {
        let folder = world.folder.path().join(folder);
        if exists {
            fs::create_dir(&folder).unwrap();
        }
        world.options.data_dir = Some(folder);
        for request in [Request::Auto, Request::MNIST] {
            let error = world.load(&request).0.unwrap_err();
            let DataError::DataDir(error) = error else { panic!("{error}") };
            assert!(
                matches!(*error, DataError::NoFolder { .. } | DataError::MissingFile { .. }),
                "{error}"
            );
        }
    }
    assert_eq!(world.requests(), 0);
}

#[test]
fn an_empty_path_of_the_given_folder_counts_as_none() {
    let mut world = World::new(true);
    world.fill(&world.cache());
    world.options.data_dir = Some(PathBuf::new());
    let data = world.load(&Request::Auto).0.unwrap();
    assert_eq!(data.origin, Origin::Cache(world.cache()));
}

#[test]
fn files_that_are_not_mnist_are_not_called_so() {
    let mut world = World::new(true);
    let folder = world.folder.path().join("given");
    world.fill(&folder);
    swap_two_labels(&folder.join(FILES[3].name));
    let request = Request::Folder(folder.clone());
    let data = world.load(&request).0.unwrap();
    assert_eq!(data.name, "unidentified images");
    assert_eq!(data.origin, Origin::Folder(folder.clone()));
    world.options.data_dir = Some(folder);
    let (data, notices) = world.load(&Request::MNIST);
    assert_eq!(data.unwrap().name, "unidentified images");
    assert!(notices.contains("not the published MNIST"), "{notices}");
}

#[test]
fn the_cache_comes_before_the_network() {
    let world = World::new(true);
    world.fill(&world.cache());
    for request in [Request::Auto, Request::MNIST] {
        let (data, notices) = world.load(&request);
        assert_eq!(data.unwrap().origin, Origin::Cache(world.cache()));
        assert_eq!(notices, "");
    }
    assert_eq!(world.requests(), 0);
}

#[test]
fn what_is_not_in_the_cache_is_downloaded_once() {
    let world = World::new(true);
    for (request, requests) in
        [(Request::Auto, 4), (Request::MNIST, 4), (Request::Published(Published::Fashion), 8)]
    {
        let data = world.load(&request).0.unwrap();
        assert!(matches!(data.origin, Origin::Cache(_)), "{data}");
        assert_eq!(world.requests(), requests, "{request:?}");
    }
}

#[test]
fn a_damaged_file_in_the_cache_is_fetched_again_with_a_notice() {
    let world = World::new(true);
    world.fill(&world.cache());
    swap_two_labels(&world.cache().join(FILES[3].name));
    let (data, notices) = world.load(&Request::MNIST);
    assert_eq!(data.unwrap().test.labels[..3], [0, 1, 2]);
    assert!(notices.contains("wrong SHA-256") && notices.contains("again"), "{notices}");
    assert_eq!(world.requests(), 1);
}

#[test]
fn without_a_download_auto_draws_digits_with_a_notice_and_the_others_fail() {
    let world = World::new(false);
    let (data, notices) = world.load(&Request::Auto);
    let data = data.unwrap();
    assert_eq!((data.train.len(), data.test.len()), (30, 20));
    assert_eq!(data.to_string(), "built-in digits (drawn by tinyevo, seed 64; not MNIST)");
    for word in [
        "not MNIST results",
        "404",
        "with `tinyevo data fetch mnist`",
        "`cargo run --release -- data fetch mnist`",
        "TINYEVO_DATA",
    ] {
        assert!(notices.contains(word), "{word}: {notices}");
    }
    assert!(!notices.contains("http"), "addresses help nobody here: {notices}");
    assert!(notices.lines().all(|line| line.len() <= "notice ".len() + 80), "{notices}");
    assert_eq!(notices.matches("notice ").count(), 1, "{notices}");
    for request in [
        Request::MNIST,
        Request::Published(Published::Fashion),
        Request::Published(Published::Kmnist),
    ] {
        let error = world.load(&request).0.unwrap_err();
        assert!(matches!(error, DataError::Download { .. }), "{error}");
    }
}

#[test]
fn offline_nothing_is_asked_of_the_network() {
    let mut world = World::new(true);
    world.options.offline = true;
    let error = world.load(&Request::MNIST).0.unwrap_err();
    assert!(matches!(error, DataError::Offline { .. }), "{error}");
    let (data, notices) = world.load(&Request::Auto);
    assert!(matches!(data.unwrap().origin, Origin::Builtin(_)));
    assert!(notices.contains("downloads are turned off"), "{notices}");
    world.fill(&world.cache());
    assert_eq!(world.load(&Request::Auto).0.unwrap().name, "MNIST");
    assert_eq!(world.requests(), 0);
}

#[test]
fn offline_a_fetch_succeeds_only_if_nothing_is_missing() {
    let mut world = World::new(true);
    world.options.offline = true;
    let error = fetch(Published::Fashion, &world.options, &Silent).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DataError::Offline { .. }), "{text}");
    assert!(text.contains("tinyevo data fetch fashion"), "{text}");
    // Fashion-MNIST's plain files have no published checksum, so the blank ones pass.
    let folder = world.options.cache_folder(Published::Fashion).unwrap();
    world.fill(&folder);
    let fetched = fetch(Published::Fashion, &world.options, &Silent).unwrap();
    assert_eq!(fetched, folder);
    assert_eq!(world.requests(), 0);
}

#[test]
fn a_folder_is_that_folder_alone() {
    let world = World::new(true);
    world.fill(&world.cache());
    let request = Request::Folder(world.folder.path().join("nowhere"));
    let error = world.load(&request).0.unwrap_err();
    assert!(matches!(error, DataError::NoFolder { .. }), "{error}");
    assert_eq!(world.requests(), 0);
}

#[test]
fn no_built_in_digits_are_an_error() {
    let mut world = World::new(true);
    world.options.builtin_test = 0;
    let error = world.load(&Request::Builtin).0.unwrap_err();
    assert!(matches!(error, DataError::BuiltinSize { split: "test", .. }), "{error}");
}

#[test]
fn the_last_training_images_are_held_out_and_the_data_stays_the_same() {
    let mut world = World::new(true);
    let whole = world.load(&Request::Builtin).0.unwrap();
    assert!(whole.validation.is_empty());
    for validation in [1, 10, 29] {
        world.options.validation = validation;
        let data = world.load(&Request::Builtin).0.unwrap();
        assert_eq!((data.train.len(), data.validation.len()), (30 - validation, validation));
        assert_eq!(data.train.image(0), whole.train.image(0));
        assert_eq!(data.validation.image(validation - 1), whole.train.image(29));
        assert_eq!(data.validation.labels, whole.train.labels[30 - validation..]);
        assert!(data.test == whole.test);
        assert_eq!(data.fingerprint(), whole.fingerprint());
    }
    for asked in [30, 31, usize::MAX] {
        world.options.validation = asked;
        // The training images are needed, wanted or not.
        world.options.wanted = Wanted::TEST;
        let error = world.load(&Request::Builtin).0.unwrap_err();
        assert!(error.is_usage());
        let text = error.to_string();
        assert!(text.contains(&format!("{asked} of 30 training images")), "{text}");
    }
}

#[test]
fn what_is_wanted_is_known_for_what_it_is() {
    let mut world = World::new(true);
    world.fill(&world.cache());
    let whole = world.load(&Request::MNIST).0.unwrap();
    for wanted in [Wanted::TRAIN, Wanted::TEST] {
        world.options.wanted = wanted;
        let data = world.load(&Request::MNIST).0.unwrap();
        assert_eq!(data.published, Some(Published::Mnist));
        assert!(data.train == whole.train || !wanted.train && data.train.is_empty());
        assert!(data.test == whole.test || !wanted.test && data.test.is_empty());
        assert_ne!(data.fingerprint(), whole.fingerprint());
    }
}

#[test]
fn a_source_leads_back_to_the_same_data() {
    let mut world = World::new(true);
    let folder = world.folder.path().join("given");
    world.fill(&folder);
    world.fill(&world.cache());
    let source = |world: &World, request| world.load(request).0.unwrap().resolved_source().unwrap();
    assert_eq!(source(&world, &Request::Auto), "mnist");
    let named = Request::Folder(folder.clone());
    assert_eq!(Path::new(&source(&world, &named)), folder);
    world.options.data_dir = Some(folder.clone());
    assert_eq!(source(&world, &Request::MNIST), "mnist");
    // Not MNIST, but in its place.
    swap_two_labels(&folder.join(FILES[3].name));
    for request in [Request::Auto, Request::MNIST] {
        let first = world.load(&request).0.unwrap();
        let again = Request::new(first.resolved_source().unwrap()).unwrap();
        assert_eq!(again, named);
        // The variable names something else by now.
        let mut later = World::new(true);
        later.options.data_dir = Some(world.cache());
        let second = later.load(&again).0.unwrap();
        assert_eq!(second.fingerprint(), first.fingerprint());
    }
}

fn swap_two_labels(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.swap(8, 9);
    fs::write(path, bytes).unwrap();
}
