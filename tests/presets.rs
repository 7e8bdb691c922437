//! The presets of the command line and their schedules.

use tinyevo_tests::{command, run, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

#[test]
fn the_length_of_schedules_follows_the_generations_of_a_new_run() {
    let lines = |flags: &[&str]| {
        let flags = [&["evolve", "--print-config"][..], flags].concat();
        let printed = run(PROGRAM, &flags).success().stdout;
        let of = |key: &str| printed.lines().find(|line| line.starts_with(key)).map(str::to_string);
        (of("length = "), of("generations = "))
    };
    let both = |number: &str| {
        (Some(format!("length = {number}")), Some(format!("generations = {number}")))
    };
    for preset in ["es", "coevolution", "ga", "low-rank"] {
        assert_eq!(lines(&["--preset", preset, "--generations", "70"]), both("70"));
        let rounds = ["--preset", preset, "--rounds", "2", "--report-every", "5"];
        assert_eq!(lines(&rounds), both("10"));
    }
    assert_eq!(lines(&["--preset", "tutorial"]).0, None);
    assert_eq!(lines(&[]), lines(&["--preset", "es"]));
    // A schedule over the tutorial, which has none.
    let falling = "algorithm.mutation_scale={kind=\"linear\",to=0.5}";
    let tutorial = ["--preset", "tutorial", "--set", falling, "--generations", "70"];
    assert_eq!(lines(&tutorial), both("70"));
}

#[test]
fn settings_of_the_tutorials_algorithm_choose_its_preset() {
    let printed = |flags: &[&str]| run(PROGRAM, &[&["evolve", "--print-config"], flags].concat());
    let preset = |flags: &[&str]| {
        let stdout = printed(flags).success().stdout;
        stdout.lines().find(|line| line.starts_with("preset = ")).map(str::to_string)
    };
    let (es, tutorial) = ("preset = \"es\"".to_string(), "preset = \"tutorial\"".to_string());
    for flags in [&["--population", "9"][..], &["--set", "algorithm.elites=1"]] {
        assert_eq!(preset(flags), Some(tutorial.clone()), "{flags:?}");
    }
    for flags in [&["--seed", "9"][..], &["--initialisation", "he"], &["--set", "algorithm.blur=1"]]
    {
        assert_eq!(preset(flags), Some(es.clone()), "{flags:?}");
    }
    let mixed = ["--population", "9", "--set", "algorithm.blur=1"];
    printed(&mixed).fails(2, &["--population needs algorithm.kind = \"ea-simple\""]);
}

// long: the flags of a small run
#[test]
fn the_genetic_algorithm_goes_on_to_the_bits_of_a_run_that_was_not_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", "builtin", "--builtin-train", "400", "--builtin-test", "50"];
    let small = ["--hidden", "8", "--population", "6", "--validation", "100", "--judge-every", "2"];
    let sizes = ["--set", "batch.size.from=16", "--set", "batch.size.to=64", "--quiet"];
    let evolve = |more: &[&str]| {
        let flags = [&["evolve", "--preset", "ga"], &data[..], &small, &sizes, more].concat();
        run(PROGRAM, &flags).success().stdout
    };
    let hash = |text: &str| {
        let mut lines = text.lines();
        lines.find(|line| line.starts_with("state hash")).expect("a state hash").to_string()
    };
    let whole = evolve(&["--generations", "12", "--no-save"]);
    let out = folder.path().join("run");
    let out = out.to_str().expect("UTF-8");
    // The first half of twelve generations, which another end does not stretch.
    let first = ["--set", "length=12", "--set", "stop.generations=6", "--out", out];
    assert_ne!(hash(&evolve(&first)), hash(&whole));
    let flags = ["evolve", "--resume", out, "--quiet", "--threads", "1", "--generations", "12"];
    assert_eq!(hash(&run(PROGRAM, &flags).success().stdout), hash(&whole));
    // Six generations of their own are another run.
    assert_ne!(
        hash(&evolve(&["--generations", "6", "--no-save"])),
        hash(&evolve(&[&first[..4], &["--no-save"]].concat()))
    );
    // A time has as many generations as its configuration says.
    let folder = folder.path().join("timed");
    let folder = folder.to_str().expect("UTF-8");
    let timed = evolve(&["--time", "300ms", "--out", folder]);
    let config = format!("{folder}/config.toml");
    let again = run(PROGRAM, &["evolve", "--config", &config, "--quiet", "--no-save"]).success();
    assert_eq!(hash(&again.stdout), hash(&timed));
}

