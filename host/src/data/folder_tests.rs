//! Tests of [`folder`](super::folder): what loads, and every file that must not.

use super::files::{FILES, Spec, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use super::folder::load;
use super::testing::{blank, gzip, write_plain};
use super::{DataError, Fault, PIXELS};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn good() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_plain(folder.path());
    folder
}

/// Loads, and checks that every byte is the one that [`blank`] wrote.
fn assert_loads(folder: &Path) {
    let (train, test) = load(folder).unwrap();
    for (split, samples) in [(train, 60_000), (test, 10_000)] {
        assert_eq!(split.len(), samples);
        assert_eq!(split.images.len(), samples * PIXELS);
        assert!(split.images.iter().all(|&pixel| pixel == 0));
        let mut labels = split.labels.iter().enumerate();
        assert!(labels.all(|(i, &label)| usize::from(label) == i % 10));
    }
}

/// Loads a good folder in which one file was replaced; returns what is wrong with that file.
fn fault(spec: Spec, name: &str, bytes: &[u8]) -> Fault {
    let folder = good();
    fs::remove_file(folder.path().join(spec.name)).unwrap();
    let bad = folder.path().join(name);
    fs::write(&bad, bytes).unwrap();
    match load(folder.path()) {
        Err(DataError::BadFile { path, fault }) => {
            assert_eq!(path, bad);
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_files_load() {
    assert_loads(good().path());
}

#[test]
fn archives_and_dotted_names_load_beside_plain_files() {
    let folder = good();
    let at = |name: &str| folder.path().join(name);
    fs::remove_file(at(TEST_IMAGES.name)).unwrap();
    fs::write(at("t10k-images-idx3-ubyte.gz"), gzip(&blank(TEST_IMAGES))).unwrap();
    fs::remove_file(at(TEST_LABELS.name)).unwrap();
    fs::write(at("t10k-labels.idx1-ubyte.gz"), gzip(&blank(TEST_LABELS))).unwrap();
    fs::rename(at(TRAIN_IMAGES.name), at("train-images.idx3-ubyte")).unwrap();
    // The plain file comes first, so this one is never looked into.
    fs::write(at("train-labels-idx1-ubyte.gz"), b"rubbish").unwrap();
    assert_loads(folder.path());
}

#[cfg(unix)]
#[test]
fn a_folder_whose_name_is_not_utf8_loads() {
    use std::os::unix::ffi::OsStrExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    // Some file systems do not take such names.
    if fs::create_dir(&folder).is_ok() {
        write_plain(&folder);
        assert_loads(&folder);
        fs::write(folder.join(TEST_LABELS.name), [0; 10_009]).unwrap();
        let message = load(&folder).unwrap_err().to_string();
        assert!(message.contains("oversized"), "{message}");
    }
}

#[test]
fn missing_folders_and_files_are_named_with_what_to_run() {
    let folder = good();
    let error = load(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, DataError::NoFolder(_)), "{error}");
    let file = folder.path().join(TRAIN_LABELS.name);
    let error = load(&file).unwrap_err();
    assert!(matches!(error, DataError::NoFolder(_)), "{error}");
    for spec in FILES {
        let folder = good();
        fs::remove_file(folder.path().join(spec.name)).unwrap();
        let message = load(folder.path()).unwrap_err().to_string();
        for word in [spec.name, folder.path().to_str().unwrap(), "tinyevo data fetch mnist"] {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn every_kind_of_bad_plain_file_is_told() {
    let images = TEST_IMAGES.layout.header();
    let labels = blank(TEST_LABELS);
    let image_fault = |bytes: &[u8]| fault(TEST_IMAGES, TEST_IMAGES.name, bytes);
    let label_fault = |bytes: &[u8]| fault(TEST_LABELS, TEST_LABELS.name, bytes);

    assert_eq!(image_fault(b""), Fault::Empty);
    let (expected, found) = (16, 15);
    assert_eq!(image_fault(&images[..15]), Fault::Header { expected, found });
    let (expected, got) = (0x0803, 0x0801);
    assert_eq!(image_fault(&labels), Fault::Magic { expected, got });
    let (rows, columns) = (28, 20);
    let shape = [&images[..15], &[20]].concat();
    assert_eq!(image_fault(&shape), Fault::Shape { rows, columns });
    let (expected, found) = (7_840_016, 16);
    assert_eq!(image_fault(&images), Fault::Truncated { expected, found });
    let (expected, found) = (10_008, 10_009);
    let longer = [&labels[..], &[0]].concat();
    assert_eq!(label_fault(&longer), Fault::Oversized { expected, found });
    let mut labelled = labels.clone();
    (labelled[8 + 77], labelled[8 + 99]) = (10, 11);
    let (index, value) = (77, 10);
    assert_eq!(label_fault(&labelled), Fault::Label { index, value });
}

#[test]
fn every_kind_of_bad_archive_is_told() {
    let name = "t10k-labels-idx1-ubyte.gz";
    let archive = |bytes: &[u8]| fault(TEST_LABELS, name, bytes);
    let labels = blank(TEST_LABELS);
    let good = gzip(&labels);
    assert_eq!(archive(b""), Fault::Empty);
    assert_eq!(archive(&gzip(b"")), Fault::Empty);
    assert!(matches!(archive(&good[..good.len() - 9]), Fault::Gzip(_)));
    assert!(matches!(archive(&labels), Fault::Gzip(_)));
    let (expected, found) = (10_008, 10_007);
    assert_eq!(archive(&gzip(&labels[..10_007])), Fault::Truncated { expected, found });
    let bomb = [&labels[..], &[0; 1_000_000]].concat();
    assert_eq!(archive(&gzip(&bomb)), Fault::Unpacks { expected });
}

#[test]
fn an_archive_under_a_plain_name_is_recognised() {
    let archive = gzip(&blank(TEST_LABELS));
    let text = fault(TEST_LABELS, TEST_LABELS.name, &archive).to_string();
    assert!(text.contains("name lacks .gz"), "{text}");
}

#[test]
fn images_and_labels_of_different_numbers_are_told_together() {
    let folder = good();
    let labels = folder.path().join(TRAIN_LABELS.name);
    fs::write(&labels, blank(Spec { layout: TEST_LABELS.layout, ..TRAIN_LABELS })).unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(
        matches!(&error, DataError::CountMismatch { images: 60_000, labels: 10_000, label_file, .. } if *label_file == labels),
        "{error}"
    );
}

#[test]
fn training_and_test_files_in_each_others_place_are_told() {
    let folder = good();
    let at = |spec: Spec| folder.path().join(spec.name);
    for (one, other) in [(TRAIN_IMAGES, TEST_IMAGES), (TRAIN_LABELS, TEST_LABELS)] {
        let aside = folder.path().join("aside");
        fs::rename(at(one), &aside).unwrap();
        fs::rename(at(other), at(one)).unwrap();
        fs::rename(&aside, at(other)).unwrap();
    }
    let message = load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("expected 60000, got 10000"), "{message}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let folder = good();
    let path = folder.path().join(TEST_LABELS.name);
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if made.is_ok_and(|status| status.success()) {
        let message = load(folder.path()).unwrap_err().to_string();
        assert!(message.contains("not a regular file"), "{message}");
    }
}
