//! Data that is not MNIST, made from fixed seeds and written to real files: five sets of the kinds that users bring.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use tinyevo::data::{Dataset, Options, Request, Silent, load};
use tinyevo_core::rng::{Purpose, Stream, index, normal, stream, uniform};
use zip::write::SimpleFileOptions;

/// An array of a `.npz` file: its name, NumPy's name of its type, its shape, its bytes.
pub type Array<'a> = (&'a str, &'a str, Vec<usize>, Vec<u8>);

/// The bytes of a `.npz` file, as `numpy.savez_compressed` writes it.
///
/// # Panics
/// Never in practice: it is written to memory.
#[must_use]
pub fn npz(arrays: &[Array<'_>]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, dtype, shape, bytes) in arrays {
        let options = SimpleFileOptions::default();
        archive.start_file(format!("{name}.npy"), options).expect("a file in memory");
        archive.write_all(&npy(dtype, shape, bytes)).expect("a file in memory");
    }
    archive.finish().expect("a file in memory").into_inner()
}

/// The bytes of a `.npy` file: NumPy's name of its type, its shape, its values.
#[must_use]
pub fn npy(dtype: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let text = format!(
        "{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({}), }}",
        sides.trim_end()
    );
    // The header ends with a line feed at a multiple of 64 bytes.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let header = format!("{text:<width$}\n", width = length - 1);
    [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}

/// 32-bit floats as bytes.
#[must_use]
pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Labels as 64-bit numbers, which NumPy's are by default.
#[must_use]
pub fn labels(labels: &[u8]) -> Vec<u8> {
    labels.iter().flat_map(|label| i64::from(*label).to_le_bytes()).collect()
}

/// An IDX file of bytes.
#[must_use]
pub fn idx(shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let sides = shape.iter().flat_map(|side| (*side as u32).to_be_bytes());
    [0, 0, 8, shape.len() as u8].into_iter().chain(sides).chain(bytes.iter().copied()).collect()
}

/// A PNG file of 8 bits; three channels are colours.
///
/// # Panics
/// There are not as many pixels as the size says.
#[must_use]
pub fn png((height, width, channels): (u32, u32, usize), pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    encoder.write_header().and_then(|mut file| file.write_image_data(pixels)).expect("an image");
    bytes
}

/// Measured values, one sample after the other, and the labels of the samples.
pub type Samples = (Vec<f32>, Vec<u8>);

/// A set of data, and a run that takes a moment and gives a champion for it.
#[derive(Debug, Clone, Copy)]
pub struct Set {
    /// The name of the set, and of its file or folder.
    pub name: &'static str,
    /// The end of the file's name; nothing if it is a folder.
    pub end: &'static str,
    /// Writes it there.
    pub write: fn(&Path),
    /// The flags that load it, behind `--data`.
    pub flags: &'static [&'static str],
    /// The flags of `evolve`.
    pub evolve: &'static [&'static str],
    /// All its samples, if they are measured values.
    pub measured: Option<fn() -> Samples>,
}

impl Set {
    /// The path of its file or folder.
    #[must_use]
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join([self.name, self.end].concat())
    }

    /// Loads it.
    ///
    /// # Panics
    /// It is not there.
    #[must_use]
    pub fn load(&self, path: &str) -> Dataset {
        let label = self.flags.iter().skip_while(|flag| **flag != "--label").nth(1);
        let options = Options { label: label.map(ToString::to_string), ..Options::default() };
        load(&Request::new(path).expect("a path"), &options, &Silent).expect("a set of data")
    }
}

