//! The command line: one file a command.
//!
//! Results go to standard output, everything else to standard error. Errors are typed inside and
//! become text and an exit code in one place, [`main`]: 2 for usage, 1 for the rest.

mod bench;
mod compare;
mod data;
mod evaluate;
mod evolve;
mod export;
mod footprint;
#[cfg(feature = "gradient")]
mod gradient;
mod import;
mod live;
mod options;
mod output;
mod overrides;
mod predict;
mod progress;
mod quantize;
mod random;
mod report;
mod runs;
mod signals;
mod study;
mod summary;
mod terminal;

use crate::error::Error;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Evolve the weights of small neural networks, without gradients.
#[derive(Debug, Parser)]
#[command(name = "tinyevo", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "First steps:\n  tinyevo evolve --out runs/first               evolve a network; ten seconds\n  tinyevo report runs/first --out first.html    a page: curves, mistakes, a canvas\n  tinyevo export runs/first --format c --out first.h\n\nWith your own data: `--data FILE.csv`. All flags: `tinyevo evolve --help`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Evolve a network, show how it goes, and report
    Evolve(Box<evolve::Args>),
    /// Show a network: layers, shapes, parameters, bytes, multiply-adds
    Summary(summary::Args),
    /// Fetch, describe or draw data sets
    Data(data::Args),
    /// Evaluate the weights in a file on a data set
    Evaluate(evaluate::Args),
    /// Say the class of pictures, with the probability of each class
    Predict(predict::Args),
    /// Show the accuracy of one random individual
    Random(random::Args),
    /// Turn a champion into 8-bit integers and show what that costs in accuracy
    Quantize(quantize::Args),
    /// Write a champion for a firmware, or for NumPy, ONNX and Keras
    Export(export::Args),
    /// Bring in a network that another program trained
    Import(import::Args),
    /// Show what a network takes on microcontrollers: flash, RAM, stack, instructions
    Footprint(footprint::Args),
    /// Measure this machine: images and genes per second, against its roofline and a dense product
    Bench(bench::Args),
    /// List the runs below a folder
    Runs(runs::Args),
    /// Compare runs: scores, tests of their differences over seeds, curves
    Compare(compare::Args),
    /// Write a page on one or several runs, as one HTML file, on which the champion answers what is drawn
    Report(report::Args),
    /// Answer the tutorial's questions by many runs: tables, figures, a page
    Study(study::Args),
    /// Train a network by Adam, to compare evolution with
    #[cfg(feature = "gradient")]
    Gradient(gradient::Args),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    signals::survive_size_limits();
    match run(Cli::parse().command) {
        Ok(code) => code,
        // A reader that has seen enough, as `head`, is no failure.
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Evolve(args) => return evolve::run(&args),
        Command::Summary(args) => summary::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Predict(args) => return predict::run(&args),
        Command::Random(args) => random::run(&args),
        Command::Quantize(args) => quantize::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Footprint(args) => footprint::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Study(args) => study::run(&args),
        #[cfg(feature = "gradient")]
        Command::Gradient(args) => gradient::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tinyevo", &mut script);
            output::print(&String::from_utf8_lossy(&script))
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_first_steps_in_the_help_are_commands() {
        let help = Cli::command().render_help().to_string();
        let lines = help.lines().filter_map(|line| line.strip_prefix("  tinyevo "));
        let steps: Vec<_> = lines.map(|line| line.split("   ").next().unwrap_or(line)).collect();
        assert_eq!(steps.len(), 3, "{help}");
        for step in steps {
            let words = ["tinyevo"].into_iter().chain(step.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{step}");
        }
    }
}
