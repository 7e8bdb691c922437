//! Divides samples into a training and a test part, and shuffles them; both by a seed.

use crate::data::error::OwnFault;
use tinyevo_core::rng::{Purpose, Stream, derive, index, stream};

/// Keeps the draws of divisions apart from those of all other purposes.
const PURPOSE: u64 = 0x6469_7669_6465_0000;

/// The stream of a class; that after the last class is for the order of the training samples.
fn draws(seed: u64, class: usize) -> Stream {
    stream(derive(seed, PURPOSE), class as u32, 0, Purpose::Show)
}

/// The indices of training and test samples: of each class `share`, rounded to a whole number, at least one and not
/// all, are drawn for the test. Training samples are shuffled, test samples stay in order.
///
/// # Errors
/// [`OwnFault::Alone`]: a class has one sample. `name` gives its name.
pub(super) fn divide(
    labels: &[u8],
    classes: usize,
    (share, seed): (f64, u64),
    name: impl Fn(usize) -> String,
) -> Result<[Vec<usize>; 2], OwnFault> {
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for class in 0..classes {
        let own = labels.iter().enumerate().filter(|(_, label)| usize::from(**label) == class);
        let mut own: Vec<usize> = own.map(|(index, _)| index).collect();
        let most = own.len().saturating_sub(1);
        if most == 0 {
            return Err(OwnFault::Alone(name(class)));
        }
        shuffle(&mut own, &mut draws(seed, class));
        let count = ((share * own.len() as f64).round() as usize).clamp(1, most);
        train.extend(own.split_off(count));
        test.extend(own);
    }
    test.sort_unstable();
    train.sort_unstable();
    Ok([shuffled(train, classes, seed), test])
}

/// These indices in the order of training samples.
pub(super) fn shuffled(mut indices: Vec<usize>, classes: usize, seed: u64) -> Vec<usize> {
    shuffle(&mut indices, &mut draws(seed, classes));
    indices
}

/// Every order is equally likely (Fisher and Yates).
fn shuffle(indices: &mut [usize], draws: &mut Stream) {
    for last in (1..indices.len()).rev() {
        indices.swap(last, index(draws, last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_gives_its_share_and_every_sample_is_in_one_part() {
        let labels: Vec<u8> = (0..100).map(|index| u8::from(index >= 90)).collect();
        let parts = |seed| divide(&labels, 2, (0.2, seed), |class| class.to_string()).unwrap();
        let [train, test] = parts(1);
        let ones = |part: &[usize]| part.iter().filter(|index| **index >= 90).count();
        assert_eq!((train.len(), ones(&train), test.len(), ones(&test)), (80, 8, 20, 2));
        let mut all = [&train[..], &test].concat();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..100));
        assert!(test.is_sorted() && !train.is_sorted());
        assert_eq!(parts(1), [train, test]);
        assert_ne!(parts(1), parts(2));
    }

    #[test]
    fn a_test_part_has_at_least_one_sample_of_a_class_and_never_all() {
        for share in [0.01, 0.99] {
            let [train, test] = divide(&[0, 0, 1, 1], 2, (share, 3), |_| String::new()).unwrap();
            assert_eq!((train.len(), test.len()), (2, 2));
        }
        let alone = divide(&[0, 0, 1], 2, (0.5, 3), |class| format!("c{class}"));
        assert_eq!(alone, Err(OwnFault::Alone("c1".to_owned())));
    }
}
