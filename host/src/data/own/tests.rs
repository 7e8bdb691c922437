//! Tests of [`own`](crate::data::own): what each kind of file becomes, in which order.

use super::raw::{Raw, Values};
use super::{csv, load, npz};
use crate::data::dataset::{Dataset, Origin};
use crate::data::description::{Columns, Description, Division, Normalisation};
use crate::data::error::OwnFault;
use crate::data::request::{Options, Request, Silent, Wanted};
use std::io::{Cursor, Write};
use std::path::Path;
use tinyevo_core::shape::Shape;

fn finish(raw: Raw, options: &Options<'_>) -> Result<Dataset, OwnFault> {
    super::finish(raw, options, Origin::Folder("DIR".into()))
}

fn table(text: &str, label: Option<&str>) -> Raw {
    csv::read(text.as_bytes(), label).unwrap()
}

/// The values and labels of a table.
fn contents(raw: &Raw) -> (Vec<f32>, Vec<u8>) {
    let Values::Floats(values) = &raw.train.values else { panic!("bytes") };
    (values.clone(), raw.train.labels.clone())
}

#[test]
fn a_table_has_a_header_if_a_feature_of_its_first_line_is_no_number() {
    let expected = (vec![1.0, 2.5, 3.0, -4.0], vec![0, 1]);
    for text in [
        "1,2.5,x\n3,-4,y\n",
        "a,b,c\n1,2.5,x\n3,-4,y\n",
        "\u{feff}a;b;c\r\n1;2.5;x\r\n3;-4;y\r\n",
        "1\t 2.5\tx\n\n3\t-4e0\t\"y\"",
    ] {
        let raw = table(text, None);
        assert_eq!(contents(&raw), expected, "{text:?}");
        assert_eq!((raw.shape, raw.classes), (Shape::flat(2), 2));
        assert_eq!(raw.class_names, ["x", "y"]);
    }
    // The label alone does not make a header, but its name does.
    assert_eq!(contents(&table("kind,7\nx,2\ny,3\n", Some("1"))).0, [7.0, 2.0, 3.0]);
    assert_eq!(contents(&table("kind,7\nx,2\ny,3\n", Some("kind"))).0, [2.0, 3.0]);
    assert_eq!(contents(&table("x,1\ny,2\n", Some("1"))), (vec![1.0, 2.0], vec![0, 1]));
}

#[test]
fn a_table_knows_its_columns() {
    let columns = |text: &str, label| table(text, label).columns.unwrap();
    let named = columns("size,kind,\"a, b\"\n1,x,3\n2,y,4\n", Some("kind"));
    assert_eq!(named.features, ["size", "a, b"]);
    assert_eq!((named.label, named.label_name.as_deref()), (2, Some("kind")));
    // Without a header.
    assert_eq!(columns("1,2,x\n3,4,y\n", None), Columns { label: 3, ..Columns::default() });
}

#[test]
fn what_stands_in_quotes_divides_nothing() {
    for text in [
        "\"temp; C\",label\n1,x\n2,y\n",
        "\u{feff}\"temp; C\"\tlabel\n1\tx\n2\ty\n",
        "\"a \"\"b\"\"; \t\n c\",\"\"\n1,x\n2,y\n",
        "5\" pipe;label\n1;x\n2;y\n",
    ] {
        let raw = table(text, None);
        assert_eq!(contents(&raw), (vec![1.0, 2.0], vec![0, 1]), "{text:?}");
        assert_eq!(raw.class_names, ["x", "y"]);
    }
}

#[test]
fn classes_are_in_the_order_of_their_numbers_if_all_are() {
    let raw = table("0,10\n0,9\n0,-2\n", None);
    assert_eq!((raw.class_names, raw.train.labels), (names(&["-2", "9", "10"]), vec![2, 1, 0]));
    let raw = table("0,10\n0,9\n0,b\n", None);
    assert_eq!((raw.class_names, raw.train.labels), (names(&["10", "9", "b"]), vec![0, 1, 2]));
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A `.npz` file of arrays as `(name, dtype, fortran_order, shape, bytes)`.
fn archive(arrays: &[(&str, &str, &str, &str, &[u8])]) -> Cursor<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, dtype, fortran, shape, bytes) in arrays {
        archive
            .start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default())
            .unwrap();
        let header =
            format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let header = format!("{header:117}\n");
        let start = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..]].concat();
        archive.write_all(&[&start, header.as_bytes(), *bytes].concat()).unwrap();
    }
    let file = archive.finish().unwrap().into_inner();
    Cursor::new(file)
}

