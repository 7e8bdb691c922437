//! Flags that several commands share: where data comes from, which network, how many threads.

use super::output::Console;
use super::overrides::{Overrides, about};
use super::progress::Downloads;
use crate::champion::Champion;
use crate::config::{Data, Preset, SplitName};
use crate::data::{self, CLASSES, Dataset, PIXELS, Request, Split};
use crate::error::Error;
use crate::formats;
use crate::threads::isa::Isa;
use clap::Args;
use std::path::PathBuf;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The environment variable that names a folder with MNIST.
const DATA_VARIABLE: &str = "TINYEVO_DATA";

/// The most threads that make sense anywhere.
const MOST_THREADS: i64 = 4096;

/// What `--data` takes.
const DATA_HELP: &str = "mnist, fashion, kmnist, builtin, auto, or a folder with the four IDX files, \
     plain or gzipped. auto: the folder in TINYEVO_DATA, else the cache, else a download, else \
     built-in digits";

/// Where data comes from.
#[derive(Debug, Args)]
pub(super) struct DataArgs {
    #[arg(long, value_name = "DIR|NAME")]
    #[arg(help = about(DATA_HELP, "data.source"))]
    data: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of training images of the built-in digits", "data.builtin_train"))]
    builtin_train: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Number of test images of the built-in digits", "data.builtin_test"))]
    builtin_test: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Seed of the built-in digits", "data.builtin_seed"))]
    builtin_seed: Option<String>,
    /// Never use the network
    #[arg(long)]
    pub(super) offline: bool,
}

impl DataArgs {
    /// Adds what was given to the settings of the flags.
    pub(super) fn put(&self, flags: &mut Overrides) {
        flags.word("--data", "data.source", &self.data);
        flags.set("--builtin-train", "data.builtin_train", &self.builtin_train);
        flags.set("--builtin-test", "data.builtin_test", &self.builtin_test);
        flags.set("--builtin-seed", "data.builtin_seed", &self.builtin_seed);
    }

    /// Loads the data set of these flags alone.
    pub(super) fn load(&self, console: Console) -> Result<Dataset, Error> {
        let mut flags = Overrides::new();
        self.put(&mut flags);
        let config = flags.over(Preset::Tutorial)?;
        load(&config.data, self.offline, console)
    }
}

/// How the loaders are told where to look.
pub(super) fn data_options(data: &Data, offline: bool) -> data::Options {
    data::Options {
        data_dir: std::env::var_os(DATA_VARIABLE).filter(|dir| !dir.is_empty()).map(PathBuf::from),
        builtin_seed: data.builtin_seed,
        builtin_train: data.builtin_train,
        builtin_test: data.builtin_test,
        offline,
        ..data::Options::default()
    }
}

/// Loads a data set, with progress and notices on the console.
pub(super) fn load(data: &Data, offline: bool, console: Console) -> Result<Dataset, Error> {
    let request: Request = data.source.parse()?;
    Ok(data::load(&request, &data_options(data, offline), &Downloads::new(console))?)
}

/// The part of a data set that a name stands for.
pub(super) fn split(dataset: &Dataset, name: SplitName) -> &Split {
    match name {
        SplitName::Train => &dataset.train,
        SplitName::Test => &dataset.test,
    }
}

/// The network.
#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    #[arg(long, value_name = "N[,N]", allow_negative_numbers = true)]
    #[arg(help = about("Units of each hidden layer, as 128 or 64,32; 0 for no hidden layer", "network.hidden"))]
    hidden: Option<String>,
}

impl NetworkArgs {
    /// Adds what was given to the settings of the flags.
    pub(super) fn put(&self, flags: &mut Overrides) {
        flags.list("--hidden", "network.hidden", &self.hidden);
    }

    /// The network of these flags alone.
    pub(super) fn network(&self) -> Result<Network, Error> {
        let mut flags = Overrides::new();
        self.put(&mut flags);
        Ok(flags.over(Preset::Tutorial)?.network(Shape::flat(PIXELS), CLASSES)?)
    }
}

/// The network of a champion, or of the flags.
#[derive(Debug, Args)]
pub(super) struct ChampionOrNetwork {
    /// The champion: champion.safetensors, or a .tev file [default: the network of --hidden]
    #[arg(conflicts_with = "hidden")]
    file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl ChampionOrNetwork {
    /// The champion of the file, if one was given.
    pub(super) fn champion(&self) -> Result<Option<Champion>, Error> {
        self.file.as_deref().map(formats::read).transpose()
    }

    /// The network of the champion, or that of the flags.
    pub(super) fn network(&self, champion: Option<Champion>) -> Result<Network, Error> {
        champion.map_or_else(|| self.network.network(), |found| Ok(found.network().clone()))
    }
}

/// On what the work is done. No result depends on it.
#[derive(Debug, Args)]
pub(super) struct MachineArgs {
    /// Threads [default: all cores]; no result depends on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_THREADS))]
    threads: Option<u32>,
    /// Instruction set: avx512, avx2 or baseline [default: the widest]; no result depends on it
    #[arg(long, value_name = "NAME")]
    isa: Option<Isa>,
}

impl MachineArgs {
    pub(super) fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(all, |threads| threads as usize)
    }

    pub(super) fn isa(&self) -> Isa {
        self.isa.unwrap_or_else(Isa::detect)
    }
}
