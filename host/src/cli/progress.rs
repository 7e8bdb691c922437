//! Progress on standard error: a bar for downloads, one for generations. Bars appear on a terminal
//! only.

use super::output::Console;
use super::terminal::Look;
use crate::data::Progress;
use crate::error::Error;
use crate::run::{Observer, Snapshot, StopReason};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::RefCell;

/// A bar with a template, hidden where nothing may move.
fn bar(console: Console, length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(length),
        if Look::resolve(console.quiet, false).motion {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        },
    );
    // The templates are constants of this file; a test makes each bar.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Downloads, file by file, and notices.
#[derive(Debug)]
pub(super) struct Downloads {
    console: Console,
    bar: RefCell<Option<ProgressBar>>,
}

const DOWNLOAD: &str = "{prefix:28} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}";

impl Downloads {
    pub(super) const fn new(console: Console) -> Self {
        Self { console, bar: RefCell::new(None) }
    }
}

impl Progress for Downloads {
    fn file_started(&self, name: &str, total: Option<u64>) {
        let bar = bar(self.console, total.unwrap_or(0), DOWNLOAD);
        bar.set_prefix(name.to_string());
        if let Some(former) = self.bar.replace(Some(bar)) {
            former.finish_and_clear();
        }
    }

    fn file_advanced(&self, bytes: u64) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.inc(bytes);
        }
    }

    fn file_finished(&self, name: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.console.line(&format!("fetched and checked {name}"));
    }

    fn notice(&self, text: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.console.line(text);
    }
}

const GENERATIONS: &str = "generation {pos}/{len} {bar:24} {per_sec} eta {eta} best {msg}";

/// The bar of a run, and a table of figures with a line after each round.
#[derive(Debug)]
pub(super) struct Rounds {
    console: Console,
    bar: ProgressBar,
    /// Generations of a round; without it there is the bar alone.
    report_every: Option<u32>,
}

impl Rounds {
    pub(super) fn new(console: Console, generations: u32, report_every: Option<u32>) -> Self {
        Self { console, bar: bar(console, generations.into(), GENERATIONS), report_every }
    }
}

impl Observer for Rounds {
    fn started(&mut self, _first: &Snapshot<'_>) -> Result<(), Error> {
        if self.report_every.is_some() {
            let head =
                "round  generation      best %    fitness: avg, deviation, smallest, largest";
            self.console.line(head);
        }
        Ok(())
    }

    fn generation(&mut self, now: &Snapshot<'_>) -> Result<(), Error> {
        let (generation, s) = (now.generation, now.outcome.statistics);
        self.bar.set_position(generation.into());
        let champion = now.champion.judgement.accuracy();
        self.bar.set_message(format!("{:.2} %", 100.0 * champion));
        if let Some(every) = self.report_every.filter(|every| generation.is_multiple_of(*every)) {
            let round = generation / every;
            let accuracy = 100.0 * now.outcome.accuracy;
            self.bar.suspend(|| {
                self.console.line(&format!(
                    "{round:>5}  {generation:>10}  {accuracy:>10.2} {:>10.4} {:>10.4} {:>10.4} {:>10.4}",
                    s.avg, s.std, s.min, s.max
                ));
            });
        }
        Ok(())
    }

    fn ended(&mut self, _last: &Snapshot<'_>, _reason: StopReason) -> Result<(), Error> {
        self.bar.finish_and_clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_well_formed() {
        for template in [DOWNLOAD, GENERATIONS] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
