//! `tinyevo data`: download, describe or draw data sets.

use super::options::{DataArgs, split, wanted};
use super::output::{self, Console};
use super::progress::Downloads;
use crate::config::SplitName;
use crate::data::{self, Columns, Dataset, Options, Published, Split, Wanted};
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
            reading(&mut text, &dataset);
            dataset.columns.iter().for_each(|columns| label(&mut text, columns));
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
        "{name:5}  {} {}, {:.1} % of {} non-zero, mean {:.4}",
        split.len(),
        samples(split.shape),
        100.0 * nonzero / pixels,
        if split.shape == Shape::flat(split.shape.channels) { "values" } else { "pixels" },
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

/// How rows and columns of measured values were read, since signals are often saved as such.
fn reading(text: &mut String, dataset: &Dataset) {
    let Shape { height, width, channels } = dataset.shape();
    let measured = dataset.description.normalisation.is_some();
    if measured && channels == 1 && height.min(width) > 1 && height != width {
        let _ = writeln!(
            text,
            "read as  {height} rows and {width} columns of one channel, one range for all\n         \
             if the {height} are signals, x.transpose(0, 2, 1)[:, :, None, :] makes them channels;\n         \
             if the {width} are, x[:, :, None, :] does (docs/own-data.md)"
        );
    }
}

/// Which column of a table is the label.
fn label(text: &mut String, columns: &Columns) {
    let number = columns.label;
    let _ = match &columns.label_name {
        Some(name) => writeln!(text, "label    column {number}, {}", printable::name(name)),
        None => writeln!(text, "label    column {number}; there is no header"),
    };
}

/// The names of the classes, and the range of each channel.
fn details(text: &mut String, dataset: &Dataset) {
    let names = &dataset.description.class_names;
    if !names.is_empty() {
        let names: Vec<_> = names.iter().map(|name| printable::name(name)).collect();
        let _ = writeln!(text, "classes  {}", names.join(", "));
    }
    let features = dataset.columns.as_ref().map(|columns| &*columns.features).unwrap_or_default();
    let Some(normalisation) = &dataset.description.normalisation else { return };
    let (low, high) = (normalisation.low(), normalisation.high());
    for (channel, (low, high)) in low.iter().zip(high).enumerate().take(CHANNELS) {
        let name = features
            .get(channel)
            .map_or(String::new(), |name| format!(", {}", printable::name(name)));
        let _ = writeln!(text, "channel {channel}{name}: {low} to {high}");
    }
    if low.len() > CHANNELS {
        let _ = writeln!(text, "and {} more channels", low.len() - CHANNELS);
    }
}
