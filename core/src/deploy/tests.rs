use super::*;
use crate::layers::{Activation, Conv2d, Dense, Flatten, MaxPool2d, Window};
use crate::shape::Shape;
extern crate std;
use std::string::ToString;
use std::vec;
use std::vec::Vec;

const RELU: Activation = Activation::Relu;
const INPUT: Shape = Shape { height: 6, width: 6, channels: 1 };

const fn conv(filters: usize, activation: Activation) -> Layer {
    Layer::Conv2d(Conv2d { filters, window: Window::slides(3), activation })
}

const fn dense(units: usize, activation: Activation) -> Layer {
    Layer::Dense(Dense { units, activation })
}

const POOL: Layer = Layer::MaxPool2d(MaxPool2d { window: Window::tiles(2) });
const LAST: Layer = dense(3, Activation::Softmax);

fn network(layers: &[Layer]) -> Network {
    Network::new(INPUT, layers).unwrap()
}

/// The codes and the scales of a genome.
fn deployed(network: &Network, formats: &[Format], genome: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let formats = Formats::new(network, formats).unwrap();
    let (mut codes, mut scales) =
        (vec![f32::NAN; genome.len()], vec![f32::NAN; scales_length(network)]);
    deploy(network, &formats, genome, &mut codes, &mut scales).unwrap();
    (codes, scales)
}

#[test]
fn rows_of_every_length_are_packed_and_unpacked() {
    for format in Format::ALL {
        let largest = f32::from(format.largest());
        let step = if format == Format::Int4 { 2.0 } else { 1.0 };
        let count = (2.0 * largest / step) as usize + 1;
        let all: Vec<f32> = (0..count).map(|index| index as f32 * step - largest).collect();
        for length in 0..12 {
            let row: Vec<f32> = all.iter().cycle().skip(length).take(length).copied().collect();
            let mut bytes = vec![0; format.row_bytes(length)];
            format.pack(&row, &mut bytes);
            let mut codes = vec![0; length];
            let codes = format.unpack(&bytes, &mut codes);
            assert!(codes.iter().map(|code| f32::from(code.cast_signed())).eq(row.iter().copied()));
        }
        // Every code comes back, and no other.
        for code in all {
            let mut byte = [0];
            format.pack(&[code], &mut byte);
            let mut unpacked = [0];
            format.unpack(&byte, &mut unpacked);
            assert_eq!(f32::from(unpacked[0].cast_signed()), code);
        }
    }
    assert_eq!([6, 5, 7].map(|count| Format::Ternary.row_bytes(count)), [2, 1, 2]);
}

#[test]
fn weights_become_the_nearest_codes_and_the_scale_is_exact() {
    let network = network(&[dense(2, RELU), LAST]);
    let mut genome = vec![0.0; network.parameters()];
    for (index, weight) in genome.iter_mut().enumerate() {
        *weight = (index * 37 % 41) as f32 / 20.0 - 1.0;
    }
    for format in Format::ALL {
        let (codes, scales) = deployed(&network, &[format; 2], &genome);
        for filter in 0..2 {
            let Scale { unit, multiplier, shift, .. } = Scale::of(&scales, filter).unwrap();
            // Pixels are of 1 / 255, activations of RANGE / 255.
            assert_eq!(multiplier as f32 / 2_f32.powi(shift as i32), unit / RANGE);
            assert!((128..=255).contains(&multiplier), "{multiplier}");
            let rms = (genome[..72].iter().skip(filter).step_by(2).map(|w| w * w).sum::<f32>()
                / 36.0)
                .sqrt();
            assert!((unit / (format.unit() * rms) - 1.0).abs() < 0.004, "{format:?}");
            let largest = f32::from(format.largest());
            let half = if format == Format::Int4 { 1.0 } else { 0.5 };
            for (code, weight) in codes[..72].iter().zip(&genome).skip(filter).step_by(2) {
                let inside = (weight / unit).clamp(-largest, largest);
                assert!((code - inside).abs() <= half + 1e-4, "{format:?}: {code} for {inside}");
            }
            let bias = genome[72 + filter] / (unit / 255.0);
            assert!((codes[72 + filter] - bias).abs() <= 1.0 + bias.abs() / 60_000.0);
        }
    }
}

