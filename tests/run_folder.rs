//! The folder of a run: what is refused, and what a fault of the disk costs.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tinyevo_tests::{Ran, TINY, command, run, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

fn evolve(more: &[&str]) -> Vec<String> {
    TINY.iter().chain(&["--quiet"]).chain(more).map(ToString::to_string).collect()
}

fn ran(flags: &[String]) -> Ran {
    run(PROGRAM, &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A finished run of three generations, with the checkpoints of the last two.
fn finished() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let flags = ["--generations", "3", "--checkpoint-every", "0", "--out", text(&out)];
    let _ = ran(&evolve(&flags)).success();
    (folder, out)
}

fn resume(out: &Path, more: &[&str]) -> Ran {
    run(PROGRAM, &[&["evolve", "--threads", "1", "--quiet", "--resume", text(out)], more].concat())
}

fn checkpoint(out: &Path, generation: u32) -> PathBuf {
    out.join(format!("checkpoint-{generation:010}.tevc"))
}

/// Names and bytes of all files.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    all.sort();
    all
}

#[test]
fn another_recipe_or_other_data_is_refused_and_changes_nothing() {
    let (_folder, out) = finished();
    let before = contents(&out);
    resume(&out, &["--sigma", "0.5"]).fails(1, &["sigma = 0.1, not 0.5", "nothing was changed"]);
    resume(&out, &["--set", "data.builtin_seed=5"]).fails(1, &["not the data of the run"]);
    assert!(contents(&out) == before);
    let _ = resume(&out, &["--generations", "4"]).success();
}

#[test]
fn the_one_before_takes_the_place_of_a_damaged_checkpoint() {
    let (_folder, out) = finished();
    let summary = || fs::read_to_string(out.join("summary.json")).unwrap();
    let hash =
        |text: String| text.lines().find(|line| line.contains("state_hash")).unwrap().to_string();
    let before = hash(summary());
    let whole = fs::read(checkpoint(&out, 3)).unwrap();
    let half = &whole[..whole.len() / 2];
    let mut changed = whole.clone();
    changed[4] = 2;
    for (damaged, word) in [(half, "of which"), (&changed, "damaged")] {
        fs::write(checkpoint(&out, 3), damaged).unwrap();
        let again = resume(&out, &[]).success();
        assert!(
            again.stderr.contains(word) && again.stderr.contains("0000000003"),
            "{}",
            again.stderr
        );
        assert_eq!(hash(summary()), before);
        // It is set aside, under a name that says so.
        let aside = out.join("checkpoint-0000000003.tevc.damaged");
        assert!(fs::read(&aside).unwrap() == damaged);
        fs::remove_file(aside).unwrap();
    }
    for generation in [2, 3] {
        fs::write(checkpoint(&out, generation), half).unwrap();
    }
    resume(&out, &[]).fails(1, &["no checkpoint", "0000000002.tevc", "0000000003.tevc"]);
}

#[test]
fn a_checkpoint_of_another_version_is_named_and_kept() {
    let (_folder, out) = finished();
    let mut other = fs::read(checkpoint(&out, 3)).unwrap();
    other[4] = 2;
    let body = other.len() - 4;
    // CRC-32C, bit by bit.
    let mut checksum = u32::MAX;
    for byte in &other[..body] {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = (checksum >> 1) ^ (0x82f6_3b78 & (checksum & 1).wrapping_neg());
        }
    }
    other[body..].copy_from_slice(&(!checksum).to_le_bytes());
    fs::write(checkpoint(&out, 3), &other).unwrap();
    let before = contents(&out);
    resume(&out, &[]).fails(1, &["0000000003", "version 2"]);
    assert!(contents(&out) == before);
}

#[test]
fn a_folder_with_checkpoints_is_taken_and_a_torn_history_is_cut() {
    let (_folder, out) = finished();
    let mut history = fs::read(out.join("history.csv")).unwrap();
    let whole = history.clone();
    history.extend([0xff, b'\n', 0x80]);
    fs::write(out.join("history.csv"), history).unwrap();
    let _ = resume(&out, &["--generations", "4"]).success();
    let rows = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let cut = fs::read(out.join("history.csv")).unwrap();
    assert_eq!(rows(&cut), rows(&whole) + 1);
    assert!(cut.starts_with(&whole));
    assert!(std::str::from_utf8(&cut).is_ok());
    for (path, _) in contents(&out) {
        if path.extension().is_none_or(|end| end != "tevc") {
            fs::remove_file(path).unwrap();
        }
    }
    let before = contents(&out);
    let taken = ran(&evolve(&["--generations", "1", "--out", text(&out)]));
    taken.fails(1, &["already holds a run", "tevc"]);
    assert!(contents(&out) == before && !before.is_empty());
}

