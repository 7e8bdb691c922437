//! Every bad input gets one clear error and the right exit code: 2 for usage, 1 for the rest; never
//! a panic, an empty result or a half-written file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tinyevo_tests::{run, small};

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

/// The four files, well-formed.
fn good_files() -> [(&'static str, Vec<u8>); 4] {
    [
        (TRAIN_IMAGES, idx(&[60_000, 28, 28])),
        (TRAIN_LABELS, idx(&[60_000])),
        (TEST_IMAGES, idx(&[10_000, 28, 28])),
        (TEST_LABELS, idx(&[10_000])),
    ]
}

/// A folder with the four files, of which one is spoilt.
fn with_spoilt(name: &str, spoil: impl FnOnce(&Path, Vec<u8>)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut spoil = Some(spoil);
    for (file, bytes) in good_files() {
        let path = folder.path().join(file);
        if file == name {
            spoil.take().expect("one file of that name")(&path, bytes);
        } else {
            fs::write(path, bytes).unwrap();
        }
    }
    folder
}

/// Runs `evolve` on a folder and expects an error of data; no file may be left in the output.
fn assert_refused(folder: &Path, mentions: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let run = run(
        PROGRAM,
        &[
            "evolve",
            "--data",
            folder.to_str().unwrap(),
            "--generations",
            "1",
            "--out",
            out.path().to_str().unwrap(),
        ],
    );
    run.fails(1, mentions);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "a file was left");
}

// long: a table of cases
#[test]
fn data_files_that_are_not_what_they_should_be() {
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
            |path, mut bytes| {
                bytes.push(0);
                fs::write(path, bytes).unwrap();
            },
            &["60008"],
        ),
        (
            "wrong magic",
            TRAIN_IMAGES,
            |path, mut bytes| {
                bytes[2] = 9;
                fs::write(path, bytes).unwrap();
            },
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
            &["14"],
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
                let mut gzip =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&bytes).unwrap();
                let mut gzip = gzip.finish().unwrap();
                let middle = gzip.len() / 2;
                gzip[middle] ^= 0xff;
                fs::write(path.with_extension("gz"), gzip).unwrap();
            },
            &["gz"],
        ),
    ];
    for (case, file, spoil, mentions) in cases {
        println!("{case}");
        let folder = with_spoilt(file, spoil);
        assert_refused(folder.path(), &[&[file], mentions].concat());
    }
}

#[test]
fn a_data_folder_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_refused(&folder.path().join("nowhere"), &["nowhere"]);
    assert_refused(folder.path(), &[TRAIN_IMAGES, "tinyevo data fetch"]);
    let refused = run(PROGRAM, &["evolve", "--data", "kmnist", "--offline"]);
    refused.fails(1, &["kmnist"]);
}

#[test]
fn a_named_data_folder_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let output = tinyevo_tests::command(PROGRAM, &["data", "info", "--offline"])
        .env("TINYEVO_DATA", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(TRAIN_IMAGES));
}

/// A champion of a small run.
fn champion(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    let _ =
        run(PROGRAM, &small(&["--generations", "1", "--quiet", "--out", out.to_str().unwrap()]))
            .success();
    out.join("champion.safetensors")
}

#[test]
fn weights_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let good = champion(folder.path());
    let bytes = fs::read(&good).unwrap();
    let bad = folder.path().join("bad.safetensors");
    let evaluate = || run(PROGRAM, &["evaluate", bad.to_str().unwrap(), "--data", "builtin"]);
    evaluate().fails(1, &["bad.safetensors"]);
    fs::write(&bad, []).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    fs::write(&bad, &bytes[..bytes.len() - 1]).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    fs::write(&bad, [&bytes[..], &[0; 4]].concat()).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&bad, nan).unwrap();
    evaluate().fails(1, &["NaN", "finite"]);
    run(PROGRAM, &["evaluate", folder.path().to_str().unwrap()]).fails(1, &[]);
    // Metadata that says another activation than any that tinyevo has, and a file without an end.
    let text = |bytes: &[u8]| bytes.windows(4).position(|word| word == b"relu").expect("relu");
    let mut other = bytes.clone();
    other[text(&bytes)..][..4].copy_from_slice(b"tanh");
    fs::write(&bad, other).unwrap();
    evaluate().fails(1, &["metadata", "tanh"]);
    #[cfg(unix)]
    run(PROGRAM, &["evaluate", "/dev/zero"]).fails(1, &["/dev/zero", "not a safetensors file"]);
}

#[test]
fn an_output_folder_that_holds_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let champion = champion(folder.path());
    let before = fs::read(&champion).unwrap();
    let out = champion.parent().unwrap().to_str().unwrap();
    run(PROGRAM, &small(&["--generations", "1", "--out", out])).fails(1, &["already holds a run"]);
    assert_eq!(fs::read(&champion).unwrap(), before);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    run(PROGRAM, &small(&["--generations", "1", "--out", file.to_str().unwrap()]))
        .fails(1, &["file"]);
}

