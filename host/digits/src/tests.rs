//! Tests of the built-in data set.

use super::shape::MOST_KNOTS;
use super::strokes::DIGITS;
use super::{PIXELS, SIDE, draw, label};

const SEED: u64 = 1;

/// Images 0..n of the training stream with their labels.
fn images(n: u32) -> impl Iterator<Item = (u8, [u8; PIXELS])> {
    (0..n).map(|index| {
        let label = label(SEED, 0, index);
        (label, draw(SEED, 0, index, label))
    })
}

/// The 64-bit FNV-1a hash (Fowler, Noll and Vo).
fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

#[test]
fn same_arguments_give_the_same_image() {
    for index in [0, 1, 59_999, u32::MAX] {
        for digit in 0..10 {
            assert_eq!(draw(SEED, 0, index, digit), draw(SEED, 0, index, digit));
        }
        assert_eq!(label(SEED, 0, index), label(SEED, 0, index));
    }
}

/// Value stability: a change of this hash changes the data set of every earlier seed, and with it
/// every result that was obtained on it.
#[test]
fn first_images_are_golden() {
    let bytes = images(100).flat_map(|(label, image)| std::iter::once(label).chain(image));
    assert_eq!(fnv1a(bytes), 0x7811_7554_d891_490c, "the images of a seed have changed");
}

#[test]
fn seeds_streams_and_indices_differ() {
    let first = draw(7, 0, 0, 3);
    for other in [draw(8, 0, 0, 3), draw(7, 1, 0, 3), draw(7, 0, 1, 3), draw(7, 1, 1, 3)] {
        assert_ne!(first, other);
    }
    let labels = |seed, stream| (0..100).map(|i| label(seed, stream, i)).collect::<Vec<_>>();
    assert_ne!(labels(7, 0), labels(7, 1));
    assert_ne!(labels(7, 0), labels(8, 0));
}

#[test]
fn no_image_occurs_twice() {
    let distinct: std::collections::HashSet<_> = images(2_000).map(|(_, image)| image).collect();
    assert_eq!(distinct.len(), 2_000);
}

#[test]
fn labels_are_balanced_and_unordered() {
    let n = 60_000;
    let mut count = [0_u32; 10];
    let mut repeated = 0;
    let mut last = 10;
    for index in 0..n {
        let label = label(SEED, 0, index);
        count[usize::from(label)] += 1;
        repeated += u32::from(label == last);
        last = label;
    }
    // Five standard deviations (73) of a binomial count.
    assert!(count.iter().all(|c| c.abs_diff(6_000) < 370), "{count:?}");
    assert!(repeated.abs_diff(6_000) < 370, "{repeated}");
}

#[test]
fn digits_are_fitted_and_centred_like_mnist() {
    let mut touching = 0;
    for index in 0..1_000 {
        for digit in 0..10 {
            let image = draw(SEED, 1, index, digit);
            let at = |row: usize, column: usize| f64::from(image[row * SIDE + column]);
            let rows: Vec<_> = (0..SIDE).filter(|&r| (0..SIDE).any(|c| at(r, c) > 0.0)).collect();
            let columns: Vec<_> =
                (0..SIDE).filter(|&c| (0..SIDE).any(|r| at(r, c) > 0.0)).collect();
            let extent = |lines: &[usize]| lines[lines.len() - 1] - lines[0] + 1;
            let longer = extent(&rows).max(extent(&columns));
            assert_eq!(longer, 20, "{digit} of image {index}");
            let edge = [&rows, &columns].iter().any(|l| l[0] == 0 || l[l.len() - 1] == SIDE - 1);
            touching += u32::from(edge);

            let all = || (0..PIXELS).map(|i| (i / SIDE, i % SIDE));
            let mass: f64 = all().map(|(r, c)| at(r, c)).sum();
            let row = all().map(|(r, c)| at(r, c) * r as f64).sum::<f64>() / mass;
            let column = all().map(|(r, c)| at(r, c) * c as f64).sum::<f64>() / mass;
            let off = (row - 14.0).abs().max((column - 14.0).abs());
            // Half a pixel from rounding, more only where the box would leave the image.
            assert!(off <= if edge { 1.5 } else { 0.501 }, "{digit} of image {index}: {off}");
        }
    }
    // MNIST: 1.4 % of the images touch the outermost pixels, most of them sevens.
    assert!(touching < 300, "{touching} of 10,000 images touch the edge");
}

#[test]
fn ink_is_like_mnists() {
    let (mut nonzero, mut saturated, mut sum) = (0, 0, 0.0);
    let n = 1_000;
    for (_, image) in images(n) {
        nonzero += image.iter().filter(|&&p| p > 0).count();
        saturated += image.iter().filter(|&&p| p == 255).count();
        sum += image.iter().map(|&p| f64::from(p) / 255.0).sum::<f64>();
        assert!(image.contains(&255));
    }
    let pixels = f64::from(n) * PIXELS as f64;
    let fraction = nonzero as f64 / pixels;
    assert!((0.18..0.20).contains(&fraction), "non-zero pixels: {fraction}");
    let fraction = saturated as f64 / pixels;
    assert!((0.06..0.09).contains(&fraction), "saturated pixels: {fraction}");
    assert!((0.12..0.14).contains(&(sum / pixels)), "mean: {}", sum / pixels);
}

#[test]
fn both_forms_of_a_stroke_have_the_same_knots_and_corners() {
    let corners = |knots: &[(i16, i16)]| -> Vec<usize> {
        (1..knots.len()).filter(|&i| knots[i] == knots[i - 1]).collect()
    };
    for stroke in DIGITS.iter().flat_map(|d| d.variants).flat_map(|v| v.strokes) {
        assert_eq!(stroke.from.len(), stroke.to.len());
        assert_eq!(corners(stroke.from), corners(stroke.to));
        assert!(stroke.from.len() >= 2);
    }
}

#[test]
fn there_is_room_for_the_knots_of_each_variant() {
    for variant in DIGITS.iter().flat_map(|d| d.variants) {
        let knots: usize = variant.strokes.iter().map(|stroke| stroke.from.len()).sum();
        assert!(knots <= MOST_KNOTS, "{knots} knots");
    }
}
