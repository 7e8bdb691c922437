//! Many runs: `evolve --seeds`, `runs`, `compare`.
#![cfg(unix)]

use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tinyevo_tests::{Ran, TINY, command, own, run, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

fn evolve(more: &[&str]) -> Ran {
    run(PROGRAM, &[&TINY[..], &["--quiet"], more].concat())
}

/// Three seeds of three generations below `out`.
fn three(out: &str, more: &[&str]) -> Ran {
    let flags = ["--seed", "5", "--seeds", "3", "--generations", "3", "--out", out];
    evolve(&[&flags[..], more].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn seeds_have_a_line_each_a_mean_and_the_bits_of_single_runs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("many");
    let out = text(&out);
    let ran = three(out, &[]).success();
    let lines: Vec<_> = ran.stdout.lines().collect();
    for (line, seed) in lines.iter().zip(5..8) {
        assert!(line.starts_with(&format!("seed {seed}: test accuracy ")), "{line}");
    }
    assert!(lines[3].starts_with("test accuracy over 3 seeds: mean "), "{}", ran.stdout);
    let summary = json(&fs::read_to_string(format!("{out}/summary.json")).unwrap());
    let runs = summary["runs"].as_array().unwrap();
    let accuracies: Vec<f64> = runs.iter().map(|run| number(&run["test_accuracy"])).collect();
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    // Accuracies are 32-bit floats, which JSON shows by their shortest digits.
    assert!((number(&summary["test_accuracy"]["mean"]) - mean).abs() < 1e-7);
    let csv = fs::read_to_string(format!("{out}/summary.csv")).unwrap();
    assert_eq!(csv.lines().count(), 4);
    let single = evolve(&["--seed", "6", "--generations", "3", "--no-save", "--json"]).success();
    let single = json(&single.stdout);
    assert_eq!((&single["seed"], &single["state_hash"]), (&6.into(), &runs[1]["state_hash"]));

    // The second call makes what is missing, and nothing else.
    fs::remove_dir_all(format!("{out}/seed-6")).unwrap();
    let again = three(out, &[]).success();
    assert_eq!(again.stdout.matches("(of an earlier call)").count(), 2, "{}", again.stdout);
    let whole = three(out, &["--json"]).success();
    let same = |summary: &Value| {
        let runs = summary["runs"].as_array().unwrap();
        runs.iter().map(|run| run["state_hash"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(same(&json(&whole.stdout)), same(&summary));

    let before = fs::read(format!("{out}/summary.json")).unwrap();
    three(out, &["--sigma", "0.5"]).fails(1, &["sigma = 0.1, not 0.5", "nothing was changed"]);
    three(out, &["--builtin-seed", "9"]).fails(1, &["not the data of the run"]);
    three(&format!("{out}/seed-5"), &[]).fails(1, &["already holds a run"]);
    assert_eq!(fs::read(format!("{out}/summary.json")).unwrap(), before);
}

#[test]
fn seeds_that_are_interrupted_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("many");
    let flags = ["--seed", "5", "--seeds", "2", "--generations", "800", "--out", text(&out)];
    let flags = [&TINY[..], &["--quiet"], &flags].concat();
    let child = command(PROGRAM, &flags).stdout(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let history = out.join("seed-5/history.csv");
    while fs::read(&history).map_or(0, |bytes| bytes.len()) < 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "no generations");
        sleep(Duration::from_millis(2));
    }
    // Ctrl-C does the same, but for tests in the background the system ignores it.
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let stopped = child.wait_with_output().unwrap();
    let said = String::from_utf8(stopped.stdout).unwrap();
    assert_eq!(stopped.status.code(), Some(143), "{said}");
    let cut = said.lines().filter(|line| line.ends_with(", terminated")).count();
    assert_eq!(cut, 1, "{said}");
    let listed = || json(&run(PROGRAM, &["runs", text(&out), "--json"]).success().stdout);
    assert!(listed().as_array().unwrap().iter().any(|run| run["state"] == "interrupted"));
    let _ = run(PROGRAM, &flags).success();
    let states = listed();
    assert_eq!(states.as_array().unwrap().len(), 2);
    for run in states.as_array().unwrap() {
        assert_eq!((&run["state"], &run["generations"]), (&"ended".into(), &800.into()));
    }
}

#[test]
fn seeds_on_small_own_data_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("digits.npz"), folder.path().join("many"));
    own::digits(&data);
    // The preset holds out 5,000 images, of which these have 50.
    let es = ["evolve", "--preset", "es", "--hidden", "4", "--threads", "1", "--quiet"];
    let flags = ["--data", text(&data), "--seeds", "2", "--generations", "3", "--out", text(&out)];
    let flags = [&es[..], &flags].concat();
    let whole = run(PROGRAM, &flags).success().stdout;
    let last = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let last = last.filter(|path| path.is_dir()).max().unwrap();
    fs::remove_dir_all(last).unwrap();
    let again = run(PROGRAM, &flags).success().stdout;
    assert_eq!(again.matches("(of an earlier call)").count(), 1, "{again}");
    assert_eq!(again.lines().nth(2), whole.lines().nth(2));
}

#[test]
fn runs_are_listed_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name)).to_string();
    let _ = three(&path("a"), &[]).success();
    let _ = three(&path("b"), &["--sigma", "0.5"]).success();
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::create_dir(folder.path().join("damaged")).unwrap();
    fs::write(folder.path().join("damaged/history.csv"), "").unwrap();
    let listed = run(PROGRAM, &["runs", text(folder.path())]).success();
    assert_eq!(listed.stdout.lines().count(), 7, "{}", listed.stdout);
    assert!(listed.stdout.contains("a/seed-6  tutorial  784-4-10"), "{}", listed.stdout);
    let lines: Vec<_> = listed.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].contains("damaged"), "{lines:?}");
    let rows = json(&run(PROGRAM, &["runs", text(folder.path()), "--json"]).success().stdout);
    let names: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["a/seed-5", "a/seed-6", "a/seed-7", "b/seed-5", "b/seed-6", "b/seed-7"]);

    let paired = run(PROGRAM, &["compare", &path("a"), &path("b")]).success().stdout;
    for words in [
        "A: preset tutorial, 784-4-10, builtin",
        "B has algorithm.mutation.sigma = 0.5, not 0.1",
        "A: 3 seeds: mean ",
        "points, paired over 3 seeds\n",
        "by all flips of signs p = ",
        "A: accuracy of the champion on the images of the fitness, %, over generations\n",
    ] {
        assert!(paired.contains(words), "{words} in\n{paired}");
    }
    let numbers = run(PROGRAM, &["compare", &path("a"), &path("b"), "--json"]).success();
    let numbers = json(&numbers.stdout);
    let means = [0, 1].map(|at| number(&numbers["groups"][at]["test_accuracy"]["mean"]));
    let test = &numbers["tests"][0];
    assert_eq!((&test["group"], &test["minus"]), (&"B".into(), &"A".into()));
    assert!((number(&test["mean"]) - (means[1] - means[0])).abs() < 1e-12);
    // Three pairs have eight choices of signs.
    assert_eq!((8.0 * number(&test["sign_flip"])).fract(), 0.0);
    let curves = run(PROGRAM, &["compare", &path("a"), &path("b"), "--csv"]).success().stdout;
    assert_eq!(curves.lines().count(), 1 + 6 * 4, "{curves}");
    assert!(curves.starts_with("group,seed,folder,generation,accuracy,champion_accuracy\nA,5,"));

    // The seeds that both have.
    let fewer = ["compare", &path("a"), &path("b/seed-5"), &path("b/seed-7")];
    let paired = run(PROGRAM, &fewer).success().stdout;
    let words = "points, paired over 2 seeds that both have; without seed 6 of A\n";
    assert!(paired.contains(words), "{paired}");
    let numbers = json(&run(PROGRAM, &[&fewer[..], &["--json"]].concat()).success().stdout);
    assert_eq!(numbers["tests"][0]["seeds"], serde_json::json!([5, 7]));
    let other = ["compare", &path("a"), &path("b/seed-5")];
    let welch = run(PROGRAM, &other).success().stdout;
    assert!(welch.contains("Welch's test, as the seeds are not the same"), "{welch}");
    run(PROGRAM, &["compare", &path("other")]).fails(1, &["holds no run"]);
    run(PROGRAM, &["compare", &path("nowhere")]).fails(1, &["nowhere"]);
    assert_eq!(run(PROGRAM, &["compare"]).code, Some(2));
}
