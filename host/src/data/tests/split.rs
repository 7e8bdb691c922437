//! Tests of [`split`](crate::data::split).

use crate::data::error::DataError;
use crate::data::split::Split;
use tinyevo_core::shape::Shape;

const SHAPE: Shape = Shape { height: 2, width: 3, channels: 1 };

fn five() -> Split {
    let images = (0..5u8).flat_map(|i| [i; 6]).collect();
    Split::new(SHAPE, 7, images, vec![3, 1, 4, 1, 6]).unwrap()
}

#[test]
fn lengths_that_do_not_belong_together_are_refused() {
    for (images, labels) in [(6, 0), (6, 2), (5, 1), (7, 1), (0, 1)] {
        let error = Split::new(SHAPE, 1, vec![0; images], vec![0; labels]).unwrap_err();
        assert!(matches!(error, DataError::Lengths { features: 6, .. }), "{error}");
    }
    assert!(Split::new(SHAPE, 1, vec![], vec![]).unwrap().is_empty());
    let nothing = Split::new(Shape::flat(0), 1, vec![], vec![0]);
    assert!(matches!(nothing, Err(DataError::Lengths { features: 0, .. })));
}

#[test]
fn labels_that_reach_the_number_of_classes_are_refused() {
    let error = Split::new(SHAPE, 7, vec![0; 18], vec![6, 7, 8]).unwrap_err();
    assert!(matches!(error, DataError::Label { index: 1, value: 7, classes: 7 }));
}

#[test]
fn an_image_is_its_own_bytes() {
    let split = five();
    assert_eq!((split.len(), split.features()), (5, 6));
    for i in 0..5 {
        assert_eq!(split.image(i), [i as u8; 6]);
    }
}

#[test]
fn splitting_off_keeps_every_sample_once() {
    for at in 0..7 {
        let mut first = five();
        let rest = first.split_off(at);
        assert_eq!((first.len(), rest.len()), (at.min(5), 5 - at.min(5)));
        assert_eq!([&first.images[..], &rest.images[..]].concat(), five().images);
        assert_eq!([&first.labels[..], &rest.labels[..]].concat(), five().labels);
    }
}

#[test]
fn class_counts_count_each_label() {
    assert_eq!(five().class_counts(), [0, 2, 0, 1, 1, 0, 1]);
}

#[test]
fn debug_prints_no_pixels() {
    assert_eq!(format!("{:?}", five()), "Split { samples: 5, .. }");
}
