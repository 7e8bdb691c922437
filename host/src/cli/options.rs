//! Flags that several commands share: where data comes from, which network, how many threads.

use super::output::Console;
use super::overrides::{Overrides, about};
use super::progress::Downloads;
use crate::champion::Champion;
use crate::config::{ConfigError, Data, Layers, Preset, SplitName};
use crate::data::{self, Dataset, Request, Split, Wanted};
use crate::error::Error;
use crate::formats;
use crate::run::Kept;
use crate::threads::isa::Isa;
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The environment variable that names a folder with MNIST.
const DATA_VARIABLE: &str = "TINYEVO_DATA";

/// The most threads that make sense anywhere.
const MOST_THREADS: i64 = 4096;

/// What `--data` takes.
const DATA_HELP: &str = "mnist, fashion, kmnist, builtin, auto, or your own: FILE.npz, FILE.csv, a folder of PNG \
     files by class, or one with the four IDX files, plain or gzipped (docs/own-data.md). auto: the folder in TINYEVO_DATA, else the cache, else a download, else \
     built-in digits";

/// Where data comes from.
#[derive(Debug, Args)]
pub(super) struct DataArgs {
    #[arg(long, value_name = "FILE|DIR|NAME")]
    #[arg(help = about(DATA_HELP, "data.source"))]
    data: Option<OsString>,
    #[arg(long, value_name = "NAME")]
    #[arg(help = about("Column of the label in a CSV file: its name, or its number from 1", "data.label"))]
    label: Option<String>,
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(help = about("Share of your own data that becomes the test part where it has none", "data.test_share"))]
    test_share: Option<String>,
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(help = about("Seed by which your own data is divided and shuffled", "data.split_seed"))]
    split_seed: Option<String>,
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
        // A folder that is not UTF-8 has no place in a configuration; loading takes it from the flag.
        let text = self.data.as_ref().and_then(|source| source.to_str()).map(str::to_string);
        flags.word("--data", "data.source", &text);
        flags.word("--label", "data.label", &self.label);
        flags.set("--test-share", "data.test_share", &self.test_share);
        flags.set("--split-seed", "data.split_seed", &self.split_seed);
        flags.set("--builtin-train", "data.builtin_train", &self.builtin_train);
        flags.set("--builtin-test", "data.builtin_test", &self.builtin_test);
        flags.set("--builtin-seed", "data.builtin_seed", &self.builtin_seed);
    }

    /// Whether a source is named that may be no text.
    pub(super) const fn is_given(&self) -> bool {
        self.data.is_some()
    }

    /// Whether one says how own data is divided.
    pub(super) const fn divide(&self) -> bool {
        self.test_share.is_some() || self.split_seed.is_some()
    }

    /// Loads the data set of these flags alone, drawn by the calling thread.
    pub(super) fn load(&self, wanted: Wanted, console: Console) -> Result<Dataset, Error> {
        let options = data::Options { wanted, ..data::Options::default() };
        self.load_configured(&self.settings()?, options, console)
    }

    /// The data for the champion of a file, normalised as its own data was, where the first `train` training
    /// images are enough: of the built-in digits, each of which depends on its own number alone, no others are drawn.
    pub(super) fn load_for(
        &self,
        (champion, file): (&Champion, &Path),
        train: usize,
        wanted: Wanted,
        console: Console,
    ) -> Result<Dataset, Error> {
        let run = if self.is_given() { None } else { run_of(file)? };
        let mut data = self.settings_for(run.as_ref(), console)?;
        data.builtin_train = data.builtin_train.min(train);
        self.load_fitting(&data, champion, wanted, console)
    }

    /// The settings of these flags alone.
    fn settings(&self) -> Result<Data, Error> {
        let mut flags = Overrides::new();
        self.put(&mut flags);
        Ok(flags.over(Preset::Tutorial)?.data)
    }

    /// The settings of these flags; where they name no data, over those of the champion's run, if there is one. What nobody asked
    /// for is said on the console.
    pub(super) fn settings_for(&self, run: Option<&Kept>, console: Console) -> Result<Data, Error> {
        let own = self.settings()?;
        if self.is_given() {
            return Ok(own);
        }
        let Some(run) = run else {
            console.line(
                "no --data, and no run beside the champion: taking MNIST, or what stands in for it",
            );
            return Ok(own);
        };
        let source = &run.config.data.source;
        console.line(&format!("no --data: taking that of the champion's run, {source}"));
        let mut flags = Overrides::new();
        self.put(&mut flags);
        let mut layers = Layers::read(&run.path.join("config.toml"))?;
        layers.put(flags.overlay())?;
        let Data { validation, fingerprint, .. } = own;
        Ok(Data { validation, fingerprint, ..layers.config()?.data })
    }

    /// [`load_for`](Self::load_for) with settings over which these flags were put.
    pub(super) fn load_fitting(
        &self,
        data: &Data,
        champion: &Champion,
        wanted: Wanted,
        console: Console,
    ) -> Result<Dataset, Error> {
        let description = Some(champion.description.clone());
        let options = data::Options { wanted, description, ..data::Options::default() };
        let dataset = self.load_configured(data, options, console)?;
        champion.check_data(dataset.shape(), dataset.classes())?;
        Ok(dataset)
    }

    /// Loads the data set of a configuration over which these flags were put, with progress and
    /// notices on the console. Of the options, what is wanted and the threads count.
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
        let options = data::Options { offline: self.offline, ..options };
        load(&request, data, options, console)
    }
}

