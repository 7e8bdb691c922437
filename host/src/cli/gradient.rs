//! `tinyevo gradient`: what Adam reaches with the same network, to compare with evolution.

use super::options::{DataArgs, MachineArgs, NetworkArgs};
use super::output::{self, Console};
use super::signals;
use crate::champion::{Champion, network_name};
use crate::data::{Dataset, Wanted};
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::formats::{self, Format};
use crate::gradient::{self, End, Epoch, Trained, Training};
use crate::report::thousands;
use crate::threads::Threads;
use crate::write::{self, Existing};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tinyevo_core::fitness::Measure;
use tinyevo_core::network::Network;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Number of passes over the training images
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Train for this time instead, as 10s, 500ms or 2m [default: none]
    #[arg(long, value_name = "TIME", conflicts_with = "epochs", value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// Number of images of a step
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Learning rate of Adam
    #[arg(long, value_name = "X", default_value_t = 0.001, value_parser = learning_rate)]
    #[arg(allow_negative_numbers = true)]
    learning_rate: f64,
    /// Seed of the first weights and of the order of the images
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: u64,
    /// Hold out the last N training images, to measure the accuracy on after each epoch
    #[arg(long, value_name = "N", default_value_t = 5000)]
    validation: usize,
    /// New file for the trained network, which all commands take as a champion [default: none]
    #[arg(long, value_name = "FILE.safetensors")]
    out: Option<PathBuf>,
    /// Replace the file of --out if it exists
    #[arg(long, requires = "out")]
    force: bool,
    /// Print only the results
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    machine: MachineArgs,
}

/// A finite number above 0.
fn learning_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| *rate > 0.0 && rate.is_finite());
    rate.ok_or_else(|| "a number above 0, as 0.001".to_string())
}

impl Args {
    fn training(&self) -> Training {
        let Self { epochs, time, batch, learning_rate, seed, .. } = *self;
        let end = time.map_or(End::Epochs(epochs), End::Time);
        Training { seed, batch: batch as usize, learning_rate, end }
    }

    const fn existing(&self) -> Existing {
        if self.force { Existing::Replace } else { Existing::Keep }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: args.quiet };
    if let Some(path) = &args.out {
        write::check(path, args.existing(), &[])?;
    }
    let interrupt = signals::watch(console);
    let dataset = args.data.load(Wanted::ALL, console)?.holding_out(args.validation);
    let network = args.network.network_for(&dataset)?;
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    console.line("epoch     steps        loss  held out %     seconds");
    let observe = &mut |epoch| {
        console.line(&line(epoch));
        Ok(())
    };
    let splits = (&dataset.train, &dataset.validation);
    let done =
        gradient::train(&network, splits, args.training(), &mut threads, observe, &interrupt)?;
    let text = text(args, &dataset, &network, &done, &mut threads)?;
    output::print(&text)?;
    if let Some(path) = &args.out {
        let champion = Champion::floats(network, done.genome)?;
        save(args, path, &champion.described(dataset.description))?;
        console.line(&format!("wrote {}", path.display()));
    }
    // What was trained so far is reported and kept, and the exit code tells.
    interrupt.check()
}

/// The line of an epoch, below the titles of [`run`].
fn line(epoch: Epoch) -> String {
    let Epoch { number, steps, loss, held_out, seconds } = epoch;
    let held_out = held_out.map_or_else(|| "-".to_string(), |it| format!("{:.2}", 100.0 * it));
    format!("{number:>5} {steps:>9} {loss:>11.4} {held_out:>11} {seconds:>11.1}")
}

