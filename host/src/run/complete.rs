//! Whether a run has come to its end, so that nothing is left to be done.

use super::folder::FILES;
use super::record::{RECORD, Record};
use super::stop::{Progress, due, is_cut_short};
use super::{Found, RunFolder, StopReason, kept};
use crate::config::Stop;
use crate::error::Error;
use crate::report::Summary;

/// The results of a run whose checkpoint is its end by these rules, and the rule; `None` if there are generations to make, or
/// a file of the results is missing.
///
/// # Errors
/// Never: the checkpoint was checked when it was found.
pub fn complete(
    folder: &RunFolder,
    found: &Found,
    rules: &Stop,
) -> Result<Option<(Summary, StopReason)>, Error> {
    let checkpoint = found.checkpoint()?;
    let header = checkpoint.header();
    let mut state = vec![0.0; checkpoint.len().saturating_sub(RECORD)];
    let mut record = [0.0; RECORD];
    if checkpoint.read(&mut [&mut state, &mut record]).is_err() {
        return Ok(None);
    }
    let Some(Record { judgement, gain, .. }) = Record::read(&record) else { return Ok(None) };
    let (generation, seconds) = (header.generation, header.milliseconds as f64 / 1e3);
    if gain > generation || !FILES.iter().all(|name| folder.file(name).exists()) {
        return Ok(None);
    }
    let Some(reason) = due(rules, &Progress { generation, judgement, gain, seconds }) else {
        return Ok(None);
    };
    // It is written last of all. One that cannot be read is made anew.
    let summary = kept::outcome(&folder.file("summary.json")).ok().flatten();
    let whole = summary.filter(|it| it.generations == generation && !is_cut_short(&it.stop_reason));
    Ok(whole.map(|summary| (summary, reason)))
}