/// The run in whose folder the file of a champion lies; a folder without configuration is that of no run.
///
/// # Errors
/// Its files cannot be read.
pub(super) fn run_of(file: &Path) -> Result<Option<Kept>, Error> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if folder.join("config.toml").exists() { Kept::read(folder) } else { Ok(None) }
}

/// Loads the data of a request with the numbers of a configuration. Of the options, what is wanted, the threads and whether
/// the network may be used count.
pub(super) fn load(
    request: &Request,
    data: &Data,
    options: data::Options<'_>,
    console: Console,
) -> Result<Dataset, Error> {
    let dir = std::env::var_os(DATA_VARIABLE).filter(|dir| !dir.is_empty());
    let options = data::Options {
        data_dir: dir.map(PathBuf::from),
        label: data.label.clone(),
        test_share: data.test_share,
        split_seed: data.split_seed,
        builtin_seed: data.builtin_seed,
        builtin_train: data.builtin_train,
        builtin_test: data.builtin_test,
        validation: data.validation,
        ..options
    };
    Ok(data::load(request, &options, &Downloads::new(console))?)
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
    #[arg(long, value_name = "N[,N]", allow_negative_numbers = true)]
    #[arg(help = about("Units of each hidden layer, as 128 or 64,32; 0 for no hidden layer, with the presets tutorial, ga, low-rank", "network.hidden"))]
    hidden: Option<String>,
    /// All layers, as conv:10x5,pool:2,dense:10: conv:FILTERSxSIZE[:STRIDE][:same], pool:SIZE[:STRIDE][:same],
    /// dense:UNITS; the last one has a unit for each class [default: that of the preset]
    #[arg(long, value_name = "LAYERS", conflicts_with = "hidden")]
    network: Option<String>,
}

impl NetworkArgs {
    /// Adds what was given to the settings of the flags.
    pub(super) fn put(&self, flags: &mut Overrides) -> Result<(), ConfigError> {
        flags.list("--hidden", "network.hidden", &self.hidden);
        flags.network("--network", &self.network)
    }

    /// The network of these flags alone, for samples of this shape and number of classes; by default those of the preset, and
    /// as many classes as --network says.
    pub(super) fn network(
        &self,
        input: Option<Shape>,
        classes: Option<usize>,
    ) -> Result<Network, Error> {
        let mut flags = Overrides::new();
        self.put(&mut flags)?;
        let config = flags.over(Preset::Tutorial)?;
        let usual = config.preset.samples();
        let classes = classes.or(config.network.outputs).unwrap_or(usual.1);
        Ok(config.network(input.unwrap_or(usual.0), classes)?)
    }

    /// The network of these flags for samples of a data set.
    pub(super) fn network_for(&self, dataset: &Dataset) -> Result<Network, Error> {
        let mut flags = Overrides::new();
        self.put(&mut flags)?;
        let config = flags.over(Preset::Tutorial)?;
        Ok(config.network(dataset.shape(), dataset.classes())?)
    }
}

/// The file of a champion: for a folder, that of the run in it.
pub(super) fn champion_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        let champion = path.join("champion.safetensors");
        if !path.is_dir() {
            Ok(path)
        } else if champion.exists() {
            Ok(champion)
        } else if path.join("summary.csv").exists() {
            Err("it is a folder of several runs: name one of those in it")
        } else {
            Err("it is a folder without a champion.safetensors")
        }
    })
}

/// The network of a champion, or of the flags.
#[derive(Debug, Args)]
pub(super) struct ChampionOrNetwork {
    /// The champion: the folder of a run, a .safetensors or a .tev file [default: the network of --hidden]
    #[arg(conflicts_with_all = ["hidden", "network"], value_parser = champion_file())]
    file: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
    /// Rows, columns and channels of a sample, as 28x28x3 or 6x50, or the number of features [default: 28x28x1]
    #[arg(long, value_name = "ROWSxCOLUMNSxCHANNELS", value_parser = shape, conflicts_with = "file")]
    input: Option<Shape>,
    /// Number of classes, for --hidden [default: 10; with --network the units of its last layer]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    #[arg(conflicts_with = "file")]
    classes: Option<u16>,
}

/// A shape, as 28x28x1.
pub(super) fn shape(text: &str) -> Result<Shape, String> {
    let sides: Option<Vec<usize>> = text
        .split('x')
        .map(|side| side.parse().ok().filter(|side| (1..=1_000_000).contains(side)))
        .collect();
    match sides.as_deref() {
        Some(&[height, width, channels]) => Ok(Shape { height, width, channels }),
        Some(&[height, width]) => Ok(Shape { height, width, channels: 1 }),
        Some(&[inputs]) => Ok(Shape::flat(inputs)),
        _ => Err("rows, columns and channels, as 28x28x1".to_string()),
    }
}

impl ChampionOrNetwork {
    /// The champion of the file, if one was given.
    pub(super) fn champion(&self) -> Result<Option<Champion>, Error> {
        self.file.as_deref().map(formats::read).transpose()
    }

    /// The network of the champion, or that of the flags.
    pub(super) fn network(&self, champion: Option<Champion>) -> Result<Network, Error> {
        let classes = self.classes.map(usize::from);
        let network = || self.network.network(self.input, classes);
        champion.map_or_else(network, |found| Ok(found.network().clone()))
    }

    /// Whether samples of another shape than the preset's are given.
    pub(super) fn is_other_data(&self) -> bool {
        self.input.is_some_and(|shape| shape != Preset::Tutorial.samples().0)
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
