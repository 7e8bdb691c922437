//! `tinyevo data`: fetch, describe or draw data sets.

use super::options::{DataArgs, data_options, split};
use super::output::{self, Console};
use super::progress::Downloads;
use crate::config::{Config, SplitName};
use crate::data::{self, COLUMNS, PIXELS, Published, ROWS, Split};
use crate::error::Error;
use crate::report::digit;
use clap::Subcommand;
use std::fmt::Write;
use tinyevo_core::shape::Shape;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Download a data set into the cache and check it; run again to resume
    Fetch {
        /// mnist, fashion or kmnist
        #[arg(default_value = "mnist")]
        name: Published,
        /// Address to download from instead of the known ones; can be given more than once
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
    },
    /// Say where a data set comes from and what it holds
    Info {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Draw a digit in the terminal
    Show {
        /// Which one, from 0
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
            let mut options = data_options(&Config::default().data, false);
            options.mirrors.clone_from(mirror);
            let folder = data::fetch(*name, &options, &Downloads::new(console))?;
            output::print(&format!("{name} is in {}\n", folder.display()))
        }
        Command::Info { data } => {
            let dataset = data.load(console)?;
            let mut text = format!("{dataset}\n");
            for (name, split) in [("train", &dataset.train), ("test", &dataset.test)] {
                describe(&mut text, name, split);
            }
            output::print(&text)
        }
        Command::Show { index, images, data } => {
            let dataset = data.load(console)?;
            let split = split(&dataset, *images);
            if *index >= split.len() {
                let most = split.len().saturating_sub(1);
                return Err(Error::Usage(format!("there are images 0 to {most}, not {index}")));
            }
            let label = split.labels[*index];
            output::print(&format!(
                "image {index} of {}, label {label}\n{}",
                dataset,
                digit::draw(
                    split.image(*index),
                    Shape { height: ROWS, width: COLUMNS, channels: 1 }
                )
            ))
        }
    }
}

/// Counts, classes and texture of a split.
fn describe(text: &mut String, name: &str, split: &Split) {
    let pixels = (split.len() * PIXELS).max(1) as f64;
    let nonzero = split.images.iter().filter(|pixel| **pixel != 0).count() as f64;
    let sum: f64 = split.images.iter().map(|&pixel| f64::from(pixel)).sum();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{name:5}  {} images of 28x28, {:.1} % of pixels non-zero, mean {:.4}\n       per class {:?}",
        split.len(),
        100.0 * nonzero / pixels,
        sum / pixels / 255.0,
        split.class_counts(),
    );
}
