//! Flags that several commands share: where data comes from, which network, how many threads.

use super::output::Console;
use super::progress::Downloads;
use crate::config::{Config, Data, SplitName};
use crate::data::{self, Dataset, Request, Split, Wanted};
use crate::error::Error;
use crate::export::weights;
use crate::isa::Isa;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use tinyevo_core::network::Network;

/// The environment variable that names a folder with MNIST.
const DATA_VARIABLE: &str = "TINYEVO_DATA";

/// The most threads that make sense anywhere.
const MOST_THREADS: i64 = 4096;

/// Where data comes from.
#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// mnist, fashion, kmnist, builtin, auto, or a folder with the four IDX files, plain or gzipped.
    /// auto: the folder in TINYEVO_DATA; else MNIST, downloaded if need be; else built-in digits
    /// [default: auto]
    #[arg(long, value_name = "DIR|NAME")]
    data: Option<OsString>,
    /// Number of training images of the built-in digits [default: 60000]
    #[arg(long, value_name = "N")]
    builtin_train: Option<usize>,
    /// Number of test images of the built-in digits [default: 10000]
    #[arg(long, value_name = "N")]
    builtin_test: Option<usize>,
    /// Seed of the built-in digits [default: 64]
    #[arg(long, value_name = "N")]
    builtin_seed: Option<u64>,
    /// Never use the network
    #[arg(long)]
    pub(super) offline: bool,
}

impl DataArgs {
    /// Writes what was given over a configuration. A folder that is not UTF-8 has no place there;
    /// [`Self::load_configured`] takes it from the flag.
    pub(super) fn apply(&self, data: &mut Data) {
        if let Some(source) = self.data.as_ref().and_then(|source| source.to_str()) {
            data.source = source.to_owned();
        }
        data.builtin_train = self.builtin_train.unwrap_or(data.builtin_train);
        data.builtin_test = self.builtin_test.unwrap_or(data.builtin_test);
        data.builtin_seed = self.builtin_seed.unwrap_or(data.builtin_seed);
    }

    /// Loads the data set of these flags alone, drawn by the calling thread.
    pub(super) fn load(&self, wanted: Wanted, console: Console) -> Result<Dataset, Error> {
        let mut config = Config::default();
        self.apply(&mut config.data);
        config.check()?;
        let options = data::Options { wanted, ..Default::default() };
        self.load_configured(&config.data, options, console)
    }

    /// Loads the data set of a configuration over which these flags were written, with progress and
    /// notices on the console. Of the options, what is wanted, held out and the threads count.
    pub(super) fn load_configured(
        &self,
        data: &Data,
        options: data::Options<'_>,
        console: Console,
    ) -> Result<Dataset, Error> {
        let request = match &self.data {
            Some(source) => Request::new(source)?,
            None => Request::new(&data.source)?,
        };
        let dir = std::env::var_os(DATA_VARIABLE).filter(|dir| !dir.is_empty());
        let options = data::Options {
            data_dir: dir.map(PathBuf::from),
            builtin_seed: data.builtin_seed,
            builtin_train: data.builtin_train,
            builtin_test: data.builtin_test,
            offline: self.offline,
            ..options
        };
        Ok(data::load(&request, &options, &Downloads::new(console))?)
    }
}

/// The part of a data set that a name stands for.
pub(super) fn split(dataset: &Dataset, name: SplitName) -> &Split {
    match name {
        SplitName::Train => &dataset.train,
        SplitName::Test => &dataset.test,
    }
}

/// What to load for the part of a data set that a name stands for.
pub(super) const fn wanted(name: SplitName) -> Wanted {
    match name {
        SplitName::Train => Wanted::TRAIN,
        SplitName::Test => Wanted::TEST,
    }
}

/// The network.
#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    /// Units of the hidden layer, or of several, as 128 or 64,32; 0 for none [default: 128]
    #[arg(long, value_name = "N[,N]", value_delimiter = ',')]
    hidden: Option<Vec<usize>>,
}

impl NetworkArgs {
    /// Writes what was given over a configuration.
    pub(super) fn apply(&self, config: &mut Config) {
        if let Some(hidden) = &self.hidden {
            config.network.hidden = if *hidden == [0] { Vec::new() } else { hidden.clone() };
        }
    }

    /// The network of these flags alone.
    pub(super) fn network(&self) -> Result<Network, Error> {
        let mut config = Config::default();
        self.apply(&mut config);
        config.network()
    }
}

/// The network of a champion, or of the flags.
#[derive(Debug, Args)]
pub(super) struct ChampionOrNetwork {
    /// Weights whose network is taken, as champion.safetensors; without them the network of --hidden
    #[arg(conflicts_with = "hidden")]
    file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
}

impl ChampionOrNetwork {
    pub(super) fn network(&self) -> Result<Network, Error> {
        match &self.file {
            Some(file) => Ok(weights::read(file)?.0),
            None => self.network.network(),
        }
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

/// The layers of a network as `784-128-10`.
pub(super) fn network_name(network: &Network) -> String {
    let mut name = network.input().elements().to_string();
    for stage in network.stages() {
        name.push_str(&format!("-{}", stage.output.elements()));
    }
    name
}