// long: a table of cases
#[test]
fn numbers_that_make_no_sense() {
    for flags in [
        &["--population", "0"][..],
        &["--population", "99999999999"],
        &["--population", "2000000"],
        &["--population", "-1"],
        &["--population", "2.5"],
        &["--generations", "0"],
        &["--generations", "many"],
        &["--report-every", "0"],
        &["--rounds", "4294967295"],
        &["--rounds", "1", "--generations", "1"],
        &["--hidden", "99999999999999999999"],
        &["--hidden", "999999999999"],
        &["--hidden", "8,0"],
        &["--hidden", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"],
        &["--crossover-probability", "1.5"],
        &["--crossover-probability", "-0.1"],
        &["--mutation-probability", "NaN"],
        &["--gene-probability", "2"],
        &["--sigma", "-1"],
        &["--sigma", "inf"],
        &["--alpha", "0.5"],
        &["--crossover", "blend", "--alpha", "-1"],
        &["--tournament-size", "0"],
        &["--survivors", "3"],
        &["--selection", "truncation", "--survivors", "26"],
        &["--elites", "26"],
        &["--initial-range", "-1"],
        &["--stop-accuracy", "1.1"],
        &["--time-limit", "0"],
        &["--patience", "0"],
        &["--seed", "-1"],
        &["--seed", "9223372036854775808"],
        &["--hidden", "4", "--hidden", "5"],
        &["--tournament-size", "4000000000"],
        &["--out", "-"],
        &["--set", "seed"],
        &["--set", "sigma=1"],
        &["--validation", "-1"],
        &["--judge-every", "0"],
        &["--checkpoint-every", "-1"],
        &["--resume", "x", "--preset", "tutorial"],
        &["--no-save", "--out", "x"],
        &["--threads", "0"],
        &["--isa", "mmx"],
        &["--preset", "nothing"],
        &["--builtin-test", "0"],
        &["--fitness", "luck"],
        &["--no-such-flag"],
        &["stray"],
    ] {
        println!("{flags:?}");
        run(PROGRAM, &[&["evolve", "--data", "builtin"], flags].concat()).fails(2, &[]);
    }
    run(
        PROGRAM,
        &[
            "data",
            "show",
            "40",
            "--data",
            "builtin",
            "--builtin-train",
            "1",
            "--builtin-test",
            "40",
        ],
    )
    .fails(2, &["0 to 39"]);
    run(PROGRAM, &["no-such-command"]).fails(2, &[]);
    run(PROGRAM, &["data", "fetch", "cifar"]).fails(2, &[]);
}

#[test]
fn numbers_out_of_range_are_answered_with_the_range() {
    for (flags, message) in [
        (
            &["--population", "2.5"][..],
            "--population must be a whole number from 1 to 1000000, got 2.5",
        ),
        (&["--sigma", "1e308"], "--sigma must be a number from 0 to 1e38, got 1e308"),
        (&["--stop-accuracy", "60%"], "--stop-accuracy must be a number from 0 to 1, got 60%"),
        (&["--reset-range", "3"], "--reset-range needs --mutation uniform-reset"),
        (&["--initial-range", "-1"], "--initial-range must be a number from 0 to 1e38, got -1"),
        (&["--seed", "18446744073709551615"], "got 18446744073709551615"),
        (&["--set", "stop.generations=0"], "--set stop.generations must be a whole number from 1"),
        (&["--set", "sede=1"], "did you mean `seed`?"),
        (&["--rounds", "4294967295"], "--rounds must be a whole number from 1 to 429496729"),
    ] {
        run(PROGRAM, &[&["evolve", "--data", "builtin"], flags].concat()).fails(2, &[message]);
    }
}

#[test]
fn configurations_that_make_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let path = file.to_str().unwrap();
    run(PROGRAM, &["evolve", "--config", path]).fails(1, &["config.toml"]);
    for (text, mention) in [
        ("sede = 3", "sede"),
        ("[stop]\ngeneration = 3", "generation"),
        ("seed = \"x\"", "seed"),
        ("seed = ", "config.toml"),
        ("preset = \"nothing\"", "nothing"),
        ("[algorithm]\npopulation = 0", "config.toml:2: algorithm.population must be"),
        ("[population]\nsize = 0", "did you mean `algorithm.population`?"),
        ("[algorithm]\ncrossover_probability = 7.0", "algorithm.crossover_probability"),
        ("[algorithm.crossover]\nkind = \"mean\"\nalpha = 0.5", "algorithm.crossover.alpha"),
    ] {
        fs::write(&file, text).unwrap();
        run(PROGRAM, &["evolve", "--config", path]).fails(2, &[mention]);
    }
    run(PROGRAM, &["evolve", "--config", path, "--preset", "tutorial"]).fails(2, &[]);
}