/// The five sets.
pub const SETS: [Set; 5] = [
    Set {
        name: "digits",
        end: ".npz",
        write: digits,
        flags: &[],
        evolve: &["--hidden", "12", "--generations", "150"],
        measured: None,
    },
    Set {
        name: "colours",
        end: "",
        write: colours,
        flags: &[],
        evolve: &maps("conv:3x7:7,dense:3"),
        measured: None,
    },
    Set {
        name: "flowers",
        end: ".csv",
        write: features,
        flags: &["--label", "kind"],
        evolve: &["--hidden", "8", "--generations", "200"],
        measured: Some(flowers),
    },
    Set {
        name: "motions",
        end: ".npz",
        write: signal,
        flags: &[],
        evolve: &maps("conv:4x6x8:1x7,dense:4"),
        measured: Some(windows),
    },
    Set {
        name: "characters",
        end: "",
        write: characters,
        flags: &[],
        evolve: &["--hidden", "24", "--generations", "250"],
        measured: None,
    },
];

/// The flags of a short run of a network with convolutions.
const fn maps(network: &'static str) -> [&'static str; 10] {
    let [size, shift] = ["batch.size=32", "batch.shift=0"];
    ["--preset", "cnn", "--set", size, "--set", shift, "--generations", "80", "--network", network]
}

/// The set of this name.
///
/// # Panics
/// There is none.
#[must_use]
pub fn set(name: &str) -> Set {
    SETS.into_iter().find(|set| set.name == name).expect("one of the five sets")
}

fn draws(set: u32) -> Stream {
    stream(13, set, 0, Purpose::Show)
}

/// 16x16 digits, `uint8`, with a test part: the middle of the built-in digits.
///
/// # Panics
/// The file cannot be written.
pub fn digits(file: &Path) {
    let options =
        Options { builtin_train: 300, builtin_test: 100, offline: true, ..Options::default() };
    let data = load(&Request::Builtin, &options, &Silent).expect("built-in digits");
    let small = |images: &[u8]| -> Vec<u8> {
        let pixel = |image: &[u8], at: usize| {
            let (row, column) = (at / 16 * 3 / 2 + 2, at % 16 * 3 / 2 + 2);
            image[row * 28 + column]
        };
        images.chunks(784).flat_map(|image| (0..256).map(move |at| pixel(image, at))).collect()
    };
    let (train, test) = (&data.train, &data.test);
    let bytes = npz(&[
        ("x_train", "|u1", vec![300, 16, 16], small(&train.images)),
        ("y_train", "|u1", vec![300], train.labels.clone()),
        ("x_test", "|u1", vec![100, 16, 16], small(&test.images)),
        ("y_test", "|u1", vec![100], test.labels.clone()),
    ]);
    fs::write(file, bytes).expect("a file");
}

/// The classes of [`colours`].
pub const COLOURS: [&str; 3] = ["blue", "green", "red"];

/// 28x28 colour images in PNG files, 40 of each of three classes: a disc of one colour on noise.
///
/// # Panics
/// A file cannot be written.
pub fn colours(folder: &Path) {
    let mut draws = draws(1);
    for (class, name) in COLOURS.iter().enumerate() {
        fs::create_dir_all(folder.join(name)).expect("a folder");
        for number in 0..40 {
            let centre = [10 + index(&mut draws, 8), 10 + index(&mut draws, 8)];
            let mut pixels = Vec::new();
            for place in 0..28_usize * 28 {
                let [y, x] = [place / 28, place % 28];
                let far = y.abs_diff(centre[0]).pow(2) + x.abs_diff(centre[1]).pow(2);
                let disc = if far < 50 { 120 } else { 0 };
                for channel in 0..3 {
                    let own = if channel == 2 - class { disc } else { 0 };
                    pixels.push((index(&mut draws, 100) + own) as u8);
                }
            }
            let file = folder.join(name).join(format!("{number:02}.png"));
            fs::write(file, png((28, 28, 3), &pixels)).expect("a file");
        }
    }
}

