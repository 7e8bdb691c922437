//! IDX files of any shape, the user's own data: samples, and behind them the labels.

use crate::{Seed, Target, own};
use tinyevo_tests::own::idx;

/// The target.
pub const TARGET: Target = Target { name: "own_idx", seeds, check };

/// What a file of labels starts with: bytes of one dimension.
const LABELS: &[u8] = &[0, 0, 8, 1];

fn seeds() -> Vec<Seed> {
    let labels = idx(&[4], &[0, 1, 1, 0]);
    let images = idx(&[4, 2, 1, 1], &[0, 1, 2, 3, 4, 5, 6, 255]);
    let mut features = idx(&[4, 1], &[0.5_f32, -1.0, 1e30, 0.0].map(f32::to_be_bytes).concat());
    features[2] = 0x0d;
    vec![("images", [&*images, &*labels].concat()), ("features", [features, labels].concat())]
}

fn check(bytes: &[u8]) -> bool {
    let start = bytes.windows(LABELS.len()).rposition(|window| window == LABELS);
    let (samples, labels) = bytes.split_at(start.unwrap_or(bytes.len()));
    own::check_folder("own", &[("train-images-idx4", samples), ("train-labels-idx1", labels)])
}
