//! Users' own data from a file to an evolved champion and to C that gives the same classes: five sets that are not MNIST.

use std::fs;
use std::path::Path;
use std::process::Command;
use tinyevo::champion::{Champion, Weights};
use tinyevo::data::Dataset;
use tinyevo::formats;
use tinyevo_core::inference;
use tinyevo_tests::{Folder, own, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Prints the class of each sample of a raw file, of floats if they are to be normalised.
const MAIN: &str = r#"
#include <stdio.h>
#include "champion.h"
int main(int argc, char **argv) {
  static VALUE values[TINYEVO_INPUTS];
  static uint8_t pixels[TINYEVO_INPUTS];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : 0;
  if (!file) return 1;
  while (fread(values, sizeof(VALUE), TINYEVO_INPUTS, file) == TINYEVO_INPUTS) {
    int class, i;
    for (i = 0; i < TINYEVO_INPUTS; ++i) pixels[i] = (uint8_t)values[i];
    NORMALISE
    class = tinyevo_classify(pixels);
    printf("%s\n", NAME);
  }
  return fclose(file);
}
"#;

/// The names, or numbers, of the classes that a header gives raw samples.
fn answers_of_c(folder: &Folder, header: &str, champion: &Champion, raw: &[u8]) -> Vec<String> {
    let place = |name: &str| folder.path(name);
    let normalises = champion.normalisation().is_some();
    let (value, call) =
        if normalises { ("float", "tinyevo_normalise(values, pixels);") } else { ("uint8_t", "") };
    let names = !champion.class_names().is_empty();
    let numbers = "(sprintf(text, \"%d\", class), text)";
    let name = if names { "TINYEVO_CLASS_NAMES[class]" } else { numbers };
    let main = MAIN
        .replace("VALUE", value)
        .replace("NORMALISE", call)
        .replace("NAME);", &format!("{name});"));
    let main = if names {
        main
    } else {
        main.replace("    int class, i;", "    char text[9];\n    int class, i;")
    };
    fs::rename(place(header), place("champion.h")).unwrap();
    fs::write(place("main.c"), main).unwrap();
    fs::write(place("raw"), raw).unwrap();
    let compiled = Command::new("gcc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1"])
        .args(["-ffp-contract=off", "-o"])
        .args([place("classify"), place("main.c")])
        .output()
        .expect("gcc is installed");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(place("classify")).arg(place("raw")).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The same by the library.
fn answers(champion: &Champion, images: &[u8]) -> Vec<String> {
    let classes: Vec<usize> = match &champion.weights {
        Weights::Floats(network, genome) => {
            let mut scratch = vec![0.0; network.scratch_length()];
            let class = |image| inference::classify(network, genome, image, &mut scratch).unwrap();
            images.chunks(network.input().elements()).map(class).collect()
        }
        _ => champion.integer_classes(images).unwrap().into_iter().map(usize::from).collect(),
    };
    classes.into_iter().map(|class| champion.description.class_name(class)).collect()
}

/// Evolves a champion of at least this test accuracy, in percent, evaluates it, and compares C of floats and of integers with
/// the library.
fn from_file_to_c(folder: &Folder, name: &str, least: f64) -> (Champion, Dataset) {
    let set = own::set(name);
    let path = folder.text(&[set.name, set.end].concat());
    (set.write)(Path::new(&path));
    let dataset = set.load(&path);
    let data = [&["--data", &path], set.flags].concat();
    let out = folder.text("run");
    let fixed = ["evolve", "--threads", "2", "--quiet", "--out", &out];
    let report = run(PROGRAM, &[&fixed[..], &data, set.evolve].concat()).success().stdout;
    let file = folder.text("run/champion.safetensors");
    fs::copy(&file, folder.path("champion")).unwrap();
    let champion = formats::read(Path::new(&file)).unwrap();
    assert_eq!(champion.description, dataset.description);
    champion.check_data(dataset.shape(), dataset.classes()).unwrap();
    let evaluated = run(PROGRAM, &[&["evaluate", &file], &data[..]].concat()).success().stdout;
    let accuracy = |text: &str, start: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(start)).expect("a line");
        line.trim_end_matches(" %").parse().unwrap()
    };
    let reached = accuracy(&report, "test accuracy ");
    assert!(reached >= least, "{report}");
    assert!((accuracy(&evaluated, "accuracy: ") - reached).abs() < 0.006, "{evaluated}");
    let _ = folder.exported("f32.h", &["--format", "c"]);
    let int8 = [&["--format", "c", "--int8"], &data[..]].concat();
    let _ = folder.exported("int8.h", &int8);
    let flags = [&["--format", "bin", "--int8"], &data[..]].concat();
    let tev = formats::parse(&folder.exported("int8.tev", &flags)).unwrap();
    let integers = tev.described(champion.description.clone());
    let measured = set.measured.map(|samples| samples().0);
    let images = match (&measured, champion.normalisation()) {
        (Some(values), Some(map)) => map.bytes(values).collect(),
        _ => dataset.test.images.clone(),
    };
    let raw = measured.map_or_else(|| images.clone(), |values| own::floats(&values));
    for (header, champion) in [("f32.h", &champion), ("int8.h", &integers)] {
        let expected = answers(champion, &images);
        assert!(answers_of_c(folder, header, champion, &raw) == expected, "{header} differs");
    }
    (champion, dataset)
}

