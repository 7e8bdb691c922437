//! Progress on standard error: a bar for downloads, one for generations. Bars appear on a terminal
//! only.

use super::output::Console;
use crate::data::Progress;
use crate::error::Error;
use crate::evolve::{Observer, Snapshot};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::RefCell;

/// A bar with a template, hidden when quiet; `indicatif` hides it by itself off a terminal.
fn bar(console: Console, length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(length),
        if console.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() },
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

/// The bar of a run, with a line of figures after each round.
#[derive(Debug)]
pub(super) struct Rounds {
    console: Console,
    bar: ProgressBar,
    report_every: u32,
}

impl Rounds {
    pub(super) fn new(console: Console, generations: u32, report_every: u32) -> Self {
        Self { console, bar: bar(console, generations.into(), GENERATIONS), report_every }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Rounds {
    fn generation(&mut self, snapshot: &Snapshot<'_>) -> Result<(), Error> {
        let Snapshot { generation, best, accuracy, statistics: s, champion_accuracy, .. } =
            snapshot;
        self.bar.set_position((*generation).into());
        self.bar.set_message(format!("{:.2} %", 100.0 * champion_accuracy));
        if generation.is_multiple_of(self.report_every) {
            let round = generation / self.report_every;
            self.bar.suspend(|| {
                self.console.line(&format!(
                    "round {round:>4}  generation {generation:>6}  accuracy {:>5.2} %  fitness best {best:.4} \
                     avg {:.4} std {:.4} min {:.4} max {:.4}",
                    100.0 * accuracy, s.avg, s.std, s.min, s.max
                ));
            });
        }
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
