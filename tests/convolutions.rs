//! Networks with convolutions, of floats and of integers, as users meet them: evolved, measured, exported.

use std::fs;
use tinyevo_core::tev::File;
use tinyevo_tests::{Folder, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Few built-in digits.
const DATA: [&str; 6] = ["--data", "builtin", "--builtin-train", "100", "--builtin-test", "200"];

/// The line with the accuracy of a champion in a folder.
fn measured(folder: &Folder, file: &str) -> String {
    let ran = run(PROGRAM, &[&["evaluate", &folder.text(file)], &DATA[..]].concat()).success();
    let line = ran.stdout.lines().find(|line| line.starts_with("accuracy:"));
    line.expect("an accuracy").to_string()
}

#[test]
fn a_network_with_convolutions_is_evolved_and_exported() {
    let folder = Folder::new(PROGRAM);
    let layers = "conv:3x5:2,pool:2,dense:8,dense:10";
    let flags = ["evolve", "--preset", "cnn", "--network", layers, "--validation", "20"];
    let out = folder.text("run");
    let more = ["--generations", "3", "--quiet", "--out", &out];
    let ran = run(PROGRAM, &[&flags[..], &DATA, &more].concat()).success();
    assert!(ran.stdout.contains(&format!("network {layers} (")), "{}", ran.stdout);
    fs::rename(folder.path("run/champion.safetensors"), folder.path("champion")).unwrap();
    let _ = folder.exported("champion.tev", &["--format", "bin"]);
    assert_eq!(measured(&folder, "champion"), measured(&folder, "champion.tev"));
    let module = String::from_utf8(folder.exported("m.rs", &["--format", "rust"])).unwrap();
    assert!(module.contains("Layer::MaxPool2d("), "{module}");
    let summary = run(PROGRAM, &["summary", &folder.text("champion.tev")]).success().stdout;
    assert!(summary.contains("max_pooling2d (MaxPooling2D)"), "{summary}");
    let table = run(PROGRAM, &["footprint", "--network", layers]).success().stdout;
    // 12x12 places of 25 products for 3 filters, then 6x6x3 inputs of 8 units and 8 of 10.
    let products = 12 * 12 * 25 * 3 + 6 * 6 * 3 * 8 + 80;
    assert!(table.contains(&format!("{products} multiply-adds an image")), "{table}");
    let header = String::from_utf8(folder.exported("m.h", &["--format", "c"])).unwrap();
    assert!(header.contains("static const float tinyevo_kernel_2[80]"), "{header}");
    let flags = [&["--format", "bin", "--int8"], &DATA[..]].concat();
    let int8 = folder.exported("int8.tev", &flags);
    assert!(File::new(&int8).unwrap().packed().is_ok());
    let quantized = run(PROGRAM, &[&["quantize", &folder.text("champion")], &DATA[..]].concat());
    let accuracy = measured(&folder, "int8.tev").replace("accuracy:", "int8: accuracy");
    assert!(quantized.success().stdout.contains(&accuracy), "{accuracy}");
    let table = run(PROGRAM, &["footprint", "--network", layers, "--int8"]).success().stdout;
    let bytes = 25 * 3 + 6 * 6 * 3 * 8 + 80 + 4 * 21;
    assert!(table.contains(&format!("packed: {bytes} bytes of weights")), "{table}");
    assert_eq!(table, run(PROGRAM, &["footprint", &folder.text("int8.tev")]).success().stdout);
    for (layers, reason) in [
        ("conv:3x5", "must end with dense:CLASSES"),
        ("conv:3x5,pool,dense:10", "has the layer \"pool\""),
        ("conv:3x29,dense:10", "layer 0 has no units or does not fit its input"),
        ("dense:5,dense:7", "network.outputs is 7, but the data has 10 classes"),
    ] {
        let flags = ["evolve", "--preset", "cnn", "--network", layers, "--validation", "20"];
        let ran = run(PROGRAM, &[&flags[..], &DATA].concat());
        assert!(ran.code != Some(0) && ran.stderr.contains(reason), "{}", ran.stderr);
    }
}

#[test]
fn whole_genomes_with_convolutions_are_evolved_too() {
    let layers = "conv:3x5:2,pool:2,dense:8,dense:10";
    for (preset, more) in [
        ("low-rank", &["--validation", "20", "--set", "algorithm.images=32"][..]),
        ("ga", &["--validation", "20", "--population", "6"]),
        ("tutorial", &["--population", "6"]),
    ] {
        let flags = ["evolve", "--preset", preset, "--network", layers, "--no-save", "--quiet"];
        let ran = run(PROGRAM, &[&flags[..], &DATA, &["--generations", "3"], more].concat());
        let stdout = ran.success().stdout;
        assert!(stdout.contains(&format!("network {layers} (")), "{stdout}");
        assert!(stdout.contains("\n3 generations, "), "{stdout}");
    }
    let odd = ["--preset", "low-rank", "--set", "algorithm.images=24"];
    let ran = run(PROGRAM, &[&["evolve", "--no-save"], &odd[..], &DATA].concat());
    ran.fails(2, &["algorithm.images must be a multiple of 16, got 24"]);
}

#[test]
fn a_network_of_integers_is_evolved_and_exported_as_it_is() {
    let folder = Folder::new(PROGRAM);
    let layers = "conv:3x5:2,pool:2,dense:8,dense:10";
    let flags = ["evolve", "--preset", "micro", "--network", layers, "--validation", "20"];
    let out = folder.text("run");
    let more = ["--generations", "3", "--quiet", "--out", &out, "--weights", "int8,ternary,int4"];
    let ran = run(PROGRAM, &[&flags[..], &DATA, &more].concat()).success();
    let reported = ran.stdout.lines().find_map(|line| line.strip_prefix("test accuracy "));
    fs::rename(folder.path("run/champion.safetensors"), folder.path("champion")).unwrap();
    let tev = fs::read(folder.path("run/champion.tev")).unwrap();
    // The floats say for which integers they stand; exports have these, whatever flag is given.
    for file in [folder.text("champion"), folder.text("run/champion.tev")] {
        let ran = run(PROGRAM, &[&["evaluate", &file], &DATA[..]].concat()).success();
        assert!(ran.stdout.contains("int8,ternary,int4"), "{}", ran.stdout);
        let accuracy = ran.stdout.lines().find_map(|line| line.strip_prefix("accuracy: "));
        assert_eq!(accuracy, reported);
    }
    assert_eq!(folder.exported("champion.tev", &["--format", "bin"]), tev);
    assert_eq!(folder.exported("again.tev", &["--format", "bin", "--int8"]), tev);
    let module = String::from_utf8(folder.exported("m.rs", &["--format", "rust"])).unwrap();
    assert!(module.contains("pub fn network() -> Result<Packed<'static>, FileError>"), "{module}");
    let out = folder.text("new");
    for (flag, limit, what) in [("--max-flash", "1k", "of flash"), ("--max-ram", "512", "of RAM")] {
        let champion = folder.text("champion");
        let flags = ["export", &champion, "--format", "c", flag, limit, "--out", &out];
        run(PROGRAM, &flags).fails(1, &[what, "the C header was not measured"]);
        assert!(!folder.path("new").exists());
    }
    let flags = ["--format", "c", "--max-flash", "64k", "--max-ram", "64k"];
    assert!(!folder.exported("new", &flags).is_empty());
    for (weights, reason) in [
        (
            "int8,int4",
            "network.weights must be one format or 3, one for each layer that has weights",
        ),
        ("int3", "--weights must be a list of one of int8, int4, ternary"),
    ] {
        let flags = ["evolve", "--preset", "cnn", "--network", layers, "--weights", weights];
        run(PROGRAM, &[&flags[..], &DATA].concat()).fails(2, &[reason]);
    }
}
