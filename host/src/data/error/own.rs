//! What is wrong with a file or folder of the user's own data.
#![expect(missing_docs, reason = "the message of each variant says what its fields are")]

use thiserror::Error;

/// What to do about `.npz` files.
const SAVE: &str =
    "write it with numpy.savez(FILE, x_train=x, y_train=y), and x_test and y_test if there are any";

/// The fault of a file or folder of the user's own data.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnFault {
    #[error("not a .npz file, or one that is cut off or damaged ({0})\n  {SAVE}")]
    Archive(String),
    #[error("the array {name} is missing; there are {found}\n  {SAVE}")]
    NoArray { name: &'static str, found: String },
    #[error("the array {name} is damaged: {reason}\n  {SAVE}")]
    Array { name: &'static str, reason: String },
    #[error("{name} holds {got}\n  {wanted}")]
    Dtype { name: &'static str, got: String, wanted: &'static str },
    #[error("{name} has the shape {got}\n  {wanted}")]
    Form { name: &'static str, got: String, wanted: &'static str },
    #[error("{x} has {samples} samples, but {y} has {labels} labels\n  give each sample its label")]
    Counts { x: &'static str, samples: usize, y: &'static str, labels: usize },
    #[error("a training sample is {train}, but a test sample {test}\n  both parts must be alike")]
    Parts { train: String, test: String },
    #[error(
        "{place} is {value}; a label is a whole number from 0 to {most}\n  number the classes from 0 on"
    )]
    Label { place: String, value: String, most: usize },
    #[error(
        "{place} is {value}; a value is a finite number, at most 1e30 in size\n  leave such samples out, or replace the value"
    )]
    Value { place: String, value: String },
    #[error(
        "{place} is {text:?}, which is no number\n  features are numbers; the label is the last column, or the one that --label names"
    )]
    NoNumber { place: String, text: String },
    #[error("{place} is empty; every sample needs a label and a number for each feature")]
    EmptyCell { place: String },
    #[error("not a CSV file ({0})\n  save it as UTF-8 text, one sample a line")]
    Csv(String),
    #[error(
        "line {line} has {got} columns, but the first line has {expected}\n  give every line as many columns, and put text with commas in quotes"
    )]
    Ragged { line: u64, expected: usize, got: usize },
    #[error(
        "there is no column {name}; there are {found}\n  give --label one of these names, or the number of a column from 1"
    )]
    NoColumn { name: String, found: String },
    #[error(
        "there is one column only\n  a sample needs a feature and a label, with commas, semicolons or tabs between them"
    )]
    OneColumn,
    #[error("there are no samples in it")]
    Nothing,
    #[error(
        "the test part has no samples\n  put some there, or remove it: then a share of the training samples is drawn"
    )]
    EmptyTest,
    #[error(
        "there is no .png file in the folder of the class {0}\n  put its images there, or remove the folder"
    )]
    EmptyClass(String),
    #[error("{file} {reason}\n  save it as an 8-bit grey or colour image without transparency")]
    Png { file: String, reason: String },
    #[error(
        "{file} {reason}\n  samples are IDX files train-images* of two to four dimensions, labels train-labels* of one; the test part t10k-*"
    )]
    Idx { file: String, reason: String },
    #[error(
        "{file} is {got}, but {first} is {expected}\n  all images must have one size and one number of channels"
    )]
    Sizes { file: String, got: String, first: String, expected: String },
    #[error(
        "the test folder has a class {0}, which the training folder has not\n  both must have the same classes"
    )]
    NewClass(String),
    #[error(
        "the number of classes is {0}; it must be 2 to 256\n  is the label the right column or array?"
    )]
    Classes(usize),
    #[error(
        "no training sample has the class {0}\n  number the classes from 0 without gaps, and have a sample of each"
    )]
    MissingClass(String),
    #[error(
        "the class {0} has one sample only, and a test part needs one too\n  add a sample, or give a test part of its own"
    )]
    Alone(String),
    #[error(
        "the classes are {got}, but the champion has {expected}\n  give data with the classes that it was evolved on"
    )]
    OtherClasses { got: String, expected: String },
    #[error("it needs {bytes} bytes of memory, more than is free")]
    Memory { bytes: u64 },
}
