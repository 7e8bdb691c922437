use super::*;
use crate::deploy::{Format, Formats};
use crate::hash::Fnv1a;
use crate::layers::{Activation, Conv2d, Extent, Flatten, MaxPool2d, Padding, Window};
use crate::network::Network;
use crate::network::tests::dense;
use crate::packed::Packed;
use crate::quantized::{Dense, Model};
use crate::shape::Shape;

/// 3-2-1: layers whose weights need padding.
const LAYERS: [Dense<'_>; 2] = [
    Dense {
        weights: &[1, -2, 127, -127, 5, -6],
        bias: &[i32::MIN, 7],
        multipliers: &[i32::MAX, 3],
        shift: 62,
    },
    Dense { weights: &[-1, 1], bias: &[-9], multipliers: &[1 << 20], shift: 1 },
];
/// Header, layers, their numbers, checksum.
const LENGTH: usize = 28 + 2 * 12 + (8 + 16 + 4) + (4 + 8 + 4) + 8;

fn integers() -> [u8; LENGTH] {
    let model = Model::new(&LAYERS).unwrap();
    assert_eq!(integers_length(&model), LENGTH);
    let mut bytes = [0xAA; LENGTH];
    write_integers(&model, &mut bytes).unwrap();
    bytes
}

/// The shape of two inputs.
const INPUT: Shape = Shape { height: 1, width: 2, channels: 1 };

/// 2-1-2, with an activation that no integers have.
fn network() -> Network {
    let layers = [dense(1, Activation::Linear), dense(2, Activation::Softmax)];
    Network::new(INPUT, &layers).unwrap()
}

const GENOME: [f32; 7] = [1.5, -0.0, f32::MIN_POSITIVE, 1e-45, f32::MAX, -3.25, 0.1];

/// Header, layers, genome, checksum.
const FLOATS: usize = 28 + 2 * 12 + 7 * 4 + 8;

fn floats() -> [u8; FLOATS] {
    assert_eq!(floats_length(&network()), FLOATS);
    let mut bytes = [0xAA; FLOATS];
    write_floats(&network(), &GENOME, &mut bytes).unwrap();
    bytes
}

/// The file with a word replaced and the checksum made to fit.
fn forged<const L: usize>(mut bytes: [u8; L], offset: usize, word: u32) -> [u8; L] {
    bytes[offset..][..4].copy_from_slice(&word.to_le_bytes());
    let mut hash = Fnv1a::new();
    hash.bytes(&bytes[..L - 8]);
    bytes[L - 8..].copy_from_slice(&hash.finish().to_le_bytes());
    bytes
}

