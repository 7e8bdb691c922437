//! The terminal: what it can show, decided once, and the screen of `--live`, which is given back on every way out.

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use std::io::{BufWriter, IsTerminal, Stderr, Write, stderr, stdin};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// What may be shown on standard error, where progress is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Colours: not where `NO_COLOR` is set.
    pub(super) colour: bool,
    /// What moves: bars and screens. Only on a terminal, not under `--quiet` nor where `TERM` is `dumb`.
    pub(super) motion: bool,
    /// Characters beyond ASCII: where the locale is of UTF-8, unless `--ascii` is given.
    pub(super) unicode: bool,
}

impl Look {
    /// That of this process.
    pub(super) fn resolve(quiet: bool, ascii: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self::of(quiet, ascii, stderr().is_terminal(), variable)
    }

    fn of(
        quiet: bool,
        ascii: bool,
        terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let motion = terminal && !quiet && given("TERM").is_none_or(|term| term != "dumb");
        // The order of POSIX.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(given);
        let locale = locale.unwrap_or_default().to_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8") || cfg!(windows);
        Self { colour: motion && given("NO_COLOR").is_none(), motion, unicode: utf8 && !ascii }
    }

    /// Whether keys can be read too.
    pub(super) fn has_keys(self) -> bool {
        self.motion && stdin().is_terminal()
    }
}

/// The screen of `--live`, on standard error: standard output stays free for the report.
pub(super) type Screen = Terminal<CrosstermBackend<BufWriter<Stderr>>>;

/// Whether a screen has the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal for a screen.
pub(super) fn take() -> std::io::Result<Screen> {
    static HOOK: Once = Once::new();
    // A panic's message belongs on the terminal as it was.
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
    TAKEN.store(true, Ordering::SeqCst);
    let taken = enable_raw_mode().and_then(|()| {
        execute!(stderr(), EnterAlternateScreen)?;
        Terminal::new(CrosstermBackend::new(BufWriter::new(stderr())))
    });
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives the terminal back as it was, if a screen has it.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Where the terminal has gone there is nothing to give back.
        let _ = disable_raw_mode();
        let _ = execute!(stderr(), LeaveAlternateScreen, Show);
        let _ = stderr().flush();
    }
}

/// Whether a screen has the terminal, so that lines would spoil it.
pub(super) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(quiet: bool, ascii: bool, terminal: bool, variables: &[(&str, &str)]) -> [bool; 3] {
        let variable = |name: &str| {
            variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_string())
        };
        let look = Look::of(quiet, ascii, terminal, variable);
        [look.colour, look.motion, look.unicode]
    }

    #[test]
    fn colour_motion_and_characters_are_decided_by_terminal_flags_and_variables() {
        let utf8 = ("LANG", "de_DE.UTF-8");
        for (expected, [quiet, ascii, terminal], variables) in [
            ([true, true, true], [false, false, true], &[utf8][..]),
            ([true, true, true], [false, false, true], &[("LC_ALL", "C.utf8"), ("LANG", "C")]),
            ([true, true, false], [false, false, true], &[("LC_ALL", "C"), utf8]),
            ([true, true, true], [false, false, true], &[("LC_ALL", ""), utf8]),
            ([true, true, false], [false, true, true], &[utf8]),
            ([true, true, false], [false, false, true], &[]),
            ([false, true, true], [false, false, true], &[("NO_COLOR", "1"), utf8]),
            ([true, true, true], [false, false, true], &[("NO_COLOR", ""), utf8]),
            ([false, false, true], [false, false, true], &[("TERM", "dumb"), utf8]),
            ([false, false, true], [true, false, true], &[utf8]),
            ([false, false, true], [false, false, false], &[utf8]),
        ] {
            if !cfg!(windows) {
                assert_eq!(look(quiet, ascii, terminal, variables), expected, "{variables:?}");
            }
        }
    }
}
