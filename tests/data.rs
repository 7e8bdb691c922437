//! Data as users meet it on the command line: what is taken, what is refused and how, and that a
//! run's configuration leads back to its data.

use std::fs;
use std::io::Write;
use std::path::Path;
use tinyevo_tests::{command, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// A well-formed IDX file of zeros.
fn idx(dimensions: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    for dimension in dimensions {
        bytes.extend(dimension.to_be_bytes());
    }
    bytes.resize(bytes.len() + dimensions.iter().product::<u32>() as usize, 0);
    bytes
}

/// The four files with the numbers of MNIST.
fn good_files() -> [(&'static str, Vec<u8>); 4] {
    [
        (TRAIN_IMAGES, idx(&[60_000, 28, 28])),
        (TRAIN_LABELS, idx(&[60_000])),
        (TEST_IMAGES, idx(&[10_000, 28, 28])),
        (TEST_LABELS, idx(&[10_000])),
    ]
}

/// A few images with these labels, the same for training and test; all pixels are `pixel`.
fn write_few(folder: &Path, labels: &[u8], pixel: u8) {
    fs::create_dir_all(folder).unwrap();
    let samples = labels.len() as u32;
    let mut images = idx(&[samples, 28, 28]);
    images[16..].fill(pixel);
    let labels = [&idx(&[samples])[..8], labels].concat();
    for (name, bytes) in [(TRAIN_IMAGES, &images), (TEST_IMAGES, &images)] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    for name in [TRAIN_LABELS, TEST_LABELS] {
        fs::write(folder.join(name), &labels).unwrap();
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Runs `evolve` on a folder and expects an error of data; no file may be left in the output.
fn assert_refused(folder: &Path, mentions: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("run");
    let flags = ["evolve", "--preset", "tutorial", "--generations", "1"];
    let flags = [&flags[..], &["--data", folder.to_str().unwrap()]].concat();
    run(PROGRAM, &[&flags[..], &["--out", out.to_str().unwrap()]].concat()).fails(1, mentions);
    let left = fs::read_dir(&out).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a file was left");
}

// long: a table of cases
#[test]
fn files_that_are_not_what_they_should_be() {
    type Spoil = fn(&Path, Vec<u8>);
    let cases: [(&str, &str, Spoil, &[&str]); 11] = [
        ("missing", TEST_LABELS, |_, _| {}, &["missing"]),
        ("empty", TEST_IMAGES, |path, _| fs::write(path, []).unwrap(), &["empty"]),
        (
            "truncated",
            TEST_IMAGES,
            |path, bytes| fs::write(path, &bytes[..9_999]).unwrap(),
            &["7840016", "9999"],
        ),
        ("header only", TRAIN_LABELS, |path, bytes| fs::write(path, &bytes[..3]).unwrap(), &[]),
        (
            "oversized",
            TRAIN_LABELS,
            |path, bytes| fs::write(path, [&bytes[..], &[0]].concat()).unwrap(),
            &["60008"],
        ),
        (
            "wrong magic",
            TRAIN_IMAGES,
            |path, _| fs::write(path, [0, 0, 9, 3, 0, 0, 0, 0]).unwrap(),
            &["0x00000803", "0x00000903"],
        ),
        (
            "wrong count",
            TEST_IMAGES,
            |path, _| fs::write(path, idx(&[9_999, 28, 28])).unwrap(),
            &["9999"],
        ),
        (
            "wrong size",
            TEST_IMAGES,
            |path, _| fs::write(path, idx(&[10_000, 14, 56])).unwrap(),
            &["14x56"],
        ),
        ("mismatched", TEST_LABELS, |path, _| fs::write(path, idx(&[60_000])).unwrap(), &["60000"]),
        (
            "label 10",
            TEST_LABELS,
            |path, mut bytes| {
                bytes[8 + 123] = 10;
                fs::write(path, bytes).unwrap();
            },
            &["123", "10"],
        ),
        (
            "corrupt gzip",
            TEST_LABELS,
            |path, bytes| {
                let mut gzip = gzip(&bytes);
                let middle = gzip.len() / 2;
                gzip[middle] ^= 0xff;
                fs::write(path.with_extension("gz"), gzip).unwrap();
            },
            &["gz"],
        ),
    ];
    let good = good_files();
    for (case, file, spoil, mentions) in cases {
        println!("{case}");
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &good {
            let path = folder.path().join(name);
            if *name == file {
                spoil(&path, bytes.clone());
            } else {
                fs::write(path, bytes).unwrap();
            }
        }
        assert_refused(folder.path(), &[&[file], mentions].concat());
    }
}

#[test]
fn a_folder_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_refused(&folder.path().join("nowhere"), &["nowhere does not exist"]);
    assert_refused(folder.path(), &[TRAIN_IMAGES, "missing"]);
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_refused(&link, &["is a link to something that does not exist"]);
    }
}

#[test]
fn data_that_cannot_be_downloaded_is_refused_with_a_command_that_exists() {
    for words in [
        &["evolve", "--data", "kmnist", "--offline"][..],
        &["data", "show", "0", "--data", "kmnist", "--offline"],
        &["data", "fetch", "kmnist", "--mirror", "http://127.0.0.1:9"],
    ] {
        let command = "data fetch kmnist";
        let mentions =
            [format!("`tinyevo {command}`"), format!("`cargo run --release -- {command}`")];
        let refused = run(PROGRAM, words);
        refused.fails(1, &[&mentions.each_ref().map(String::as_str)[..], &["--data"]].concat());
        // The variable stands for MNIST alone.
        assert!(!refused.stderr.contains("TINYEVO_DATA"), "{}", refused.stderr);
    }
    let mnist = run(PROGRAM, &["evolve", "--data", "mnist", "--offline"]);
    mnist.fails(1, &["`tinyevo data fetch mnist`", "with --data or TINYEVO_DATA"]);
    run(PROGRAM, &["data", "fetch", "cifar"]).fails(2, &["cifar"]);
    run(PROGRAM, &["data", "info", "--data", ""]).fails(2, &["empty"]);
}

#[test]
fn a_folder_in_the_variable_is_not_passed_over_and_its_errors_name_the_variable() {
    let folder = tempfile::tempdir().unwrap();
    for (path, problem) in
        [(folder.path(), TRAIN_IMAGES), (&folder.path().join("nowhere"), "does not exist")]
    {
        let mut info = command(PROGRAM, &["data", "info", "--offline"]);
        let output = info.env("TINYEVO_DATA", path).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        for word in [problem, "the variable TINYEVO_DATA names this folder", "--data"] {
            assert!(message.contains(word), "{word}: {message}");
        }
    }
}

#[test]
fn a_name_that_is_misspelt_gets_the_one_that_was_meant() {
    for (text, meant) in [
        ("minst", "; did you mean mnist?"),
        ("MNIST", "; did you mean mnist?"),
        ("kminst", "; did you mean kmnist?"),
        ("fasion", "; did you mean fashion?"),
        ("built-in", "; did you mean builtin?"),
        ("atuo", "; did you mean auto?"),
        ("mine", ""),
        ("sensors.npy", ""),
    ] {
        let refused = run(PROGRAM, &["data", "info", "--data", text]);
        refused.fails(1, &[&format!("{text} does not exist{meant}\n"), "auto, mnist, fashion"]);
    }
    let fetched = run(PROGRAM, &["data", "fetch", "minst"]);
    fetched.fails(2, &["\"minst\" is not a data set that can be downloaded; did you mean mnist?"]);
}

#[test]
fn a_few_images_of_ones_own_are_data() {
    let folder = tempfile::tempdir().unwrap();
    write_few(folder.path(), &[3, 1, 4, 1, 5], 255);
    let data = ["--data", folder.path().to_str().unwrap()];
    let info = run(PROGRAM, &[&["data", "info"][..], &data].concat()).success().stdout;
    assert!(info.contains("5 images of 28x28"), "{info}");
    assert!(
        info.lines().all(|line| line.starts_with("unidentified") || line.len() <= 80),
        "{info}"
    );
    let show = run(PROGRAM, &[&["data", "show", "2"][..], &data].concat()).success().stdout;
    assert!(show.contains("label 4") && show.contains('█'), "{show}");
    run(PROGRAM, &[&["data", "show", "5"][..], &data].concat()).fails(2, &["0 to 4"]);
    let train = [&["data", "show", "4", "--images", "train"][..], &data].concat();
    assert!(run(PROGRAM, &train).success().stdout.contains("label 5"));
}

#[test]
fn archives_are_read_without_a_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in good_files() {
        fs::write(folder.path().join(name).with_extension("gz"), gzip(&bytes)).unwrap();
    }
    let words = ["data", "show", "0", "--data", folder.path().to_str().unwrap()];
    let output = command(PROGRAM, &words).env("TMPDIR", "/no/such/folder").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
#[test]
fn folders_need_not_be_utf8_but_a_configuration_cannot_name_them() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(OsStr::from_bytes(b"nu\xff"));
    // Some file systems do not take such names.
    if fs::create_dir(&folder).is_err() {
        return;
    }
    write_few(&folder, &[1, 2], 0);
    for variable in [false, true] {
        let mut info = command(PROGRAM, &["data", "info"]);
        if variable {
            info.env("TINYEVO_DATA", &folder);
        } else {
            info.arg("--data").arg(&folder);
        }
        let output = info.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let out = parent.path().join("run");
    let evolve = |data: &Path| {
        let mut evolve = command(PROGRAM, &["evolve", "--preset", "tutorial", "--quiet"]);
        evolve.args(["--generations", "1"]);
        evolve.args(["--population", "2", "--hidden", "0"]).arg("--data").arg(data);
        evolve
    };
    let saved = |data: &Path| evolve(data).arg("--out").arg(&out).output().unwrap();
    let refused = saved(&folder);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(message.contains("not UTF-8") && message.contains("link"), "{message}");
    // As the message advises.
    let link = parent.path().join("link");
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let _ = fs::remove_dir_all(&out);
    assert!(saved(&link).status.success());
    let config = fs::read_to_string(out.join("config.toml")).unwrap();
    assert!(config.contains(&format!("source = {:?}", link.to_str().unwrap())), "{config}");
}

#[test]
fn a_configuration_names_the_files_that_stood_in_for_mnist() {
    let parent = tempfile::tempdir().unwrap();
    let (mine, other) = (parent.path().join("mine"), parent.path().join("other"));
    write_few(&mine, &[1, 2, 3, 4, 5, 6, 7, 0], 128);
    write_few(&other, &[5; 8], 1);
    let out = parent.path().join("run");
    let small = ["--preset", "tutorial", "--quiet", "--hidden", "0", "--generations", "2"];
    let small = [&small[..], &["--population", "3"]].concat();
    let hash = |variable: &Path, words: &[&str]| {
        let words = [&["evolve"], words].concat();
        let output = command(PROGRAM, &words).env("TINYEVO_DATA", variable).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find(|line| line.starts_with("state hash")).unwrap().to_owned()
    };
    let first = hash(&mine, &[&small[..], &["--out", out.to_str().unwrap()]].concat());
    let config = out.join("config.toml");
    let again = hash(&other, &["--quiet", "--config", config.to_str().unwrap()]);
    assert_eq!(first, again);
    assert_ne!(first, hash(&other, &small), "the two folders must differ for this test");
}

#[cfg(target_os = "linux")]
#[test]
fn drawing_digits_starts_no_thread() {
    let words = ["data", "info", "--data", "builtin", "--builtin-train", "20000"];
    let mut child =
        command(PROGRAM, &words).stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let tasks = format!("/proc/{}/task", child.id());
    let (mut most, mut looks) = (0, 0);
    while child.try_wait().unwrap().is_none() {
        most = most.max(fs::read_dir(&tasks).map_or(0, Iterator::count));
        looks += 1;
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(looks > 20, "it was over too soon to be looked at: {looks}");
    assert_eq!(most, 1);
}
