//! `.npz` files in the layout of Keras: `x_train`, `y_train` and, if there is a test part, `x_test` and `y_test`.
//!
//! Samples are `uint8`, taken as they are, or `float32` or `float64`, of the shape (samples, features), (samples, rows,
//! columns) or (samples, rows, columns, channels). Labels are whole numbers. An array `class_names` of text may name
//! the classes.

mod array;

use super::raw::{Part, Raw, Values, float};
use crate::data::error::OwnFault;
use array::{Archive, Array, Item};
use std::io::{Read, Seek};
use tinyevo_core::shape::Shape;

const SAMPLES: &str = "images are uint8, features and signals float32 or float64: convert it with \
                       x.astype(\"uint8\") or x.astype(\"float32\")";
const SHAPES: &str =
    "give (samples, features), (samples, rows, columns) or (samples, rows, columns, channels)";
const LABELS: &str = "labels are whole numbers: convert them with y.astype(\"uint8\"), one-hot rows with y.argmax(1), names with \
                      numpy.unique(y, return_inverse=True)[1]";
const ONE_LABEL: &str = "give one label for each sample: y.argmax(1) makes them of one-hot vectors";
const NAMES: &str = "class names are text, one for each class";

/// Reads a file.
pub(super) fn read(file: impl Read + Seek) -> Result<Raw, OwnFault> {
    let mut archive = Archive::open(file)?;
    let train = part(&mut archive, ["x_train", "y_train"])?;
    let wanted = ["x_test", "y_test"].into_iter().any(|name| archive.has(name));
    let test = if wanted { Some(part(&mut archive, ["x_test", "y_test"])?) } else { None };
    let class_names = match archive.has("class_names") {
        true => names(&archive.array("class_names")?)?,
        false => Vec::new(),
    };
    let (shape, train, labels) = train;
    let mut all = vec![("y_train", &labels)];
    if let Some((other, part, test_labels)) = &test {
        let (one, two) = (train.text(shape), part.text(*other));
        if one != two {
            return Err(OwnFault::Parts { train: one, test: two });
        }
        all.push(("y_test", test_labels));
    }
    let largest = all.iter().flat_map(|(_, labels)| labels.iter()).max();
    let classes = match class_names.len() {
        0 => largest.map_or(0, |label| usize::from(*label) + 1),
        count => count,
    };
    for (name, labels) in all {
        let wrong = labels.iter().enumerate().find(|(_, label)| usize::from(**label) >= classes);
        if let Some((index, value)) = wrong {
            let (place, value) = (format!("{name}[{index}]"), value.to_string());
            return Err(OwnFault::Label { place, value, most: classes.saturating_sub(1) });
        }
    }
    let test = test.map(|(_, values, labels)| Part { values, labels });
    let train = Part { values: train, labels };
    Ok(Raw { shape, classes, class_names, train, test, columns: None })
}

/// The shape, values and labels of one part.
fn part<R: Read + Seek>(
    archive: &mut Archive<R>,
    [x, y]: [&'static str; 2],
) -> Result<(Shape, Values, Vec<u8>), OwnFault> {
    let (samples, labels) = (archive.array(x)?, archive.array(y)?);
    let (shape, labels) = (shape(&samples)?, self::labels(&labels)?);
    let counts = (samples.shape.first().copied().unwrap_or(0), labels.len());
    if counts.0 != counts.1 {
        return Err(OwnFault::Counts { x, samples: counts.0, y, labels: counts.1 });
    }
    if counts.0 == 0 {
        return Err(OwnFault::Nothing);
    }
    Ok((shape, values(samples)?, labels))
}

/// The shape of a sample.
fn shape(array: &Array) -> Result<Shape, OwnFault> {
    let shape = match array.shape[..] {
        [_, features] => Shape::flat(features),
        [_, height, width] => Shape { height, width, channels: 1 },
        [_, height, width, channels] => Shape { height, width, channels },
        _ => Shape::flat(0),
    };
    if shape.elements() > 0 {
        return Ok(shape);
    }
    Err(OwnFault::Form { name: array.name, got: array.shape_text(), wanted: SHAPES })
}

fn values(array: Array) -> Result<Values, OwnFault> {
    let place = |index| array.place(index);
    match array.item {
        Item::Unsigned(1) => Ok(Values::Bytes(array.bytes)),
        Item::Float(_) => {
            let floats = array.floats().enumerate();
            floats
                .map(|(index, value)| float(value, || place(index)))
                .collect::<Result<_, _>>()
                .map(Values::Floats)
        }
        _ => Err(OwnFault::Dtype { name: array.name, got: array.dtype, wanted: SAMPLES }),
    }
}

fn labels(array: &Array) -> Result<Vec<u8>, OwnFault> {
    let name = array.name;
    if !matches!(array.item, Item::Unsigned(_) | Item::Signed(_)) {
        return Err(OwnFault::Dtype { name, got: array.dtype.clone(), wanted: LABELS });
    }
    if !matches!(array.shape[..], [_] | [_, 1]) {
        return Err(OwnFault::Form { name, got: array.shape_text(), wanted: ONE_LABEL });
    }
    let label = |(index, value): (usize, i128)| {
        u8::try_from(value).map_err(|_| {
            let (place, value) = (array.place(index), value.to_string());
            OwnFault::Label { place, value, most: 255 }
        })
    };
    array.integers().enumerate().map(label).collect()
}

fn names(array: &Array) -> Result<Vec<String>, OwnFault> {
    match (array.item, &array.shape[..]) {
        (Item::Text(_), [_]) => Ok(array.texts().collect()),
        _ => {
            let got = format!("{} of the shape {}", array.dtype, array.shape_text());
            Err(OwnFault::Dtype { name: array.name, got, wanted: NAMES })
        }
    }
}
