//! Every bad file of the user's own data gets one clear error, and nothing is written.

use std::fs;
use std::path::Path;
use tinyevo_tests::own::{Array, floats, labels, npz, png};
use tinyevo_tests::{Folder, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Runs `evolve` on a file or folder; expects an error with this exit code that mentions its path and these words, and no folder.
fn refused(data: &str, flags: &[&str], code: i32, mentions: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let run_folder = out.path().join("run");
    let fixed = ["evolve", "--generations", "1", "--hidden", "4", "--data", data, "--out"];
    let ran = run(PROGRAM, &[&fixed[..], &[run_folder.to_str().unwrap()], flags].concat());
    ran.fails(code, mentions);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "something was written");
}

/// The same of a file with these bytes.
fn refused_file(name: &str, bytes: &[u8], flags: &[&str], mentions: &[&str]) {
    let folder = Folder::new(PROGRAM);
    fs::write(folder.path(name), bytes).unwrap();
    refused(&folder.text(name), flags, 1, &[&[name], mentions].concat());
}

/// Four samples of three features in two classes.
fn good() -> Vec<Array<'static>> {
    let values: Vec<f32> = (0..12).map(|value| value as f32).collect();
    let y = labels(&[0, 1, 0, 1]);
    vec![
        ("x_train", "<f4", vec![4, 3], floats(&values)),
        ("y_train", "<i8", vec![4], y.clone()),
        ("x_test", "<f4", vec![4, 3], floats(&values)),
        ("y_test", "<i8", vec![4], y),
    ]
}

/// The good arrays with one replaced, or left out.
fn with(array: Array<'static>) -> Vec<u8> {
    let mut arrays = good();
    arrays.retain(|own| own.0 != array.0);
    if !array.1.is_empty() {
        arrays.push(array);
    }
    npz(&arrays)
}

#[test]
fn arrays_that_are_missing_or_of_another_kind() {
    let folder = Folder::new(PROGRAM);
    fs::write(folder.path("good.npz"), npz(&good())).unwrap();
    let flags = ["evolve", "--generations", "1", "--hidden", "4", "--validation", "0", "--no-save"];
    let _ = run(PROGRAM, &[&flags[..], &["--data", &folder.text("good.npz")]].concat()).success();
    let refused = |array, mentions: &[&str]| refused_file("bad.npz", &with(array), &[], mentions);
    let left_out = |name| (name, "", Vec::new(), Vec::new());
    refused(left_out("x_train"), &["x_train is missing", "x_test, y_test, y_train", "numpy.savez"]);
    refused(left_out("y_train"), &["y_train is missing"]);
    refused(left_out("y_test"), &["y_test is missing"]);
    let x = |dtype, shape: &[usize], bytes| ("x_train", dtype, shape.to_vec(), bytes);
    let y = |dtype, shape: &[usize], bytes| ("y_train", dtype, shape.to_vec(), bytes);
    refused(x("<i8", &[4, 3], vec![0; 96]), &["x_train holds <i8", "x.astype(\"uint8\")"]);
    refused(x("<f2", &[4, 3], vec![0; 24]), &["x_train holds <f2", "float32"]);
    refused(x("|O", &[4, 3], vec![0; 96]), &["x_train", "|O"]);
    refused(x("<f4", &[12], vec![0; 48]), &["x_train has the shape (12,)", "(samples, features)"]);
    refused(x("<f4", &[4, 0], vec![]), &["x_train has the shape (4, 0)"]);
    refused(x("<f4", &[4, 3], vec![0; 44]), &["x_train is damaged", "shorter"]);
    refused(x("<f4", &[4, 3], vec![0; 52]), &["x_train is damaged", "longer"]);
    refused(x("<f4", &[1 << 40, 3], vec![0; 48]), &["x_train is damaged", "shorter"]);
    refused(x("<f4", &[3, 3], vec![0; 36]), &["x_train has 3 samples, but y_train has 4 labels"]);
    refused(x("|u1", &[4, 3], vec![7; 12]), &["1x1x3 bytes, but a test sample 1x1x3 floats"]);
    refused(x("<f4", &[4, 2], vec![0; 32]), &["1x1x2 floats, but a test sample 1x1x3 floats"]);
    for (value, word) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (2e30, "2000000")] {
        let mut values = [1.0; 12];
        values[7] = value;
        refused(x("<f4", &[4, 3], floats(&values)), &["x_train[2, 1] is ", word, "finite"]);
    }
    refused(y("<f4", &[4], floats(&[0.0, 1.0, 0.5, 1.0])), &["y_train holds <f4", "whole numbers"]);
    refused(y("|u1", &[4, 2], vec![1; 8]), &["y_train has the shape (4, 2)", "argmax"]);
    let numbers =
        |last: i64| [0, 1, 0, last].iter().flat_map(|it: &i64| it.to_le_bytes()).collect();
    refused(y("<i8", &[4], numbers(-1)), &["y_train[3] is -1", "from 0 to 255"]);
    refused(y("<i8", &[4], numbers(256)), &["y_train[3] is 256", "from 0 to 255"]);
    refused(y("<i8", &[4], numbers(3)), &["no training sample has the class 2"]);
    refused(y("<i8", &[4], labels(&[0; 4])), &["no training sample has the class 1"]);
}

