//! `export`, `quantize`, `evaluate`, `summary` and `footprint` as users meet them: where files go, what is
//! refused, and that generated code compiles wherever it is put.

use std::f32::consts;
use std::fs;
use std::path::Path;
use std::process::Command;
use tinyevo::champion::{Champion, PackedIntegers, Weights};
use tinyevo::formats::{Format, encode, read};
use tinyevo_core::deploy::{self, Formats};
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Conv2d, Dense, Layer, Window};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::File;
use tinyevo_tests::{Folder, command, root, run, small};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Few built-in digits.
const DATA: [&str; 6] = ["--data", "builtin", "--builtin-train", "100", "--builtin-test", "200"];

/// A folder with the champion of a small run.
fn small_run() -> Folder {
    let folder = Folder::new(PROGRAM);
    let flags = ["--generations", "2", "--quiet", "--out", &folder.text("run")];
    let _ = run(PROGRAM, &small(&flags)).success();
    fs::rename(folder.path("run/champion.safetensors"), folder.path("champion")).unwrap();
    folder
}

#[test]
fn the_command_line_quantises_and_exports() {
    let folder = small_run();
    let champion = folder.text("champion");
    let quantized = run(PROGRAM, &[&["quantize", &champion], &DATA[..]].concat()).success();
    for word in ["f32:", "int8:", "loss:"] {
        assert!(quantized.stdout.contains(word), "{}", quantized.stdout);
    }
    let flags = ["--format", "bin", "--int8", "--calibration", "50"];
    let bytes = folder.exported("champion.tev", &[&flags, &DATA[..]].concat());
    assert!(File::new(&bytes).unwrap().model().is_ok());
    let tev = folder.text("champion.tev");
    let calibrated = ["quantize", &champion, "--calibration", "50"];
    let quantized = run(PROGRAM, &[&calibrated[..], &DATA].concat()).success();
    let evaluated = run(PROGRAM, &[&["evaluate", &tev], &DATA[..]].concat()).success();
    let accuracy = evaluated.stdout.lines().find_map(|line| line.strip_prefix("accuracy: "));
    let expected = format!("int8: accuracy {}", accuracy.unwrap());
    assert!(quantized.stdout.contains(&expected), "{}", evaluated.stdout);
    for (format, int8, expected) in [
        ("rust", true, "pub fn model()"),
        ("rust", false, "pub static GENOME"),
        ("c", true, "tinyevo_classify"),
        ("c", false, "tinyevo_classify"),
        ("bin", true, "TEVO"),
        ("bin", false, "TEVO"),
        ("safetensors", false, "dense/kernel"),
    ] {
        let more = if int8 { &["--int8"][..] } else { &[] };
        let flags = [&["--format", format], more, &DATA[..]].concat();
        let text = folder.exported(&format!("{format}-{int8}"), &flags);
        assert!(String::from_utf8_lossy(&text).contains(expected), "{format}");
    }
    assert_eq!(fs::read(folder.path("safetensors-false")).unwrap(), fs::read(&champion).unwrap());
}