#[test]
fn any_weights_give_numbers_in_range() {
    let network = network(&[conv(2, RELU), POOL, Layer::Flatten(Flatten), LAST]);
    for value in [0.0, -0.0, 1e-30, 1e-6, 0.5, -1e6, 1e30, f32::MAX, f32::INFINITY, f32::NAN] {
        for bias in [0.0, -3.0, 1e9, f32::NAN] {
            let mut genome = vec![value; network.parameters()];
            genome[18..20].fill(bias);
            let (codes, scales) = deployed(&network, &[Format::Int8, Format::Ternary], &genome);
            for filter in 0..5 {
                let scale = Scale::of(&scales, filter).unwrap();
                assert!((1..=255).contains(&scale.multiplier) && scale.shift <= 22, "{scale:?}");
                assert!(scale.bias_shift <= 7, "{scale:?}");
            }
            for bias in &codes[18..20] {
                let shift = Scale::of(&scales, 0).unwrap().bias_shift;
                assert!((*bias as i32 >> shift).abs() <= 32_767, "{bias}");
            }
        }
    }
    // A filter of nearly nothing but its bias keeps the bias.
    let mut genome = vec![1e-6; network.parameters()];
    genome[18] = 0.5;
    let (codes, scales) = deployed(&network, &[Format::Int8, Format::Int8], &genome);
    let unit = Scale::of(&scales, 0).unwrap().unit;
    assert!((codes[18] * unit / 255.0 - 0.5).abs() < 0.01, "{} {unit}", codes[18]);
}

#[test]
fn sums_are_scaled_as_the_documentation_says() {
    let scale = Scale { unit: 1.0, multiplier: 200, shift: 10, bias_shift: 0 };
    let expected = |sum: i64| ((sum.clamp(0, i64::from(MOST)) * 200 + 512) >> 10).min(255) as i32;
    for sum in [-5, 0, 1, 2, 3, 700, 1304, 1305, 1306, MOST - 1, MOST, MOST + 1, i32::MAX, i32::MIN]
    {
        assert_eq!(scale.scaled(sum), expected(i64::from(sum)), "{sum}");
    }
    let largest = Scale { unit: 1.0, multiplier: 255, shift: 22, bias_shift: 0 };
    assert_eq!(largest.scaled(i32::MAX), 255);
    assert_eq!(Scale { shift: 0, multiplier: 1, ..largest }.scaled(77), 77);
}

#[test]
fn networks_that_no_integers_have_are_refused() {
    use Format::{Int4, Int8};
    let flatten = Layer::Flatten(Flatten);
    let error = |layers: &[Layer], formats: &[Format]| {
        let error = Formats::new(&network(layers), formats).unwrap_err();
        assert!(!error.to_string().is_empty());
        error
    };
    let count = FormatsError::Count { expected: 2, got: 1 };
    assert_eq!(error(&[conv(2, RELU), LAST], &[Int8]), count);
    assert_eq!(error(&[POOL, conv(2, RELU), LAST], &[Int8; 2]), FormatsError::Pooling { layer: 0 });
    let twice = [conv(2, RELU), POOL, POOL, LAST];
    assert_eq!(error(&twice, &[Int8; 2]), FormatsError::Pooling { layer: 2 });
    let linear = [conv(2, Activation::Linear), LAST];
    assert_eq!(error(&linear, &[Int8; 2]), FormatsError::Activation { layer: 0 });
    let last = [conv(2, RELU), dense(3, RELU)];
    assert_eq!(error(&last, &[Int8; 2]), FormatsError::Activation { layer: 1 });
    assert_eq!(error(&[conv(2, RELU)], &[Int8]), FormatsError::Layer { layer: 0 });
    let deep: Vec<Layer> = [dense(2, RELU); 8].into_iter().chain([LAST]).collect();
    assert_eq!(error(&deep, &[Int4; 9]), FormatsError::Layers { got: 9 });
    let flat = [flatten, conv(2, RELU), LAST];
    assert!(Network::new(INPUT, &flat).is_err());
    let wide = Network::new(Shape::flat(2000), &[dense(2, RELU), LAST]).unwrap();
    let formats = Formats::new(&wide, &[Int8; 2]).unwrap();
    let inputs = FormatsError::Inputs { layer: 0, most: 1744, got: 2000 };
    assert_eq!(formats.check_exact(&wide), Err(inputs));
    let formats = Formats::new(&wide, &[Int4, Int8]).unwrap();
    assert_eq!((formats.check_exact(&wide), formats.as_slice()), (Ok(()), &[Int4, Int8][..]));
    assert!(formats.has_usual_ranges() && formats.clone().with_ranges(&[]).is_none());
    for range in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(formats.clone().with_ranges(&[range]).is_none(), "{range}");
    }
    assert!(!formats.with_ranges(&[2.0]).unwrap().has_usual_ranges());
}