#[test]
fn digits_of_16_by_16_in_a_npz_file() {
    let folder = Folder::new(PROGRAM);
    let (champion, dataset) = from_file_to_c(&folder, "digits", 50.0);
    assert_eq!((champion.normalisation(), champion.class_names().len()), (None, 0));
    // The test part is the file's, in its order; five thousand images cannot be held out.
    assert_eq!((dataset.train.len(), dataset.test.len(), dataset.classes()), (300, 100, 10));
    assert_eq!(dataset.division, None);
    let config = fs::read_to_string(folder.path("run/config.toml")).unwrap();
    assert!(config.contains("validation = 50\n"), "{config}");
}

#[test]
fn colours_in_a_folder_of_png_files() {
    let folder = Folder::new(PROGRAM);
    let (champion, dataset) = from_file_to_c(&folder, "colours", 60.0);
    assert_eq!(champion.class_names(), own::COLOURS);
    assert_eq!(champion.network().input().channels, 3);
    assert_eq!(dataset.test.class_counts(), [8, 8, 8], "by default a fifth of each class");
}

#[test]
fn features_in_a_csv_file() {
    let folder = Folder::new(PROGRAM);
    let data = folder.text("flowers.csv");
    let (values, _) = own::flowers();
    let (champion, dataset) = from_file_to_c(&folder, "flowers", 80.0);
    assert_eq!(champion.class_names(), own::FLOWERS);
    assert_eq!((dataset.train.len(), dataset.test.class_counts()), (120, vec![10; 3]));
    // The range is that of the training samples alone, which hold 0 and 255 in each channel.
    for channel in 0..4 {
        let column = || dataset.train.images.iter().skip(channel).step_by(4);
        assert_eq!((column().min(), column().max()), (Some(&0), Some(&255)));
    }
    // Each test sample of the data set is one of the file, normalised as the champion says.
    let map = champion.normalisation().unwrap();
    let all: Vec<u8> = map.bytes(&values).collect();
    assert!(dataset.test.images.chunks(4).all(|sample| all.chunks(4).any(|own| own == sample)));
    let report = fs::read_to_string(folder.path("run/report.txt")).unwrap();
    for words in ["drawn by seed 64", "of its feature in training samples", "       aster  "] {
        assert!(report.contains(words), "{words}\n{report}");
    }
    let info = run(PROGRAM, &["data", "info", "--data", &data, "--label", "kind"]).success().stdout;
    for words in [
        "features from",
        "samples of 4 features",
        "classes  aster, lily, rose",
        "label    column 1, kind\n",
        "channel 3, shade: ",
    ] {
        assert!(info.contains(words), "{words}\n{info}");
    }
}

