//! `tinyevo report RUN...`: a page on one or several runs.

use super::options::{MachineArgs, load};
use super::output::Console;
use crate::config::Config;
use crate::data::{Options, Request};
use crate::error::Error;
use crate::page;
use crate::threads::Threads;
use crate::write::{self, Existing};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folders of runs that have ended
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The HTML file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
    /// The data of the runs, where it is no longer where it was [default: as config.toml names it]
    #[arg(long, value_name = "FILE|DIR|NAME")]
    data: Option<OsString>,
    /// Never use the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: false };
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    write::check(&args.out, existing, &[])?;
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    // The page needs the others while this loads data.
    let pool = Threads::new(args.machine.threads(), args.machine.isa())?;
    let mut data = |config: &Config| {
        let request = match &args.data {
            Some(source) => Request::new(source)?,
            None => Request::new(&config.data.source)?,
        };
        let options = Options { pool: pool.pool(), offline: args.offline, ..Options::default() };
        load(&request, &config.data, options, console)
    };
    let (text, lacking) = page::page(&args.runs, &mut data, &mut threads)?;
    write::with(&args.out, existing, |file| file.write_all(text.as_bytes()))?;
    console.line(&format!("wrote {} bytes to {}", text.len(), args.out.display()));
    for line in lacking {
        console.line(&format!("{line}; give its data by --data"));
    }
    Ok(())
}
