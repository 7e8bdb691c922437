//! `evolve --live` in a terminal of tmux: keys, sizes, signals; what the panes show, and what is left behind.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tinyevo_tests::{TINY, run, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// A terminal of its own server, which ends with this value.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// Runs a command of the shell in 80x24 cells; `None`, said loudly, where there is no tmux. In CI that is a failure.
    fn start(test: &str, command: &str) -> Option<Self> {
        let terminal = Self { socket: format!("tinyevo-{}-{test}", std::process::id()) };
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "{test}: CI must have tmux");
            let notice = format!("\n!!! SKIPPED {test}: install tmux, as tests/run does\n\n");
            let _ = std::io::stderr().write_all(notice.as_bytes());
            return None;
        }
        let size = ["-x", "80", "-y", "24"];
        let started = terminal.tmux(&[&["new-session", "-d"][..], &size, &[command]].concat());
        assert!(started.status.success(), "{started:?}");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-f", "/dev/null", "-L", &self.socket]).args(arguments);
        command.env_remove("TMUX").env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8");
        command.output().expect("tmux starts")
    }

    /// The lines that it shows.
    fn pane(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p"]).stdout).expect("UTF-8")
    }

    /// Waits until the pane is as wanted.
    fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let pane = self.pane();
            if wanted(&pane) {
                return pane;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "no {what} in\n{pane}");
            sleep(Duration::from_millis(30));
        }
    }

    fn shows(&self, text: &str) -> String {
        self.wait(text, |pane| pane.contains(text))
    }

    fn key(&self, key: &str) {
        let _ = self.tmux(&["send-keys", key]);
    }

    /// Whether a program has a screen of its own.
    fn has_screen(&self) -> bool {
        let shown = self.tmux(&["display-message", "-p", "#{alternate_on}"]).stdout;
        shown.starts_with(b"1")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

/// The command of a run with these flags: see [`watched`].
fn command(out: &Path, more: &str) -> String {
    let (flags, folder) = (TINY.join(" "), out.display());
    watched(out, &format!("{flags} --generations 10000000 --live --out '{folder}' {more}"))
}

/// The program with these arguments, then its exit code, then nothing more. Its process id is in `OUT.pid`.
fn watched(out: &Path, arguments: &str) -> String {
    let (own, out) = (format!("'{PROGRAM}' {arguments}"), out.display());
    format!("sh -c 'echo $$ > \"$0\"; exec \"$@\"' '{out}.pid' {own}; echo exit=$?; cat")
}

/// The generation that a screen shows.
fn generation(pane: &str) -> u32 {
    let after = pane.split("generation ").nth(1).and_then(|text| text.split('/').next());
    after
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no generation in\n{pane}"))
}

fn summary(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

#[test]
fn a_run_is_watched_paused_resumed_resized_and_stopped_and_has_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let Some(terminal) = Terminal::start("keys", &command(&out, "")) else { return };
    let pane = terminal.wait("pictures", |pane| pane.contains("weights") && pane.contains('→'));
    for text in [" running ", "tutorial, 784-4-10", "not MNIST, seed", "accuracy", "fitness", "/s"]
    {
        assert!(pane.contains(text), "{text} in\n{pane}");
    }
    assert!(pane.contains('▀') && pane.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)));
    assert!(pane.lines().last().unwrap().contains("p pause  c checkpoint  q stop  ? help"));

    terminal.key("p");
    let paused = generation(&terminal.shows(" paused "));
    sleep(Duration::from_millis(300));
    let pane = terminal.shows(&format!("checkpoint of generation {paused}"));
    assert_eq!(generation(&pane), paused);
    assert!(out.join(format!("checkpoint-{paused:010}.tevc")).exists());
    terminal.key("p");
    let pane = terminal.wait("more generations", |pane| generation(pane) > paused);
    assert!(pane.contains(" running "), "{pane}");
    terminal.key("c");
    let other = |pane: &str| !pane.contains(&format!("checkpoint of generation {paused}\n"));
    let _ =
        terminal.wait("another checkpoint", |pane| other(pane) && pane.contains("checkpoint of"));

    let _ = terminal.tmux(&["resize-window", "-x", "60", "-y", "20"]);
    let small = |pane: &str| pane.lines().nth(19).is_some_and(|line| line.starts_with("p pause"));
    let pane = terminal.wait("60x20", small);
    assert_eq!(pane.lines().count(), 20);
    assert!(pane.lines().all(|line| line.chars().count() <= 60), "{pane}");
    assert!(pane.contains("mistakes"), "{pane}");
    terminal.key("?");
    let _ = terminal.shows("write a checkpoint now");
    terminal.key("?");
    let _ = terminal.wait("no help", |pane| !pane.contains("write a checkpoint now"));

    terminal.key("q");
    let pane = terminal.shows("ended by: stopped; press a key");
    assert!(pane.contains(" ended ") && terminal.has_screen(), "{pane}");
    terminal.key("x");
    let _ = terminal.shows("exit=0");
    assert!(!terminal.has_screen());
    let live = summary(&out);
    assert_eq!(live["stop_reason"], "stopped");

    let generations = live["generations"].to_string();
    let again =
        [&TINY[..], &["--generations", &generations, "--quiet", "--no-save", "--json"]].concat();
    let plain: serde_json::Value =
        serde_json::from_str(&run(PROGRAM, &again).success().stdout).unwrap();
    assert_eq!(plain["state_hash"], live["state_hash"]);
    assert_eq!(plain["test_accuracy"], live["test_accuracy"]);
}