#[test]
fn what_presets_do_to_digits_for_a_longer_time_is_left_out() {
    let folder = Folder::new(PROGRAM);
    own::features(&folder.path("flowers.csv"));
    // It ends with generation 0, after the measurement.
    let flags = ["evolve", "--time", "20s", "--stop-accuracy", "0", "--hidden", "2", "--quiet"];
    let evolve = |more: &[&str]| run(PROGRAM, &[&flags[..], more].concat());
    let distorts = |name: &str, data: &[&str]| {
        let _ = evolve(&[&["--out", &folder.text(name)], data].concat()).success();
        let config = fs::read_to_string(folder.path(name).join("config.toml")).unwrap();
        config.contains("[batch.distortion]")
    };
    let table = folder.text("flowers.csv");
    let table = ["--data", &table, "--label", "kind"];
    assert!(!distorts("features", &table));
    let digits = ["--data", "builtin", "--builtin-train", "90", "--builtin-test", "9"];
    assert!(distorts("digits", &[&digits[..], &["--validation", "9"]].concat()));
    // One that is asked for is not left out.
    let asked = [&table[..], &["--no-save", "--set", "batch.distortion.rotation=0.3"]].concat();
    evolve(&asked).fails(2, &["batch.distortion needs images of one channel"]);
}

#[test]
fn windows_of_a_signal_in_a_npz_file() {
    let folder = Folder::new(PROGRAM);
    let (champion, dataset) = from_file_to_c(&folder, "motions", 50.0);
    assert_eq!(champion.class_names(), own::MOTIONS);
    assert_eq!((dataset.shape().height, dataset.shape().width), (6, 50));
    assert_eq!(champion.normalisation().unwrap().low().len(), 1, "one range for all");
    let info = run(PROGRAM, &["data", "info", "--data", &folder.text("motions.npz")]).success();
    for words in [
        "read as  6 rows and 50 columns of one channel",
        "if the 6 are signals, x.transpose(0, 2, 1)[:, :, None, :]",
    ] {
        assert!(info.stdout.contains(words), "{words}\n{}", info.stdout);
    }
}

#[test]
fn sixty_two_classes_in_a_folder_of_idx_files() {
    let folder = Folder::new(PROGRAM);
    let (_, dataset) = from_file_to_c(&folder, "characters", 20.0);
    assert_eq!((dataset.classes(), dataset.train.len(), dataset.test.len()), (62, 372, 124));
}

