//! A run that is interrupted at any moment goes on to the bits of one that never was.
//!
//! Moments are drawn at random; `TINYEVO_MOMENTS=100` draws so many, and `TINYEVO_SEED` repeats a draw, whose
//! seed is printed.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tinyevo_core::rng::{Purpose, Stream, index, stream};
use tinyevo_tests::{Ran, command, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

const RECIPE: [&str; 22] = [
    "evolve",
    "--preset",
    "tutorial",
    "--data",
    "builtin",
    "--builtin-train",
    "300",
    "--builtin-test",
    "200",
    "--hidden",
    "8",
    "--population",
    "12",
    "--fitness-images",
    "train",
    "--validation",
    "60",
    "--judge-every",
    "3",
    "--quiet",
    "--fitness",
    "cross-entropy",
];

/// Generations of a run of less than a second.
const GENERATIONS: &str = "200";

fn start(out: &Path, more: &[&str]) -> Command {
    let flags = ["--generations", GENERATIONS, "--checkpoint-every", "0.05", "--out", text(out)];
    command(PROGRAM, &[&RECIPE[..], &flags, more].concat())
}

fn resume(out: &Path, more: &[&str]) -> Command {
    command(PROGRAM, &[&["evolve", "--quiet", "--resume", text(out)][..], more].concat())
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the program starts");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Waits for a child, but not for ever.
fn wait(mut child: Child) -> (Option<i32>, String) {
    let until = Instant::now() + Duration::from_secs(60);
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > until {
            let _ = child.kill();
            panic!("the run does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().expect("its output");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The names in a folder, sorted; a temporary file is a failure.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.iter().any(|name| name.starts_with(".tinyevo-")), "{names:?}");
    names
}

/// A file of a run without what may differ: times and threads.
fn essence(folder: &Path, name: &str) -> Vec<u8> {
    let bytes = fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let lines = || String::from_utf8(bytes.clone()).expect("UTF-8");
    let text: String = match name {
        "history.csv" => lines()
            .lines()
            .map(|line| {
                let mut fields: Vec<&str> = line.split(',').collect();
                fields.remove(2);
                fields.join(",") + "\n"
            })
            .collect(),
        "summary.json" => lines()
            .lines()
            .filter(|line| !line.contains("seconds\"") && !line.contains("\"threads\""))
            .collect(),
        "report.txt" => lines().lines().filter(|line| !line.contains(" s, stopped by")).collect(),
        _ => return bytes,
    };
    text.into_bytes()
}

fn assert_same(one: &Path, other: &Path) {
    assert_eq!(names(one).len(), 10);
    for name in [
        "champion.safetensors",
        "config.toml",
        "confusion.csv",
        "history.csv",
        "history.png",
        "history.svg",
        "report.txt",
        "summary.json",
    ] {
        assert!(essence(one, name) == essence(other, name), "{name} differs");
    }
}

/// A whole run, and the time that it took.
fn reference(folder: &Path) -> Duration {
    let began = Instant::now();
    let _ = ran(&mut start(folder, &["--threads", "1"])).success();
    began.elapsed()
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn moments(count: u64) -> (u64, Stream) {
    let clock = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    let seed = number("TINYEVO_SEED", u64::from(clock));
    println!("TINYEVO_SEED={seed}");
    (number("TINYEVO_MOMENTS", count), stream(seed, 0, 0, Purpose::Show))
}

/// Starts a run, stops it by a signal at so many moments, each time with another number of threads, and
/// lets it end. Returns how often the signal came in time.
fn interrupted(folder: &Path, took: Duration, name: &str, code: Option<i32>) -> usize {
    // Twenty for the kill; the others end with a report each, which takes longer.
    let (count, mut rng) = moments(if code.is_none() { 20 } else { 10 });
    let (mut stopped, mut whole) = (0, 0);
    let mut out = folder.join("0");
    for moment in 0..count {
        let threads = ["1", "2", "3"][moment as usize % 3];
        // A run that was stopped before there was a configuration has left nothing to go on from.
        let mut run = match out.join("config.toml").is_file() {
            true => resume(&out, &["--threads", threads]),
            false => start(&out, &["--threads", threads]),
        };
        let errors = folder.join("errors.txt");
        let file = fs::File::create(&errors).expect("a file");
        let child = run.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        // A part of what a whole run takes, so that there are some moments in each run.
        let micros = took.as_micros() as usize / 4;
        std::thread::sleep(Duration::from_micros(index(&mut rng, micros.max(1)) as u64));
        signal_if_alive(&child, name);
        let (ended, stdout) = wait(child);
        if ended == Some(0) {
            // It was done before: the next moments are those of another run.
            whole += 1;
            out = folder.join(whole.to_string());
            continue;
        }
        // Before the evolution begins a signal ends the program as it does without tinyevo.
        assert!(ended == code || ended.is_none(), "{ended:?}: {stdout}");
        stopped += usize::from(ended == code);
        if ended.is_some() && !stdout.contains("state hash") {
            // While the data is loaded there is nothing to report yet, and the program says so.
            let errors = fs::read_to_string(&errors).expect("a file");
            assert_eq!((&*errors, &*stdout), ("error: interrupted\n", ""), "no report");
        }
    }
    let _ = fs::remove_file(folder.join("errors.txt"));
    if out.exists() {
        let _ = ran(&mut resume(&out, &["--threads", "2"])).success();
    }
    stopped
}

fn signal_if_alive(child: &Child, name: &str) {
    let _ =
        Command::new("kill").args([name, &child.id().to_string()]).stderr(Stdio::null()).status();
}

fn each_moment(name: &str, code: Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let took = reference(&whole);
    let runs = folder.path().join("runs");
    fs::create_dir(&runs).unwrap();
    let stopped = interrupted(&runs, took, name, code);
    let outs: Vec<_> = fs::read_dir(&runs).unwrap().map(|e| e.unwrap().path()).collect();
    println!("{name}: {stopped} interruptions of {} runs", outs.len());
    assert!(stopped >= 3 && !outs.is_empty());
    for out in outs {
        assert_same(&whole, &out);
    }
}

#[test]
fn killed_at_any_moment() {
    each_moment("-KILL", None);
}

#[test]
fn terminated_at_any_moment() {
    each_moment("-TERM", Some(143));
}

#[test]
fn stopped_by_ctrl_c_at_any_moment() {
    each_moment("-INT", Some(130));
}

#[test]
fn more_generations_than_before() {
    let folder = tempfile::tempdir().unwrap();
    let (long, short) = (folder.path().join("long"), folder.path().join("short"));
    let _ = ran(&mut start(&long, &["--set", "stop.patience=100000"])).success();
    let few = ["--generations", "37", "--out", text(&short)];
    let _ = ran(&mut command(PROGRAM, &[&RECIPE[..], &few].concat())).success();
    let more = ["--generations", GENERATIONS, "--checkpoint-every", "0.05"];
    let again = [&more[..], &["--set", "stop.patience=100000"]].concat();
    let _ = ran(&mut resume(&short, &again)).success();
    assert_same(&long, &short);
}
