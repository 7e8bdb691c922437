//! What the batch refuses. That it equals the oracle is shown by `core/tests/batch.rs`.

use super::*;
use crate::fitness::Score;
use crate::layers::Activation;
use crate::network::Network;
use crate::network::tests::dense;
use crate::shape::Shape;
extern crate std;
use std::vec;

/// The lists of two samples without a value.
const LISTS: [List; 2] = [List { sample: 0, length: 0 }, List { sample: 1, length: 0 }];

#[test]
fn a_genome_that_is_not_finite_gets_the_worst_score() {
    let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
    for bad in [f32::NAN, f32::INFINITY] {
        let genome = [0.0, 0.0, 0.0, 0.0, 0.0, bad];
        let mut packed = vec![0.0; Prepared::<4>::packed_length(&network)];
        let mut activations = vec![0.0; Prepared::<4>::activations_length(&network)];
        let prepared = Prepared::<4>::new(&network, &genome, &mut packed).unwrap();
        assert!(!prepared.is_finite());
        let samples = SparseSamples::new(2, &[0; 2], &LISTS, &[], &[0, 1]).unwrap();
        let mut score = Score::default();
        assert_eq!(prepared.score(samples, &mut activations, true, &mut score), Ok(()));
        assert_eq!(score, Score::worst(2));
        assert!(prepared.score(samples, &mut [], true, &mut score).is_err());
    }
}

#[test]
fn wrong_lengths_are_refused() {
    let network = Network::new(Shape::flat(2), &[dense(2, Activation::Softmax)]).unwrap();
    assert_eq!(Prepared::<4>::packed_length(&network), 3 * LANES);
    assert!(Prepared::<4>::new(&network, &[0.0; 5], &mut [0.0; 100]).is_err());
    assert!(Prepared::<4>::new(&network, &[0.0; 6], &mut [0.0; 47]).is_err());
    let mut packed = [0.0; 48];
    let prepared = Prepared::<4>::new(&network, &[0.0; 6], &mut packed).unwrap();
    let samples = SparseSamples::new(2, &[0, 0], &LISTS[..1], &[], &[0]).unwrap();
    let score = |samples, activations: &mut [f32]| {
        prepared.score(samples, activations, false, &mut Score::default())
    };
    assert!(score(samples, &mut [0.0; 16]).is_err());
    let mut activations = vec![0.0; Prepared::<4>::activations_length(&network)];
    let (lists, labels) = ([List::default(); 257], [0; 257]);
    let many = SparseSamples::new(2, &[0; 3], &lists, &[], &labels).unwrap();
    assert!(score(many, &mut activations).is_err());
    let wide = SparseSamples::new(3, &[0, 0], &LISTS[..1], &[], &[0]).unwrap();
    assert!(score(wide, &mut activations).is_err());
}
