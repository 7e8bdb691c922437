//! The user's own data: `.npz` and `.csv` files, and folders of PNG files by class or of IDX files.
//!
//! A reader of each kind makes a [`Raw`]: samples as they stand there. [`load`] checks the classes, divides the samples
//! by seed where there is no test part, shuffles the training samples, so that the last ones can be held out, and turns
//! floats into bytes: [`Normalisation`], learned on training and validation samples.

mod csv;
mod divide;
mod idx;
mod notes;
mod npz;
mod png;
mod raw;
#[cfg(test)]
mod tests;

use super::dataset::{Dataset, Origin};
use super::description::{Description, Division, Normalisation};
use super::error::{DataError, OwnFault};
use super::request::Options;
use super::split::Split;
use divide::{divide, shuffled};
use raw::{Part, Raw, Values};
use std::fs;
use std::io::BufReader;
use std::path::Path;

/// Whether a path names a file of own data, by its ending.
pub(super) fn is_file(path: &Path) -> bool {
    has_ending(path, "npz") || is_table(path)
}

/// Whether a path names a table, by its ending.
pub(super) fn is_table(path: &Path) -> bool {
    has_ending(path, "csv")
}

/// Whether a folder holds images by class, or samples in IDX files.
pub(super) fn is_folder(path: &Path) -> bool {
    idx::has_files(path) || png::has_classes(path)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// Loads a file or folder; a split that is not wanted is empty.
pub(super) fn load(path: &Path, options: &Options<'_>) -> Result<Dataset, DataError> {
    let own = |fault| DataError::Own { path: path.to_owned(), fault };
    let raw = if has_ending(path, "npz") {
        let file = fs::File::open(path).map_err(DataError::io("open", path))?;
        npz::read(BufReader::new(file)).map_err(own)?
    } else if is_table(path) {
        let bytes = fs::read(path).map_err(DataError::io("read", path))?;
        csv::read(&bytes, options.label.as_deref()).map_err(own)?
    } else if idx::has_files(path) {
        idx::read(path)?
    } else {
        png::read(path)?
    };
    finish(raw, options, Origin::Folder(path.to_owned())).map_err(own)
}

/// Divides, shuffles and normalises.
fn finish(raw: Raw, options: &Options<'_>, origin: Origin) -> Result<Dataset, OwnFault> {
    let given = options.description.as_ref();
    let raw = match given {
        Some(given) => raw.in_classes(&given.class_names)?,
        None => raw,
    };
    let Raw { shape, classes, class_names, train, test, columns } = raw;
    let mut description = Description { normalisation: None, class_names };
    let divided = test.is_none();
    // Samples to measure on may be few.
    let are_all_drawn = divided && options.test_share >= 1.0;
    if !are_all_drawn {
        check_classes(classes, &train.labels, &description)?;
    }
    if test.as_ref().is_some_and(|test| test.labels.is_empty()) {
        return Err(OwnFault::EmptyTest);
    }
    let (seed, features) = (options.split_seed, shape.elements());
    let everything = || -> Vec<usize> { (0..train.labels.len()).collect() };
    let [order, drawn] = match &test {
        Some(_) => [everything(), Vec::new()],
        None if are_all_drawn => [Vec::new(), everything()],
        None => {
            let by = (options.test_share, seed);
            divide(&train.labels, classes, by, |class| description.class_name(class))?
        }
    };
    let test = test.unwrap_or_else(|| train.picked(&drawn, features));
    let train = train.picked(&shuffled(order, classes, seed), features);
    let learned_on = if are_all_drawn { &test } else { &train };
    if let Values::Floats(values) = &learned_on.values {
        let given = given.and_then(|it| it.normalisation.clone());
        let given = given.filter(|it| it.low().len() == shape.channels);
        let own = || Normalisation::learn(values, shape.channels);
        description.normalisation = given.or_else(own);
    }
    let name = match (&train.values, shape.height * shape.width) {
        (Values::Bytes(_), 2..) => "images",
        (_, 1) => "features",
        _ => "signals",
    };
    let split = |wanted: bool, Part { values, labels }: Part| {
        let empty = Split::empty(shape, classes);
        match (wanted, values, &description.normalisation) {
            (true, Values::Bytes(images), _) => Split { images, labels, ..empty },
            (true, Values::Floats(values), Some(map)) => {
                Split { images: map.bytes(&values).collect(), labels, ..empty }
            }
            _ => empty,
        }
    };
    let splits = (split(options.wanted.train, train), split(options.wanted.test, test));
    let Options { test_share: share, split_seed: seed, .. } = *options;
    let division = divided.then_some(Division { share, seed });
    let dataset = Dataset::new(name.to_owned(), None, origin, splits);
    Ok(Dataset { division, columns, ..dataset.described(description) })
}

/// There must be 2 to 256 classes, and a training sample of each.
fn check_classes(classes: usize, labels: &[u8], names: &Description) -> Result<(), OwnFault> {
    if !(2..=256).contains(&classes) {
        return Err(OwnFault::Classes(classes));
    }
    let mut found = vec![false; classes];
    for label in labels {
        if let Some(found) = found.get_mut(usize::from(*label)) {
            *found = true;
        }
    }
    match found.iter().position(|found| !found) {
        Some(class) => Err(OwnFault::MissingClass(names.class_name(class))),
        None => Ok(()),
    }
}

/// The data must be normalised as a champion's own data was, if that was.
pub(super) fn check_normalisation(
    champion: &Description,
    dataset: &Dataset,
) -> Result<(), DataError> {
    let Some(given) = &champion.normalisation else { return Ok(()) };
    let got = match &dataset.description.normalisation {
        Some(own) if own == given => return Ok(()),
        Some(own) => format!("floats of {} channels", own.low().len()),
        None => "bytes".to_string(),
    };
    let name = dataset.name.clone();
    Err(DataError::OtherValues { name, got, channels: given.low().len() })
}
