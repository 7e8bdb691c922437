//! `tinyevo study`: the tutorial's questions, answered by runs.

use super::options::{DataArgs, MachineArgs};
use super::output::{self, Console};
use super::signals;
use crate::data::Wanted;
use crate::error::Error;
use crate::study::{self, About, Row, Task};
use crate::threads::Threads;
use std::fs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder for limits.md, limits.csv and the figures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A taste in about a minute: a fifteenth of the generations, one seed
    #[arg(long, conflicts_with = "seeds")]
    quick: bool,
    /// Number of seeds of each run
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Only part i of n of the runs, as 2/5: for several machines
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Join the parts in these folders instead of running
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["quick", "seeds", "shard"])]
    merge: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    machine: MachineArgs,
}

/// `i/n`, with i from 1 to n.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parts
        .filter(|(part, of)| (1..=*of).contains(part))
        .ok_or_else(|| "i/n with i from 1 to n, as 2/5".to_string())
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    if !args.merge.is_empty() {
        return merge(args);
    }
    let console = Console { quiet: false };
    let interrupt = signals::watch(console);
    let mut tasks = study::tasks(if args.quick { 1 } else { args.seeds }, args.quick);
    if let Some((part, of)) = args.shard {
        let own = tasks.into_iter().enumerate().filter(|(index, _)| index % of == part - 1);
        tasks = own.map(|(_, task)| task).collect();
    }
    let minutes = study::duration(&tasks).as_secs_f64() / 60.0;
    console.line(&format!("{} runs, about {minutes:.0} minutes on two cores", tasks.len()));
    let dataset = args.data.load(Wanted::ALL, console)?;
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    let mut rows = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        let row = study::run(task, &dataset, &mut threads, &interrupt)?;
        console.line(&progress(index + 1, tasks.len(), task, &row));
        rows.push(row);
    }
    let how = if args.quick { " --quick".to_string() } else { format!(" --seeds {}", args.seeds) };
    let made_by = format!("tinyevo study{how} --out DIR");
    finish(args, &rows, &About { data: dataset.short_name(), made_by })
}

fn progress(done: usize, of: usize, task: &Task, row: &Row) -> String {
    format!(
        "{done}/{of} {}: {}, seed {}: {:.2} % after {:.1} s",
        task.experiment.question,
        task.experiment.name,
        task.seed,
        100.0 * row.accuracy,
        row.seconds
    )
}

fn finish(args: &Args, rows: &[Row], about: &About) -> Result<(), Error> {
    study::write(rows, about, &args.out)?;
    output::print(&format!("wrote {}\n", args.out.join("limits.md").display()))
}

fn merge(args: &Args) -> Result<(), Error> {
    let (mut rows, mut about): (Vec<Row>, Option<About>) = (Vec::new(), None);
    for folder in &args.merge {
        let path = folder.join("limits.csv");
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let (part, of) = study::parse(&text, &path)?;
        if about.as_ref().is_some_and(|about| *about != of) {
            let reason = "this part is of another study, or of other data, than the first one";
            return Err(Error::Content { path, reason: reason.to_string() });
        }
        about = Some(of);
        for row in part {
            let same = |other: &Row| {
                (&other.question, &other.name, other.seed) == (&row.question, &row.name, row.seed)
            };
            if !rows.iter().any(same) {
                rows.push(row);
            }
        }
    }
    let about =
        about.ok_or_else(|| Error::Usage("give the folders of parts to --merge".to_string()))?;
    finish(args, &rows, &about)
}
