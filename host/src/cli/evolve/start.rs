//! The champion of `--start` as settings: its file, and its network.

use crate::cli::overrides::Overrides;
use crate::config::{Hidden, Overlay};
use crate::data::DataError;
use crate::error::Error;
use crate::formats;
use std::path::Path;

/// Adds the file of a champion, made absolute, and its network, where neither flags nor `--set` give one.
pub(super) fn put(file: &Path, flags: &mut Overrides, set: &Overlay) -> Result<(), Error> {
    let (champion, formats) = formats::read_masters(file)?;
    let absolute = std::path::absolute(file).map_err(Error::io("find", file))?;
    let Some(path) = absolute.to_str() else { return Err(DataError::NotUtf8(absolute).into()) };
    flags.word("--start", "start.champion", &Some(path.to_string()));
    let is_given = |flags: &Overrides, key| {
        flags.overlay().name_of(key).or_else(|| set.name_of(key)).is_some()
    };
    let stages = champion.network().stages();
    if !is_given(flags, "network.hidden") {
        let hidden = stages.split_last().map_or(&[][..], |(_, hidden)| hidden);
        let hidden: Vec<_> = hidden.iter().filter_map(|stage| Hidden::of(stage.layer)).collect();
        flags.layers("--start", &hidden);
    }
    if !formats.is_empty() && !is_given(flags, "network.weights") {
        let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
        flags.words("--start", "network.weights", &Some(names.join(",")));
    }
    Ok(())
}
