//! Makes what the firmware runs: a champion evolved on MNIST (or, without `TINYEVO_DATA`, on built-in
//! digits), as Rust modules in floats and integers, and 200 test images with their labels. The weights
//! are for other engines, see benches/peers/microflow. For a network that evolves on the device it makes
//! `seen`, training images of 14x14 pixels in the order in which they come, and `unseen`, test images.

use std::path::{Path, PathBuf};
use tinyevo::champion::{Champion, PackedIntegers, Weights};
use tinyevo::config::Preset;
use tinyevo::data::{self, Options, Request, Silent, Split};
use tinyevo::error::Error;
use tinyevo::formats::{self, Format};
use tinyevo::quantize::quantize;
use tinyevo::write;
use tinyevo_core::deploy;
use tinyevo_scenarios::{SEEN, UNSEEN};
use tinyevo_tests::evolved;

/// Generations of the tutorial's recipe: enough for weights that mean something.
const GENERATIONS: u32 = 200;
/// Generations of the networks with convolutions.
const MAPS_GENERATIONS: u32 = 100;
/// Test images for the firmware.
const IMAGES: usize = 200;

/// Makes the files in `folder`.
pub(crate) fn make(folder: &Path) -> Result<(), Error> {
    let data_dir = std::env::var_os("TINYEVO_DATA").map(PathBuf::from);
    let request = if data_dir.is_some() { Request::MNIST } else { Request::Builtin };
    let options = Options { data_dir, offline: true, builtin_train: 2000, ..Options::default() };
    let dataset = data::load(&request, &options, &Silent)?;
    if request == Request::Builtin {
        println!(
            "NO MNIST: TINYEVO_DATA names no folder with it. The firmware's accuracies are those on built-in digits."
        );
    }
    println!("champion of {GENERATIONS} generations on {dataset}");

    let config = Preset::Tutorial.config();
    let (network, genome) = evolved(&config, &dataset, GENERATIONS)?;
    let (train, test) = (&dataset.train, &dataset.test);
    let integers = quantize(&network, &genome, &train.images[..2000 * train.features()])?;
    let floats = Champion::floats(network, genome)?;
    let encoded = |champion: &Champion, format| formats::encode(champion, format, None);
    let micro = Preset::Micro.config().network.weights;
    for (name, weights) in [("cnn", vec![deploy::Format::Int8]), ("micro", micro)] {
        let mut config = Preset::Cnn.config();
        config.network.weights = weights;
        let (network, genome) = evolved(&config, &dataset, MAPS_GENERATIONS)?;
        let formats =
            config.formats(&network)?.ok_or_else(|| Error::Internal("no formats".to_string()))?;
        let packed = PackedIntegers::deployed(&network, &formats, &genome)?;
        let packed = Weights::Packed(packed).into();
        write(folder, &format!("{name}.rs"), &encoded(&packed, Format::Rust)?)?;
    }
    write(folder, "f32.rs", &encoded(&floats, Format::Rust)?)?;
    write(folder, "int8.rs", &encoded(&integers, Format::Rust)?)?;
    write(folder, "champion.safetensors", &encoded(&floats, Format::Safetensors)?)?;
    write(folder, "images", &test.images[..IMAGES * test.features()])?;
    write(folder, "labels", &test.labels[..IMAGES])?;
    write(folder, "seen", &halved(train, SEEN))?;
    write(folder, "unseen", &halved(test, UNSEEN))
}

/// So many images at half of their height and width, each with its label behind it; from the first one again
/// after the last.
fn halved(split: &Split, count: usize) -> Vec<u8> {
    let width = split.shape.width;
    let images = split.images.chunks(split.features()).zip(&split.labels).cycle().take(count);
    let mut bytes = vec![];
    for (image, label) in images {
        for rows in image.chunks(2 * width) {
            let (upper, lower) = rows.split_at(width);
            let sums = upper.chunks(2).zip(lower.chunks(2));
            let sum = |x: &[u8]| x.iter().copied().map(u16::from).sum::<u16>();
            bytes.extend(sums.map(|(upper, lower)| ((sum(upper) + sum(lower) + 2) / 4) as u8));
        }
        bytes.push(*label);
    }
    bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    // An `include!`d module takes no inner documentation.
    let bytes: Vec<u8> = if name.ends_with(".rs") {
        let text = String::from_utf8_lossy(bytes);
        text.lines()
            .filter(|line| !line.starts_with("//!"))
            .flat_map(|l| [l, "\n"])
            .collect::<String>()
            .into_bytes()
    } else {
        bytes.to_vec()
    };
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    write::whole(&folder.join(name), &bytes)
}
