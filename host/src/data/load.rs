//! The search order: which source is asked for a request, and what happens when it has nothing.

use super::builtin;
use super::dataset::{Dataset, Origin};
use super::error::{DataError, download};
use super::fetch::catalog::{self, Entry};
use super::fetch::download::{Client, Timeouts};
use super::published::Published;
use super::request::{Options, Progress, Request, Wanted};
use super::split::Split;
use super::{fetch as fetching, folder};
use std::path::{Path, PathBuf};

/// Where published data comes from; tests have sources of their own.
pub(super) struct Sources<'a> {
    pub(super) catalog: &'a dyn Fn(Published) -> Entry,
    pub(super) client: Client,
}

impl Sources<'_> {
    fn real() -> Self {
        Self { catalog: &catalog::entry, client: Client::new(Timeouts::default(), true) }
    }
}

/// Loads the data that `request` names: the splits of [`Options::wanted`], of which
/// [`Options::validation`] training images are held out.
///
/// | request | sources, in order |
/// | --- | --- |
/// | `Auto` | [`Options::data_dir`] alone if given; else cache, download, built-in digits with a notice |
/// | `Published(Mnist)` | [`Options::data_dir`] alone if given; else cache, download |
/// | `Published(..)` | cache, download |
/// | `Builtin` | built-in digits |
/// | `Folder` | that folder |
///
/// # Errors
/// See [`DataError`].
pub fn load(
    request: &Request,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    load_from(&Sources::real(), request, options, progress)
}

/// Makes sure that a published data set is in the cache, whole and right, and returns its folder
/// there. Files that are there already are kept.
///
/// # Errors
/// See [`DataError`].
pub fn fetch(
    set: Published,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<PathBuf, DataError> {
    let options = Options { wanted: Wanted::ALL, ..options.clone() };
    published(&Sources::real(), set, &options, progress)?;
    options.cache_folder(set)
}

/// [`load`] with any sources.
pub(super) fn load_from(
    sources: &Sources<'_>,
    request: &Request,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let mut options = options.clone();
    options.wanted.train |= options.validation > 0;
    let mut dataset = find(sources, request, &options, progress)?;
    if options.validation > 0 {
        let (asked, training) = (options.validation, dataset.train.len());
        let left = training.checked_sub(asked).filter(|left| *left > 0);
        let left = left.ok_or(DataError::Validation { asked, training })?;
        dataset.validation = dataset.train.split_off(left);
    }
    Ok(dataset)
}

fn find(
    sources: &Sources<'_>,
    request: &Request,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    match request {
        Request::Builtin => drawn(options),
        Request::Folder(folder) => {
            let splits = folder::load(folder, options.wanted)?;
            Ok(named(sources, Origin::Folder(folder.clone()), splits))
        }
        Request::Published(Published::Mnist) => mnist(sources, options, progress),
        Request::Published(set) => published(sources, *set, options, progress),
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
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let Some(folder) = options.given_folder() else {
        return published(sources, Published::Mnist, options, progress);
    };
    let splits = folder::load(folder, options.wanted)?;
    let data = named(sources, Origin::DataDir(folder.to_owned()), splits);
    if data.published.is_none() {
        progress.notice(&format!(
            "the files in {} are not the published MNIST;\n  results on them are not MNIST results",
            folder.display()
        ));
    }
    Ok(data)
}

/// The files of a folder that the user named; their checksums say whether they are MNIST.
fn named(sources: &Sources<'_>, origin: Origin, (train, test): (Split, Split)) -> Dataset {
    let mnist = (sources.catalog)(Published::Mnist);
    let published = mnist.first_difference(&train, &test).is_none().then_some(Published::Mnist);
    let name = published.map_or("unidentified images".to_owned(), |set| set.to_string());
    dataset(name, published, origin, (train, test))
}

/// A published data set from the cache, downloaded first if it is not there or damaged.
fn published(
    sources: &Sources<'_>,
    set: Published,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let mut entry = (sources.catalog)(set);
    if !options.mirrors.is_empty() {
        entry.mirrors.clone_from(&options.mirrors);
    }
    let folder = options.cache_folder(set)?;
    let splits = match cached(&entry, &folder, options.wanted) {
        Ok(splits) => splits,
        Err(error) if options.offline => return Err(offline(set, &folder, &error)),
        Err(error) => {
            if !matches!(error, DataError::NoFolder { .. } | DataError::MissingFile { .. }) {
                progress.notice(&format!("{}\n  downloading it again", error.headline()));
            }
            fetching::fetch(&entry, &folder, &sources.client, progress)?;
            cached(&entry, &folder, options.wanted)?
        }
    };
    Ok(dataset(set.to_string(), Some(set), Origin::Cache(folder), splits))
}

/// The splits in the cache, if they are what was published.
fn cached(entry: &Entry, folder: &Path, wanted: Wanted) -> Result<(Split, Split), DataError> {
    let (train, test) = folder::load(folder, wanted)?;
    match entry.first_difference(&train, &test) {
        None => Ok((train, test)),
        Some((name, fault)) => Err(DataError::BadFile { path: folder.join(name), fault }),
    }
}

fn drawn(options: &Options<'_>) -> Result<Dataset, DataError> {
    let origin = Origin::Builtin { seed: options.builtin_seed };
    Ok(dataset("built-in digits".to_owned(), None, origin, builtin::draw(options)?))
}

fn dataset(
    name: String,
    published: Option<Published>,
    origin: Origin,
    (train, test): (Split, Split),
) -> Dataset {
    let validation = Split::empty(test.shape, test.classes);
    Dataset { name, published, origin, train, validation, test }
}

fn offline(set: Published, folder: &Path, error: &DataError) -> DataError {
    DataError::Offline {
        set,
        folder: folder.to_owned(),
        why: match error {
            DataError::NoFolder { .. } => "it was not downloaded yet".into(),
            error => error.headline(),
        },
    }
}

/// Why the built-in digits take the place of MNIST, and how to get it.
fn stand_in(error: &DataError) -> String {
    let why = match error {
        // Where it was looked for helps nobody before a first download.
        DataError::Offline { why, .. } => format!("{why}, and downloads are turned off"),
        error => error.headline(),
    };
    format!(
        "MNIST could not be loaded; using the built-in digits instead (not MNIST results)\n  \
         reason: {why}\n  \
         to use MNIST, {},\n  \
         or name a folder with its four files with --data or TINYEVO_DATA",
        download(Published::Mnist)
    )
}
