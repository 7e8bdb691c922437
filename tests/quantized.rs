//! Champions as integers, as source code and as `.tev` files: what they cost, and that exported C and
//! the core on a file's bytes give the same bits for every image.

use std::process::Command;
use tinyevo::champion::{Champion, IntegerLayer, Integers, PackedIntegers, Weights};
use tinyevo::config::{Hidden, Preset, layers};
use tinyevo::data::{self, Options, Request, Silent, Split};
use tinyevo::encoded::{EncodedSplit, Form, Measured};
use tinyevo::evaluate;
use tinyevo::formats::{Format, encode};
use tinyevo::quantize::quantize;
use tinyevo::threads::Threads;
use tinyevo::threads::isa::Isa;
use tinyevo_core::deploy::{self, Formats};
use tinyevo_core::fitness::Measure;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::quantized::{Model, Number, Weight};
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::File;
use tinyevo_tests::{evolved, real_mnist};

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
fn answers_of_c(champion: &Champion, images: &[u8]) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let number = if matches!(champion.weights, Weights::Floats(..)) { "float" } else { "int32_t" };
    std::fs::write(path("champion.h"), encode(champion, Format::C, None).unwrap()).unwrap();
    std::fs::write(path("main.c"), MAIN.replace("NUMBER", number)).unwrap();
    std::fs::write(path("images"), images).unwrap();
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
fn answers_of_floats(network: &Network, genome: &[f32], images: &[u8]) -> Vec<Answer> {
    let mut scratch = vec![0.0; network.scratch_length()];
    let answer = |image| {
        let logits = inference::logits(network, genome, image, &mut scratch).unwrap();
        (inference::argmax(logits) as u8, logits.iter().map(|logit| logit.to_bits()).collect())
    };
    images.chunks(network.input().elements()).map(answer).collect()
}

/// The answers of the core's integers, wherever they lie.
fn answers_of<W: Weight, N: Number>(model: &Model<'_, W, N>, images: &[u8]) -> Vec<Answer> {
    let length = model.scratch_length();
    let (mut sums, mut x) = (vec![0; length], vec![0; length]);
    let answer = |image| {
        let class = model.classify(image, &mut sums, &mut x).unwrap();
        let logits = model.logits(image, &mut sums, &mut x).unwrap();
        (class as u8, logits.iter().map(|logit| logit.cast_unsigned()).collect())
    };
    images.chunks(model.inputs()).map(answer).collect()
}

fn classes(answers: &[Answer]) -> Vec<u8> {
    answers.iter().map(|answer| answer.0).collect()
}