#[test]
fn a_run_that_is_complete_stays_as_it_is() {
    let (_folder, out) = finished();
    let before = contents(&out);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let again = |more: &[&str]| {
        run(PROGRAM, &[&["evolve", "--resume", text(&out)], more].concat()).success()
    };
    let shown = again(&[]);
    assert_eq!(shown.stdout, read("report.txt"));
    for words in ["the run is complete: 3 generations", "no file was changed", "--generations 6"] {
        assert!(shown.stderr.contains(words), "{words}: {}", shown.stderr);
    }
    assert_eq!(again(&["--json", "--patience", "9"]).stdout, read("summary.json"));
    assert!(contents(&out) == before);
    let _ = again(&["--generations", "90", "--patience", "5"]);
    let (before, stderr) = (contents(&out), again(&[]).stderr);
    assert!(stderr.contains("stopped by: patience;") && stderr.contains("a larger --patience"));
    assert!(contents(&out) == before);
    // A file that is not there is made anew, and so is a summary of another generation.
    for missing in ["history.png", "report.txt", "summary.json"] {
        let other = read("summary.json").replace("\"generations\": ", "\"generations\": 1");
        fs::write(out.join("summary.json"), other).unwrap();
        fs::remove_file(out.join(missing)).unwrap();
        let _ = again(&[]);
        assert!(read("summary.json").contains("\"generations\": 9,") && out.join(missing).exists());
    }
}

#[test]
fn a_run_is_not_resumed_to_fewer_generations() {
    let (_folder, out) = finished();
    let before = contents(&out);
    resume(&out, &["--generations", "2"]).fails(2, &["3 generations already", "got 2"]);
    assert!(contents(&out) == before);
}

#[test]
fn folders_without_a_run_or_a_checkpoint_are_refused() {
    let (folder, out) = finished();
    resume(folder.path(), &[]).fails(1, &["config.toml"]);
    for generation in [2, 3] {
        fs::remove_file(checkpoint(&out, generation)).unwrap();
    }
    resume(&out, &[]).fails(1, &["no checkpoint"]);
}

#[test]
fn a_run_that_was_ended_before_its_first_checkpoint_starts_again() {
    let (_folder, out) = finished();
    let champion = fs::read(out.join("champion.safetensors")).unwrap();
    for generation in [2, 3] {
        fs::remove_file(checkpoint(&out, generation)).unwrap();
    }
    // As it is left right after the start: a header, and perhaps half of a row.
    for name in ["summary.json", "report.txt"] {
        fs::remove_file(out.join(name)).unwrap();
    }
    let history = fs::read_to_string(out.join("history.csv")).unwrap();
    let header = history.lines().next().unwrap();
    fs::write(out.join("history.csv"), format!("{header}\n0,9,")).unwrap();
    let _ = resume(&out, &[]).success();
    assert_eq!(fs::read(out.join("champion.safetensors")).unwrap(), champion);
    assert_eq!(fs::read_to_string(out.join("history.csv")).unwrap().lines().count(), 5);
}

#[test]
fn every_changed_byte_and_every_cut_of_a_checkpoint_is_found() {
    use tinyevo_core::checkpoint::Checkpoint;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let small = ["--generations", "1", "--out", text(&out), "--set", "network.hidden=[1]"];
    let mut flags = evolve(&small);
    flags.drain(9..13);
    flags.extend(["--population".to_string(), "1".to_string()]);
    let _ = ran(&flags).success();
    let bytes = fs::read(checkpoint(&out, 1)).unwrap();
    assert!(Checkpoint::new(&bytes).is_ok());
    let mut changed = bytes.clone();
    for place in 0..bytes.len() {
        changed[place] ^= 1 << (place % 8);
        assert!(Checkpoint::new(&changed).is_err(), "byte {place}");
        changed[place] = bytes[place];
        assert!(Checkpoint::new(&bytes[..place]).is_err(), "{place} bytes");
    }
    // The program itself, at a few places.
    fs::remove_file(checkpoint(&out, 0)).unwrap();
    for place in [0, 5, 9, 17, 40, 1000, bytes.len() - 1] {
        changed[place] ^= 0x10;
        fs::write(checkpoint(&out, 1), &changed).unwrap();
        resume(&out, &[]).fails(1, &["no checkpoint"]);
        changed[place] = bytes[place];
    }
}

/// Starts a run without an end, and waits for its first checkpoint.
fn endless(out: &Path, program: &str, before: &[&str]) -> Child {
    let flags = evolve(&[
        "--generations",
        "4000000",
        "--time-limit",
        "60",
        "--checkpoint-every",
        "0.01",
        "--out",
        text(out),
    ]);
    let mut command = command(program, before);
    if program != PROGRAM {
        command.arg(PROGRAM);
    }
    let child = command.args(flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| checkpoint(out, 0).exists());
    std::thread::sleep(Duration::from_millis(100));
    child
}

fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "it does not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn output(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn a_folder_has_one_owner_and_the_other_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let first = endless(&out, PROGRAM, &[]);
    ran(&evolve(&["--out", text(&out)])).fails(1, &["another run works in"]);
    resume(&out, &[]).fails(1, &["another run works in"]);
    signal(&first, "-TERM");
    assert_eq!(output(first).code, Some(143));
    ran(&evolve(&["--out", text(&out)])).fails(1, &["already holds a run"]);
}

#[test]
fn two_started_at_once_have_one_winner() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let out = folder.path().join(round.to_string());
        let flags = evolve(&["--generations", "30", "--out", text(&out)]);
        let start = || {
            let mut command = command(PROGRAM, &[]);
            command.args(&flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let both = [start(), start()].map(output);
        let codes = both.each_ref().map(|ran| ran.code);
        assert!(codes == [Some(0), Some(1)] || codes == [Some(1), Some(0)], "{both:?}");
        assert_eq!(fs::read_to_string(out.join("history.csv")).unwrap().lines().count(), 32);
    }
}

#[test]
fn a_folder_that_is_removed_costs_the_files_and_not_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let run = endless(&out, PROGRAM, &[]);
    fs::rename(&out, folder.path().join("elsewhere")).unwrap();
    let ran = output(run);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("state hash") && ran.stderr.contains("error:"), "{ran:?}");
}

#[test]
fn a_file_size_limit_costs_no_earlier_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    // Checkpoints of 25,000 bytes fit, the history soon does not.
    let script = "ulimit -f 60; exec \"$@\"";
    let flags = ["--generations", "100000", "--checkpoint-every", "0.5", "--out", text(&out)];
    let mut flags = evolve(&flags);
    // A hidden unit instead of four.
    flags[10] = "1".to_string();
    let output =
        command("/bin/bash", &["-c", script, "bash", PROGRAM]).args(flags).output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("state hash") && stderr.contains("history.csv"), "{stdout}{stderr}");
    let names: Vec<_> = contents(&out).into_iter().map(|(path, _)| path).collect();
    assert!(!names.iter().any(|name| text(name).contains(".tinyevo-")), "{names:?}");
    // Without the limit it goes on.
    let rows = fs::read_to_string(out.join("history.csv")).unwrap().lines().count();
    let again = resume(&out, &["--generations", &rows.to_string()]).success();
    assert!(again.stdout.contains("stopped by: generations"), "{}", again.stdout);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    // So many images that the generation and the report after it take far longer than two signals.
    let flags = [
        "--generations",
        "4000000",
        "--time-limit",
        "60",
        "--population",
        "400",
        "--builtin-test",
        "4000",
    ];
    let mut all = evolve(&[]);
    all.drain(7..9);
    all.drain(9..11);
    all.retain(|flag| flag != "--quiet");
    all.extend(flags.iter().map(ToString::to_string));
    all.extend(["--out".to_string(), text(&out).to_string()]);
    let child =
        command(PROGRAM, &[]).args(all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    until(|| checkpoint(&out, 0).exists());
    signal(&child, "-INT");
    // The first one is answered before the second one comes: two at once can be one to a program.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ending as soon as it can")));
    signal(&child, "-INT");
    let ran = output(child);
    assert_eq!(ran.code, Some(130));
    assert_eq!(ran.stdout, "", "it did not end at once");
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let script = "trap '' HUP INT; exec \"$@\"";
    let child = endless(&out, "/bin/bash", &["-c", script, "bash"]);
    signal(&child, "-HUP");
    signal(&child, "-INT");
    let newest = || fs::read_to_string(out.join("history.csv")).unwrap().len();
    let before = newest();
    until(|| newest() > before);
    signal(&child, "-TERM");
    assert_eq!(output(child).code, Some(143));
}

#[test]
fn too_much_memory_is_an_error_with_the_bytes() {
    let script = "ulimit -v 600000; exec \"$@\"";
    for flags in [
        &["--population", "1000000", "--hidden", "128"][..],
        &["--hidden", "300000", "--population", "6"],
    ] {
        let mut all = evolve(&[]);
        all.drain(9..13);
        let output = command("/bin/bash", &["-c", script, "bash", PROGRAM])
            .args(all.iter().filter(|flag| *flag != "--quiet"))
            .args(flags)
            .arg("--no-save")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code < 100), "{flags:?}: {stderr}");
        assert!(stderr.contains("bytes)"), "{flags:?}: {stderr}");
    }
}
