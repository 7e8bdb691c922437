//! `tinyevo runs`: the runs below a folder.

use super::output::{self, Console};
use crate::error::Error;
use crate::runs::List;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder that the runs lie in, at any depth
    #[arg(default_value = super::evolve::RUNS)]
    folder: PathBuf,
    /// Print a JSON array: accuracies from 0 to 1, null for what is not known
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    // Who has run nothing yet has no such folder.
    let none = args.folder == Path::new(super::evolve::RUNS) && !args.folder.exists();
    let list = if none { List::default() } else { List::read(&args.folder)? };
    for error in &list.damaged {
        output::warning(error);
    }
    if args.json {
        return output::print(&list.json()?);
    }
    if list.is_empty() {
        let folder = args.folder.display();
        Console { quiet: false }
            .line(&format!("no runs below {folder}; `tinyevo evolve` makes one"));
        return Ok(());
    }
    output::print(&list.text())
}