#[test]
fn arrays_of_any_order_of_bytes_and_items_are_the_same() {
    let floats = |values: [f32; 6]| values.map(f32::to_le_bytes).concat();
    let big = |values: [f64; 6]| values.map(f64::to_be_bytes).concat();
    let little = floats([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let columns = floats([1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let doubles = big([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    for (dtype, fortran, bytes) in
        [("<f4", "False", &little), ("<f4", "True", &columns), (">f8", "False", &doubles)]
    {
        for (y, labels) in [("|u1", &[0, 1][..]), (">i2", &[0, 0, 0, 1]), ("|b1", &[0, 1])] {
            let raw = npz::read(archive(&[
                ("x_train", dtype, fortran, "(2, 3)", bytes),
                ("y_train", y, "False", "(2, 1)", labels),
            ]));
            let raw = raw.unwrap();
            assert_eq!(contents(&raw), (vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0, 1]));
            assert_eq!((raw.shape, raw.test), (Shape::flat(3), None));
        }
    }
}

#[test]
fn shapes_are_those_of_keras() {
    let read = |shape: &str, names: &[u8]| {
        let bytes: Vec<u8> = (0..48).collect();
        let text = if names.is_empty() { "other" } else { "class_names" };
        npz::read(archive(&[
            ("x_train", "|u1", "False", shape, &bytes),
            ("y_train", "|i1", "False", "(2,)", &[1, 0]),
            (text, "<U1", "False", "(3,)", names),
        ]))
    };
    let shape = |height, width, channels| Shape { height, width, channels };
    for (text, expected) in [
        ("(2, 24)", shape(1, 1, 24)),
        ("(2, 6, 4)", shape(6, 4, 1)),
        ("(2, 4, 2, 3)", shape(4, 2, 3)),
    ] {
        let raw = read(text, &[]).unwrap();
        assert_eq!((raw.shape, raw.classes), (expected, 2));
        assert_eq!(raw.train.values, Values::Bytes((0..48).collect()));
    }
    let codes: Vec<u8> = "aéx".chars().flat_map(|code| u32::from(code).to_le_bytes()).collect();
    let raw = read("(2, 24)", &codes).unwrap();
    assert_eq!((raw.class_names, raw.classes), (names(&["a", "é", "x"]), 3));
    // A class that has a name must have a training sample.
    let missing = finish(read("(2, 24)", &codes).unwrap(), &Options::default()).unwrap_err();
    assert_eq!(missing, OwnFault::MissingClass("x".to_owned()));
}

/// 40 samples of one feature, 0 to 39, in two classes, the second after the first.
fn line() -> Raw {
    let lines: String = (0..40).map(|value| format!("{value},{}\n", value / 20)).collect();
    table(&lines, None)
}

#[test]
fn training_samples_are_shuffled_and_the_range_is_theirs() {
    let options = |seed| Options { split_seed: seed, ..Options::default() };
    let Dataset { train, test, description, division, .. } = finish(line(), &options(1)).unwrap();
    assert_eq!(division, Some(Division { share: 0.2, seed: 1 }));
    assert_eq!((train.class_counts(), test.class_counts()), (vec![16; 2], vec![4; 2]));
    assert!(!train.labels.is_sorted() && test.labels.is_sorted());
    assert_eq!((train.images.iter().min(), train.images.iter().max()), (Some(&0), Some(&255)));
    let map = description.normalisation.unwrap();
    // A test sample beyond the training samples is clamped, not a part of the range.
    let drawn = |value: f32| map.low()[0] > value || map.high()[0] < value;
    let seeds: Vec<u64> = (0..40).collect();
    let other = seeds.iter().map(|seed| finish(line(), &options(*seed)).unwrap());
    let maps: Vec<_> = other.map(|own| own.description.normalisation.unwrap()).collect();
    assert!(maps.iter().any(|map| map.low() != [0.0]), "{}", drawn(0.0));
    assert!(maps.iter().any(|map| map.high() == [39.0]));
    let again = finish(line(), &options(1)).unwrap();
    assert_eq!((again.train, again.test), (train, test));
}

#[test]
fn a_champion_brings_its_range_and_its_classes() {
    let mut options = Options::default();
    let mut description = finish(line(), &options).unwrap().description;
    description.normalisation = Normalisation::new(vec![0.0], vec![390.0]);
    options.description = Some(description.clone());
    let own = finish(line(), &options).unwrap();
    assert_eq!(own.description, description);
    assert!(own.train.images.iter().all(|byte| *byte < 27));
    description.class_names = names(&["no", "yes"]);
    options.description = Some(description);
    let error = finish(line(), &options).unwrap_err().to_string();
    assert!(error.contains("the classes are 0, 1, but the champion has no, yes"), "{error}");
}

#[test]
fn data_that_a_champions_range_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = |x: (&str, &str, &[u8])| {
        let (dtype, shape, bytes) = x;
        let labels: (_, _, _, _, &[u8]) = ("y_train", "|u1", "False", "(4,)", &[0, 1, 0, 1]);
        let file = archive(&[("x_train", dtype, "False", shape, bytes), labels]);
        let path = folder.path().join("own.npz");
        std::fs::write(&path, file.into_inner()).unwrap();
        let normalisation = Normalisation::new(vec![0.0; 3], vec![9.0; 3]);
        let description = Some(Description { normalisation, class_names: Vec::new() });
        let options = Options { description, validation: 0, ..Options::default() };
        crate::data::load(&Request::Folder(path), &options, &Silent)
    };
    let floats = [0; 96];
    assert!(loaded(("<f4", "(4, 2, 1, 3)", &floats)).is_ok());
    let error = loaded(("|u1", "(4, 3)", &floats[..12])).unwrap_err().to_string();
    assert!(error.contains("the samples are bytes, but the champion"), "{error}");
    let error = loaded(("<f4", "(4, 3, 2)", &floats)).unwrap_err().to_string();
    assert!(error.contains("floats of 1 channels, but the champion"), "{error}");
    assert!(error.contains("floats of 3 channels"), "{error}");
}

#[test]
fn a_shape_that_no_memory_holds_is_refused() {
    let read = |shape| npz::read(archive(&[("x_train", "|u1", "False", shape, &[0; 4])]));
    let error = read("(4294967296, 4294967296)").unwrap_err().to_string();
    assert!(error.contains("x_train is damaged: it has a shape that no memory holds"), "{error}");
}

#[test]
fn a_test_part_without_samples_is_refused() {
    let mut raw = line();
    raw.test = Some(raw.train.picked(&[], 1));
    assert_eq!(finish(raw, &Options::default()).unwrap_err(), OwnFault::EmptyTest);
}

#[test]
fn a_split_that_is_not_wanted_is_empty() {
    let options = Options { wanted: Wanted::TEST, ..Options::default() };
    let own = finish(line(), &options).unwrap();
    assert_eq!((own.train.len(), own.test.len()), (0, 8));
}

#[test]
fn a_file_that_numpy_wrote_is_read() {
    // tests/fixtures/make_npz.py
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/own.npz");
    let own = load(&path, &Options::default()).unwrap();
    let Dataset { train, test, .. } = &own;
    assert_eq!((&*own.name, train.shape, own.division), ("features", Shape::flat(3), None));
    assert_eq!(own.description.class_names, ["café", "tea"]);
    let map = own.description.normalisation.as_ref().unwrap();
    assert_eq!((map.low(), map.high()), (&[-1.0, 0.0, 100.0][..], &[1.0, 3.0, 400.0][..]));
    assert_eq!(test.images, [0, 0, 0, 128, 213, 255]);
    assert_eq!((&test.labels[..], train.class_counts()), (&[1, 0][..], vec![2, 2]));
}

/// An IDX file of this type and shape.
fn idx(kind: u8, shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let sides = shape.iter().flat_map(|side| side.to_be_bytes());
    [0, 0, kind, shape.len() as u8].into_iter().chain(sides).chain(bytes.iter().copied()).collect()
}

#[test]
fn idx_files_of_any_shape_are_read_and_bad_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let loaded = || load(folder.path(), &Options::default());
    let colours: Vec<u8> = (0..48).collect();
    write("train-images-idx4-ubyte", &idx(8, &[4, 2, 2, 3], &colours));
    write("train-labels-idx1-ubyte", &idx(8, &[4], &[0, 1, 0, 1]));
    let own = loaded().unwrap();
    assert_eq!(own.train.shape, Shape { height: 2, width: 2, channels: 3 });
    assert_eq!((&*own.name, own.division.is_some(), own.test.len()), ("images", true, 2));
    write("t10k-images-idx2-ubyte", &idx(8, &[1, 12], &colours[..12]));
    write("t10k-labels-idx1-ubyte", &idx(8, &[1], &[1]));
    let error = loaded().unwrap_err().to_string();
    assert!(error.contains("2x2x3 bytes, but a test sample 1x1x12 bytes"), "{error}");
    write("t10k-images-idx2-ubyte", &idx(8, &[1, 2, 2, 3], &colours[..12]));
    let test = loaded().unwrap().test;
    assert_eq!((&test.images[..], &test.labels[..]), (&colours[..12], &[1][..]));
    let floats: Vec<u8> = (0..8).flat_map(|value| (value as f32).to_be_bytes()).collect();
    std::fs::remove_file(folder.path().join("t10k-images-idx2-ubyte")).unwrap();
    write("train-images-idx4-ubyte", &idx(0x0d, &[4, 2], &floats));
    let own = loaded().unwrap();
    assert!(own.description.normalisation.is_some() && own.train.shape == Shape::flat(2));
    for (bytes, word) in [
        (idx(0x0d, &[4, 2], &floats[1..]), "is cut off"),
        (idx(0x0d, &[3, 2], &floats), "is longer"),
        (idx(0x0c, &[4, 2], &floats), "neither bytes nor floats"),
        (idx(0x0d, &[0, 2], &floats), "nothing in it"),
        (idx(0x0d, &[8], &floats), "two, three or four dimensions"),
        (idx(0x0d, &[2, 4], &floats), "labels-idx1-ubyte has 4 labels for 2 samples"),
        (idx(0x0d, &[4, 2], &[0xff; 32]), "value 0 is NaN"),
        (b"PK".to_vec(), "is no IDX file"),
    ] {
        write("train-images-idx4-ubyte", &bytes);
        let error = loaded().unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
    }
    std::fs::remove_file(folder.path().join("train-labels-idx1-ubyte")).unwrap();
    let error = loaded().unwrap_err().to_string();
    assert!(error.contains("train-labels is missing"), "{error}");
}

#[test]
fn mnists_names_may_be_those_of_training_samples_alone() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let loaded = || {
        let request = Request::Folder(folder.path().to_owned());
        crate::data::load(&request, &Options::default(), &Silent)
    };
    let missing = || loaded().unwrap_err().to_string();
    write("train-images-idx3-ubyte", &idx(8, &[10, 2, 2], &[7; 40]));
    assert!(missing().contains("train-labels is missing"));
    write("train-labels-idx1-ubyte", &idx(8, &[10], &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]));
    let own = loaded().unwrap();
    assert_eq!((own.train.len(), own.test.class_counts()), (8, vec![1, 1]));
    assert!(own.division.is_some());
    // Where a part of the test is there, the other was lost.
    write("t10k-labels-idx1-ubyte", &idx(8, &[1], &[1]));
    assert!(missing().contains("t10k-images-idx3-ubyte"));
    write("t10k-images-idx3-ubyte", &idx(8, &[1, 2, 2], &[7; 4]));
    assert_eq!(loaded().unwrap().division, None);
    std::fs::remove_file(folder.path().join("train-images-idx3-ubyte")).unwrap();
    assert!(missing().contains("train-images-idx3-ubyte"));
}