/// The results: what was trained, and what it reaches on the test images.
fn text(
    args: &Args,
    dataset: &Dataset,
    network: &Network,
    done: &Trained,
    threads: &mut Threads,
) -> Result<String, Error> {
    let test = EncodedSplit::new(&dataset.test, network)?;
    let score = evaluate::score(network, &done.genome, &test, threads)?;
    let Args { batch, learning_rate, seed, .. } = args;
    let core = done.core_seconds.map(|core| format!(", {core:.1} core-seconds"));
    Ok(format!(
        "Adam, seed {seed}, network {} ({} weights)\n\
         {} steps, batches of {batch}, learning rate {learning_rate}, {} training images: {:.1} s{}\n\
         on {} test images of {dataset}\n\
         accuracy: {:.2} %\n\
         cross-entropy: {:.4} nats\n",
        network_name(network),
        thousands(network.parameters()),
        thousands(done.steps as usize),
        thousands(dataset.train.len()),
        done.seconds,
        core.unwrap_or_default(),
        thousands(dataset.test.len()),
        100.0 * score.accuracy(),
        Measure::CrossEntropy.value(&score),
    ))
}

fn save(args: &Args, path: &Path, champion: &Champion) -> Result<(), Error> {
    let bytes = formats::encode(champion, Format::Safetensors, None)?;
    write::with(path, args.existing(), |file| file.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::Weights;
    use crate::run::Interrupt;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(flags: &str) -> Result<Args, String> {
        let line =
            Line::try_parse_from([&["gradient"], &*flags.split(' ').collect::<Vec<_>>()].concat());
        line.map(|line| line.args).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_saved_is_a_champion_of_the_accuracy_that_is_printed() {
        let data = "--data builtin --builtin-train 40 --builtin-test 30 --validation 8";
        let flags =
            format!("{data} --epochs 2 --batch 10 --threads 1 --network conv:2x5,pool:4,dense:10");
        let args = args(&flags).unwrap();
        let dataset = args.data.load(Wanted::ALL, Console { quiet: true }).unwrap();
        let dataset = dataset.holding_out(args.validation);
        let network = args.network.network_for(&dataset).unwrap();
        let mut threads = Threads::new(args.machine.threads(), args.machine.isa()).unwrap();
        let mut lines = Vec::new();
        let observe = &mut |epoch| {
            lines.push(line(epoch));
            Ok(())
        };
        let (splits, interrupt) = ((&dataset.train, &dataset.validation), Interrupt::new());
        let training = args.training();
        let done = gradient::train(&network, splits, training, &mut threads, observe, &interrupt);
        let done = done.unwrap();
        // 32 images: three batches of 10 and one of 2.
        assert!(lines.len() == 2 && lines[1].starts_with("    2         8 "), "{lines:?}");
        let text = text(&args, &dataset, &network, &done, &mut threads).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adam.safetensors");
        let champion = Champion::floats(network.clone(), done.genome.clone()).unwrap();
        save(&args, &path, &champion).unwrap();
        let Weights::Floats(read, genome) = formats::read(&path).unwrap().weights else { panic!() };
        assert_eq!((&*read, &genome), (&network, &done.genome));
        let classes = evaluate::classes(&read, &genome, &dataset.test, &mut threads).unwrap();
        let right = classes.iter().zip(&dataset.test.labels).filter(|(a, b)| a == b).count();
        let accuracy = format!("\naccuracy: {:.2} %\n", 100.0 * right as f64 / 30.0);
        assert!(text.contains(&accuracy) && text.contains("8 steps, batches of 10"), "{text}");
        // Without --force a file stays.
        assert!(save(&args, &path, &champion).is_err());
    }

    #[test]
    fn flags_out_of_range_are_refused() {
        assert_eq!(
            args("--time 1500ms").unwrap().training().end,
            End::Time(Duration::from_millis(1500))
        );
        for (flags, reason) in [
            ("--epochs 0", "1.."),
            ("--batch 0", "1.."),
            ("--learning-rate 0", "a number above 0"),
            ("--learning-rate -1", "a number above 0"),
            ("--learning-rate inf", "a number above 0"),
            ("--time 1s --epochs 2", "cannot be used with"),
            ("--force", "--out"),
        ] {
            let error = args(flags).unwrap_err();
            assert!(error.contains(reason), "{flags}: {error}");
        }
    }
}