#[test]
fn the_bytes_are_those_of_the_documentation() {
    // By hand, from the table in the module's documentation.
    let bytes = integers();
    let words: [u32; 13] =
        core::array::from_fn(|word| u32::from_le_bytes(bytes[4 * word..][..4].try_into().unwrap()));
    assert_eq!(words, [0x4F56_4554, 2, 1, 2, 1, 1, 3, 0, 1, 2, 0, 2, 1]);
    assert_eq!(bytes[52..60], [1, 0xFE, 127, 0x81, 5, 0xFA, 0, 0]);
    assert_eq!(bytes[60..68], [0, 0, 0, 0x80, 7, 0, 0, 0]);
    assert_eq!(bytes[68..80], [0xFF, 0xFF, 0xFF, 0x7F, 3, 0, 0, 0, 62, 0, 0, 0]);
    assert_eq!(bytes[80..84], [0xFF, 1, 0, 0]);
    let bytes = floats();
    assert_eq!(bytes[8..12], [0; 4]);
    assert_eq!(bytes[16..28], [1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(bytes[28..40], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(bytes[52..56], 1.5_f32.to_le_bytes());
}

#[test]
fn integers_come_back_as_they_were_from_any_address() {
    let bytes = integers();
    let mut room = [0; LENGTH + 3];
    for offset in 0..4 {
        room[offset..][..LENGTH].copy_from_slice(&bytes);
        let file = File::new(&room[offset..][..LENGTH]).unwrap();
        assert_eq!(file.kind(), Kind::Int8);
        assert_eq!(file.input(), Shape::flat(3));
        assert!(file.layers().eq([dense(2, Activation::Relu), dense(1, Activation::Softmax)]));
        let model = file.model().unwrap();
        let (read, own) = (model.layers(), Model::new(&LAYERS).unwrap());
        for (read, own) in read.iter().zip(LAYERS) {
            assert!(
                read.weights.iter().map(|w| i8::from_le_bytes(*w)).eq(own.weights.iter().copied())
            );
            assert!(read.bias.iter().map(|b| i32::from_le_bytes(*b)).eq(own.bias.iter().copied()));
            let multipliers = read.multipliers.iter().map(|m| i32::from_le_bytes(*m));
            assert!(multipliers.eq(own.multipliers.iter().copied()));
            assert_eq!(read.shift, own.shift);
        }
        for pixels in [[0, 0, 0], [1, 2, 3], [255, 255, 255], [0, 200, 0]] {
            let (mut a, mut b) = ([0; 2], [0; 2]);
            let (mut x, mut y) = ([0; 2], [0; 2]);
            let expected = own.logits(&pixels, &mut a, &mut x).unwrap();
            assert_eq!(model.logits(&pixels, &mut b, &mut y).unwrap(), expected);
        }
        let mut again = [0; LENGTH];
        write_integers(&model, &mut again).unwrap();
        assert_eq!(again, bytes);
    }
}

#[test]
fn floats_come_back_bit_for_bit() {
    let bytes = floats();
    let file = File::new(&bytes).unwrap();
    assert_eq!((file.kind(), file.network()), (Kind::F32, Ok(network())));
    let mut genome = [f32::NAN; 7];
    file.genome(&mut genome).unwrap();
    assert_eq!(genome.map(f32::to_bits), GENOME.map(f32::to_bits));
    assert_eq!(file.input(), INPUT);
    assert_eq!(file.checksum().to_le_bytes(), bytes[FLOATS - 8..]);
}

#[test]
fn every_damaged_byte_is_found() {
    let (integers, floats) = (integers(), floats());
    for bytes in [&integers[..], &floats[..]] {
        let mut room = [0; LENGTH];
        let damaged = &mut room[..bytes.len()];
        damaged.copy_from_slice(bytes);
        for index in 0..bytes.len() {
            for bit in 0..8 {
                damaged[index] ^= 1 << bit;
                assert!(File::new(damaged).is_err(), "bit {bit} of byte {index}");
                damaged[index] ^= 1 << bit;
            }
        }
        assert!(File::new(damaged).is_ok());
    }
    let mut damaged = integers;
    damaged[53] ^= 1;
    assert!(matches!(File::new(&damaged), Err(FileError::Checksum { .. })));
}

#[test]
fn a_file_that_is_cut_off_or_goes_on_is_refused() {
    let mut bytes = [0; LENGTH + 1];
    bytes[..LENGTH].copy_from_slice(&integers());
    for length in 0..LENGTH {
        let error = File::new(&bytes[..length]).unwrap_err();
        assert!(matches!(error, FileError::Length(error) if error.got == length), "{error}");
    }
    let error = LengthError { buffer: "file", expected: LENGTH, got: LENGTH + 1 };
    assert_eq!(File::new(&bytes), Err(FileError::Length(error)));
}

#[test]
fn other_formats_versions_kinds_and_shapes_are_refused() {
    let bytes = integers();
    let error = |offset, word| File::new(&forged(bytes, offset, word)).unwrap_err();
    assert_eq!(error(0, 0x4F56_4555), FileError::Magic);
    for version in [1, 3] {
        assert_eq!(error(4, version), FileError::Version { got: version });
    }
    assert_eq!(error(8, 3), FileError::UnknownKind { got: 3 });
    // Packed integers have a format in each layer, and others have none.
    assert_eq!(error(8, 2), FileError::UnknownLayer { layer: 0 });
    assert_eq!(error(32, 0x1_0001), FileError::UnknownLayer { layer: 0 });
    assert_eq!(error(12, 0), FileError::Layers { got: 0 });
    assert_eq!(error(12, 17), FileError::Layers { got: 17 });
    // Height, width, channels and units.
    for (offset, layer) in [(16, 0), (20, 0), (24, 0), (36, 0), (48, 1)] {
        assert_eq!(error(offset, 0), FileError::Shape { layer });
    }
    assert!(matches!(error(16, u32::MAX), FileError::Length(_) | FileError::Shape { layer: 0 }));
    assert!(matches!(error(16, 5), FileError::Length(_)));
    for (offset, layer) in [(28, 0), (40, 1)] {
        assert_eq!(error(offset, 4), FileError::UnknownLayer { layer });
        assert_eq!(error(offset + 4, 3), FileError::UnknownLayer { layer });
    }
    let model =
        |offset, word| File::new(&forged(bytes, offset, word)).unwrap().model().unwrap_err();
    assert_eq!(model(76, 63), FileError::Model(ModelError::Layer { index: 0 }));
    assert_eq!(model(32, 0), FileError::Activation { layer: 0 });
    assert_eq!(model(32, 2), FileError::Activation { layer: 0 });
    assert_eq!(model(44, 1), FileError::Activation { layer: 1 });
    let floats = forged(floats(), 32, 2);
    let error = File::new(&floats).unwrap().network().unwrap_err();
    assert_eq!(error, FileError::Network(NetworkError::SoftmaxNotLast { layer: 0 }));
}

#[test]
fn every_activation_and_the_most_layers_can_be_written() {
    let mut layers = [dense(1, Activation::Linear); MAX_LAYERS];
    (layers[3], layers[15]) = (dense(2, Activation::Relu), dense(1, Activation::Relu));
    let network = Network::new(INPUT, &layers).unwrap();
    let (mut genome, mut bytes) = ([0.25; 40], [0; 500]);
    let genome = &mut genome[..network.parameters()];
    let bytes = &mut bytes[..floats_length(&network)];
    write_floats(&network, genome, bytes).unwrap();
    assert_eq!(File::new(bytes).unwrap().network(), Ok(network));
}

#[test]
fn what_the_file_does_not_hold_is_refused() {
    let (integers, floats) = (integers(), floats());
    let (integers, floats) = (File::new(&integers).unwrap(), File::new(&floats).unwrap());
    assert_eq!(integers.network(), Err(FileError::Kind { expected: Kind::F32 }));
    assert_eq!(integers.genome(&mut [0.0; 7]), Err(FileError::Kind { expected: Kind::F32 }));
    assert_eq!(floats.model().unwrap_err(), FileError::Kind { expected: Kind::Int8 });
    assert!(matches!(floats.genome(&mut [0.0; 6]), Err(FileError::Length(_))));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let network = network();
    assert!(write_floats(&network, &GENOME[1..], &mut [0; FLOATS]).is_err());
    assert!(write_floats(&network, &GENOME, &mut [0; FLOATS - 1]).is_err());
    assert!(write_integers(&Model::new(&LAYERS).unwrap(), &mut [0; LENGTH + 1]).is_err());
}

#[test]
fn errors_say_what_is_wrong_with_the_file() {
    extern crate std;
    use std::string::ToString;
    let length = |buffer| LengthError { buffer, expected: 9, got: 5 };
    for (error, words) in [
        (FileError::Magic, "does not start with TEVO"),
        (FileError::Version { got: 1 }, "version 1 of the format; this program reads version 2"),
        (FileError::Kind { expected: Kind::Int8 }, "does not hold int8"),
        (FileError::Kind { expected: Kind::F32 }, "does not hold f32"),
        (FileError::Length(length("file")), "5 bytes long, and its shapes make 9"),
        (FileError::Length(length("out")), "`out` needs 9 elements, got 5"),
        (FileError::Checksum { expected: 1, got: 2 }, "0x0000000000000002 instead of 0x"),
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A network with every kind of layer.
fn maps() -> Network {
    let window = Window {
        size: Extent { height: 2, width: 3 },
        stride: Extent { height: 1, width: 2 },
        padding: Padding::Same,
    };
    let layers = [
        Layer::Conv2d(Conv2d { filters: 2, window, activation: Activation::Relu }),
        Layer::MaxPool2d(MaxPool2d { window: Window::tiles(2) }),
        Layer::Flatten(Flatten),
        dense(2, Activation::Softmax),
    ];
    Network::new(Shape { height: 4, width: 5, channels: 1 }, &layers).unwrap()
}

#[test]
fn packed_integers_come_back_and_their_bytes_are_those_of_the_documentation() {
    const PACKED: usize = 28 + 16 + 12 + 4 + 12 + (2 * 4 + 8) + (2 * 4 + 4) + 8;
    let network = maps();
    let formats = Formats::new(&network, &[Format::Int4, Format::Ternary]).unwrap();
    let mut codes: [f32; 24] = core::array::from_fn(|index| (2 * index) as f32 - 15.0);
    // The biases of the convolution, the weights and the biases of the dense layer.
    codes[12..]
        .copy_from_slice(&[-256.0, 4.0, 1.0, -1.0, 0.0, 1.0, -1.0, -1.0, 0.0, 0.0, 7.0, -7.0]);
    let scale = |multiplier, shift, bias_shift| [1.0, multiplier, shift, bias_shift];
    let scales = [
        scale(200.0, 10.0, 2.0),
        scale(128.0, 9.0, 2.0),
        scale(1.0, 0.0, 0.0),
        scale(1.0, 0.0, 0.0),
    ];
    assert_eq!(packed_length(&network, &formats), PACKED);
    let mut bytes = [0xAA; PACKED];
    write_packed(&network, &formats, &codes, scales.as_flattened(), &mut bytes).unwrap();
    assert_eq!((bytes[8], &bytes[28..36]), (2, &[1, 0, 0, 0, 1, 1, 2, 2][..]));
    assert_eq!(bytes[60..72], [0, 0, 0, 0, 2, 0, 3, 0, 2, 0, 0, 0]);
    assert_eq!(bytes[72..80], [0xC0, 0xFF, 200, 10, 1, 0, 128, 9]);
    // Rows of two weights: -15 and -13 are 0 and 1, the first in the low bits.
    assert_eq!(bytes[80..88], [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0, 0]);
    // Digits 2 0 1 1 1: 2 * 81 + 13 = 175, times 256 / 243, rounded up.
    assert_eq!(bytes[96], 185);
    let written = bytes;
    let file = File::new(&written).unwrap();
    assert_eq!((file.kind(), file.network().is_err()), (Kind::Packed, true));
    let packed = file.packed().unwrap();
    let [first, last] = packed.layers() else { panic!("{packed:?}") };
    assert_eq!((first.format, first.bias_shift, first.pool.is_some()), (Format::Int4, 2, true));
    assert_eq!((last.format, last.filters, last.window), (Format::Ternary, 2, None));
    assert!(
        Packed::new(packed.input(), &[*last]).is_none()
            && Packed::new(packed.input(), &[]).is_none()
    );
    let mut sums = [0; 12];
    let logits = packed.logits(&[0; 20], &mut sums, &mut [0; 8]).unwrap();
    // Of a black image the activations are 0 and 1 at both places, the biases -256 and 4 scaled.
    assert_eq!(logits, [7, -7 + 1]);
    for index in 0..PACKED {
        bytes[index] ^= 4;
        assert!(File::new(&bytes).is_err(), "byte {index}");
        bytes[index] ^= 4;
    }
    assert!(
        write_packed(&network, &formats, &codes[1..], scales.as_flattened(), &mut bytes).is_err()
    );
    assert!(
        write_packed(&network, &formats, &codes, scales.as_flattened(), &mut bytes[1..]).is_err()
    );
}

#[test]
fn every_kind_of_layer_comes_back_and_its_words_are_those_of_the_documentation() {
    const MAPS: usize = 28 + 16 + 12 + 4 + 12 + 4 * 24 + 8;
    let network = maps();
    assert_eq!(network.parameters(), 2 * 3 * 2 + 2 + 4 * 2 + 2);
    let genome: [f32; 24] = core::array::from_fn(|place| place as f32 - 7.5);
    assert_eq!(floats_length(&network), MAPS);
    let mut bytes = [0xAA; MAPS];
    write_floats(&network, &genome, &mut bytes).unwrap();
    let layers = [
        [1, 0, 0, 0, 1, 1, 0, 0, 2, 0, 0, 0, 2, 3, 1, 2].as_slice(),
        &[2, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2],
        &[3, 0, 0, 0],
        &[0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0],
    ];
    let mut place = 28;
    for layer in layers {
        assert_eq!(&bytes[place..][..layer.len()], layer);
        place += layer.len();
    }
    let file = File::new(&bytes).unwrap();
    assert_eq!(file.network(), Ok(network));
    let mut read = [0.0; 24];
    file.genome(&mut read).unwrap();
    assert_eq!(read, genome);
    // Unknown paddings and activations, and bytes that must be 0.
    for (offset, word) in [(32, 3), (32, 0x201), (32, 0x1_0001), (48, 1), (48, 0x200)] {
        let layer = usize::from(offset > 40);
        let error = File::new(&forged(bytes, offset, word)).unwrap_err();
        assert_eq!(error, FileError::UnknownLayer { layer }, "{offset} {word}");
    }
    for cut in 0..MAPS {
        assert!(matches!(File::new(&bytes[..cut]), Err(FileError::Length(_))), "{cut}");
    }
    // A window that the format cannot say.
    let window = Window { padding: Padding::Same, ..Window::slides(256) };
    let layers = [Layer::MaxPool2d(MaxPool2d { window })];
    let large = Network::new(Shape::flat(1), &layers).unwrap();
    let mut bytes = [0; 100];
    let bytes = &mut bytes[..floats_length(&large)];
    assert_eq!(write_floats(&large, &[], bytes), Err(FileError::Shape { layer: 0 }));
}