#[test]
fn a_time_sets_the_number_of_generations_alone_and_says_so() {
    for (set, name) in [
        ("stop.generations=5", "stop.generations"),
        ("length=5", "length"),
        ("stop.seconds=5", "stop.seconds"),
        ("stop={generations=5}", "stop"),
    ] {
        let flags = ["evolve", "--no-save", "--data", "builtin", "--time", "1ms", "--set", set];
        run(PROGRAM, &flags).fails(2, &[&format!("--set {name} cannot be used with --time")]);
    }
    let print = |flags: &[&str]| {
        run(PROGRAM, &[&["evolve", "--print-config", "--time", "2m"], flags].concat()).success()
    };
    let printed = print(&["--set", "stop.patience=5"]);
    assert!(printed.stderr.contains("--time 2m: a run measures how many"), "{}", printed.stderr);
    // The tutorial's recipe has a time limit instead.
    let printed = print(&["--preset", "tutorial"]);
    assert!(printed.stderr.is_empty() && printed.stdout.contains("seconds = 120"));
    // A file gives way, with a notice.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.toml");
    std::fs::write(&file, "preset = \"es\"\nlength = 777\nstop.generations = 777\n").unwrap();
    let small = ["--data", "builtin", "--builtin-train", "100", "--builtin-test", "50"];
    let file = ["--config", file.to_str().unwrap(), "--hidden", "4", "--validation", "20"];
    let timed = ["evolve", "--no-save", "--time", "1ms"];
    let ran = run(PROGRAM, &[&timed[..], &small, &file].concat()).success();
    let notice = ran.stderr.lines().find(|line| line.starts_with("instead of the 777 of "));
    assert!(notice.is_some_and(|line| line.ends_with("run.toml")), "{}", ran.stderr);
    assert!(ran.stdout.contains("\n1 generations, "), "{}", ran.stdout);
    // A time limit of the file would end the run amid its schedules.
    let limited = folder.path().join("limited.toml");
    std::fs::write(&limited, "preset = \"es\"\nstop.seconds = 1e-6\n").unwrap();
    let limited = ["--config", limited.to_str().unwrap(), "--hidden", "4", "--validation", "20"];
    let timed = ["evolve", "--no-save", "--time", "300ms"];
    let ran = run(PROGRAM, &[&timed[..], &small, &limited].concat()).success();
    assert!(ran.stderr.contains("instead of the 0.000001 s of "), "{}", ran.stderr);
    assert!(ran.stdout.contains("stopped by: generations"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_the_pace_is_measured_leaves_nothing_and_says_so() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let data = ["--data", "builtin", "--builtin-train", "2000", "--builtin-test", "10"];
    let flags = ["evolve", "--time", "1h", "--validation", "100", "--threads", "1"];
    let mut evolve = command(PROGRAM, &[&flags[..], &data, &["--out", text(&out)]].concat());
    let mut child = evolve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // The last line before up to 400 generations are measured.
    assert!(lines.any(|line| line.contains("Ctrl-C ends the run")));
    assert!(
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success()
    );
    let said = lines.last().unwrap();
    let expected = "error: interrupted while --time measured the pace: the run had not begun, and nothing is kept";
    assert_eq!((&*said, child.wait().unwrap().code()), (expected, Some(143)));
    assert!(!out.exists());
}
