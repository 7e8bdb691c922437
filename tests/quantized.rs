//! Champions as integers, as source code and as `.tev` files: what they cost, and that exported C and
//! the core on a file's bytes give the same bits for every image.

use std::path::Path;
use std::process::Command;
use tinyevo::config::Preset;
use tinyevo::data::{self, Options, Request, Silent, Split};
use tinyevo::evaluate::{EncodedSplit, Evaluator};
use tinyevo::evolve::Evolution;
use tinyevo::export::module::{Champion, Format};
use tinyevo::isa::Isa;
use tinyevo::quantize::Integers;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::quantized::{Model, Number, Weight};
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::File;
use tinyevo_tests::{real_mnist, run, small};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Prints the class and the bits of the logits of each image of a raw file.
const MAIN: &str = r#"
#include <stdio.h>
#include <string.h>
#include "champion.h"
int main(int argc, char **argv) {
  static uint8_t pixels[TINYEVO_INPUTS];
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : 0;
  if (!file) return 1;
  while (fread(pixels, 1, TINYEVO_INPUTS, file) == TINYEVO_INPUTS) {
    NUMBER logits[TINYEVO_CLASSES];
    int o;
    printf("%d", tinyevo_classify(pixels));
    tinyevo_logits(pixels, logits);
    for (o = 0; o < TINYEVO_CLASSES; ++o) {
      uint32_t bits;
      memcpy(&bits, logits + o, 4);
      printf(" %lu", (unsigned long)bits);
    }
    printf("\n");
  }
  return fclose(file);
}
"#;

/// The class of an image and the bits of its logits.
type Answer = (u8, Vec<u32>);

fn network(hidden: &[usize]) -> Network {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let mut layers: Vec<_> = hidden.iter().map(|&units| dense(units, Activation::Relu)).collect();
    layers.push(dense(10, Activation::Softmax));
    Network::new(Shape::flat(784), &layers).unwrap()
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

/// The answers that exported C gives, compiled with every warning an error.
fn answers_of_c(champion: Champion<'_>, images: &Split) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let number = if matches!(champion, Champion::Floats(..)) { "float" } else { "int32_t" };
    std::fs::write(path("champion.h"), champion.encode(Format::C).unwrap()).unwrap();
    std::fs::write(path("main.c"), MAIN.replace("NUMBER", number)).unwrap();
    std::fs::write(path("images"), &images.images).unwrap();
    let compiled = Command::new("gcc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2"])
        .args(["-ffp-contract=off", "-o"])
        .args([path("classify"), path("main.c")])
        .output()
        .expect("gcc is installed");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = Command::new(path("classify")).arg(path("images")).output().unwrap();
    assert!(output.status.success());
    let answer = |line: &str| {
        let (class, logits) = line.split_once(' ').unwrap();
        (class.parse().unwrap(), logits.split(' ').map(|bits| bits.parse().unwrap()).collect())
    };
    String::from_utf8(output.stdout).unwrap().lines().map(answer).collect()
}

/// The answers of the core's floats.
fn answers_of_floats(network: &Network, genome: &[f32], images: &Split) -> Vec<Answer> {
    let mut scratch = vec![0.0; network.scratch_length()];
    let answer = |image| {
        let logits = inference::logits(network, genome, image, &mut scratch).unwrap();
        (inference::argmax(logits) as u8, logits.iter().map(|logit| logit.to_bits()).collect())
    };
    images.images.chunks(images.features()).map(answer).collect()
}

/// The answers of the core's integers, wherever they lie.
fn answers_of<W: Weight, N: Number>(model: &Model<'_, W, N>, images: &Split) -> Vec<Answer> {
    let length = model.scratch_length();
    let (mut sums, mut x) = (vec![0; length], vec![0; length]);
    let answer = |image| {
        let class = model.classify(image, &mut sums, &mut x).unwrap();
        let logits = model.logits(image, &mut sums, &mut x).unwrap();
        (class as u8, logits.iter().map(|logit| logit.cast_unsigned()).collect())
    };
    images.images.chunks(images.features()).map(answer).collect()
}

fn classes(answers: &[Answer]) -> Vec<u8> {
    answers.iter().map(|answer| answer.0).collect()
}

/// Checks that C and the `.tev` files give our own answers, and returns how many points of accuracy
/// the integers cost.
fn loss_of_integers(network: &Network, genome: &[f32], train: &Split, test: &Split) -> f64 {
    let floats = answers_of_floats(network, genome, test);
    let evaluator = Evaluator::new(network.clone(), 1, Isa::detect()).unwrap();
    assert!(evaluator.classes(genome, test).unwrap() == classes(&floats), "the host differs");
    let champion = Champion::Floats(network, genome);
    assert!(answers_of_c(champion, test) == floats, "f32: C differs");
    let bytes = champion.encode(Format::Bin).unwrap();
    let file = File::new(&bytes).unwrap();
    let mut read = vec![f32::NAN; file.network().unwrap().parameters()];
    file.genome(&mut read).unwrap();
    assert_eq!(file.network().unwrap(), *network);
    assert!(read.iter().map(|w| w.to_bits()).eq(genome.iter().map(|w| w.to_bits())));

    let integers = Integers::new(network, genome, train).unwrap();
    let answers = answers_of(&integers.model().unwrap(), test);
    assert!(integers.classes(test).unwrap() == classes(&answers), "the host differs");
    let champion = Champion::Integers(&integers);
    assert!(answers_of_c(champion, test) == answers, "int8: C differs");
    let bytes = champion.encode(Format::Bin).unwrap();
    let model = File::new(&bytes).unwrap().model().unwrap();
    assert!(answers_of(&model, test) == answers, "int8: the file differs");

    let correct = |answers: &[Answer]| {
        let pairs = answers.iter().zip(&test.labels);
        pairs.filter(|(answer, label)| answer.0 == **label).count() as f64
    };
    let same = answers.iter().zip(&floats).filter(|(a, b)| a.0 == b.0).count();
    println!("int8 and f32 agree on {same} of {} images", floats.len());
    assert!(100 * same >= 98 * floats.len(), "{same} of {}", floats.len());
    100.0 * (correct(&floats) - correct(&answers)) / floats.len() as f64
}

