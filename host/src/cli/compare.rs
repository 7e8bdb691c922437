//! `tinyevo compare`: runs beside one another.

use super::output::{self, Console};
use crate::error::Error;
use crate::runs::Comparison;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders of runs, or folders that runs lie in
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Print scores and tests as JSON: accuracies from 0 to 1
    #[arg(long)]
    json: bool,
    /// Print the curves as CSV: a row a run and generation
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let comparison = Comparison::read(&args.folders)?;
    for note in &comparison.notes {
        Console { quiet: false }.line(note);
    }
    match (args.json, args.csv) {
        (true, _) => output::print(&comparison.json()?),
        (_, true) => output::print(&comparison.csv()),
        _ => output::print(&comparison.text()),
    }
}