#[test]
fn calibration_draws_the_digits_that_it_needs_and_no_others() {
    let folder = small_run();
    let flags = ["--format", "bin", "--int8", "--calibration", "30", "--data", "builtin"];
    let few = folder.exported("few", &[&flags[..], &["--builtin-train", "30"]].concat());
    assert_eq!(folder.exported("all", &flags), few, "the first 30 of 60,000 are other digits");
    let fewer = folder.exported("fewer", &[&flags[..], &["--builtin-train", "3"]].concat());
    assert!(few != fewer, "the number of training images does not count");
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let folder = small_run();
    let champion = folder.text("champion");
    run(PROGRAM, &["quantize", &folder.text("nowhere")]).fails(1, &["nowhere"]);
    run(PROGRAM, &["quantize", &champion, "--calibration", "0"]).fails(2, &["--calibration"]);
    let refused = |code, flags: &[&str], mentions: &[&str]| {
        run(PROGRAM, &[&["export", &champion], flags].concat()).fails(code, mentions);
    };
    let (out, far) = (folder.text("out"), folder.text("no/such/folder"));
    refused(1, &["--format", "c", "--out", &far], &["folder"]);
    refused(1, &["--format", "c", "--out", &folder.text("run")], &["directory"]);
    refused(2, &["--format", "java", "--out", &out], &["java", "safetensors"]);
    refused(2, &["--format", "c", "--name", "a-b", "--out", &out], &["a-b"]);
    refused(2, &["--format", "bin", "--name", "a", "--out", &out], &["--name"]);
    assert!(!folder.path("out").exists());
    let _ = folder.exported("int8.tev", &[&["--format", "bin", "--int8"], &DATA[..]].concat());
    let int8 = folder.text("int8.tev");
    run(PROGRAM, &["quantize", &int8]).fails(1, &["integers already"]);
    let flags = ["export", &int8, "--format", "safetensors", "--out", &out];
    run(PROGRAM, &flags).fails(1, &["it holds integers"]);
}

#[test]
fn what_other_programs_hold_is_imported_and_evaluated() {
    let folder = small_run();
    let before = fs::read(folder.path("champion")).unwrap();
    let evaluated = |file: &str| {
        let shown =
            run(PROGRAM, &[&["evaluate", &folder.text(file)], &DATA[..]].concat()).success();
        shown.stdout.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
    };
    for format in ["npz", "onnx"] {
        let name = format!("champion.{format}");
        let bytes = folder.exported(&name, &["--format", format]);
        assert_eq!(folder.exported(&format!("again.{format}"), &["--format", format]), bytes);
        assert_eq!(evaluated(&name), evaluated("champion"));
        let out = folder.text(&format!("{format}.safetensors"));
        let _ = run(PROGRAM, &["import", &folder.text(&name), "--out", &out]).success();
        assert_eq!(fs::read(&out).unwrap(), before, "{format}");
        run(PROGRAM, &["import", &folder.text(&name), "--out", &out]).fails(1, &["--force"]);
    }
    let _ = folder.exported("int8.tev", &[&["--format", "bin", "--int8"], &DATA[..]].concat());
    let (npz, int8) = (folder.text("champion.npz"), folder.text("int8.tev"));
    let out = folder.text("out.safetensors");
    let refused = |code, flags: &[&str], mentions: &[&str]| {
        run(PROGRAM, &[&["import"], flags].concat()).fails(code, mentions);
    };
    refused(2, &[&npz, "--out", &folder.text("out.txt")], &["out.txt", ".safetensors or .tev"]);
    refused(2, &[&npz, "--input", "28x0", "--out", &out], &["28x28x1"]);
    refused(2, &[&npz, "--network", "tanh:3", "--out", &out], &["tanh:3", "conv:10x5"]);
    refused(1, &[&npz, "--network", "dense:3", "--out", &out], &["dense/kernel has shape"]);
    refused(1, &[&folder.text("champion"), "--network", "dense:3", "--out", &out], &["--network"]);
    refused(1, &[&int8, "--out", &out], &["it holds integers", "bin"]);
    for format in ["npz", "onnx", "keras"] {
        let flags = ["export", &int8, "--format", format, "--out", &out];
        run(PROGRAM, &flags).fails(1, &["it holds integers", "rust, c and bin"]);
    }
    assert!(!folder.path("out.safetensors").exists());
}

#[test]
fn integers_in_a_file_are_a_champion_for_every_command() {
    let folder = small_run();
    let bytes = folder.exported("int8.tev", &[&["--format", "bin", "--int8"], &DATA[..]].concat());
    let int8 = folder.text("int8.tev");
    let summary = run(PROGRAM, &["summary", &int8]).success().stdout;
    assert!(summary.contains("12,730") && summary.contains("Stored as int8: "), "{summary}");
    let footprint = run(PROGRAM, &["footprint", &int8]).success().stdout;
    assert!(footprint.starts_with("784-16-10\nint8:"), "{footprint}");
    assert_eq!(run(PROGRAM, &["footprint", &int8, "--int8"]).success().stdout, footprint);
    // Exported again, without data, it is the same.
    let again = folder.text("again.tev");
    let _ = run(PROGRAM, &["export", &int8, "--format", "bin", "--out", &again]).success();
    assert_eq!(fs::read(again).unwrap(), bytes);
}