#[test]
fn new_measurements_are_evaluated_as_a_whole() {
    let folder = Folder::new(PROGRAM);
    own::features(&folder.path("flowers.csv"));
    let [old, new, out] = ["flowers.csv", "new.csv", "run"].map(|name| folder.text(name));
    // Seven flowers of two of the three classes.
    let text = fs::read_to_string(&old).unwrap();
    let wanted = |line: &&str| line.starts_with("rose") || line.starts_with("lily");
    let lines: Vec<_> = text.lines().take(1).chain(text.lines().filter(wanted).take(7)).collect();
    fs::write(&new, lines.join("\n")).unwrap();
    let evolve = ["evolve", "--quiet", "--hidden", "4", "--generations", "60", "--out", &out];
    let divided = ["--label", "kind", "--split-seed", "3", "--test-share", "0.3"];
    let _ = run(PROGRAM, &[&evolve[..], &["--data", &old], &divided].concat()).success();
    let champion = folder.text("run/champion.safetensors");
    let evaluate = |file: &str, data: &str, more: &[&str]| {
        let flags = ["evaluate", file, "--label", "kind", "--data", data];
        run(PROGRAM, &[&flags[..], more].concat()).success()
    };
    // The run's own file: the samples that its report is on, however its flags divided them.
    let report = fs::read_to_string(folder.path("run/summary.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let expected = 100.0 * report["test_accuracy"].as_f64().unwrap();
    fs::copy(&champion, folder.path("champion")).unwrap();
    let _ = folder.exported("run/floats.tev", &["--format", "bin"]);
    for file in [&champion, &folder.text("run/floats.tev")] {
        let shown = evaluate(file, &old, &[]).stdout;
        let words = format!("accuracy: {expected:.2} %\n");
        assert!(shown.contains("on 45 images") && shown.contains(&words), "{words}\n{shown}");
    }
    let ran = evaluate(&champion, &new, &[]);
    assert!(ran.stdout.contains("on 7 images"), "{}", ran.stdout);
    assert!(ran.stderr.contains("all its samples are measured"), "{}", ran.stderr);
    // Each row keeps its class: those of the file alone would be 0 and 1.
    let rows = |name: &str| {
        let row = ran.stdout.lines().find(|line| line.trim_start().starts_with(name));
        row.and_then(|row| row.split_whitespace().last()).map(str::to_owned)
    };
    let count = |name: &str| lines.iter().filter(|line| line.starts_with(name)).count();
    for name in ["lily", "rose"] {
        assert_eq!(rows(name), Some(count(name).to_string()), "{}", ran.stdout);
    }
    // A champion elsewhere has no run beside it; flags that divide are obeyed.
    let other = folder.text("champion");
    assert!(evaluate(&other, &old, &[]).stdout.contains("on 150 images"));
    for (flags, count) in [(&["--images", "test"], 30), (&["--test-share", "0.5"], 75)] {
        assert!(evaluate(&other, &old, flags).stdout.contains(&format!("on {count} images")));
    }
    fs::copy(folder.path("run/floats.tev"), folder.path("other.tev")).unwrap();
    let flags = ["--label", "kind", "--data", &old];
    run(PROGRAM, &[&["evaluate", &folder.text("other.tev")], &flags[..]].concat())
        .fails(1, &["does not say how its own became bytes", "champion.safetensors"]);
    fs::write(&new, text.replace("rose", "tulip")).unwrap();
    run(PROGRAM, &[&["evaluate", &champion, "--label", "kind", "--data"], &[&*new][..]].concat())
        .fails(1, &["the classes are aster, lily, tulip, but the champion has aster, lily, rose"]);
}

#[test]
fn control_characters_in_class_names_are_shown_as_escapes() {
    let folder = Folder::new(PROGRAM);
    let codes = |name: &str| -> Vec<u8> {
        let codes = name.chars().chain(std::iter::repeat('\0')).take(9);
        codes.flat_map(|code| u32::from(code).to_le_bytes()).collect()
    };
    let pixels: Vec<u8> = (0..12 * 64).map(|at| if at / 64 % 2 == 0 { 0 } else { 200 }).collect();
    let classes: Vec<u8> = (0..12).map(|at| at % 2).collect();
    let names = [codes("\u{1b}[31mred"), codes("one\ntwo\u{9b}")].concat();
    let bytes = own::npz(&[
        ("x_train", "|u1", vec![12, 8, 8], pixels.clone()),
        ("y_train", "|u1", vec![12], classes),
        ("class_names", "<U9", vec![2], names),
    ]);
    fs::write(folder.path("data.npz"), bytes).unwrap();
    fs::write(folder.path("one.png"), own::png((8, 8, 1), &pixels[64..128])).unwrap();
    let [data, out, picture, champion] =
        ["data.npz", "run", "one.png", "run/champion.safetensors"].map(|name| folder.text(name));
    for (arguments, count) in [
        (&["evolve", "--hidden", "2", "--generations", "1", "--data", &data, "--out", &out][..], 3),
        (&["data", "info", "--data", &data], 2),
        (&["data", "show", "0", "--data", &data], 1),
        (&["evaluate", &champion, "--data", &data], 2),
        (&["predict", &champion, &picture], 3),
    ] {
        let ran = run(PROGRAM, arguments).success();
        let shown = ran.stdout + &ran.stderr;
        let is_wrong = |letter: char| letter.is_control() && !"\n\r".contains(letter);
        assert!(!shown.contains(is_wrong) && !shown.contains("one\ntwo"), "{shown}");
        let named =
            ["\\u001b[31mred", "one\\u000atwo\\u009b"].map(|name| shown.matches(name).count());
        assert_eq!(named.iter().sum::<usize>(), count, "{shown}");
    }
    let report = fs::read_to_string(folder.path("run/report.txt")).unwrap();
    assert!(report.contains(" \\u001b[31mred ") && !report.contains('\u{1b}'), "{report}");
    let json = run(PROGRAM, &["predict", &champion, &picture, "--json"]).success().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let name = json[0]["class_name"].as_str().unwrap();
    assert!(["\u{1b}[31mred", "one\ntwo\u{9b}"].contains(&name), "{json}");
}
