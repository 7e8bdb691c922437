//! Champions as integers and as source code: what they cost, and that exported C gives the same
//! class for every image.

use std::path::Path;
use std::process::Command;
use tinyevo::data::{self, Options, PIXELS, Request, Silent, Split};
use tinyevo::evaluate::Evaluator;
use tinyevo::export::module::{Champion, Format};
use tinyevo::isa::Isa;
use tinyevo::quantize::Integers;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::{Network, Shape};
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_tests::{real_mnist, run, small};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Prints the class of each image of a raw file.
const MAIN: &str = r#"
#include <stdio.h>
#include "champion.h"
int main(int argc, char **argv) {
  static uint8_t pixels[TINYEVO_INPUTS];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : 0;
  if (!file) return 1;
  while (fread(pixels, 1, TINYEVO_INPUTS, file) == TINYEVO_INPUTS) printf("%d\n", tinyevo_classify(pixels));
  return fclose(file);
}
"#;

fn network(hidden: &[usize]) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let mut layers: Vec<_> = hidden.iter().map(|&units| dense(units, Activation::Relu)).collect();
    layers.push(dense(10, Activation::Softmax));
    Network::new(Shape::flat(PIXELS), &layers).unwrap()
}

fn genome(network: &Network) -> Vec<f32> {
    let mut genome = vec![0.0; network.parameters()];
    Initialisation::Uniform { low: -1.0, high: 1.0 }
        .fill(network, &mut genome, &mut stream(64, 0, 0, Purpose::Show))
        .unwrap();
    genome
}

fn builtin() -> data::Dataset {
    let options =
        Options { builtin_train: 500, builtin_test: 1000, offline: true, ..Options::default() };
    data::load(&Request::Builtin, &options, &Silent).unwrap()
}

/// The classes that exported C gives, compiled with every warning an error.
fn classes_of_c(champion: Champion<'_>, images: &Split) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("champion.h"), champion.encode(Format::C).unwrap()).unwrap();
    std::fs::write(path("main.c"), MAIN).unwrap();
    std::fs::write(path("images"), &images.images).unwrap();
    let compiled = Command::new("gcc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-ffp-contract=off", "-o"])
        .args([path("classify"), path("main.c")])
        .output()
        .expect("gcc is installed");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(path("classify")).arg(path("images")).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

fn assert_c_agrees(network: &Network, genome: &[f32], train: &Split, test: &Split) {
    let evaluator = Evaluator::new(network.clone(), 1, Isa::detect()).unwrap();
    let floats = evaluator.classes(genome, test).unwrap();
    assert!(classes_of_c(Champion::Floats(network, genome), test) == floats, "f32 differs");
    let integers = Integers::new(network, genome, train).unwrap();
    let classes = integers.classes(test).unwrap();
    assert!(classes_of_c(Champion::Integers(&integers), test) == classes, "int8 differs");
    let same = classes.iter().zip(&floats).filter(|(a, b)| a == b).count();
    println!("int8 and f32 agree on {same} of {} images", floats.len());
    assert!(100 * same >= 98 * floats.len(), "{same} of {}", floats.len());
}

#[test]
fn exported_c_classifies_as_tinyevo_does() {
    let data = builtin();
    for hidden in [&[][..], &[128], &[20, 7]] {
        let network = network(hidden);
        assert_c_agrees(&network, &genome(&network), &data.train, &data.test);
    }
}

#[test]
fn exported_c_classifies_all_of_mnist_as_tinyevo_does() {
    let Some(folder) = real_mnist("exported_c_classifies_all_of_mnist_as_tinyevo_does") else {
        return;
    };
    let options = Options { data_dir: Some(folder), offline: true, ..Options::default() };
    let mut data = data::load(&Request::Mnist, &options, &Silent).unwrap();
    data.train.images.truncate(1000 * PIXELS);
    data.train.labels.truncate(1000);
    let network = network(&[128]);
    assert_c_agrees(&network, &genome(&network), &data.train, &data.test);
}

#[test]
fn the_bytes_carry_shapes_and_checksum() {
    let network = network(&[3]);
    let genome = genome(&network);
    let bytes = Champion::Floats(&network, &genome).encode(Format::Bin).unwrap();
    let (header, rest) = bytes.split_at(32);
    let words: Vec<u32> =
        header[4..].as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    assert_eq!((&header[..4], &words[..]), (&b"TEVO"[..], &[1, 0, 2, 784, 3, 3, 10][..]));
    let (numbers, checksum) = rest.split_at(4 * genome.len());
    let mut hash = tinyevo_core::hash::Fnv1a::new();
    hash.bytes(numbers);
    assert_eq!(checksum, hash.finish().to_le_bytes());
    assert_eq!(numbers[..4], genome[0].to_le_bytes());
}

#[test]
fn the_command_line_quantises_and_exports() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let flags = small(&["--generations", "2", "--quiet", "--out"]);
    let run_folder = path("run");
    let _ = run(PROGRAM, &[&flags[..], &[&run_folder]].concat()).success();
    let champion = path("run/champion.safetensors");
    let data = ["--data", "builtin", "--builtin-train", "100", "--builtin-test", "200"];

    let quantized = run(PROGRAM, &[&["quantize", &champion], &data[..]].concat()).success();
    for word in ["f32:", "int8:", "loss:"] {
        assert!(quantized.stdout.contains(word), "{}", quantized.stdout);
    }
    for (format, int8, expected) in [
        ("rust", true, "pub fn model()"),
        ("rust", false, "pub static GENOME"),
        ("c", true, "tinyevo_classify"),
        ("c", false, "tinyevo_classify"),
        ("bin", true, "TEVO"),
        ("bin", false, "TEVO"),
    ] {
        let out = path(&format!("{format}-{int8}"));
        let export = ["export", &champion, "--format", format, "--out", &out];
        let more = if int8 { &["--int8"][..] } else { &[] };
        let _ = run(PROGRAM, &[&export, more, &data[..]].concat()).success();
        let text = std::fs::read(Path::new(&out)).unwrap();
        assert!(String::from_utf8_lossy(&text).contains(expected), "{format}");
    }
    run(PROGRAM, &["quantize", &path("nowhere")]).fails(1, &["nowhere"]);
    let out = path("no/such/folder");
    run(PROGRAM, &["export", &champion, "--format", "c", "--out", &out]).fails(1, &["folder"]);
    run(PROGRAM, &["export", &champion, "--format", "java", "--out", &out]).fails(2, &["java"]);
}
