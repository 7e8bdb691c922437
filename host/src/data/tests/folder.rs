//! Tests of [`folder`](crate::data::folder): what loads, and every file that must not.

use super::support::{blank, gzip, write_plain};
use crate::data::error::{DataError, Fault};
use crate::data::folder::load;
use crate::data::idx::{Header, Kind};
use crate::data::mnist::{FILES, File};
use crate::data::request::Wanted;
use crate::data::split::Split;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TRAIN_IMAGES: File = FILES[0];
const TRAIN_LABELS: File = FILES[1];
const TEST_IMAGES: File = FILES[2];
const TEST_LABELS: File = FILES[3];

fn good() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_plain(folder.path());
    folder
}

/// Loads, and checks that every byte is the one that [`blank`] wrote.
fn assert_loads(folder: &Path) {
    let (train, test) = load(folder, Wanted::ALL).unwrap();
    for (split, samples) in [(train, 60_000), (test, 10_000)] {
        assert_eq!((split.len(), split.features(), split.classes), (samples, 784, 10));
        assert_eq!(split.images.len(), samples * 784);
        assert!(split.images.iter().all(|&pixel| pixel == 0));
        let mut labels = split.labels.iter().enumerate();
        assert!(labels.all(|(i, &label)| usize::from(label) == i % 10));
    }
}

/// Loads a good folder in which one file was replaced; returns what is wrong with that file,
/// whatever is wanted.
fn fault(file: File, name: &str, bytes: &[u8]) -> Fault {
    let folder = good();
    fs::remove_file(folder.path().join(file.name)).unwrap();
    let bad = folder.path().join(name);
    fs::write(&bad, bytes).unwrap();
    match load(folder.path(), Wanted::ALL) {
        Err(DataError::BadFile { path, fault }) => {
            assert_eq!(path, bad);
            fault
        }
        other => panic!("{other:?}"),
    }
}

fn message(folder: &Path) -> String {
    load(folder, Wanted::ALL).unwrap_err().to_string()
}