#[test]
fn a_network_for_other_data_has_a_footprint_and_a_summary() {
    let shown = |flags: &[&str]| run(PROGRAM, flags).success().stdout;
    // 4 * 3 + 3 * 3 products, and as many weights and six of the biases, of 4 bytes each.
    let table = shown(&["footprint", "--network", "dense:3,dense:3", "--input", "4"]);
    assert!(table.starts_with("4-3-3\nf32: 108 bytes of weights"), "{table}");
    assert!(table.contains("21 of them where 100.0 % of the inputs are not zero"), "{table}");
    let layers = ["--network", "conv:4x6x8:1x7,dense:4", "--input", "6x50"];
    // One row of seven places of 48 products for 4 filters; 28 inputs of 4 units.
    let products = format!("{} multiply-adds", 7 * 48 * 4 + 28 * 4);
    assert!(shown(&[&["footprint"], &layers[..]].concat()).contains(&products));
    let colours = ["--hidden", "16", "--input", "28x28x3", "--classes", "62"];
    assert!(shown(&[&["footprint"], &colours[..]].concat()).starts_with("2352-16-62\n"));
    let weights = (2352 + 1) * 16 + 17 * 62;
    assert_eq!(weights, 38_702);
    assert!(shown(&[&["summary"], &colours[..]].concat()).contains("38,702"));
    let refused = |flags: &[&str], mentions: &[&str]| {
        run(PROGRAM, &[&["footprint"], flags].concat()).fails(2, mentions);
    };
    refused(&["--network", "dense:4", "--classes", "3"], &["is 4, but the data has 3 classes"]);
    refused(&["--input", "28x0"], &["--input", "28x28x1"]);
    refused(&["champion.tev", "--input", "4"], &["--input"]);
}

#[test]
fn an_output_that_exists_or_is_the_input_is_not_lost() {
    let folder = small_run();
    let before = fs::read(folder.path("champion")).unwrap();
    let c = ["--format", "c"];
    let export = |flags: &[&str], out: &str| {
        run(
            PROGRAM,
            &[&["export", &folder.text("champion")], &c[..], flags, &["--out", out]].concat(),
        )
    };
    for flags in [&[][..], &["--force"]] {
        export(flags, &folder.text("champion")).fails(1, &["input", "another file"]);
        let other_name = folder.text("run/../champion");
        export(flags, &other_name).fails(1, &["input"]);
    }
    assert_eq!(fs::read(folder.path("champion")).unwrap(), before);
    let out = folder.text("old.h");
    fs::write(&out, "mine").unwrap();
    export(&[], &out).fails(1, &["old.h", "--force"]);
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    let _ = export(&["--force"], &out).success();
    assert!(fs::read_to_string(&out).unwrap().contains("tinyevo_classify"));
}

#[cfg(unix)]
#[test]
fn an_output_of_any_name_and_kind_is_written_to() {
    use std::os::unix::ffi::OsStrExt;
    let folder = small_run();
    let bytes = folder.exported("plain.tev", &["--format", "bin"]);
    for name in [&[b'n'; 255][..], b"ch\xff.tev"] {
        let out = folder.path("").join(std::ffi::OsStr::from_bytes(name));
        let ended = command(PROGRAM, &["export", &folder.text("champion"), "--format", "bin"])
            .arg("--out")
            .arg(&out)
            .status();
        assert!(ended.unwrap().success());
        assert_eq!(fs::read(&out).unwrap(), bytes);
    }
    std::os::unix::fs::symlink("target", folder.path("link")).unwrap();
    assert_eq!(folder.exported("link", &["--format", "bin"]), bytes);
    assert!(folder.path("link").is_symlink());
    assert_eq!(fs::read(folder.path("target")).unwrap(), bytes);
    for out in ["-", "/dev/stdout"] {
        let piped = folder.export(&["--format", "bin", "--out", out]);
        assert_eq!(piped.stdout, bytes, "{out}");
    }
}

