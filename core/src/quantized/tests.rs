use super::*;

const HIDDEN: Dense<'_> = Dense {
    weights: &[1, -2, 3, 4, -5, 6],
    bias: &[10, -20],
    multipliers: &[1 << 20, 1 << 19],
    shift: 20,
};
const LAST: Dense<'_> =
    Dense { weights: &[1, 0, -1, 2, 2, 2], bias: &[0, 1, 2], multipliers: &[2, 2, 2], shift: 1 };

#[test]
fn logits_of_whole_numbers_are_exact() {
    let model = Model::new(&[HIDDEN, LAST]).unwrap();
    let (mut sums, mut activations) = ([7; 3], [7; 3]);
    // Sums 10 + 2 + 12 - 5 = 19 and -20 - 4 + 16 + 6 = -2: activations 19 and 0.
    let logits = model.logits(&[2, 4, 1], &mut sums, &mut activations).unwrap();
    assert_eq!(logits, [19, 1, -17]);
    assert_eq!(model.classify(&[2, 4, 1], &mut sums, &mut activations), Ok(0));
}

#[test]
fn scaling_rounds_half_up_and_saturates() {
    let layer = Dense { shift: 1, ..LAST };
    let halves = [-3, -2, -1, 0, 1, 2, 3].map(|sum| layer.scaled(sum, 1));
    assert_eq!(halves, [-1, -1, 0, 0, 1, 1, 2]);
    assert_eq!(layer.scaled(i32::MAX, i32::MAX), i32::MAX);
    assert_eq!(layer.scaled(i32::MIN, i32::MAX), i32::MIN);
    // Against exact division, rounded half up, at every shift.
    for shift in 1..=62 {
        let layer = Dense { shift, ..LAST };
        for (sum, multiplier) in [(123_456_789, 987_654_321), (-123_456_789, 987_654_321)] {
            let product = i128::from(sum) * i128::from(multiplier);
            let exact = (product + (1_i128 << (shift - 1))).div_euclid(1_i128 << shift);
            let clamped = exact.clamp(i128::from(i32::MIN), i128::from(i32::MAX));
            assert_eq!(i128::from(layer.scaled(sum, multiplier)), clamped, "shift {shift}");
        }
    }
}

#[test]
fn requantisation_is_exact_rounding_for_every_sum_near_a_half() {
    // Against exact division in 128 bits, rounded half up, where rounding could go wrong.
    for shift in [1, 2, 20, 31, 38, 62] {
        let layer = Dense { shift, ..LAST };
        for multiplier in [1, 2, 3, 1 << 30, (1 << 30) + 1, i32::MAX - 1, i32::MAX, -1] {
            let unit = 1_i128 << shift;
            for whole in -300..=300_i128 {
                // The sums whose product is next to whole + 1/2.
                let near = (whole * unit + unit / 2).div_euclid(i128::from(multiplier));
                for sum in near - 1..=near + 1 {
                    let Ok(sum) = i32::try_from(sum) else { continue };
                    let product = i128::from(sum) * i128::from(multiplier);
                    let exact = (2 * product + unit).div_euclid(2 * unit);
                    let exact = exact.clamp(i128::from(i32::MIN), i128::from(i32::MAX));
                    assert_eq!(i128::from(layer.scaled(sum, multiplier)), exact);
                }
            }
        }
    }
}