/// The features of [`features`], one sample after the other, and their labels.
#[must_use]
pub fn flowers() -> Samples {
    let mut draws = draws(2);
    let means = [[5.0, 340.0, 0.0014, -2.0], [5.9, 270.0, 0.0042, -1.0], [6.6, 290.0, 0.0055, 1.5]];
    let spreads = [0.3, 30.0, 0.0003, 0.5];
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for sample in 0..150 {
        let class = sample % 3;
        for (mean, spread) in means[class].iter().zip(spreads) {
            values.push(mean + spread * normal(&mut draws));
        }
        labels.push(class as u8);
    }
    (values, labels)
}

/// The classes of [`features`].
pub const FLOWERS: [&str; 3] = ["aster", "lily", "rose"];

/// A CSV file of four features of different size and three classes with names, which stand in the first column.
///
/// # Panics
/// The file cannot be written.
pub fn features(file: &Path) {
    let (values, labels) = flowers();
    let mut text = "kind,length,width,weight,shade\n".to_owned();
    for (values, label) in values.chunks(4).zip(labels) {
        let cells: Vec<_> = values.iter().map(f32::to_string).collect();
        text += &format!("{},{}\n", FLOWERS[usize::from(label)], cells.join(","));
    }
    fs::write(file, text).expect("a file");
}

/// The values of [`signal`], one window after the other, and their labels.
#[must_use]
pub fn windows() -> Samples {
    let mut draws = draws(3);
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for sample in 0..160 {
        let class = sample % 4;
        let (period, phase) = ([4, 9, 18, 36][class], index(&mut draws, 36));
        for sensor in 0..6 {
            for step in 0..50 {
                // A triangle wave, each sensor a little later than the one before.
                let place = (step + phase + 2 * sensor) % period;
                let wave = place.min(period - place) as f32 / period as f32;
                values.push(4.0 * wave - 1.0 + uniform(&mut draws, -0.1, 0.1));
            }
        }
        labels.push(class as u8);
    }
    (values, labels)
}

/// The classes of [`signal`].
pub const MOTIONS: [&str; 4] = ["circle", "shake", "swipe", "tap"];

/// Windows of a signal in a `.npz` file: 50 steps of six sensors, `float32`, four classes with names, no test part.
///
/// # Panics
/// The file cannot be written.
pub fn signal(file: &Path) {
    let (values, numbers) = windows();
    let code = |name: &str| -> Vec<u8> {
        let codes = name.chars().chain(std::iter::repeat('\0')).take(6);
        codes.flat_map(|code| u32::from(code).to_le_bytes()).collect()
    };
    let bytes = npz(&[
        ("x_train", "<f4", vec![160, 6, 50], floats(&values)),
        ("y_train", "<i8", vec![160], labels(&numbers)),
        ("class_names", "<U6", vec![4], MOTIONS.iter().flat_map(|name| code(name)).collect()),
    ]);
    fs::write(file, bytes).expect("a file");
}

/// 62 classes in a folder of IDX files: 12x12 images, each class a pattern of its own with noise.
///
/// # Panics
/// A file cannot be written.
pub fn characters(folder: &Path) {
    let mut draws = draws(4);
    let patterns: Vec<u8> = (0..62 * 144).map(|_| 200 * index(&mut draws, 2) as u8).collect();
    fs::create_dir_all(folder).expect("a folder");
    for (part, each) in [("train", 6), ("t10k", 2)] {
        let labels: Vec<u8> = (0..62 * each).map(|sample| (sample % 62) as u8).collect();
        let pattern = |label: &u8| &patterns[usize::from(*label) * 144..][..144];
        let pixels = labels.iter().flat_map(pattern);
        let pixels: Vec<u8> = pixels.map(|pixel| pixel + index(&mut draws, 50) as u8).collect();
        let write = |name: &str, bytes: Vec<u8>| {
            fs::write(folder.join(format!("{part}-{name}-ubyte")), bytes).expect("a file");
        };
        write("images-idx3", idx(&[labels.len(), 12, 12], &pixels));
        write("labels-idx1", idx(&[labels.len()], &labels));
    }
}