#[test]
fn archives_that_are_none_or_cut_off() {
    let bytes = npz(&good());
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        refused_file("bad.npz", &bytes[..length], &[], &["not a .npz file", "numpy.savez"]);
    }
    // A byte of the values: the archive's checksum is wrong.
    let mut values = vec![("x_train", "<f4", vec![4, 3], vec![0x5a; 48])];
    values.extend(good().into_iter().filter(|array| array.0 != "x_train"));
    let mut damaged = npz(&values);
    let at = damaged.windows(4).position(|bytes| bytes == b"x_tr").unwrap();
    damaged[at + 60] ^= 0x10;
    refused_file("bad.npz", &damaged, &[], &["x_train is damaged"]);
    refused("nowhere.npz", &[], 1, &["nowhere.npz", "No such file"]);
    let one: Vec<_> = good().into_iter().filter(|array| array.0.ends_with("train")).collect();
    let alone = |y: &[u8]| {
        let mut arrays = one.clone();
        arrays[1].3 = labels(y);
        npz(&arrays)
    };
    refused_file("bad.npz", &alone(&[0, 0, 0, 0]), &[], &["the number of classes is 1"]);
    refused_file("bad.npz", &alone(&[0, 0, 0, 1]), &[], &["class 1 has one sample only"]);
}

#[test]
fn tables_that_are_none() {
    let refused =
        |text: &str, mentions: &[&str]| refused_file("bad.csv", text.as_bytes(), &[], mentions);
    refused("", &["no samples"]);
    refused("a,b,c\n", &["no samples"]);
    refused("a\n1\n", &["one column only"]);
    refused("1,2,x\n1,y\n", &["line 2 has 2 columns, but the first line has 3"]);
    refused("a,b,c\n1,2,x\n1,2,y,4\n", &["line 3 has 4 columns"]);
    refused("a,b,c\n1,2,x\n1,zwei,y\n", &["line 3, column 2 (b) is \"zwei\"", "no number"]);
    // Lines as a text editor counts them: with the line ends of Windows, empty ones, and ends in quotes.
    refused("a,b,c\r\n1,2,x\r\n1,zwei,y\r\n", &["line 3, column 2 (b)"]);
    refused("\u{feff}a,b,c\n\n1,2,x\n\n1,zwei,y\n", &["line 5, column 2 (b)"]);
    refused("a,b,\"c\nd\"\r\n1,2,x\r\n1,2,x,3\r\n", &["line 4 has 4 columns"]);
    refused("1,2,x\n1,,y\n", &["line 2, column 2 is empty"]);
    refused("1,2,x\n1,2,\n", &["line 2, column 3 is empty"]);
    refused("1,2,x\n1,nan,y\n", &["line 2, column 2 is NaN"]);
    refused("a,b,c\n1,-inf,x\n", &["line 2, column 2 (b) is -inf"]);
    refused("1,2,x\n1,1e31,y\n", &["line 2, column 2 is ", "1e30"]);
    refused("1,2,x\n3,4,x\n", &["the number of classes is 1"]);
    refused("1,2,x\n3,4,x\n5,6,y\n", &["class y has one sample only"]);
    let many: String = (0..514).map(|line| format!("{line},{}\n", line % 257)).collect();
    refused(&many, &["the number of classes is 257", "2 to 256"]);
    refused_file("bad.csv", b"1,2,\xff\n", &[], &["not a CSV file", "UTF-8"]);
    let text = b"a,b,c\n1,2,x\n";
    refused_file("bad.csv", text, &["--label", "d"], &["no column d", "a, b, c"]);
    refused_file("bad.csv", text, &["--label", "4"], &["no column 4"]);
}

