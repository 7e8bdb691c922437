//! The search order: which source is asked for a request, and what happens when it has nothing.

use super::catalog::{self, Entry};
use super::dataset::{Dataset, Origin};
use super::download::{Client, Timeouts};
use super::generate::generate;
use super::{DataError, Options, Progress, Published, Request, Split, fetch as fetching, folder};
use std::path::{Path, PathBuf};

/// What a folder's files are called when their checksums are not MNIST's.
const UNIDENTIFIED: &str = "unidentified images";

/// Where published data comes from; tests have sources of their own.
pub(super) struct Sources<'a> {
    pub(super) catalog: &'a dyn Fn(Published) -> Entry,
    pub(super) client: Client,
}

impl Sources<'_> {
    fn real() -> Self {
        Self { catalog: &catalog::entry, client: Client::new(Timeouts::default(), true) }
    }

    fn entry(&self, set: Published, options: &Options) -> Entry {
        let mut entry = (self.catalog)(set);
        if !options.mirrors.is_empty() {
            entry.mirrors.clone_from(&options.mirrors);
        }
        entry
    }
}

/// Loads the data that `request` names.
///
/// | request | sources, in order |
/// | --- | --- |
/// | `Auto` | [`Options::data_dir`] alone if given; else cache, download, built-in digits with a notice |
/// | `Mnist` | [`Options::data_dir`] alone if given; else cache, download |
/// | `Fashion`, `Kmnist` | cache, download |
/// | `Builtin` | built-in digits |
/// | `Folder` | that folder |
///
/// # Errors
/// See [`DataError`].
pub fn load(
    request: &Request,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    load_from(&Sources::real(), request, options, progress)
}

/// Makes sure that a published data set is in the cache, whole and right, and returns its folder there.
///
/// Files that are there already are kept; an interrupted download goes on where it stopped.
///
/// # Errors
/// [`DataError::Download`] when no mirror gave a good file, [`DataError::Offline`] when something is missing and
/// [`Options::offline`] is set, [`DataError::Io`] when the cache cannot be written.
pub fn fetch(
    set: Published,
    options: &Options,
    progress: &dyn Progress,
) -> Result<PathBuf, DataError> {
    let sources = Sources::real();
    let entry = sources.entry(set, options);
    let folder = options.cache_folder(set)?;
    if options.offline {
        cached(&entry, &folder).map_err(|error| offline(set, &folder, &error))?;
    } else {
        fetching::fetch(&entry, &folder, &sources.client, progress)?;
    }
    Ok(folder)
}

/// [`load`] with any sources.
pub(super) fn load_from(
    sources: &Sources<'_>,
    request: &Request,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    match request {
        Request::Builtin => drawn(options),
        Request::Folder(folder) => named(sources, folder),
        Request::Fashion => published(sources, Published::Fashion, options, progress),
        Request::Kmnist => published(sources, Published::Kmnist, options, progress),
        Request::Mnist => mnist(sources, options, progress),
        Request::Auto => match mnist(sources, options, progress) {
            // A folder that was given on purpose is not passed over in silence.
            Err(error) if options.given_folder().is_none() => {
                progress.notice(&stand_in(&error));
                drawn(options)
            }
            result => result,
        },
    }
}

fn mnist(
    sources: &Sources<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let Some(folder) = options.given_folder() else {
        return published(sources, Published::Mnist, options, progress);
    };
    let data = named(sources, folder)?;
    if data.name == UNIDENTIFIED {
        progress.notice(&format!(
            "the files in {} are well formed, but they are not the published MNIST: results on them are not MNIST results",
            folder.display()
        ));
    }
    Ok(data)
}

/// The files of a folder that the user named.
fn named(sources: &Sources<'_>, folder: &Path) -> Result<Dataset, DataError> {
    let (train, test) = folder::load(folder)?;
    let mnist = (sources.catalog)(Published::Mnist);
    let name = match mnist.first_difference(&train, &test) {
        None => Published::Mnist.to_string(),
        Some(_) => UNIDENTIFIED.to_owned(),
    };
    Ok(Dataset {
        name,
        origin: Origin::Folder(folder.to_owned()),
        train,
        validation: Split::default(),
        test,
    })
}

/// A published data set from the cache, downloaded first if it is not there or damaged.
fn published(
    sources: &Sources<'_>,
    set: Published,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let entry = sources.entry(set, options);
    let folder = options.cache_folder(set)?;
    let (train, test) = match cached(&entry, &folder) {
        Ok(splits) => splits,
        Err(error) if options.offline => return Err(offline(set, &folder, &error)),
        Err(error) => {
            if !matches!(error, DataError::NoFolder(_) | DataError::MissingFile { .. }) {
                progress.notice(&format!("{}; fetching it again", error.headline()));
            }
            fetching::fetch(&entry, &folder, &sources.client, progress)?;
            cached(&entry, &folder)?
        }
    };
    Ok(Dataset {
        name: set.to_string(),
        origin: Origin::Cache(folder),
        train,
        validation: Split::default(),
        test,
    })
}

/// The splits in the cache, if they are what was published.
fn cached(entry: &Entry, folder: &Path) -> Result<(Split, Split), DataError> {
    let (train, test) = folder::load(folder)?;
    match entry.first_difference(&train, &test) {
        None => Ok((train, test)),
        Some((name, fault)) => Err(DataError::BadFile { path: folder.join(name), fault }),
    }
}

fn drawn(options: &Options) -> Result<Dataset, DataError> {
    let seed = options.builtin_seed;
    let (train, test) = generate(seed, options.builtin_train, options.builtin_test)?;
    Ok(Dataset {
        name: "built-in digits".into(),
        origin: Origin::Builtin { seed },
        train,
        validation: Split::default(),
        test,
    })
}

fn offline(set: Published, folder: &Path, error: &DataError) -> DataError {
    DataError::Offline {
        set,
        folder: folder.to_owned(),
        why: match error {
            DataError::NoFolder(_) => "nothing was downloaded yet".into(),
            error => error.headline(),
        },
    }
}

/// Why the built-in digits take the place of MNIST, and how to get it.
fn stand_in(error: &DataError) -> String {
    format!(
        "MNIST is not to be had, so digits drawn by tinyevo stand in for it: results on them are not MNIST results\n  \
         {error}\n  \
         to get MNIST run `tinyevo data fetch mnist`, or name a folder with its four files in TINYEVO_DATA"
    )
}
