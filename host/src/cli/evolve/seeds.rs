//! `tinyevo evolve --seeds N`: a run a seed, a line each, then mean and spread.

use super::flags::Args;
use super::prepare::{introduce, new_path, prepare, suit_to_time};
use crate::cli::output::{self, Console};
use crate::cli::progress::Rounds;
use crate::cli::signals;
use crate::config::Config;
use crate::error::Error;
use crate::report::Summary;
use crate::run::{Interrupt, StopReason};
use crate::runs::{Seeds, Summaries};
use crate::session;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(
    args: &Args,
    config: Config,
    count: u64,
    console: Console,
    interrupt: &Interrupt,
) -> Result<ExitCode, Error> {
    let folder = args.out.clone().unwrap_or_else(|| {
        let (first, last) = (config.seed, config.seed + count - 1);
        new_path(&config, &format!("seeds-{first}-to-{last}"))
    });
    let mut seeds = Seeds::new(config, count, &folder, args.time().is_some())?;
    let (mut threads, dataset) = prepare(args, seeds.config(), console, interrupt)?;
    let start = session::start(seeds.config(), &dataset)?;
    let begun = seeds.check(&dataset)? > 0;
    introduce(args, console, (seeds.config(), start.as_ref()), &dataset, &mut threads)?;
    let start = start.as_ref().map(|start| &*start.genome);
    if !begun {
        suit_to_time(args, console, (seeds.config(), start), &dataset, &mut threads, interrupt)?;
    }
    seeds.config().data.source = dataset.resolved_source()?;
    let generations = seeds.config().stop.generations;
    let (mut ended, mut reason) = (Vec::new(), None);
    for seed in seeds.seeds() {
        if let Some(summary) = seeds.ended(seed)? {
            line(args, &summary, " (of an earlier call)")?;
            ended.push(summary);
            continue;
        }
        reason = interrupt.get().map(StopReason::Interrupted);
        if reason.is_some() {
            break;
        }
        let mut bar = Rounds::new(console, generations, None);
        let finished =
            seeds.run(seed, (&dataset, start), &mut threads, &mut [&mut bar], interrupt)?;
        finished.errors.iter().for_each(output::error);
        let summary = finished.report.summary;
        if matches!(finished.reason, StopReason::Interrupted(_) | StopReason::Failed) {
            line(args, &summary, &format!(", {}", finished.reason))?;
            reason = Some(finished.reason);
            break;
        }
        line(args, &summary, "")?;
        ended.push(summary);
    }
    finish(args, ended, &folder)?;
    if reason.is_some() {
        let again = format!("to go on, repeat the command with --out {}", folder.display());
        console.line(&again);
    }
    Ok(reason.map_or(ExitCode::SUCCESS, signals::exit_code))
}

/// A line for a run.
fn line(args: &Args, summary: &Summary, more: &str) -> Result<(), Error> {
    if args.json {
        return Ok(());
    }
    let Summary { seed, generations, seconds, .. } = summary;
    let accuracy = 100.0 * summary.test_accuracy;
    output::print(&format!(
        "seed {seed}: test accuracy {accuracy:.2} %, {generations} generations, {seconds:.1} s{more}\n"
    ))
}

/// Keeps and prints what the runs that have ended say together.
fn finish(args: &Args, ended: Vec<Summary>, folder: &Path) -> Result<(), Error> {
    let all = Summaries::new(ended);
    if all.runs.is_empty() {
        return Ok(());
    }
    all.write(folder)?;
    if args.json {
        return output::print(&all.json()?);
    }
    let files = format!("\nfiles of these runs: {}\n", folder.display());
    output::print(&format!("{}{files}", all.text()))
}
