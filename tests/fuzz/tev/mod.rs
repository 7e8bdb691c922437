//! `.tev` files: what [`File`] accepts can be run, and is written back to the same bytes.

use crate::{Seed, Target, maps};
use tinyevo_core::deploy::{Format, Formats, deploy, scales_length};
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::inference;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::packed::Packed;
use tinyevo_core::quantized::{self, Model};
use tinyevo_core::shape::Shape;
use tinyevo_core::tev::{self, File, FileModel, Kind};

/// The most floats and products of an inference that is tried.
const MOST_WORK: usize = 1 << 20;

/// The target.
pub const TARGET: Target = Target { name: "tev", seeds, check };

fn seeds() -> Vec<Seed> {
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(3, Activation::Relu), dense(2, Activation::Softmax)];
    let network = Network::new(Shape::flat(4), &layers).expect("a network");
    let genome: Vec<f32> = (0..network.parameters()).map(|gene| gene as f32 - 9.5).collect();
    let mut floats = vec![0; tev::floats_length(&network)];
    tev::write_floats(&network, &genome, &mut floats).expect("it fits");

    let maps =
        Network::new(Shape { height: 3, width: 4, channels: 1 }, &maps()).expect("a network");
    let genome: Vec<f32> = (0..maps.parameters()).map(|gene| gene as f32 - 9.5).collect();
    let mut convolution = vec![0; tev::floats_length(&maps)];
    tev::write_floats(&maps, &genome, &mut convolution).expect("it fits");

    let first = quantized::Dense {
        weights: &[1, -2, 3, -4, 5, -6, 7, -8, 9, -128, 127, 0],
        bias: &[-100, 0, 100],
        multipliers: &[i32::MAX, 1, 77],
        shift: 31,
    };
    let last = quantized::Dense {
        weights: &[1, -1, 2, -2, 3, -3],
        bias: &[0, 40],
        multipliers: &[1, 1],
        shift: 1,
    };
    let one = Model::new(&[last]).expect("a model");
    let two = Model::new(&[first, last]).expect("a model");
    let integers = |model: &Model<'_, i8, i32>| {
        let mut bytes = vec![0; tev::integers_length(model)];
        tev::write_integers(model, &mut bytes).expect("it fits");
        bytes
    };
    let formats = [Format::Int4, Format::Ternary];
    let formats = Formats::new(&maps, &formats).expect("two layers with weights");
    let mut codes = vec![0.0; maps.parameters()];
    let mut scales = vec![0.0; scales_length(&maps)];
    deploy(&maps, &formats, &genome, &mut codes, &mut scales).expect("they fit");
    let mut packed = vec![0; tev::packed_length(&maps, &formats)];
    tev::write_packed(&maps, &formats, &codes, &scales, &mut packed).expect("it fits");

    vec![
        ("floats", floats),
        ("convolution", convolution),
        ("packed", packed),
        ("one-layer", integers(&one)),
        ("two-layers", integers(&two)),
    ]
}

/// Checks the bytes as they are, and with the checksum that they should have: past it the rest is
/// reached.
fn check(bytes: &[u8]) -> bool {
    let accepted = check_file(bytes);
    if let Some((body, _)) = bytes.split_last_chunk::<8>() {
        let mut hash = Fnv1a::new();
        hash.bytes(body);
        check_file(&[body, &hash.finish().to_le_bytes()].concat());
    }
    accepted
}

fn check_file(bytes: &[u8]) -> bool {
    let file = match File::new(bytes) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let layers: Vec<_> = file.layers().collect();
    assert!(!layers.is_empty());
    assert!(bytes.ends_with(&file.checksum().to_le_bytes()));
    match file.kind() {
        Kind::F32 => {
            assert!(file.model().is_err());
            check_floats(&file, &layers, bytes)
        }
        Kind::Int8 => {
            assert!(file.network().is_err() && file.genome(&mut []).is_err());
            file.model().is_ok_and(|model| check_integers(&model, &layers))
        }
        Kind::Packed => {
            assert!(file.network().is_err() && file.model().is_err());
            file.packed().is_ok_and(|packed| check_packed(&packed, &layers))
        }
    }
}

fn check_floats(file: &File<'_>, layers: &[Layer], bytes: &[u8]) -> bool {
    let Ok(network) = file.network() else { return false };
    assert!(network.input() == file.input());
    assert!(network.stages().iter().map(|stage| stage.layer).eq(layers.iter().copied()));
    let mut genome = vec![0.0; network.parameters()];
    file.genome(&mut genome).expect("the network says how long it is");
    assert!(file.genome(&mut genome[1..]).is_err());
    // A map without weights can be of any size.
    let work = network.multiply_adds().saturating_add(network.scratch_length());
    if work.saturating_add(network.input().elements()) < MOST_WORK {
        let mut scratch = vec![0.0; network.scratch_length()];
        let sample = vec![1.0_f32; network.input().elements()];
        let logits = inference::logits(&network, &genome, &sample, &mut scratch);
        assert_eq!(logits.expect("every length fits").len(), network.outputs());
    }
    let mut written = vec![0; tev::floats_length(&network)];
    tev::write_floats(&network, &genome, &mut written).expect("what was read can be written");
    assert_eq!(written, bytes);
    true
}

fn check_packed(packed: &Packed<'_>, layers: &[Layer]) -> bool {
    let weighted = layers.iter().map(|layer| layer.bias_parameters()).filter(|count| *count > 0);
    assert!(packed.layers().iter().map(|layer| layer.filters).eq(weighted));
    let Ok(network) = Network::new(packed.input(), layers) else { return false };
    // A map without weights can be of any size.
    let memory = packed.activations_length().saturating_add(packed.input().elements());
    if network.multiply_adds().saturating_add(memory) < MOST_WORK {
        let mut sums = vec![0; packed.sums_length()];
        let mut activations = vec![0; packed.activations_length()];
        let image = vec![200; packed.input().elements()];
        let class = packed.classify(&image, &mut sums, &mut activations);
        assert!(class.expect("every length fits") < packed.outputs());
    }
    true
}

fn check_integers(model: &FileModel<'_>, layers: &[Layer]) -> bool {
    let units = layers.iter().map(|layer| layer.bias_parameters());
    assert!(model.layers().iter().map(|layer| layer.outputs()).eq(units));
    let length = model.scratch_length();
    let (mut sums, mut activations) = (vec![0; length], vec![0; length]);
    let image = vec![200; model.inputs()];
    let class = model.classify(&image, &mut sums, &mut activations).expect("every length fits");
    assert!(class < model.outputs());
    let mut written = vec![0; tev::integers_length(model)];
    tev::write_integers(model, &mut written).expect("what was read can be written");
    // Not the bytes: those that fill up the weights may be any.
    let again =
        File::new(&written).and_then(|file| file.model()).expect("what was written is read");
    assert_eq!(again.layers(), model.layers());
    true
}
