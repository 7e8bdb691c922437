//! `tinyevo evolve`: the tutorial's whole system. It reads the flags, calls [`crate::session`], prints.

mod flags;
mod prepare;
mod seeds;
mod start;

pub(super) use flags::Args;
pub(super) use prepare::RUNS;

use super::live::Live;
use super::output::{self, Console};
use super::progress::Rounds;
use super::signals;
use super::terminal::Look;
use crate::config::Config;
use crate::error::Error;
use crate::run::{self, Found, History, Interrupt, Row, RunFolder, StopReason};
use crate::session::{self, Finished, Plan};
use prepare::{introduce, new_path, prepare, suit_to_time};
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    // First, so that nobody else changes the configuration that is read from it.
    let resumed = match &args.resume {
        Some(path) if !args.print_config => Some(RunFolder::open(path)?),
        _ => None,
    };
    let config = args.config()?;
    let console = Console { quiet: args.quiet };
    if args.print_config {
        if let Some(time) = args.time().filter(|_| config.length.is_some()) {
            let time = humantime::format_duration(time);
            console.line(&format!(
                "--time {time}: a run measures how many generations fit; here stop.generations\n\
                 and length are those without it"
            ));
        }
        output::print(&config.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let interrupt = signals::watch(console);
    if let Some(count) = args.seeds {
        return seeds::run(args, config, count, console, &interrupt);
    }
    let folder = match resumed {
        Some(folder) => Some(folder),
        None => claim(args, &config)?,
    };
    let result = with_folder(args, config, folder.as_ref(), console, &interrupt);
    if result.is_err()
        && let Some(folder) = folder
    {
        folder.abandon();
    }
    result
}

/// The folder of the run, if it is kept; taken before any work.
fn claim(args: &Args, config: &Config) -> Result<Option<RunFolder>, Error> {
    if args.no_save {
        return Ok(None);
    }
    if let Some(path) = &args.out {
        return RunFolder::create(path).map(Some);
    }
    let path = new_path(config, &format!("seed-{}", config.seed));
    let folder = RunFolder::create_new(&path);
    folder.map(Some).map_err(|source| Error::NoFolder { source: Box::new(source) })
}

fn with_folder(
    args: &Args,
    mut config: Config,
    folder: Option<&RunFolder>,
    console: Console,
    interrupt: &Arc<Interrupt>,
) -> Result<ExitCode, Error> {
    let checkpoint = match folder {
        Some(folder) if args.resume.is_some() => run::newest(folder)?,
        _ => None,
    };
    if let Some(found) = &checkpoint {
        found.check_length(config.stop.generations)?;
    }
    let (mut threads, dataset) = prepare(args, &mut config, console, interrupt)?;
    let start = match &checkpoint {
        // The checkpoint has all that it began with.
        Some(found) => found.check(session::identity(&config)?).map(|()| None)?,
        None => session::start(&mut config, &dataset)?,
    };
    if let Some((folder, found)) = folder.zip(checkpoint.as_ref())
        && let Some((summary, reason)) = run::complete(folder, found, &config.stop)?
    {
        return stays_ended(args, console, folder, &config, (summary.generations, reason));
    }
    introduce(args, console, (&config, start.as_ref()), &dataset, &mut threads)?;
    let start = start.as_ref().map(|start| &*start.genome);
    suit_to_time(args, console, (&mut config, start), &dataset, &mut threads, interrupt)?;
    if let Some(folder) = folder {
        config.data.source = dataset.resolved_source()?;
        match &checkpoint {
            Some(found) => going_on(console, &config, found)?,
            None if args.resume.is_some() => {
                console.line("there is no checkpoint yet: starting from generation 0");
            }
            None => {}
        }
        folder.write("config.toml", config.to_toml()?.as_bytes())?;
    }
    let look = Look::resolve(args.quiet, args.ascii);
    if args.live && !look.has_keys() {
        console.line("--live needs a terminal for its screen and its keys: lines instead");
    }
    if args.live && look.has_keys() {
        let past =
            folder.zip(checkpoint.as_ref()).map(|(folder, found)| made_before(folder, found));
        let past = past.transpose()?.unwrap_or_default();
        let mut live = Live::start(&config, &dataset, folder.is_some(), look, interrupt)?;
        live.recall(&past);
        let plan =
            Plan { config: &config, dataset, start, folder, checkpoint: checkpoint.as_ref() };
        let finished = session::evolve(plan, &mut threads, &mut [&mut live], interrupt)?;
        live.finish(&finished);
        return show(args, folder, &finished);
    }
    let mut rounds = Rounds::new(console, config.stop.generations, Some(config.report_every));
    let plan = Plan { config: &config, dataset, start, folder, checkpoint: checkpoint.as_ref() };
    let finished = session::evolve(plan, &mut threads, &mut [&mut rounds], interrupt)?;
    show(args, folder, &finished)
}

/// The generations of a run up to the checkpoint from which it goes on.
fn made_before(folder: &RunFolder, found: &Found) -> Result<Vec<Row>, Error> {
    let last = found.checkpoint()?.header().generation;
    let mut rows = History::read(&folder.path().join("history.csv"))?;
    rows.retain(|row| row.generation <= last);
    Ok(rows)
}

/// Prints the results of a run that has ended, as its folder has them, and says how to go on.
fn stays_ended(
    args: &Args,
    console: Console,
    folder: &RunFolder,
    config: &Config,
    (generations, reason): (u32, StopReason),
) -> Result<ExitCode, Error> {
    let path = folder.file(if args.json { "summary.json" } else { "report.txt" });
    output::print(&fs::read_to_string(&path).map_err(Error::io("read", &path))?)?;
    let how = match reason {
        StopReason::Patience => "to go on, give a larger --patience".to_string(),
        StopReason::TimeLimit => "to go on, give a longer --time-limit".to_string(),
        StopReason::Accuracy => "to go on, give a higher --stop-accuracy".to_string(),
        _ if config.is_scheduled() => format!(
            "its schedules have come to their end: tinyevo evolve --start {} begins a run with its champion",
            folder.path().display()
        ),
        _ => format!(
            "to go on, give more generations, such as --generations {}",
            generations.saturating_mul(2).max(1)
        ),
    };
    console.line(&format!(
        "the run is complete: {generations} generations, stopped by: {reason}; no file was changed\n{how}"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Prints the results of a run, and says how it ended.
fn show(args: &Args, folder: Option<&RunFolder>, finished: &Finished) -> Result<ExitCode, Error> {
    let files = folder.map_or_else(String::new, |folder| {
        format!("\nfiles of this run: {}\n", folder.path().display())
    });
    // A reader that has seen enough must not hide what went wrong.
    let printed = match args.json {
        true => output::print(&finished.report.json()?),
        false => output::print(&format!("{}{files}", finished.report.text())),
    };
    for error in &finished.errors {
        output::error(error);
    }
    if !finished.errors.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    printed?;
    Ok(signals::exit_code(finished.reason))
}

/// Says from where a run goes on, and which checkpoints could not be used.
fn going_on(console: Console, config: &Config, found: &Found) -> Result<(), Error> {
    for (path, reason) in &found.damaged {
        output::error(&Error::Content { path: path.clone(), reason: reason.clone() });
    }
    let generation = found.checkpoint()?.header().generation;
    console.line(&format!("going on after generation {generation}, from {}", found.path.display()));
    let planned = config.planned();
    if config.is_scheduled() && config.stop.generations > planned {
        let ended =
            format!("the schedules end at generation {planned}; later generations have their");
        console.line(&format!("{ended} last values, by which a learning rate may be 0"));
    }
    Ok(())
}
