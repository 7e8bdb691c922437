//! Loads the four files of one folder, after every check.
//!
//! The files are read by the crate `mnist`. It panics on any irregularity and takes plain files with UTF-8 paths
//! only, so archives are unpacked into a temporary folder, and nothing is handed to it that has not passed
//! [`idx::check`].

use super::files::{FILES, Spec, locate};
use super::idx::{self, CheckError, Kind};
use super::{DataError, Fault, Split, gzip};
use mnist::{Mnist, MnistBuilder};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file as the crate `mnist` can read it.
struct Staged {
    spec: Spec,
    /// What the user knows it by.
    origin: PathBuf,
    /// The plain file: the origin itself, or a copy in the temporary folder.
    plain: PathBuf,
    gzip: bool,
}

/// Where archives are unpacked; made when the first needs it, removed when dropped.
#[derive(Default)]
struct Scratch(Option<TempDir>);

impl Scratch {
    fn path(&mut self, name: &str) -> Result<PathBuf, DataError> {
        if self.0.is_none() {
            let folder = tempfile::Builder::new()
                .prefix("tinyevo-")
                .tempdir()
                .map_err(DataError::io("make a temporary folder in", std::env::temp_dir()))?;
            if folder.path().to_str().is_none() {
                return Err(DataError::TemporaryFolder(folder.path().to_owned()));
            }
            self.0 = Some(folder);
        }
        let folder = self.0.as_ref().map_or(Path::new(""), TempDir::path);
        Ok(folder.join(name))
    }
}

/// The training and the test split of the four files in `folder`.
pub(super) fn load(folder: &Path) -> Result<(Split, Split), DataError> {
    match fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => {}
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(DataError::io("look at", folder)(error));
        }
        _ => return Err(DataError::NoFolder(folder.to_owned())),
    }
    // All four are looked for before any is unpacked.
    let mut found = Vec::new();
    for spec in FILES {
        found.push((spec, locate(folder, &spec)?));
    }
    let mut scratch = Scratch::default();
    let mut staged = Vec::new();
    for (spec, file) in found {
        staged.push(stage(spec, file.path, file.gzip, &mut scratch)?);
    }
    for pair in staged.chunks_exact(2) {
        compare_counts(&pair[0], &pair[1])?;
    }
    for file in &staged {
        file.check()?;
    }
    read(folder, &staged)
}

/// Unpacks an archive, and copies a plain file whose path is not UTF-8.
fn stage(
    spec: Spec,
    origin: PathBuf,
    gzip: bool,
    scratch: &mut Scratch,
) -> Result<Staged, DataError> {
    let plain = if gzip {
        let plain = scratch.path(spec.name)?;
        let mut output = File::create(&plain).map_err(DataError::io("create", &plain))?;
        gzip::unpack(&origin, spec.layout, &mut output, &plain)?;
        plain
    } else if origin.to_str().is_none() {
        let plain = scratch.path(spec.name)?;
        copy(&origin, spec, &plain)?;
        plain
    } else {
        origin.clone()
    };
    Ok(Staged { spec, origin, plain, gzip })
}

/// Copies a plain file, if it has the right length: a wrong one would be refused anyway.
fn copy(origin: &Path, spec: Spec, plain: &Path) -> Result<(), DataError> {
    let mut input = File::open(origin).map_err(DataError::io("open", origin))?;
    let found = input.metadata().map_err(DataError::io("look at", origin))?.len();
    let expected = spec.layout.bytes();
    if found > expected {
        return Err(DataError::BadFile {
            path: origin.to_owned(),
            fault: Fault::Oversized { expected, found },
        });
    }
    let mut output = File::create(plain).map_err(DataError::io("create", plain))?;
    std::io::copy(&mut std::io::Read::take(&mut input, expected + 1), &mut output)
        .map_err(DataError::io("copy", origin))?;
    Ok(())
}

/// Images and labels of one split must be equally many. Tells more than that one of the counts is wrong.
fn compare_counts(images: &Staged, labels: &Staged) -> Result<(), DataError> {
    let (image_count, label_count) = (images.samples()?, labels.samples()?);
    if image_count == label_count {
        return Ok(());
    }
    Err(DataError::CountMismatch {
        image_file: images.origin.clone(),
        images: image_count,
        label_file: labels.origin.clone(),
        labels: label_count,
    })
}

impl Staged {
    fn open(&self) -> Result<(BufReader<File>, u64), DataError> {
        let file = File::open(&self.plain).map_err(DataError::io("open", &self.origin))?;
        let length = file.metadata().map_err(DataError::io("look at", &self.origin))?.len();
        Ok((BufReader::new(file), length))
    }

    fn samples(&self) -> Result<u32, DataError> {
        let (mut file, _) = self.open()?;
        idx::read_samples(&mut file, self.spec.layout.kind).map_err(|error| self.error(error))
    }

    fn check(&self) -> Result<(), DataError> {
        let (mut file, length) = self.open()?;
        idx::check(&mut file, length, self.spec.layout).map_err(|error| self.error(error))
    }

    fn error(&self, error: CheckError) -> DataError {
        let path = self.origin.clone();
        match error {
            CheckError::Io(error) => DataError::io("read", path)(error),
            // Unpacking stopped there, so the length found would mislead.
            CheckError::Fault(Fault::Oversized { expected, .. }) if self.gzip => {
                let fault = Fault::Unpacks { expected };
                DataError::BadFile { path, fault }
            }
            CheckError::Fault(fault) => DataError::BadFile { path, fault },
        }
    }
}

/// Hands four good files to the crate `mnist`.
fn read(folder: &Path, staged: &[Staged]) -> Result<(Split, Split), DataError> {
    let changed = |message: String| DataError::Changed { folder: folder.to_owned(), message };
    let names: Vec<&str> = staged.iter().filter_map(|file| file.plain.to_str()).collect();
    let &[train_images, train_labels, test_images, test_labels] = &names[..] else {
        return Err(DataError::TemporaryFolder(std::env::temp_dir()));
    };
    let [train, test] = [FILES[0], FILES[2]].map(|spec| spec.layout.samples);
    debug_assert!(FILES[0].layout.kind == Kind::Images && FILES[2].layout.kind == Kind::Images);
    // It panics only if a file changed after the checks.
    let loaded = std::panic::catch_unwind(|| {
        MnistBuilder::new()
            .label_format_digit()
            .base_path("")
            .training_images_filename(train_images)
            .training_labels_filename(train_labels)
            .test_images_filename(test_images)
            .test_labels_filename(test_labels)
            .training_set_length(train)
            .validation_set_length(0)
            .test_set_length(test)
            .finalize()
    });
    let Mnist { mut trn_img, trn_lbl, tst_img, tst_lbl, .. } =
        loaded.map_err(|_| changed("the loader gave up".into()))?;
    if trn_lbl.len() != train as usize || tst_lbl.len() != test as usize {
        return Err(changed("the number of labels is another one".into()));
    }
    // It held both splits meanwhile.
    trn_img.shrink_to_fit();
    let split = |images, labels| Split::new(images, labels).map_err(|e| changed(e.to_string()));
    Ok((split(trn_img, trn_lbl)?, split(tst_img, tst_lbl)?))
}