#[test]
fn skipping_zeros_equals_the_plain_dense_loop() {
    use crate::rng::{Purpose, stream};
    use rand_core::Rng;
    const WIDTHS: [usize; 4] = [9, 7, 5, 3];
    let mut rng = stream(64, 0, 0, Purpose::Show);
    let (mut weights, mut numbers) = ([0; 9 * 7 + 7 * 5 + 5 * 3], [[0; 15]; 2]);
    for _ in 0..200 {
        weights.fill_with(|| (rng.next_u32() as u8 as i8).max(-127));
        numbers[0].fill_with(|| rng.next_u32() as i32 >> 18);
        numbers[1].fill_with(|| (rng.next_u32() >> 2) as i32);
        let mut layers = [Dense { shift: 34, ..LAST }; 3];
        let (mut weights, [mut bias, mut multipliers]) =
            (&weights[..], numbers.each_ref().map(|n| &n[..]));
        for (layer, width) in layers.iter_mut().zip(WIDTHS.windows(2)) {
            (layer.weights, weights) = weights.split_at(width[0] * width[1]);
            (layer.bias, bias) = bias.split_at(width[1]);
            (layer.multipliers, multipliers) = multipliers.split_at(width[1]);
        }
        // Two of three pixels are zero.
        let pixels: [u8; 9] = core::array::from_fn(|_| {
            let word = rng.next_u32();
            if word.is_multiple_of(3) { (word >> 8) as u8 } else { 0 }
        });

        let mut plain = [0_i64; 9];
        plain.iter_mut().zip(pixels).for_each(|(x, pixel)| *x = i64::from(pixel));
        for (index, layer) in layers.iter().enumerate() {
            let mut outputs = [0; 9];
            for o in 0..layer.outputs() {
                let mut sum = i64::from(layer.bias[o]);
                for (i, x) in plain.iter().take(layer.inputs()).enumerate() {
                    sum += x * i64::from(layer.weights[i * layer.outputs() + o]);
                }
                let exact = i128::from(sum) * i128::from(layer.multipliers[o]);
                let scaled = ((exact + (1 << 33)) >> 34) as i64;
                outputs[o] = if index < 2 { scaled.clamp(0, 255) } else { scaled };
            }
            plain = outputs;
        }

        let model = Model::new(&layers).unwrap();
        let (mut sums, mut activations) = ([7; 7], [7; 7]);
        let logits = model.logits(&pixels, &mut sums, &mut activations).unwrap();
        assert!(logits.iter().map(|logit| i64::from(*logit)).eq(plain[..3].iter().copied()));
    }
}

#[test]
fn activations_saturate_at_both_ends() {
    let first = Dense { weights: &[127, -127], bias: &[0, 0], multipliers: &[2, 2], shift: 1 };
    let last = Dense { weights: &[1, 0, 0, 1], bias: &[0, 0], multipliers: &[2, 2], shift: 1 };
    let model = Model::new(&[first, last]).unwrap();
    let (mut sums, mut activations) = ([0; 2], [0; 2]);
    assert_eq!(model.logits(&[255], &mut sums, &mut activations), Ok(&[255, 0][..]));
}

#[test]
fn the_class_is_the_first_of_the_largest_logits() {
    let class = |bias: &[i32]| {
        let layer = Dense { weights: &[0; 4], bias, multipliers: &[2; 4], shift: 1 };
        let model = Model::new(&[layer]).unwrap();
        model.classify(&[1], &mut [0; 4], &mut [0; 4]).unwrap()
    };
    assert_eq!(class(&[-9, -5, -7, -8]), 1);
    assert_eq!(class(&[3, 1, 4, 2]), 2);
    assert_eq!(class(&[1, 2, 3, 4]), 3);
    assert_eq!(class(&[1, 5, 5, 5]), 1);
    assert_eq!(class(&[i32::MIN; 4]), 0);
}

#[test]
fn errors_say_what_does_not_fit() {
    extern crate std;
    use std::string::ToString;
    let layers = [LAST; MAX_LAYERS + 1];
    let many = Model::new(&layers).unwrap_err();
    assert_eq!(many, ModelError::Layers { got: 17 });
    assert_eq!(many.to_string(), "a model has 1 to 16 layers, got 17");
    let error = Model::new(&[LAST, LAST]).unwrap_err().to_string();
    assert_eq!(error, "layer 1 does not fit: weights, bias, multipliers or shift");
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    assert!(Model::<i8, i32>::new(&[]).is_err());
    assert!(Model::new(&[LAST, LAST]).is_err());
    assert!(Model::new(&[Dense { shift: 0, ..HIDDEN }]).is_err());
    assert!(Model::new(&[Dense { shift: 63, ..HIDDEN }]).is_err());
    assert!(Model::new(&[Dense { bias: &[], multipliers: &[], ..HIDDEN }]).is_err());
    assert!(Model::new(&[Dense { multipliers: &[1], ..HIDDEN }]).is_err());
    assert!(Model::new(&[Dense { weights: &[1; 5], ..HIDDEN }]).is_err());
}

#[test]
fn wrong_lengths_are_refused() {
    let model = Model::new(&[HIDDEN, LAST]).unwrap();
    assert!(model.classify(&[0; 2], &mut [0; 3], &mut [0; 3]).is_err());
    assert!(model.classify(&[0; 3], &mut [0; 2], &mut [0; 3]).is_err());
    assert!(model.classify(&[0; 3], &mut [0; 3], &mut [0; 2]).is_err());
}
