//! Loads the four IDX files of one folder, each plain or as a gzip archive.
//!
//! The files may have any number of images of any size. The crate `mnist` reads the four standard
//! files where they are plain; since it panics on any irregularity, it is called after every check.
//! All else is read by [`idx`](super::idx). Nothing is written to disk.

use super::error::{DataError, Fault};
use super::gzip::Unpacked;
use super::idx::Header;
use super::mnist::{self, FILES};
use super::request::Wanted;
use super::split::Split;
use std::fs;
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use tinyevo_core::shape::Shape;

/// The training and the test split of the four files in `folder`; a split that is not wanted is
/// empty.
pub(super) fn load(folder: &Path, wanted: Wanted) -> Result<(Split, Split), DataError> {
    check_folder(folder)?;
    let open = |file: &mnist::File| Source::open(locate(folder, file)?, file);
    let [file_a, file_b, file_c, file_d] = &FILES;
    let mut files = [open(file_a)?, open(file_b)?, open(file_c)?, open(file_d)?];
    check_headers(&files)?;
    let standard = files.iter().zip(&FILES).all(|(source, file)| source.header == file.header);
    // Both, so that the number of classes does not depend on what is wanted.
    let labels = [files[1].labels(standard)?, files[3].labels(standard)?];
    if standard && wanted == Wanted::ALL {
        let plain =
            files.each_ref().map(|source| source.path.to_str().filter(|_| source.length.is_some()));
        if let [Some(a), Some(b), Some(c), Some(d)] = plain {
            for Source { path, header, length, .. } in [&files[0], &files[2]] {
                let bad = |fault| DataError::BadFile { path: path.clone(), fault };
                header.check_length(length.unwrap_or_default()).map_err(bad)?;
            }
            return mnist::load(folder, [a, b, c, d]);
        }
    }
    let [rows, columns] = files[0].header.size.map(|side| side as usize);
    let shape = Shape { height: rows, width: columns, channels: 1 };
    let classes = classes(shape, &labels);
    let [train_labels, test_labels] = labels;
    let mut split = |wanted, images: usize, labels| match wanted {
        true => Split::new(shape, classes, files[images].values()?, labels),
        false => Ok(Split::empty(shape, classes)),
    };
    Ok((split(wanted.train, 0, train_labels)?, split(wanted.test, 2, test_labels)?))
}

/// Whether a folder has one of the files of images, under any of its names, and not those of training samples alone.
pub(super) fn is_mnist(folder: &Path) -> bool {
    let [train, _, test, test_labels] = FILES.each_ref().map(|file| locate(folder, file));
    let is_missing =
        |file: &Result<PathBuf, DataError>| matches!(file, Err(DataError::MissingFile { .. }));
    let is_alone = train.is_ok() && is_missing(&test_labels);
    !is_missing(&test) || !(is_missing(&train) || is_alone)
}

/// One more than the highest label. Images of MNIST's size are digits, or like them: they have at
/// least ten classes, even if a small set has no nine.
fn classes(shape: Shape, labels: &[Vec<u8>; 2]) -> usize {
    let classes = labels.iter().flatten().max().map_or(0, |label| usize::from(*label) + 1);
    if shape == mnist::SHAPE { classes.max(mnist::CLASSES) } else { classes }
}

/// Images and labels must be equally many, training and test images of one size.
fn check_headers(files: &[Source; 4]) -> Result<(), DataError> {
    let [train, _, test, _] = files;
    let paths = |pair: [&Source; 2]| pair.map(|source| source.path.clone());
    for pair in [[train, &files[1]], [test, &files[3]]] {
        let counts = pair.map(|source| source.header.samples);
        if counts[0] != counts[1] {
            return Err(DataError::CountMismatch { paths: paths(pair), counts });
        }
    }
    let sizes = [train.header.size, test.header.size];
    if sizes[0] != sizes[1] {
        return Err(DataError::SizeMismatch { paths: paths([train, test]), sizes });
    }
    Ok(())
}

fn check_folder(folder: &Path) -> Result<(), DataError> {
    let why = match fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => "is not a folder",
        Err(error) if error.kind() == ErrorKind::NotFound && folder.is_symlink() => {
            "is a link to something that does not exist"
        }
        Err(error) if error.kind() == ErrorKind::NotFound => "does not exist",
        Err(error) => return Err(DataError::io("look at", folder)(error)),
    };
    Err(DataError::NoFolder { path: folder.to_owned(), why })
}

/// Finds a file in a folder under any of its names: plain ones before archives, the standard one
/// before `train-images.idx3-ubyte`. Anything else of these names is skipped; it becomes the error if
/// no name has a file.
fn locate(folder: &Path, file: &mnist::File) -> Result<PathBuf, DataError> {
    let plain = [file.name.to_owned(), file.name.replacen("-idx", ".idx", 1)];
    let archives = plain.each_ref().map(|name| format!("{name}.gz"));
    let mut obstacle = None;
    for path in plain.iter().chain(&archives).map(|name| folder.join(name)) {
        // Asked before it is opened: opening a pipe would wait for ever.
        let error = match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => return Ok(path),
            Ok(_) => DataError::BadFile { path, fault: Fault::NotAFile },
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                DataError::BadFile { path, fault: Fault::DanglingLink }
            }
            Err(error) => DataError::io("look at", path)(error),
        };
        obstacle.get_or_insert(error);
    }
    let missing = || DataError::MissingFile { folder: folder.to_owned(), file: file.name };
    Err(obstacle.unwrap_or_else(missing))
}

/// A file that is open, its header read.
pub(super) struct Source {
    path: PathBuf,
    reader: Unpacked<BufReader<fs::File>>,
    /// Of a plain file.
    length: Option<u64>,
    pub(super) header: Header,
}

impl Source {
    pub(super) fn open(path: PathBuf, file: &mnist::File) -> Result<Self, DataError> {
        let input = fs::File::open(&path).map_err(DataError::io("open", &path))?;
        let length = input.metadata().map_err(DataError::io("look at", &path))?.len();
        let read = Unpacked::new(BufReader::with_capacity(1 << 16, input))
            .and_then(|mut reader| Ok((Header::read(file.header.kind, &mut reader)?, reader)));
        let (header, reader) = read.map_err(DataError::read(&path))?;
        let length = matches!(reader, Unpacked::Plain(_)).then_some(length);
        Ok(Self { path, reader, length, header })
    }

    /// The values after the header; can be read once.
    pub(super) fn values(&mut self) -> Result<Vec<u8>, DataError> {
        let values = self.header.values(&mut self.reader, self.length);
        values.map_err(DataError::read(&self.path))
    }

    /// The values of a file of labels, which are 0 to 9 in standard files.
    fn labels(&mut self, standard: bool) -> Result<Vec<u8>, DataError> {
        let labels = self.values()?;
        match mnist::check_labels(&labels) {
            Err(fault) if standard => Err(DataError::BadFile { path: self.path.clone(), fault }),
            _ => Ok(labels),
        }
    }
}
