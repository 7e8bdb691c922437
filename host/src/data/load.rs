//! The search order: the sources of a request, and the fallback if one has no data.

use super::dataset::{Dataset, Origin};
use super::error::{DataError, download, elsewhere};
use super::fetch::Fetch;
use super::fetch::catalog::{self, Entry};
use super::fetch::download::Client;
use super::request::{Options, Progress, Published, Request, Wanted};
use super::{builtin, folder, own};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest silence of a server.
const SILENCE: Duration = Duration::from_secs(30);

/// Loads the data that `request` names: the splits of [`Options::wanted`], of which
/// [`Options::validation`] training images are held out.
///
/// A published set is looked for in the cache, then downloaded; where MNIST is asked for and
/// [`Options::data_dir`] is given, that folder is taken alone. [`Request::Auto`] is the same for
/// MNIST, and in the end takes the built-in digits with a notice.
///
/// # Errors
/// See [`DataError`].
pub fn load(
    request: &Request,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<Dataset, DataError> {
    let client = Client::new(SILENCE, true);
    Search { catalog: &catalog::entry, client, options, progress }.load(request)
}

/// Downloads a published data set into the cache, unless it is there whole and right already, and
/// returns its folder.
///
/// # Errors
/// See [`DataError`].
pub fn fetch(
    set: Published,
    options: &Options<'_>,
    progress: &dyn Progress,
) -> Result<PathBuf, DataError> {
    let options = Options { wanted: Wanted::ALL, data_dir: None, ..options.clone() };
    load(&Request::Published(set), &options, progress)?;
    options.cache_folder(set)
}

/// A search for data; tests have a catalogue and a client of their own.
pub(super) struct Search<'a> {
    pub(super) catalog: &'a dyn Fn(Published) -> Entry,
    pub(super) client: Client,
    pub(super) options: &'a Options<'a>,
    pub(super) progress: &'a dyn Progress,
}

impl Search<'_> {
    /// Finds and loads the data, and holds out the validation split.
    pub(super) fn load(&self, request: &Request) -> Result<Dataset, DataError> {
        let is_table = matches!(request, Request::Folder(path) if own::is_table(path));
        if self.options.label.is_some() && !is_table {
            return Err(DataError::NoTable);
        }
        let mut dataset = self.find(request)?;
        if let Some(champion) = &self.options.description {
            own::check_normalisation(champion, &dataset)?;
        }
        let (mut asked, training) = (self.options.validation, dataset.train.len());
        if self.options.validation_fits && matches!(request, Request::Folder(_)) {
            asked = asked.min(training / 6);
        }
        if asked > 0 {
            let left = training.checked_sub(asked).filter(|left| *left > 0);
            let left = left.ok_or(DataError::Validation { asked, training })?;
            dataset.validation = dataset.train.split_off(left);
        }
        Ok(dataset)
    }

    fn wanted(&self) -> Wanted {
        let Options { wanted, validation, .. } = *self.options;
        Wanted { train: wanted.train || validation > 0, ..wanted }
    }

    fn find(&self, request: &Request) -> Result<Dataset, DataError> {
        let given = self.options.data_dir.as_deref();
        match (request, given.filter(|folder| !folder.as_os_str().is_empty())) {
            (Request::Builtin, _) => self.drawn(),
            (Request::Folder(path), _) if is_own(path) => {
                own::load(path, &Options { wanted: self.wanted(), ..self.options.clone() })
            }
            (Request::Folder(path), _) => self.named(path, Origin::Folder(path.clone())),
            (Request::Auto | Request::Published(Published::Mnist), Some(path)) => {
                let data = self.named(path, Origin::DataDir(path.to_owned()));
                let data = data.map_err(|error| DataError::DataDir(Box::new(error)))?;
                if data.published.is_none() {
                    self.progress.notice(&format!(
                        "the files in {} are not the published MNIST:\n  results on them are not MNIST results",
                        path.display()
                    ));
                }
                Ok(data)
            }
            (Request::Published(set), _) => self.published(*set),
            (Request::Auto, None) => self.published(Published::Mnist).or_else(|error| {
                self.progress.notice(&stand_in(&error));
                self.drawn()
            }),
        }
    }

    /// The files of a folder that the user named; their checksums say whether they are MNIST.
    fn named(&self, folder: &Path, origin: Origin) -> Result<Dataset, DataError> {
        let splits = folder::load(folder, self.wanted())?;
        let difference = (self.catalog)(Published::Mnist).first_difference(&splits);
        let published = difference.is_none().then_some(Published::Mnist);
        let name = published.map_or("unidentified images".to_owned(), |set| set.to_string());
        Ok(Dataset::new(name, published, origin, splits))
    }

    /// A published data set from the cache, downloaded first if it is not there or damaged.
    fn published(&self, set: Published) -> Result<Dataset, DataError> {
        let mut entry = (self.catalog)(set);
        if !self.options.mirrors.is_empty() {
            entry.mirrors.clone_from(&self.options.mirrors);
        }
        let folder = self.options.cache_folder(set)?;
        let cached = || {
            let splits = folder::load(&folder, self.wanted())?;
            let bad = |(name, fault)| DataError::BadFile { path: folder.join(name), fault };
            entry.first_difference(&splits).map_or(Ok(splits), |difference| Err(bad(difference)))
        };
        let splits = match cached() {
            Err(error) if self.options.offline => {
                let none = matches!(error, DataError::NoFolder { .. });
                let why = if none { "it was not downloaded yet".into() } else { error.headline() };
                return Err(DataError::Offline { set: set.key(), folder, why });
            }
            Err(error) => {
                if !matches!(error, DataError::NoFolder { .. } | DataError::MissingFile { .. }) {
                    self.progress.notice(&format!("{}\n  downloading it again", error.headline()));
                }
                let Self { client, progress, .. } = self;
                Fetch { entry: &entry, folder: &folder, client, progress: *progress }.run()?;
                cached()?
            }
            Ok(splits) => splits,
        };
        Ok(Dataset::new(set.to_string(), Some(set), Origin::Cache(folder), splits))
    }

    fn drawn(&self) -> Result<Dataset, DataError> {
        let origin = Origin::Builtin(self.options.builtin_seed);
        let splits = builtin::draw(self.options, self.wanted())?;
        Ok(Dataset::new("built-in digits".to_owned(), None, origin, splits))
    }
}

/// Whether a path names own data, and not a folder of MNIST's four files.
fn is_own(path: &Path) -> bool {
    own::is_file(path) || (!folder::is_mnist(path) && own::is_folder(path))
}

/// The notice that the built-in digits are used instead of MNIST, and how to get MNIST.
fn stand_in(error: &DataError) -> String {
    format!(
        "MNIST could not be loaded; using the built-in digits instead (not MNIST results)\n  \
         reason: {}\n  to use MNIST, {},\n  {}",
        error.headline(),
        download(Published::Mnist.key()),
        elsewhere(Published::Mnist.key())
    )
}
