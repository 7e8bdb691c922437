//! Loads the four IDX files of one folder, each plain or as a gzip archive.
//!
//! The files may have any number of images of any size. The crate `mnist` reads the four standard
//! files where they are plain; since it panics on any irregularity, it is called after every check.
//! All else is read by [`idx`](super::idx). Nothing is written to disk.

use super::error::{DataError, Fault};
use super::gzip::{self, Unpacked};
use super::idx::{Header, Kind, ReadError};
use super::mnist::{self, FILES, archive_name};
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
    let open = |file: &mnist::File| Source::open(locate(folder, file)?, file.header.kind);
    let [train_images, train_labels, test_images, test_labels] = &FILES;
    let mut train = Pair { images: open(train_images)?, labels: open(train_labels)? };
    let mut test = Pair { images: open(test_images)?, labels: open(test_labels)? };
    train.compare_counts()?;
    test.compare_counts()?;
    let (train_size, test_size) = (train.images.header.size(), test.images.header.size());
    if train_size != test_size {
        let folder = folder.to_owned();
        return Err(DataError::SizeMismatch { folder, train: train_size, test: test_size });
    }
    let sources = [&train.images, &train.labels, &test.images, &test.labels];
    let standard = sources.iter().zip(&FILES).all(|(source, file)| source.header == file.header);
    let paths = sources.map(|source| source.path.to_str().filter(|_| source.reader.is_plain()));
    if let ([Some(a), Some(b), Some(c), Some(d)], true, Wanted::ALL) = (paths, standard, wanted) {
        for source in sources {
            source.check_length()?;
        }
        let paths = [a, b, c, d].map(str::to_owned);
        // The labels are read twice: whoever finds one of them wrong should name its file.
        train.read_labels(true)?;
        test.read_labels(true)?;
        return mnist::load(folder, paths.each_ref().map(String::as_str));
    }
    // Both, so that the number of classes does not depend on what is wanted.
    let labels = [train.read_labels(standard)?, test.read_labels(standard)?];
    let [rows, columns] = train_size.map(|side| side as usize);
    let shape = Shape { height: rows, width: columns, channels: 1 };
    let classes = classes(shape, &labels);
    let [train_labels, test_labels] = labels;
    let split = |pair: Pair, labels, wanted| match wanted {
        true => Split::new(shape, classes, pair.images.values()?, labels),
        false => Ok(Split::empty(shape, classes)),
    };
    Ok((split(train, train_labels, wanted.train)?, split(test, test_labels, wanted.test)?))
}

/// One more than the highest label. Images of MNIST's size are digits, or like them: they have at
/// least ten classes, even if a small set has no nine.
fn classes(shape: Shape, labels: &[Vec<u8>; 2]) -> usize {
    let highest = labels.iter().flatten().max().map_or(0, |label| usize::from(*label) + 1);
    if shape == mnist::SHAPE { highest.max(mnist::CLASSES) } else { highest }
}

fn check_folder(folder: &Path) -> Result<(), DataError> {
    let why = match fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => "is not a folder",
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::symlink_metadata(folder) {
            Ok(_) => "is a link to something that does not exist",
            Err(_) => "does not exist",
        },
        Err(error) => return Err(DataError::io("look at", folder)(error)),
    };
    Err(DataError::NoFolder { path: folder.to_owned(), why })
}

/// Finds a file in a folder under any of its names: plain ones before archives. Whatever else has
/// one of the names is passed over, and told only if no name has a file.
fn locate(folder: &Path, file: &mnist::File) -> Result<PathBuf, DataError> {
    let plain = [file.name.to_owned(), file.dotted.to_owned()];
    let archives = plain.clone().map(|name| archive_name(&name));
    let mut obstacle = None;
    for name in plain.into_iter().chain(archives) {
        let path = folder.join(name);
        // Asked before it is opened: opening a pipe would wait for ever.
        let error = match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => return Ok(path),
            Ok(_) => DataError::BadFile { path, fault: Fault::NotAFile },
            Err(error) if error.kind() != ErrorKind::NotFound => {
                DataError::io("look at", path)(error)
            }
            Err(_) if fs::symlink_metadata(&path).is_ok() => {
                DataError::BadFile { path, fault: Fault::DanglingLink }
            }
            Err(_) => continue,
        };
        obstacle.get_or_insert(error);
    }
    let missing = || DataError::MissingFile { folder: folder.to_owned(), file: file.name };
    Err(obstacle.unwrap_or_else(missing))
}

/// Images and labels of one split.
struct Pair {
    images: Source,
    labels: Source,
}

impl Pair {
    /// Images and labels must be equally many.
    fn compare_counts(&self) -> Result<(), DataError> {
        let Self { images, labels } = self;
        if images.header.samples == labels.header.samples {
            return Ok(());
        }
        Err(DataError::CountMismatch {
            image_file: images.path.clone(),
            images: images.header.samples,
            label_file: labels.path.clone(),
            labels: labels.header.samples,
        })
    }

    /// The labels, which are 0 to 9 in standard files.
    fn read_labels(&mut self, standard: bool) -> Result<Vec<u8>, DataError> {
        let labels = self.labels.read()?;
        let most = mnist::CLASSES - 1;
        match labels.iter().enumerate().find(|(_, label)| usize::from(**label) > most) {
            Some((index, &value)) if standard => {
                let fault = Fault::Label { index, value, most };
                Err(DataError::BadFile { path: self.labels.path.clone(), fault })
            }
            _ => Ok(labels),
        }
    }
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
    pub(super) fn open(path: PathBuf, kind: Kind) -> Result<Self, DataError> {
        let file = fs::File::open(&path).map_err(DataError::io("open", &path))?;
        let length = file.metadata().map_err(DataError::io("look at", &path))?.len();
        let reader = BufReader::with_capacity(1 << 16, file);
        let mut reader = Unpacked::new(reader).map_err(DataError::io("read", &path))?;
        let packed = !reader.is_plain();
        let header = Header::read(kind, &mut reader).map_err(|e| bad(&path, packed, e))?;
        Ok(Self { path, reader, length: (!packed).then_some(length), header })
    }

    fn check_length(&self) -> Result<(), DataError> {
        let found = self.length.unwrap_or_else(|| self.header.file_bytes());
        self.header.check_length(found).map_err(|fault| bad(&self.path, false, fault.into()))
    }

    fn read(&mut self) -> Result<Vec<u8>, DataError> {
        let values = self.header.values(&mut self.reader, self.length);
        values.map_err(|error| bad(&self.path, self.length.is_none(), error))
    }

    /// The values after the header.
    pub(super) fn values(mut self) -> Result<Vec<u8>, DataError> {
        self.read()
    }
}

fn bad(path: &Path, packed: bool, error: ReadError) -> DataError {
    let fault = match error {
        ReadError::Fault(fault) => Ok(fault),
        ReadError::Io(error) if packed => gzip::classify(error),
        ReadError::Io(error) => Err(error),
    };
    match fault {
        Ok(fault) => DataError::BadFile { path: path.to_owned(), fault },
        Err(error) => DataError::io("read", path)(error),
    }
}
