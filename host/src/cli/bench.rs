//! `tinyevo bench`: what this machine does with the core.

use super::options::{DataArgs, MachineArgs};
use super::output::{self, Console};
use crate::bench::{self, ConvolutionRate, GenerationRate, NetworkRate, Report, Settings};
use crate::data::Wanted;
use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// Hidden units of the networks
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [16, 32, 64, 128], value_parser = clap::value_parser!(u32).range(1..=65_536))]
    hidden: Vec<u32>,
    /// Rounds, of which the median counts
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Shortest time of one measurement of a round, in milliseconds
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    milliseconds: u32,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let console = Console { quiet: false };
    let dataset = args.data.load(Wanted::TEST, console)?;
    let settings = Settings {
        hidden: args.hidden.iter().map(|hidden| *hidden as usize).collect(),
        threads: args.machine.threads(),
        isa: args.machine.isa(),
        rounds: args.rounds as usize,
        seconds: f64::from(args.milliseconds) / 1e3,
    };
    let report = bench::run(&settings, &dataset.test, |what| {
        console.line(&format!("measuring {what}"));
    })?;
    if args.json {
        let text = serde_json::to_string_pretty(&report);
        let text = text.map_err(|error| Error::Internal(error.to_string()))?;
        return output::print(&format!("{text}\n"));
    }
    output::print(&format!("{} test images of {dataset}\n{}", report.images, table(&report)))
}

/// The report as text, in lines of at most 80 columns.
fn table(report: &Report) -> String {
    let mut text = format!(
        "{:.1} non-zero pixels an image; {}; {} threads\n\
         one core's peak: {:.1} G multiply-adds/s, {:.0} GB/s from the first cache\n",
        report.nonzero_pixels,
        report.isa,
        report.threads,
        report.roofline.multiply_adds_per_second / 1e9,
        report.roofline.l1_bytes_per_second / 1e9,
    );
    text.push_str(&rates(&report.networks));
    text.push_str(&times(&report.networks));
    report.generations.iter().for_each(|row| text.push_str(&generations(row, report.threads)));
    text.push_str(&convolutions(&report.convolutions));
    text.push_str(&format!("\n{:<32} {:>14}\n", "operator, one core", "M genes/s"));
    for row in &report.operators {
        text.push_str(&format!("{:<32} {:>14.0}\n", row.operator, row.genes_per_second / 1e6));
    }
    text
}

/// Images per second of each network, on one core and on all threads.
fn rates(networks: &[NetworkRate]) -> String {
    let mut text = format!(
        "\n{:<12} {:>12} {:>12} {:>9}\n{:<12} {:>12} {:>12} {:>9}\n",
        "network", "images/s", "images/s", "speed-up", "", "one core", "all threads", "",
    );
    for row in networks {
        text.push_str(&format!(
            "{:<12} {:>12.0} {:>12.0} {:>9.2}\n",
            row.network, row.images_per_second_per_core, row.images_per_second, row.thread_scaling,
        ));
    }
    text
}

/// Milliseconds of each network for an individual, on one core.
fn times(networks: &[NetworkRate]) -> String {
    let mut text = format!(
        "\n{:<12} {:>12} {:>12} {:>12} {:>12} {:>14}\n{:<12} {:>12} {:>12} {:>12} {:>12} {:>14}\n",
        "one core",
        "ms a genome",
        "of sparse",
        "dense",
        "faster",
        "cross-entropy",
        "",
        "",
        "roofline",
        "ms a genome",
        "than dense",
        "over accuracy",
    );
    for row in networks {
        text.push_str(&format!(
            "{:<12} {:>12.2} {:>12.2} {:>12.2} {:>12.2} {:>14.2}\n",
            row.network,
            row.milliseconds_per_individual,
            row.share_of_sparse_roofline,
            row.dense_milliseconds,
            row.times_dense,
            row.cross_entropy_over_accuracy,
        ));
    }
    text
}

/// What a generation of the preset `es` takes, phase by phase.
fn generations(row: &GenerationRate, threads: usize) -> String {
    let GenerationRate { network, directions, images, .. } = row;
    let mut text = format!(
        "\nes, {network}, {directions} directions, {images} images\n\
         generations/s {:.0} on one core, {:.0} on {threads} threads: {:.2} times\n\
         mutant-images/s {:.2} G\n\
         {:<12} {:>12} {:>12} {:>12} {:>12}\n{:<12} {:>12} {:>12} {:>12} {:>12}\n",
        row.generations_per_second_per_core,
        row.generations_per_second,
        row.thread_scaling,
        row.mutant_images_per_second / 1e9,
        "phase",
        "ms",
        "share",
        "of",
        "all threads",
        "",
        "one core",
        "",
        "roofline",
        "faster by",
    );
    for phase in &row.phases {
        let roofline = phase.share_of_roofline.map_or(String::new(), |share| format!("{share:.2}"));
        text.push_str(&format!(
            "{:<12} {:>12.3} {:>12.2} {roofline:>12} {:>12.2}\n",
            phase.phase, phase.milliseconds, phase.share, phase.thread_scaling,
        ));
    }
    text
}

/// The networks with convolutions: images per second, and what a generation of their presets takes.
fn convolutions(rows: &[ConvolutionRate]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let mut text = format!(
        "\n{}\n{:<28} {:>10} {:>10} {:>8} {:>9} {:>9}\n{:<28} {:>10} {:>10} {:>8} {:>9} {:>9}\n",
        first.network,
        "preset",
        "images/s",
        "images/s",
        "faster",
        "ms a gen.",
        "ms a gen.",
        "",
        "one core",
        "all",
        "(im2col)",
        "one core",
        "all",
    );
    for row in rows {
        text.push_str(&format!(
            "{:<28} {:>10.0} {:>10.0} {:>8.2} {:>9.2} {:>9.2}\n",
            format!("{}, {}", row.preset, row.numbers),
            row.images_per_second_per_core,
            row.images_per_second,
            row.times_im2col,
            row.generation_milliseconds,
            row.generation_milliseconds_all,
        ));
    }
    text
}
