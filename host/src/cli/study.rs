//! `tinyevo study`: the tutorial's questions, answered by runs, and the records.

use super::options::{DataArgs, MachineArgs};
use super::output::{self, Console};
use super::signals;
use crate::data::Wanted;
use crate::error::Error;
use crate::study::{self, About, Row, Study, Task};
use crate::threads::Threads;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder for limits.md, limits.csv and the figures, or records.md and records.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The records instead of the tutorial's questions: hours
    #[arg(long)]
    records: bool,
    /// Keep the runs of the table that is in the folder, and do those that it lacks, such as more seeds
    #[arg(long)]
    resume: bool,
    /// A taste in about a minute: a fifteenth of the generations, one seed
    #[arg(long, conflicts_with_all = ["seeds", "records"])]
    quick: bool,
    /// Number of seeds of each run
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Only part i of n of the runs, as 2/5: for several machines
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Join the parts in these folders instead of running
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["quick", "seeds", "shard", "resume"])]
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

impl Args {
    const fn study(&self) -> Study {
        if self.records { Study::Records } else { Study::Limits }
    }

    const fn seeds(&self) -> u64 {
        if self.quick { 1 } else { self.seeds }
    }

    /// The runs that are asked for.
    fn tasks(&self) -> Vec<Task> {
        let mut tasks = self.study().tasks(self.seeds(), self.quick);
        if let Some((part, of)) = self.shard {
            let own = tasks.into_iter().enumerate().filter(|(index, _)| index % of == part - 1);
            tasks = own.map(|(_, task)| task).collect();
        }
        tasks
    }

    /// The command that makes such a table.
    fn command(&self) -> String {
        let records = if self.records { " --records" } else { "" };
        let how = if self.quick { " --quick" } else { &format!(" --seeds {}", self.seeds) };
        format!("tinyevo study{records}{how} --out DIR")
    }
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    if !args.merge.is_empty() {
        return merge(args);
    }
    let console = Console { quiet: false };
    let interrupt = signals::watch(console);
    let mut tasks = args.tasks();
    let dataset = args.data.load(Wanted::ALL, console)?;
    if args.records && dataset.short_name() != "MNIST" {
        let name = dataset.short_name();
        return Err(Error::Usage(format!("records are of MNIST, and the data is {name}")));
    }
    let about = About { data: dataset.short_name(), made_by: args.command() };
    let mut rows = if args.resume { kept(args, &about, console)? } else { Vec::new() };
    tasks.retain(|task| !rows.iter().any(|row| row.is_of(task)));
    let all = tasks.len();
    tasks.retain(|task| study::TRAINS || !task.experiment.is_training());
    if tasks.len() < all {
        console.line("the runs of Adam are left out: they need a build with --features gradient");
    }
    let minutes = study::duration(&tasks).as_secs_f64() / 60.0;
    console.line(&format!("{} runs, about {minutes:.0} minutes on two cores", tasks.len()));
    let mut threads = Threads::new(args.machine.threads(), args.machine.isa())?;
    for (index, task) in tasks.iter().enumerate() {
        let row = study::run(task, &dataset, &mut threads, &interrupt)?;
        console.line(&progress(index + 1, tasks.len(), task, &row));
        rows.push(row);
        study::write_table(args.study(), &rows, &about, &args.out)?;
    }
    finish(args, &rows, &about)
}

/// The rows of the table that is in the folder, if there is one, whose runs are those of today's plan. A table of fewer seeds
/// is taken; one of more seeds, of other data or of the other kind of study is an error.
fn kept(args: &Args, about: &About, console: Console) -> Result<Vec<Row>, Error> {
    let path = study::table_path(args.study(), &args.out);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let (mut rows, of) = read(&path)?;
    if of.data != about.data || kind(&of.made_by) != kind(&about.made_by) {
        let reason = format!(
            "this table is of {}, made by {}; this study is of {}, made by {}: choose another --out",
            of.data, of.made_by, about.data, about.made_by
        );
        return Err(Error::Content { path, reason });
    }
    let tasks = args.study().tasks(1, args.quick);
    rows.retain(|row| {
        let of_any_seed = |task: &Task| row.is_of(&task.with_seed(row.seed));
        let is_planned = tasks.iter().any(of_any_seed);
        if !is_planned {
            let Row { question, name, seed, .. } = row;
            console.line(&format!("no run of the study any more: {question}: {name}, seed {seed}"));
        }
        is_planned
    });
    match rows.iter().map(|row| row.seed).max() {
        Some(most) if most > args.seeds() => {
            let reason = format!("this table has runs of {most} seeds: --seeds {most} keeps them");
            Err(Error::Content { path, reason })
        }
        _ => Ok(rows),
    }
}

/// A study's command without its number of seeds.
fn kind(made_by: &str) -> &str {
    made_by.split_once(" --seeds").map_or(made_by, |(command, _)| command)
}

fn read(path: &Path) -> Result<(Vec<Row>, About), Error> {
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    study::parse(&text, path)
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
    study::write(args.study(), rows, about, &args.out)?;
    let page = args.out.join(args.study().name()).with_extension("md");
    output::print(&format!("wrote {}\n", page.display()))
}

fn merge(args: &Args) -> Result<(), Error> {
    let (mut rows, mut about): (Vec<Row>, Option<About>) = (Vec::new(), None);
    for folder in &args.merge {
        let path = study::table_path(args.study(), folder);
        let (part, of) = read(&path)?;
        if about.as_ref().is_some_and(|about| *about != of) {
            let reason = "this part is of another study, or of other data, than the first one";
            return Err(Error::Content { path, reason: reason.to_string() });
        }
        about = Some(of);
        for row in part {
            let same = |other: &Row| {
                (&other.question, &other.name, other.seed) == (&row.question, &row.name, row.seed)
            };
            match rows.iter().find(|other| same(other)) {
                None => rows.push(row),
                Some(other) if other.state_hash == row.state_hash => {}
                Some(other) => {
                    let Row { name, seed, state_hash, .. } = &row;
                    let reason = format!(
                        "{name}, seed {seed}, has the state {state_hash}, and {} in another part",
                        other.state_hash
                    );
                    return Err(Error::Content { path, reason });
                }
            }
        }
    }
    let about =
        about.ok_or_else(|| Error::Usage("give the folders of parts to --merge".to_string()))?;
    finish(args, &rows, &about)
}