/// A champion of a few generations.
fn evolved(data: &data::Dataset, hidden: usize, generations: u32) -> (Network, Vec<f32>) {
    let mut config = Preset::Tutorial.config();
    config.network.hidden = vec![hidden];
    let network = config.network().unwrap();
    let test = EncodedSplit::new(&data.test).unwrap();
    let mut evaluator = Evaluator::new(network.clone(), 1, Isa::detect()).unwrap();
    let mut evolution = Evolution::new(&config, &test, &mut evaluator).unwrap();
    for _ in 0..generations {
        evolution.step().unwrap();
    }
    (network, evolution.into_champion())
}

#[test]
fn c_and_files_answer_as_tinyevo_does() {
    let data = builtin();
    for hidden in [&[][..], &[128], &[20, 7]] {
        let network = network(hidden);
        let _ = loss_of_integers(&network, &genome(&network), &data.train, &data.test);
    }
}

#[test]
fn an_evolved_champion_loses_at_most_half_a_point() {
    let data = builtin();
    let (network, genome) = evolved(&data, 16, 100);
    let loss = loss_of_integers(&network, &genome, &data.train, &data.test);
    assert!(loss <= 0.5, "{loss} points");
}

#[test]
fn a_champion_of_mnist_loses_at_most_half_a_point() {
    let Some(folder) = real_mnist("a_champion_of_mnist_loses_at_most_half_a_point") else {
        return;
    };
    let options = Options { data_dir: Some(folder), offline: true, ..Options::default() };
    let mut data = data::load(&Request::MNIST, &options, &Silent).unwrap();
    data.train.truncate(1000);
    let (network, genome) = evolved(&data, 128, 30);
    let loss = loss_of_integers(&network, &genome, &data.train, &data.test);
    assert!(loss <= 0.5, "{loss} points");
}

#[test]
fn c_takes_the_same_class_where_sums_overflow() {
    let network = network(&[4]);
    let mut genome = genome(&network);
    // Infinities in the hidden layer, and infinities less infinities, which are NaN, behind it.
    for (index, weight) in genome.iter_mut().enumerate() {
        *weight *= if index % 3 == 0 { f32::MAX } else { 1.0 };
    }
    let test = builtin().test;
    let floats = answers_of_floats(&network, &genome, &test);
    let nan = |answer: &Answer| answer.1.iter().any(|bits| f32::from_bits(*bits).is_nan());
    assert!(floats.iter().any(nan), "no NaN was made");
    let c = answers_of_c(Champion::Floats(&network, &genome), &test);
    assert_eq!(classes(&c), classes(&floats));
}

#[test]
fn the_three_formats_carry_one_checksum() {
    let network = network(&[3]);
    let (genome, data) = (genome(&network), builtin());
    let integers = Integers::new(&network, &genome, &data.train).unwrap();
    for champion in [Champion::Floats(&network, &genome), Champion::Integers(&integers)] {
        let bytes = champion.encode(Format::Bin).unwrap();
        let file = File::new(&bytes).unwrap();
        assert!(file.shapes().eq([(784, 3), (3, 10)]));
        for format in [Format::Rust, Format::C] {
            let text = String::from_utf8(champion.encode(format).unwrap()).unwrap();
            assert!(text.contains(&format!("{:#018x}", file.checksum())), "{format:?}");
        }
    }
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
    let tev = path("champion.tev");
    let export = ["export", &champion, "--format", "bin", "--int8", "--calibration", "50"];
    let _ = run(PROGRAM, &[&export[..], &["--out", &tev], &data[..]].concat()).success();
    let bytes = std::fs::read(&tev).unwrap();
    assert!(File::new(&bytes).unwrap().model().is_ok());
    let calibrated = ["quantize", &champion, "--calibration", "50"];
    let quantized = run(PROGRAM, &[&calibrated[..], &data[..]].concat()).success();
    let evaluated = run(PROGRAM, &[&["evaluate", &tev], &data[..]].concat()).success();
    let accuracy = evaluated.stdout.lines().find(|line| line.starts_with("accuracy")).unwrap();
    assert!(quantized.stdout.contains(&format!("int8: {accuracy}")), "{}", evaluated.stdout);
    run(PROGRAM, &["summary", &tev]).fails(1, &["8-bit integers", "champion.safetensors"]);
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
    run(PROGRAM, &["quantize", &champion, "--calibration", "0"]).fails(2, &["--calibration"]);
    let out = path("no/such/folder");
    run(PROGRAM, &["export", &champion, "--format", "c", "--out", &out]).fails(1, &["folder"]);
    run(PROGRAM, &["export", &champion, "--format", "java", "--out", &out]).fails(2, &["java"]);
}
