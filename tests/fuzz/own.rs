//! The user's own data: what is loaded is whole, is loaded the same again, and nothing of it gets lost.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tinyevo::data::{Options, Request, Silent, load};

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("a folder");
}

/// Loads a file of this name with these bytes.
pub(crate) fn check_file(name: &str, bytes: &[u8]) -> bool {
    let path = path(name);
    write(&path, bytes);
    check(path)
}

/// Loads a folder of this name with these files.
pub(crate) fn check_folder(name: &str, files: &[(&str, &[u8])]) -> bool {
    let path = path(name);
    fs::create_dir_all(&path).expect("a folder can be made");
    for (name, bytes) in files {
        write(&path.join(name), bytes);
    }
    check(path)
}

/// Writes over a file, which is not emptied first: on a busy disk that takes milliseconds, ten thousand times.
fn write(path: &Path, bytes: &[u8]) {
    let file = File::options().write(true).create(true).truncate(false).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    });
    written.expect("a file can be written");
}

fn path(name: &str) -> PathBuf {
    FOLDER.with(|folder| folder.path().join(name))
}

fn check(path: PathBuf) -> bool {
    let request = Request::Folder(path);
    let usual = Options { offline: true, ..Options::default() };
    let dataset = match load(&request, &usual, &Silent) {
        Ok(dataset) => dataset,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    assert!((2..=256).contains(&dataset.classes()));
    for part in [&dataset.train, &dataset.test] {
        assert!(!part.labels.is_empty());
        assert_eq!(part.images.len(), part.len() * dataset.shape().elements());
        assert!(part.labels.iter().all(|label| usize::from(*label) < dataset.classes()));
    }
    let names = dataset.description.class_names.len();
    assert!(names == 0 || names == dataset.classes());
    let options = Options { description: Some(dataset.description.clone()), ..usual };
    let again = load(&request, &options, &Silent).expect("it was loaded before");
    assert_eq!(again, dataset);
    if dataset.division.is_some() {
        let all = load(&request, &Options { test_share: 1.0, ..options }, &Silent);
        let (all, count) = (all.expect("as before"), dataset.train.len() + dataset.test.len());
        assert_eq!((all.train.len(), all.test.len()), (0, count));
    }
    true
}