#[test]
fn curves_of_a_resumed_run_begin_at_its_first_generation() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let _ = run(
        PROGRAM,
        &[&TINY[..], &["--generations", "300", "--quiet", "--out", text(&out)]].concat(),
    )
    .success();
    let arguments =
        format!("evolve --resume '{}' --generations 900000 --threads 1 --live", text(&out));
    let Some(terminal) = Terminal::start("resumed", &watched(&out, &arguments)) else { return };
    let _ = terminal.shows("weights");
    terminal.key("p");
    let pane = terminal.shows(" paused ");
    // The fitness of the first generation stands directly at the axis of the second chart.
    let is_curve = |cell: char| ('\u{2801}'..='\u{28ff}').contains(&cell) || cell == '•';
    let begins = |row: &str| row.split('│').nth(2).is_some_and(|chart| chart.starts_with(is_curve));
    assert!(pane.lines().any(begins), "{pane}");
    terminal.key("q");
    let _ = terminal.shows("press a key");
}

#[test]
fn a_signal_gives_the_terminal_back_and_ascii_is_ascii() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let Some(terminal) = Terminal::start("signal", &command(&out, "--ascii")) else { return };
    let pane = terminal.wait("pictures", |pane| pane.contains("weights") && pane.contains(" > "));
    assert!(pane.is_ascii(), "{pane}");
    // Also while the run pauses.
    terminal.key("p");
    let _ = terminal.shows(" paused ");
    let process = fs::read_to_string(folder.path().join("run.pid")).unwrap();
    assert!(Command::new("kill").args(["-TERM", process.trim()]).status().unwrap().success());
    let pane = terminal.shows("exit=143");
    assert!(!terminal.has_screen() && pane.contains("accuracy"), "{pane}");
    assert_eq!(summary(&out)["stop_reason"], "terminated");
}

#[test]
fn a_run_whose_terminal_closes_ends_with_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let Some(terminal) = Terminal::start("closed", &command(&out, "")) else { return };
    let _ = terminal.wait("pictures", |pane| pane.contains("weights"));
    let process = fs::read_to_string(folder.path().join("run.pid")).unwrap();
    drop(terminal);
    let lives = || {
        let asked = Command::new("kill").args(["-0", process.trim()]).output();
        asked.expect("kill starts").status.success()
    };
    let began = Instant::now();
    while lives() {
        assert!(began.elapsed() < Duration::from_secs(60), "it goes on");
        sleep(Duration::from_millis(20));
    }
    assert_eq!(summary(&out)["stop_reason"], "terminated");
}

#[test]
fn without_a_terminal_there_are_lines_and_one_says_so() {
    let flags = [&TINY[..], &["--generations", "3", "--no-save"]].concat();
    let plain = run(PROGRAM, &flags).success();
    let live = run(PROGRAM, &[&flags[..], &["--live"]].concat()).success();
    let said = "--live needs a terminal for its screen and its keys: lines instead";
    assert_eq!(live.stderr.matches(said).count(), 1, "{}", live.stderr);
    let hash = |text: &str| text.lines().find(|line| line.contains("hash")).unwrap().to_string();
    assert_eq!(hash(&live.stdout), hash(&plain.stdout));
    for flags in [&["--live", "--quiet"][..], &["--live", "--seeds", "2"], &["--ascii"]] {
        assert_eq!(run(PROGRAM, &[&["evolve"], flags].concat()).code, Some(2));
    }
}
