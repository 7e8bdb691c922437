//! `tinyevo data`: download, describe or draw data sets.

use super::options::{DataArgs, split, wanted};
use super::output::{self, Console};
use super::progress::Downloads;
use crate::config::SplitName;
use crate::data::{self, Dataset, Options, Published, Split, Wanted};
use crate::error::Error;
use crate::printable;
use crate::report::digit;
use clap::Subcommand;
use std::fmt::Write;
use tinyevo_core::shape::Shape;

/// The most channels whose ranges are shown.
const CHANNELS: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download a data set into the cache and check it
    Fetch {
        /// mnist, fashion or kmnist
        #[arg(default_value = "mnist")]
        name: Published,
        /// Address to download from instead of the known ones; can be given more than once
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
    },
    /// Show where a data set comes from and what it holds
    Info {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Draw an image in the terminal
    Show {
        /// Number of the image, from 0
        index: usize,
        /// Training or test images
        #[arg(long, value_name = "NAME", default_value = "test")]
        images: SplitName,
        #[command(flatten)]
        data: DataArgs,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: false };
    match &args.command {
        Command::Fetch { name, mirror } => {
            let options = Options { mirrors: mirror.clone(), ..Options::default() };
            let folder = data::fetch(*name, &options, &Downloads::new(console))?;
            output::print(&format!("{name} is in {}\n", folder.display()))
        }
        Command::Info { data } => {
            let dataset = data.load(Wanted::ALL, console)?;
            let mut text = format!("{dataset}\n");
            for note in dataset.notes() {
                let _ = writeln!(text, "{note}");
            }
            for (name, split) in [("train", &dataset.train), ("test", &dataset.test)] {
                describe(&mut text, name, split);
            }
            details(&mut text, &dataset);
            output::print(&text)
        }
        Command::Show { index, images, data } => {
            let dataset = data.load(wanted(*images), console)?;
            let split = split(&dataset, *images);
            let Some(label) = split.labels.get(*index) else {
                let most = split.len().saturating_sub(1);
                return Err(Error::Usage(format!("there are images 0 to {most}, not {index}")));
            };
            output::print(&format!(
                "image {index} of {dataset}, label {}\n{}",
                dataset.description.shown_name(usize::from(*label)),
                digit::draw(split.image(*index), split.shape)
            ))
        }
    }
}

/// What samples of this shape are, in words.
fn samples(shape: Shape) -> String {
    match shape {
        Shape { height: 1, width: 1, channels } => format!("samples of {channels} features"),
        Shape { height, width, channels: 1 } => format!("images of {height}x{width}"),
        Shape { height, width, channels } => format!("images of {height}x{width}x{channels}"),
    }
}

/// Counts, classes and texture of a split.
fn describe(text: &mut String, name: &str, split: &Split) {
    let pixels = split.images.len().max(1) as f64;
    let nonzero = split.images.iter().filter(|pixel| **pixel != 0).count() as f64;
    let sum: f64 = split.images.iter().map(|&pixel| f64::from(pixel)).sum();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{name:5}  {} {}, {:.1} % of pixels non-zero, mean {:.4}",
        split.len(),
        samples(split.shape),
        100.0 * nonzero / pixels,
        sum / pixels / 255.0,
    );
    // Ten classes a line, for terminals of 80 columns.
    for (row, counts) in split.class_counts().chunks(10).enumerate() {
        let head = if row == 0 { "per class" } else { "" };
        let _ = write!(text, "       {head:9}");
        for count in counts {
            let _ = write!(text, " {count:5}");
        }
        text.push('\n');
    }
}

/// The names of the classes, and the range of each channel.
fn details(text: &mut String, dataset: &Dataset) {
    let names = &dataset.description.class_names;
    if !names.is_empty() {
        let names: Vec<_> = names.iter().map(|name| printable::name(name)).collect();
        let _ = writeln!(text, "classes  {}", names.join(", "));
    }
    let Some(normalisation) = &dataset.description.normalisation else { return };
    let (low, high) = (normalisation.low(), normalisation.high());
    for (channel, (low, high)) in low.iter().zip(high).enumerate().take(CHANNELS) {
        let _ = writeln!(text, "channel {channel}: {low} to {high}");
    }
    if low.len() > CHANNELS {
        let _ = writeln!(text, "and {} more channels", low.len() - CHANNELS);
    }
}