#[cfg(unix)]
#[test]
fn the_umask_is_kept_to() {
    use std::os::unix::fs::PermissionsExt;
    let folder = small_run();
    let script = r#"umask "$1"; exec "$2" export "$3" --format bin --out "$4""#;
    for (umask, mode) in [("077", 0o600), ("022", 0o644), ("000", 0o666)] {
        let out = folder.text(umask);
        let ended = Command::new("sh")
            .args(["-c", script, "sh", umask, PROGRAM, &folder.text("champion"), &out])
            .status();
        assert!(ended.unwrap().success());
        assert_eq!(fs::metadata(out).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn two_champions_in_one_c_file_have_names_of_their_own() {
    let folder = small_run();
    let int8 = [&["--format", "c", "--int8"], &DATA[..]].concat();
    let _ = folder.exported("a.h", &["--format", "c", "--name", "first"]);
    let _ = folder.exported("b.h", &[&int8[..], &["--name", "second"]].concat());
    let _ = folder.exported("plain.h", &["--format", "c"]);
    let _ = folder.exported("other.h", &int8);
    let compile = |includes: &str, body: &str| {
        let code = format!("{includes}\nint main(void) {{ {body} }}\n");
        fs::write(folder.path("main.c"), code).unwrap();
        Command::new("gcc")
            .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([folder.path("main"), folder.path("main.c")])
            .output()
            .expect("gcc is installed")
    };
    let body = "static uint8_t pixels[FIRST_INPUTS]; float a[FIRST_CLASSES]; int32_t b[SECOND_CLASSES]; \
                first_logits(pixels, a); second_logits(pixels, b); \
                return first_classify(pixels) + second_classify(pixels) < 0;";
    let two = compile("#include \"a.h\"\n#include \"b.h\"", body);
    assert!(two.status.success(), "{}", String::from_utf8_lossy(&two.stderr));
    // One of them read twice is read once; two of one name say what to do.
    let twice = "#include \"plain.h\"\n#include \"plain.h\"";
    let twice = compile(twice, "static uint8_t p[TINYEVO_INPUTS]; return tinyevo_classify(p) < 0;");
    assert!(twice.status.success(), "{}", String::from_utf8_lossy(&twice.stderr));
    let clash = compile("#include \"plain.h\"\n#include \"other.h\"", "return 0;");
    assert!(String::from_utf8_lossy(&clash.stderr).contains("tinyevo export --name"));
}

/// A network with weights that clippy takes for constants of mathematics.
fn with_constants() -> Champion {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(3, Activation::Relu), dense(2, Activation::Softmax)];
    let input = Shape { height: 2, width: 2, channels: 1 };
    let network = Network::new(input, &layers).unwrap();
    let constants = [consts::LN_2, -consts::PI, consts::E, consts::FRAC_PI_4, 123_456.7, 1e-9];
    let genome = (0..network.parameters()).map(|index| constants[index % 6]).collect();
    Champion::floats(network, genome).unwrap()
}

#[test]
fn exported_rust_passes_clippy_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"exported\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
         tinyevo-core = {{ path = {:?} }}\n[workspace]\n",
        root().join("core")
    );
    fs::write(path("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), path("Cargo.lock")).unwrap();
    let floats = with_constants();
    let Weights::Floats(network, genome) = &floats.weights else { panic!() };
    let images: Vec<u8> = (0..40).map(|index| (index * 53 % 256) as u8).collect();
    let integers = tinyevo::quantize::quantize(network, genome, &images).unwrap();
    let text = |champion, name: Option<&str>| {
        let name = name.map(|name| name.parse().unwrap());
        String::from_utf8(encode(champion, Format::Rust, name.as_ref()).unwrap()).unwrap()
    };
    fs::write(path("src/champion.rs"), text(&floats, None)).unwrap();
    // Two in one file.
    let both = text(&floats, Some("floats")) + &text(&integers, Some("integers"));
    fs::write(path("src/both.rs"), both).unwrap();
    let packed = packed();
    fs::write(path("src/packed.rs"), text(&packed, None)).unwrap();
    fs::write(path("src/main.rs"), EXPORTED).unwrap();
    let cargo = |command: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(command)
            .env("CARGO_TARGET_DIR", root().join("target/exported"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let _ = cargo(&["clippy", "-q", "--offline"]);
    let printed = cargo(&["run", "-q", "--offline"]);
    let mut scratch = vec![0.0; network.scratch_length()];
    let class = inference::classify(network, genome, &[200, 3, 0, 90], &mut scratch).unwrap();
    let Weights::Integers(integers) = &integers.weights else { panic!() };
    let own = integers.classes(&[200, 3, 0, 90]).unwrap()[0];
    let few = packed.integer_classes(&[200, 3, 0, 90]).unwrap()[0];
    assert_eq!(printed, format!("{class} {class} {own} {few}\n"));
}

/// Packed integers of a network of two rows and two columns with a convolution.
fn packed() -> Champion {
    let relu = Activation::Relu;
    let layers = [
        Layer::Conv2d(Conv2d { filters: 3, window: Window::slides(2), activation: relu }),
        Layer::Dense(Dense { units: 4, activation: Activation::Softmax }),
    ];
    let network = Network::new(Shape { height: 2, width: 2, channels: 1 }, &layers).unwrap();
    let genome: Vec<f32> =
        (0..network.parameters()).map(|index| (index * 7 % 19) as f32 / 9.0 - 1.0).collect();
    let formats = Formats::new(&network, &[deploy::Format::Ternary, deploy::Format::Int4]);
    let formats = formats.expect("two layers with weights");
    Weights::Packed(PackedIntegers::deployed(&network, &formats, &genome).unwrap()).into()
}

/// A program that is strict with all code in it.
const EXPORTED: &str = r#"//! Classifies with four champions.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
/// One champion a file.
pub mod champion;
/// Two champions a file.
pub mod both;
/// Packed integers.
pub mod packed;
use both::{floats, integers};
use tinyevo_core::inference::classify;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let image = [200, 3, 0, 90];
    let mut scratch = [0.0; champion::SCRATCH];
    let plain = classify(&champion::network()?, &champion::GENOME, &image, &mut scratch)?;
    let named = classify(&floats::network()?, &floats::GENOME, &image, &mut scratch)?;
    let (mut sums, mut x) = ([0; integers::SCRATCH], [0; integers::SCRATCH]);
    let int8 = integers::model()?.classify(&image, &mut sums, &mut x)?;
    let (mut sums, mut x) = ([0; packed::SUMS], [0; packed::ACTIVATIONS]);
    let few = packed::network()?.classify(&image, &mut sums, &mut x)?;
    println!("{plain} {named} {int8} {few}");
    Ok(())
}
"#;

#[test]
fn tables_fit_a_terminal_of_80_columns() {
    for flags in [
        &["summary"][..],
        &["summary", "--hidden", "64,32"],
        &["footprint"],
        &["footprint", "--int8", "--hidden", "5000"],
    ] {
        let table = run(PROGRAM, flags).success().stdout;
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }
}

#[test]
fn a_champion_of_another_shape_is_not_measured_on_mnist() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.tev");
    fs::write(&path, encode(&with_constants(), Format::Tev, None).unwrap()).unwrap();
    assert_eq!(read(Path::new(&path)).unwrap(), with_constants());
    let path = path.to_str().unwrap();
    for command in ["evaluate", "quantize"] {
        let refused = run(PROGRAM, &[&[command, path], &DATA[..]].concat());
        refused.fails(1, &["2x2x1 inputs to 2 classes", "28x28x1 and 10", "--data"]);
    }
    assert!(run(PROGRAM, &["summary", path]).success().stdout.contains("Total params: 23"));
}