/// Four files of tiny images of `rows` x `columns`, whose pixels count up.
fn tiny(rows: u32, columns: u32, train: &[u8], test: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, File { name, header, .. }) in FILES.into_iter().enumerate() {
        let labels = if index < 2 { train } else { test };
        let samples = labels.len() as u32;
        let header = match header.kind {
            Kind::Images => Header { samples, size: [rows, columns], ..header },
            Kind::Labels => Header { samples, ..header },
        };
        let mut bytes = header.encode();
        match header.kind {
            Kind::Images => bytes.extend((0..rows * columns * samples).map(|i| i as u8)),
            Kind::Labels => bytes.extend(labels),
        }
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

#[test]
fn plain_files_load_whole_or_in_part() {
    let folder = good();
    assert_loads(folder.path());
    let both = load(folder.path(), Wanted::ALL).unwrap();
    let (none, test) = load(folder.path(), Wanted::TEST).unwrap();
    assert!(test == both.1 && none == Split::empty(test.shape, 10));
    let (train, none) = load(folder.path(), Wanted::TRAIN).unwrap();
    assert!(train == both.0 && none == Split::empty(test.shape, 10));
}

#[test]
fn archives_and_dotted_names_load_beside_plain_files() {
    let folder = good();
    let at = |name: &str| folder.path().join(name);
    fs::remove_file(at(TEST_IMAGES.name)).unwrap();
    fs::write(at("t10k-images-idx3-ubyte.gz"), gzip(&blank(TEST_IMAGES.header))).unwrap();
    fs::remove_file(at(TEST_LABELS.name)).unwrap();
    fs::write(at("t10k-labels.idx1-ubyte.gz"), gzip(&blank(TEST_LABELS.header))).unwrap();
    fs::rename(at(TRAIN_IMAGES.name), at("train-images.idx3-ubyte")).unwrap();
    // The plain file comes first, so this one is never looked into.
    fs::write(at("train-labels-idx1-ubyte.gz"), b"rubbish").unwrap();
    assert_loads(folder.path());
}

#[test]
fn the_content_says_whether_a_file_is_an_archive_and_not_its_name() {
    let labels = blank(TEST_LABELS.header);
    let folder = good();
    // A browser unpacked it on the way and kept the name.
    let plain = folder.path().join(TEST_LABELS.name);
    fs::rename(&plain, plain.with_extension("gz")).unwrap();
    assert_loads(folder.path());
    fs::write(&plain, gzip(&labels)).unwrap();
    assert_loads(folder.path());
    let twice = fault(TEST_LABELS, TEST_LABELS.name, &gzip(&gzip(&labels))).to_string();
    assert!(twice.contains("gzip archive in a gzip archive"), "{twice}");
}

#[test]
fn an_archive_followed_by_zero_bytes_loads() {
    let folder = good();
    let plain = folder.path().join(TEST_LABELS.name);
    fs::remove_file(&plain).unwrap();
    let archive = [gzip(&blank(TEST_LABELS.header)), vec![0; 512]].concat();
    fs::write(plain.with_extension("gz"), archive).unwrap();
    assert_loads(folder.path());
}

#[test]
fn what_has_the_name_of_a_file_and_is_none_does_not_end_the_search() {
    let folder = good();
    for (index, file) in FILES.iter().enumerate() {
        let plain = folder.path().join(file.name);
        let dotted = ["train-images", "train-labels", "t10k-images", "t10k-labels"][index];
        let dotted = format!("{dotted}.idx{}-ubyte", if index % 2 == 0 { 3 } else { 1 });
        fs::rename(&plain, folder.path().join(dotted)).unwrap();
        // The much used archive of Kaggle has folders of these names.
        if index % 2 == 0 {
            fs::create_dir(&plain).unwrap();
            continue;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("nowhere", &plain).unwrap();
    }
    assert_loads(folder.path());
}

#[test]
fn what_has_the_name_of_a_file_is_told_where_there_is_no_file() {
    let folder = good();
    let plain = folder.path().join(TEST_IMAGES.name);
    fs::remove_file(&plain).unwrap();
    fs::create_dir(&plain).unwrap();
    assert!(message(folder.path()).contains("not a regular file"));
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_not_called_missing() {
    use std::os::unix::fs::symlink;
    let folder = good();
    let plain = folder.path().join(TEST_IMAGES.name);
    fs::remove_file(&plain).unwrap();
    symlink("nowhere", &plain).unwrap();
    let text = message(folder.path());
    assert!(text.contains("link to a file that does not exist"), "{text}");
    assert!(!text.contains("missing"), "{text}");
    let link = folder.path().join("link");
    symlink("nowhere", &link).unwrap();
    let text = message(&link);
    assert!(text.contains("link to something that does not exist"), "{text}");
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
        assert!(message(&folder).contains("magic"));
    }
}

#[test]
fn images_of_any_number_size_and_classes_load() {
    let folder = tiny(2, 3, &[0, 1, 2, 3, 1], &[2, 0]);
    let (train, test) = load(folder.path(), Wanted::ALL).unwrap();
    let shape = tinyevo_core::shape::Shape { height: 2, width: 3, channels: 1 };
    assert_eq!((train.shape, train.classes, train.len()), (shape, 4, 5));
    assert_eq!((test.shape, test.classes, test.len()), (shape, 4, 2));
    assert_eq!(train.image(4), [24, 25, 26, 27, 28, 29]);
    assert_eq!(test.labels, [2, 0]);
    // The number of classes is that of the folder, whatever is wanted.
    let (none, test) = load(folder.path(), Wanted::TEST).unwrap();
    assert_eq!((none.classes, test.classes), (4, 4));
    let letters = tiny(28, 28, &[1, 26], &[3]);
    assert_eq!(load(letters.path(), Wanted::ALL).unwrap().0.classes, 27);
    // A hundred digits may lack a nine, and are digits all the same.
    let digits = tiny(28, 28, &[1, 2, 3], &[3]);
    assert_eq!(load(digits.path(), Wanted::ALL).unwrap().0.classes, 10);
}

#[test]
fn training_and_test_images_of_two_sizes_are_told() {
    let (one, other) = (tiny(2, 3, &[0], &[0]), tiny(3, 2, &[0], &[0]));
    let name = TEST_IMAGES.name;
    fs::copy(other.path().join(name), one.path().join(name)).unwrap();
    let text = message(one.path());
    assert!(text.contains("2x3") && text.contains("3x2"), "{text}");
}

#[test]
fn missing_folders_and_files_are_named() {
    let folder = good();
    let nowhere = message(&folder.path().join("nowhere"));
    assert!(nowhere.contains("nowhere does not exist"), "{nowhere}");
    let file = message(&folder.path().join(TRAIN_LABELS.name));
    assert!(file.contains("is not a folder"), "{file}");
    for file in FILES {
        let folder = good();
        fs::remove_file(folder.path().join(file.name)).unwrap();
        let text = message(folder.path());
        assert!(text.contains(&format!("{} is missing", file.name)), "{text}");
        assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    }
}

#[test]
fn every_kind_of_bad_plain_file_is_told() {
    let images = TEST_IMAGES.header.encode();
    let labels = blank(TEST_LABELS.header);
    let image_fault = |bytes: &[u8]| fault(TEST_IMAGES, TEST_IMAGES.name, bytes);
    let label_fault = |bytes: &[u8]| fault(TEST_LABELS, TEST_LABELS.name, bytes);

    assert_eq!(image_fault(b""), Fault::Empty);
    let (expected, found) = (16, 15);
    assert_eq!(image_fault(&images[..15]), Fault::Header { expected, found });
    let (expected, got) = (0x0803, 0x0801);
    assert_eq!(image_fault(&labels), Fault::Magic { expected, got });
    let (expected, found) = (7_840_016, 16);
    assert_eq!(image_fault(&images), Fault::Truncated { expected, found });
    let (expected, found) = (10_008, 10_009);
    let longer = [&labels[..], &[0]].concat();
    assert_eq!(label_fault(&longer), Fault::Oversized { expected, found });
    let mut labelled = labels.clone();
    (labelled[8 + 77], labelled[8 + 99]) = (10, 11);
    let (index, value, most) = (77, 10, 9);
    assert_eq!(label_fault(&labelled), Fault::Label { index, value, most });
}

#[test]
fn every_kind_of_bad_archive_is_told() {
    let name = "t10k-labels-idx1-ubyte.gz";
    let archive = |bytes: &[u8]| fault(TEST_LABELS, name, bytes);
    let labels = blank(TEST_LABELS.header);
    let good = gzip(&labels);
    assert_eq!(archive(b""), Fault::Empty);
    assert_eq!(archive(&gzip(b"")), Fault::Empty);
    for cut in [1, 9] {
        assert!(matches!(archive(&good[..good.len() - cut]), Fault::Gzip(_)));
    }
    assert!(matches!(archive(b"<html>not found</html>"), Fault::Magic { .. }));
    let (expected, found) = (10_008, 10_007);
    assert_eq!(archive(&gzip(&labels[..10_007])), Fault::Truncated { expected, found });
    let bomb = [&labels[..], &[0; 1_000_000]].concat();
    assert_eq!(archive(&gzip(&bomb)), Fault::Unpacks { expected });
    let mut labelled = labels.clone();
    labelled[8 + 77] = 10;
    let (index, value, most) = (77, 10, 9);
    assert_eq!(archive(&gzip(&labelled)), Fault::Label { index, value, most });
}

#[test]
fn images_and_labels_of_different_numbers_are_told_together() {
    let folder = good();
    let labels = folder.path().join(TRAIN_LABELS.name);
    fs::write(&labels, blank(TEST_LABELS.header)).unwrap();
    let error = load(folder.path(), Wanted::TEST).unwrap_err();
    assert!(
        matches!(&error, DataError::CountMismatch { counts: [60_000, 10_000], paths } if paths[1] == labels),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let folder = good();
    let path = folder.path().join(TEST_LABELS.name);
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(message(folder.path()).contains("not a regular file"));
    }
}