/// Checks that C and the `.tev` files give our own answers, and returns how many points of accuracy
/// the integers cost.
fn loss_of_integers(network: &Network, genome: &[f32], train: &Split, test: &Split) -> f64 {
    let floats = answers_of_floats(network, genome, &test.images);
    let mut threads = Threads::new(2, Isa::detect()).unwrap();
    let host = evaluate::classes(network, genome, test, &mut threads).unwrap();
    assert!(host == classes(&floats), "the host differs");
    let champion = Champion::floats(network.clone(), genome.to_vec()).unwrap();
    assert!(answers_of_c(&champion, &test.images) == floats, "f32: C differs");
    let bytes = encode(&champion, Format::Tev, None).unwrap();
    let file = File::new(&bytes).unwrap();
    let mut read = vec![f32::NAN; file.network().unwrap().parameters()];
    file.genome(&mut read).unwrap();
    assert_eq!(file.network().unwrap(), *network);
    assert!(read.iter().map(|w| w.to_bits()).eq(genome.iter().map(|w| w.to_bits())));

    let champion = quantize(network, genome, &train.images).unwrap();
    let Weights::Integers(integers) = &champion.weights else { panic!("no dense layers") };
    let answers = answers_of(&integers.model().unwrap(), &test.images);
    assert!(integers.classes(&test.images).unwrap() == classes(&answers), "the host differs");
    assert!(answers_of_c(&champion, &test.images) == answers, "int8: C differs");
    let bytes = encode(&champion, Format::Tev, None).unwrap();
    let model = File::new(&bytes).unwrap().model().unwrap();
    assert!(answers_of(&model, &test.images) == answers, "int8: the file differs");

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
fn tutorial(data: &data::Dataset, hidden: usize, generations: u32) -> (Network, Vec<f32>) {
    let mut config = Preset::Tutorial.config();
    config.network.hidden = vec![hidden.into()];
    evolved(&config, data, generations).unwrap()
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
fn any_shape_and_activations_answer_alike_in_c() {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let input = Shape { height: 3, width: 5, channels: 2 };
    let images: Vec<u8> = (0..200 * 30).map(|index: u32| (index * index % 251) as u8).collect();
    for [first, second, last] in [
        [Activation::Linear, Activation::Relu, Activation::Softmax],
        [Activation::Relu, Activation::Linear, Activation::Relu],
        [Activation::Relu, Activation::Relu, Activation::Linear],
    ] {
        let layers = [dense(7, first), dense(9, second), dense(4, last)];
        let network = Network::new(input, &layers).unwrap();
        let genome = genome(&network);
        let floats = answers_of_floats(&network, &genome, &images);
        assert!(floats.iter().any(|answer| answer.0 != floats[0].0), "one class only");
        let champion = Champion::floats(network.clone(), genome.clone()).unwrap();
        assert!(answers_of_c(&champion, &images) == floats, "f32: C differs");
        if [first, second] == [Activation::Relu; 2] {
            let champion = quantize(&network, &genome, &images).unwrap();
            let Weights::Integers(integers) = &champion.weights else { panic!("no dense layers") };
            let answers = answers_of(&integers.model().unwrap(), &images);
            assert!(answers_of_c(&champion, &images) == answers);
        }
    }
}

/// Networks with convolutions and poolings of every kind that integers have.
const MAPS: [&str; 4] = [
    // More filters than are unpacked at once.
    "conv:70x5:4,pool:2:1,dense:10",
    "conv:10x5,pool:2,conv:24x5,pool:2,dense:10",
    "conv:3x5:2,pool:2,conv:7x3:same,pool:2:1,dense:11,dense:10",
    "conv:4x3x5:2x1:same,conv:5x4,pool:3:2:same,dense:10",
];

/// The network of such a text for images of digits, with weights at random.
fn maps(text: &str) -> (Network, Vec<f32>) {
    let mut hidden: Vec<Hidden> = text.split(',').map(|layer| layer.parse().unwrap()).collect();
    assert_eq!(hidden.pop(), Some(Hidden::Dense(10)));
    let input = Shape { height: 28, width: 28, channels: 1 };
    let network = Network::new(input, &layers(&hidden, 10)).unwrap();
    let mut genome = vec![0.0; network.parameters()];
    Initialisation::He.fill(&network, &mut genome, &mut stream(3, 0, 0, Purpose::Show)).unwrap();
    // Biases too.
    let noise = |index: usize| (index % 13) as f32 / 50.0 - 0.1;
    genome.iter_mut().enumerate().for_each(|(index, weight)| *weight += noise(index));
    // So large that its layer has a shift for its biases.
    let first = network.stages().iter().find(|stage| stage.parameters() > 0).unwrap();
    genome[first.bias().start] = -9.0;
    (network, genome)
}

/// The answers of packed integers.
fn answers_of_packed(packed: &PackedIntegers, images: &[u8]) -> Vec<Answer> {
    let model = packed.model().unwrap();
    let (mut sums, mut x) = (vec![0; model.sums_length()], vec![0; model.activations_length()]);
    let answer = |image| {
        let class = model.classify(image, &mut sums, &mut x).unwrap();
        let logits = model.logits(image, &mut sums, &mut x).unwrap();
        (class as u8, logits.iter().map(|logit| logit.cast_unsigned()).collect())
    };
    images.chunks(model.input().elements()).map(answer).collect()
}

#[test]
fn packed_integers_answer_alike_in_lanes_files_and_c() {
    let test = builtin().test;
    for text in MAPS {
        let (network, genome) = maps(text);
        let count = network.stages().iter().filter(|stage| stage.parameters() > 0).count();
        for first in 0..3 {
            let formats: Vec<deploy::Format> =
                (0..count).map(|layer| deploy::Format::ALL[(first + layer) % 3]).collect();
            let formats = Formats::new(&network, &formats).unwrap();
            let packed = PackedIntegers::deployed(&network, &formats, &genome).unwrap();
            let answers = answers_of_packed(&packed, &test.images);
            let own = classes(&answers);
            assert!(own.iter().any(|class| *class != own[0]), "one class only");
            // As it is scored while it evolves.
            let split = EncodedSplit::in_form(&test, Form::Groups(Some(formats))).unwrap();
            let objective = split.objective(&network, Measure::CrossEntropy, true).unwrap();
            let Measured::Groups(groups) = &objective else { panic!("no groups") };
            let mut threads = Threads::new(2, Isa::detect()).unwrap();
            assert!(evaluate::group_classes(groups, &genome, &mut threads).unwrap() == own);
            assert!(evaluate::packed_classes(&packed, &test.images, &mut threads).unwrap() == own);
            let champion = Weights::Packed(packed).into();
            assert!(answers_of_c(&champion, &test.images) == answers, "{text} {first}: C differs");
            let bytes = encode(&champion, Format::Tev, None).unwrap();
            assert_eq!(tinyevo::formats::parse(&bytes).unwrap(), champion);
        }
    }
}

#[test]
fn all_predictions_of_a_champion_that_evolved_in_integers_are_equal() {
    let name = "all_predictions_of_a_champion_that_evolved_in_integers_are_equal";
    let Some(folder) = real_mnist(name) else { return };
    let options = Options { data_dir: Some(folder), offline: true, ..Options::default() };
    let data = data::load(&Request::MNIST, &options, &Silent).unwrap();
    let config = Preset::Micro.config();
    let (network, genome) = evolved(&config, &data, 40).unwrap();
    let [_, form] = Form::for_run(&config, &network).unwrap();
    let split = EncodedSplit::in_form(&data.test, form).unwrap();
    let Measured::Groups(groups) = split.objective(&network, Measure::CrossEntropy, true).unwrap()
    else {
        panic!("no groups")
    };
    let mut threads = Threads::new(2, Isa::detect()).unwrap();
    let own = evaluate::group_classes(&groups, &genome, &mut threads).unwrap();
    let right = own.iter().zip(&data.test.labels).filter(|(a, b)| a == b).count();
    assert!(own.len() == 10_000 && right > 6000, "{right} of {}", own.len());
    let formats = config.formats(&network).unwrap().unwrap();
    let packed = PackedIntegers::deployed(&network, &formats, &genome).unwrap();
    let answers = answers_of_packed(&packed, &data.test.images);
    assert!(classes(&answers) == own, "the file differs from what was scored");
    assert!(
        answers_of_c(&Weights::Packed(packed).into(), &data.test.images) == answers,
        "C differs"
    );
}

#[test]
fn convolutions_answer_alike_in_c_and_lose_little_as_integers() {
    let data = builtin();
    for text in MAPS {
        let (network, genome) = maps(text);
        let floats = answers_of_floats(&network, &genome, &data.test.images);
        let champion = Champion::floats(network.clone(), genome.clone()).unwrap();
        assert!(answers_of_c(&champion, &data.test.images) == floats, "{text}: C differs");
        let integers = quantize(&network, &genome, &data.train.images).unwrap();
        let Weights::Packed(packed) = &integers.weights else { panic!("no packed integers") };
        let answers = answers_of_packed(packed, &data.test.images);
        let same = answers.iter().zip(&floats).filter(|(a, b)| a.0 == b.0).count();
        assert!(100 * same >= 97 * floats.len(), "{text}: {same} of {}", floats.len());
        assert!(answers_of_c(&integers, &data.test.images) == answers, "{text}: C differs");
    }
}

#[test]
fn made_up_integers_wrap_and_saturate_alike_in_c() {
    let layer = |inputs: usize, outputs: usize, shift| IntegerLayer {
        weights: (0..inputs * outputs)
            .map(|index| if index % 2 == 0 { 127 } else { -127 })
            .collect(),
        bias: (0..outputs).map(|index| if index % 2 == 0 { i32::MAX } else { i32::MIN }).collect(),
        multipliers: vec![i32::MAX; outputs],
        shift,
    };
    let layers = vec![layer(3, 4, 62), layer(4, 2, 1)];
    let integers = Integers::new(Shape::flat(3), layers).unwrap();
    let images: Vec<u8> = (0..300).map(|index| (index * 7 % 256) as u8).collect();
    let answers = answers_of(&integers.model().unwrap(), &images);
    assert!(answers.iter().any(|answer| answer.1.contains(&i32::MAX.cast_unsigned())));
    assert!(answers_of_c(&Weights::Integers(integers).into(), &images) == answers);
}

#[test]
fn an_evolved_champion_loses_at_most_half_a_point() {
    let data = builtin();
    let (network, genome) = tutorial(&data, 16, 100);
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
    data.train.images.truncate(1000 * data.train.features());
    data.train.labels.truncate(1000);
    let (network, genome) = tutorial(&data, 128, 30);
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
    let floats = answers_of_floats(&network, &genome, &test.images);
    let nan = |answer: &Answer| answer.1.iter().any(|bits| f32::from_bits(*bits).is_nan());
    assert!(floats.iter().any(nan), "no NaN was made");
    let c = answers_of_c(&Champion::floats(network, genome).unwrap(), &test.images);
    assert_eq!(classes(&c), classes(&floats));
}

#[test]
fn the_three_formats_carry_one_checksum() {
    let network = network(&[3]);
    let (genome, data) = (genome(&network), builtin());
    let integers = quantize(&network, &genome, &data.train.images).unwrap();
    let floats = Champion::floats(network, genome).unwrap();
    for champion in [floats, integers] {
        let bytes = encode(&champion, Format::Tev, None).unwrap();
        let file = File::new(&bytes).unwrap();
        assert!(file.layers().map(|layer| layer.bias_parameters()).eq([3, 10]));
        for format in [Format::Rust, Format::C] {
            let text = String::from_utf8(encode(&champion, format, None).unwrap()).unwrap();
            assert!(text.contains(&format!("{:#018x}", file.checksum())), "{format:?}");
        }
    }
}