/// Writes an image of a size and a colour.
fn write(file: &Path, size: (u32, u32, usize), pixel: u8) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let pixels = vec![pixel; size.0 as usize * size.1 as usize * size.2];
    fs::write(file, png(size, &pixels)).unwrap();
}

#[test]
fn folders_of_images_that_do_not_belong_together() {
    let folder = Folder::new(PROGRAM);
    let data = folder.text("images");
    let good = |part: &str| {
        for (class, number) in [("a", 0), ("a", 1), ("b", 0), ("b", 1)] {
            write(&folder.path(&format!("images/{part}{class}/{number}.png")), (4, 5, 1), 9);
        }
    };
    good("");
    let odd = folder.path("images/b/odd.png");
    for (size, word) in [((5, 4, 1), "5x4x1"), ((4, 5, 3), "4x5x3")] {
        write(&odd, size, 9);
        refused(&data, &[], 1, &["b/odd.png is ", word, "a/0.png is 4x5x1"]);
    }
    write(&odd, (4, 5, 4), 9);
    refused(&data, &[], 1, &["b/odd.png has transparent pixels"]);
    let bytes = png((4, 5, 1), &[7; 20]);
    for length in [0, 8, bytes.len() - 20] {
        fs::write(&odd, &bytes[..length]).unwrap();
        refused(&data, &[], 1, &["b/odd.png is no PNG image, or a damaged one"]);
    }
    fs::remove_file(&odd).unwrap();
    fs::create_dir(folder.path("images/c")).unwrap();
    refused(&data, &[], 1, &["no .png file in the folder of the class c"]);
    write(&folder.path("images/c/0.png"), (4, 5, 1), 9);
    refused(&data, &[], 1, &["class c has one sample only"]);
    fs::remove_dir_all(folder.path("images")).unwrap();
    write(&folder.path("images/a/0.png"), (4, 5, 1), 9);
    refused(&data, &[], 1, &["the number of classes is 1"]);
    fs::remove_dir_all(folder.path("images")).unwrap();
    good("train/");
    write(&folder.path("images/test/c/0.png"), (4, 5, 1), 9);
    refused(&data, &[], 1, &["the test folder has a class c"]);
    fs::remove_dir_all(folder.path("images/test")).unwrap();
    fs::create_dir(folder.path("images/test")).unwrap();
    refused(&data, &[], 1, &["the test part has no samples"]);
    fs::remove_dir_all(folder.path("images")).unwrap();
    for class in 0..257 {
        fs::create_dir_all(folder.path(&format!("images/{class}"))).unwrap();
    }
    refused(&data, &[], 1, &["the number of classes is 257"]);
}

#[test]
fn networks_that_do_not_fit_the_samples() {
    let folder = Folder::new(PROGRAM);
    fs::write(folder.path("good.npz"), npz(&good())).unwrap();
    let data = folder.text("good.npz");
    let run = |flags: &[&str], mentions: &[&str]| {
        let fixed = ["evolve", "--generations", "1", "--no-save", "--data", &data];
        run(PROGRAM, &[&fixed[..], flags].concat()).fails(2, mentions);
    };
    run(
        &["--preset", "cnn"],
        &["does not fit its input", "samples are 1x1x3", "--network dense:32,dense:2"],
    );
    run(&["--preset", "micro"], &["--network"]);
    run(&["--network", "dense:4,dense:3"], &["network.outputs is 3, but the data has 2 classes"]);
    run(&["--validation", "4"], &["4 of 4 training", "--validation"]);
    run(&["--label", "y"], &["--label", ".csv"]);
    for (flag, value) in [("--test-share", "0"), ("--test-share", "1"), ("--split-seed", "-1")] {
        run(&[flag, value], &[flag, "from"]);
    }
}
