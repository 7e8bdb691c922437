//! Folders of PNG files: `FOLDER/CLASS/*.png`, or `FOLDER/train/CLASS/*.png` and `FOLDER/test/CLASS/*.png`.
//!
//! Grey images have one channel, colour images three; palettes, 16 bits and fewer than 8 become 8 bits. All images have
//! one size. Classes are in the order of their numbers if all names are whole numbers, else in that of the alphabet, and
//! files in that of their names.

use super::csv::in_order;
use super::raw::{Part, Raw, Values};
use crate::data::error::{DataError, OwnFault};
use png::{ColorType, Decoder, Transformations};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use tinyevo_core::shape::Shape;

/// Whether a folder has folders in it, as one of images by class has.
pub(super) fn has_classes(folder: &Path) -> bool {
    folders(folder).is_ok_and(|names| !names.is_empty())
}

/// Reads the images of a folder.
pub(super) fn read(folder: &Path) -> Result<Raw, DataError> {
    let train = folder.join("train");
    let (train, test) = match has_classes(&train) {
        true => (train, Some(folder.join("test")).filter(|test| test.is_dir())),
        false => (folder.to_owned(), None),
    };
    let class_names = in_order(folders(&train)?);
    let own = |fault| DataError::Own { path: folder.to_owned(), fault };
    if class_names.len() > 256 {
        return Err(own(OwnFault::Classes(class_names.len())));
    }
    let mut images = Images { root: folder, first: None, values: Vec::new(), labels: Vec::new() };
    images.read(&train, &class_names)?;
    let part = images.part();
    let test = match test {
        None => None,
        Some(test) => {
            let new = folders(&test)?.into_iter().find(|name| !class_names.contains(name));
            if let Some(name) = new {
                return Err(own(OwnFault::NewClass(name)));
            }
            images.read(&test, &class_names)?;
            Some(images.part())
        }
    };
    let shape = images.first.map_or(Shape::flat(0), |(shape, _)| shape);
    Ok(Raw { shape, classes: class_names.len(), class_names, train: part, test, columns: None })
}

/// The names of the folders in a folder, sorted; hidden ones are left out.
fn folders(folder: &Path) -> Result<Vec<String>, DataError> {
    let is_folder = |path: &PathBuf| path.is_dir();
    let paths = entries(folder)?.into_iter().filter(is_folder);
    let name = |path: PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    Ok(paths.filter_map(name).filter(|name| !name.starts_with('.')).collect())
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        paths.sort_unstable();
        Ok(paths)
    };
    read().map_err(DataError::io("read", folder))
}

/// Images so far.
struct Images<'a> {
    /// The folder that the user named.
    root: &'a Path,
    /// The shape of all images, and the first file, which decided it.
    first: Option<(Shape, PathBuf)>,
    values: Vec<u8>,
    labels: Vec<u8>,
}

impl Images<'_> {
    /// Reads the images of each class.
    fn read(&mut self, folder: &Path, class_names: &[String]) -> Result<(), DataError> {
        for (label, name) in class_names.iter().enumerate() {
            let class = folder.join(name);
            if !class.is_dir() {
                continue;
            }
            let is_png = |path: &PathBuf| {
                path.extension().is_some_and(|it| it.eq_ignore_ascii_case("png")) && path.is_file()
            };
            let files: Vec<_> = entries(&class)?.into_iter().filter(is_png).collect();
            if files.is_empty() {
                return Err(self.fault(OwnFault::EmptyClass(self.name(&class))));
            }
            for file in files {
                self.push(&file)?;
                self.labels.push(label as u8);
            }
        }
        Ok(())
    }

    /// What was read since the last part.
    fn part(&mut self) -> Part {
        let values = Values::Bytes(std::mem::take(&mut self.values));
        Part { values, labels: std::mem::take(&mut self.labels) }
    }

    fn fault(&self, fault: OwnFault) -> DataError {
        DataError::Own { path: self.root.to_owned(), fault }
    }

    /// A path below the folder that the user named.
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.root).unwrap_or(path).display().to_string()
    }

    /// Adds the image in a file.
    fn push(&mut self, file: &Path) -> Result<(), DataError> {
        let bad = |reason| self.fault(OwnFault::Png { file: self.name(file), reason });
        let input = File::open(file).map_err(DataError::io("open", file))?;
        let (shape, pixels) = decode(input).map_err(bad)?;
        match &self.first {
            Some((expected, first)) if *expected != shape => {
                let text = |it: Shape| format!("{}x{}x{}", it.height, it.width, it.channels);
                let (file, first) = (self.name(file), self.name(first));
                let (got, expected) = (text(shape), text(*expected));
                return Err(self.fault(OwnFault::Sizes { file, got, first, expected }));
            }
            Some(_) => {}
            None => self.first = Some((shape, file.to_owned())),
        }
        self.values.extend_from_slice(&pixels);
        Ok(())
    }
}

/// The shape and the bytes of an image; what is wrong, if it cannot be taken.
fn decode(input: File) -> Result<(Shape, Vec<u8>), String> {
    let damaged =
        |error: png::DecodingError| format!("is no PNG image, or a damaged one ({error})");
    let mut decoder = Decoder::new(BufReader::new(input));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().ok_or("is too large")?;
    let mut pixels = crate::memory::filled(size).ok_or("is larger than the free memory")?;
    let info = reader.next_frame(&mut pixels).map_err(damaged)?;
    pixels.truncate(info.buffer_size());
    let channels = info.color_type.samples();
    let (pixels, channels) = match info.color_type {
        ColorType::GrayscaleAlpha | ColorType::Rgba => (opaque(&pixels, channels)?, channels - 1),
        _ => (pixels, channels),
    };
    let shape = Shape { height: info.height as usize, width: info.width as usize, channels };
    Ok((shape, pixels))
}

/// The pixels without their alpha channel, which must be full everywhere.
fn opaque(pixels: &[u8], channels: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(pixels.len());
    for pixel in pixels.chunks_exact(channels) {
        match pixel.split_last() {
            Some((255, colour)) => out.extend_from_slice(colour),
            _ => return Err("has transparent pixels".to_owned()),
        }
    }
    Ok(out)
}
