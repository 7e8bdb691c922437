//! The command line as users meet it.

use serde_json::Value;
use std::fs;
use std::path::Path;
use tinyevo_tests::{Ran, command, run, small, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

// long: one run, and each of its files
#[test]
fn a_run_leaves_all_its_files_and_they_agree() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let flags = ["--generations", "5", "--report-every", "2", "--out", text(&out)];
    let ran = run(PROGRAM, &small(&flags)).success();
    let mut files: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = [
        "champion.safetensors",
        "checkpoint-0000000000.tevc",
        "checkpoint-0000000005.tevc",
        "config.toml",
        "confusion.csv",
        "history.csv",
        "history.png",
        "history.svg",
        "report.txt",
        "summary.json",
    ];
    assert_eq!(files, expected);

    let summary: Value =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    for key in [
        "preset",
        "seed",
        "threads",
        "dataset",
        "network",
        "parameters",
        "generations",
        "evaluations",
        "seconds",
        "best_fitness",
        "fitness_accuracy",
        "test_accuracy",
        "stop_reason",
        "state_hash",
        "data_fingerprint",
    ] {
        assert!(!summary[key].is_null(), "{key}");
    }
    assert_eq!(summary["preset"], "tutorial");
    assert_eq!(summary["preset_kept"], false);
    assert!(ran.stdout.contains("preset tutorial with changes"), "{}", ran.stdout);
    assert_eq!(summary["network"], "784-16-10");
    assert_eq!(summary["parameters"], 12_730);
    assert_eq!(summary["generations"], 5);
    assert_eq!(summary["stop_reason"], "generations");
    assert_eq!(summary["state_hash"].as_str().unwrap().len(), 16);
    assert!(ran.stdout.contains(summary["state_hash"].as_str().unwrap()));

    let history = fs::read_to_string(out.join("history.csv")).unwrap();
    let rows: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "generation,evaluations,seconds,best,avg,std,min,max,accuracy,champion_accuracy"
    );
    assert_eq!(rows.len(), 7);
    assert_eq!((rows[1][0], rows[1][1], rows[6][0]), ("0", "9", "5"));
    assert_eq!(rows[6][1], summary["evaluations"].to_string());

    let report = fs::read_to_string(out.join("report.txt")).unwrap();
    assert!(report.contains("weighted avg") && report.contains("confusion matrix"));
    assert_eq!(fs::read_to_string(out.join("confusion.csv")).unwrap().lines().count(), 11);
    assert!(fs::read_to_string(out.join("history.svg")).unwrap().starts_with("<svg"));
    assert!(fs::read(out.join("history.png")).unwrap().starts_with(b"\x89PNG"));

    // The champion, evaluated again, has the accuracy that the summary says.
    let champion = out.join("champion.safetensors");
    let flags = ["--data", "builtin", "--builtin-train", "1", "--builtin-test", "700"];
    let evaluated = run(PROGRAM, &[&["evaluate", text(&champion)][..], &flags].concat()).success();
    let accuracy = format!("accuracy: {:.2} %", 100.0 * summary["test_accuracy"].as_f64().unwrap());
    assert!(evaluated.stdout.contains(&accuracy), "{accuracy}\n{}", evaluated.stdout);
    let shown = run(PROGRAM, &["summary", text(&champion)]).success();
    assert!(shown.stdout.contains("12,730"), "{}", shown.stdout);

    // The configuration, run again, gives the same bits.
    let config = out.join("config.toml");
    let again =
        run(PROGRAM, &["evolve", "--config", text(&config), "--quiet", "--no-save"]).success();
    assert!(again.stdout.contains(summary["state_hash"].as_str().unwrap()));
}

#[test]
fn built_in_digits_are_named_as_such_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let ran = run(PROGRAM, &small(&["--generations", "1", "--out", text(&out)])).success();
    for (place, text) in [
        ("standard output", ran.stdout),
        ("standard error", ran.stderr),
        ("report.txt", fs::read_to_string(out.join("report.txt")).unwrap()),
        ("summary.json", fs::read_to_string(out.join("summary.json")).unwrap()),
    ] {
        assert!(text.contains("built-in digits"), "{place}:\n{text}");
    }
}

#[test]
fn without_data_or_network_the_built_in_digits_are_taken_with_a_notice() {
    let flags = [
        "evolve",
        "--preset",
        "tutorial",
        "--no-save",
        "--offline",
        "--builtin-train",
        "1",
        "--builtin-test",
        "50",
        "--hidden",
        "4",
        "--population",
        "2",
        "--generations",
        "1",
    ];
    let ran = run(PROGRAM, &flags).success();
    assert!(ran.stderr.contains("tinyevo data fetch mnist"), "{}", ran.stderr);
    assert!(ran.stdout.contains("built-in digits"), "{}", ran.stdout);
}

#[test]
fn quiet_leaves_the_results() {
    let ran = run(PROGRAM, &small(&["--generations", "2", "--quiet"])).success();
    assert_eq!(ran.stderr, "");
    assert!(ran.stdout.contains("test accuracy") && ran.stdout.contains("weighted avg"));
}

#[test]
fn a_run_shows_what_the_tutorial_shows() {
    let ran = run(PROGRAM, &small(&["--generations", "2", "--report-every", "1"])).success();
    for shown in [
        "a sample digit",
        "Model: \"sequential\"",
        "a random individual: accuracy",
        "\n    2           2 ",
    ] {
        assert!(ran.stderr.contains(shown), "{shown}:\n{}", ran.stderr);
    }
}

#[test]
fn a_printed_configuration_round_trips() {
    let flags = [
        "--crossover",
        "blend",
        "--alpha",
        "0.3",
        "--sigma",
        "0.05",
        "--rounds",
        "7",
        "--print-config",
    ];
    let printed = run(PROGRAM, &small(&flags)).success().stdout;
    assert!(printed.contains("generations = 70"), "{printed}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, &printed).unwrap();
    let again =
        run(PROGRAM, &["evolve", "--config", text(&file), "--print-config"]).success().stdout;
    assert_eq!(again, printed);
}

#[test]
fn flags_stand_over_set_and_set_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, "seed = 1\nreport_every = 2\n[algorithm]\npopulation = 3\nelites = 1\n")
        .unwrap();
    let over = ["--set", "seed=4", "--set", "report_every=5", "--seed", "6", "--print-config"];
    let flags = [&["evolve", "--config", text(&file)][..], &over].concat();
    let printed = run(PROGRAM, &flags).success().stdout;
    for line in ["seed = 6", "report_every = 5", "population = 3", "elites = 1", "sigma = 0.1"] {
        assert!(printed.lines().any(|printed| printed == line), "{line}:\n{printed}");
    }
    // The planned length follows the number of generations, unless it is given.
    for (set, length) in [(&[][..], "length = 15"), (&["--set", "length=30"], "length = 30")] {
        let flags = [&["evolve", "--generations", "15", "--print-config"], set].concat();
        let printed = run(PROGRAM, &flags).success().stdout;
        assert!(printed.lines().any(|line| line == length), "{length}:\n{printed}");
    }
}

#[test]
fn help_shows_the_default_of_each_flag() {
    let help = run(PROGRAM, &["evolve", "--help"]).success().stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    // Each flag stands before its value.
    let values: Vec<&str> = help.split(" <").skip(1).collect();
    assert!(values.len() > 35, "{help}");
    for part in values.iter().filter(|part| !part.starts_with("KEY=VALUE>")) {
        assert!(part.contains("[default: "), "{part}");
    }
}

#[test]
fn runs_end_for_each_reason() {
    for (flags, reason) in [
        (&["--generations", "2"][..], "generations"),
        (&["--stop-accuracy", "0"], "accuracy"),
        (&["--time-limit", "0.000001"], "time-limit"),
        (
            &["--patience", "1", "--mutation-probability", "0", "--crossover-probability", "0"],
            "patience",
        ),
    ] {
        let ran = run(PROGRAM, &small(&[&["--quiet"], flags].concat())).success();
        assert!(ran.stdout.contains(&format!("stopped by: {reason}")), "{}", ran.stdout);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_run_with_a_report() {
    use std::io::{BufRead, BufReader, Read};
    let flags = small(&["--generations", "4000000", "--report-every", "1", "--no-save"]);
    // Where the tests run in the background, SIGINT is ignored, and would be by the program too.
    let flags = [&["--default-signal=INT", PROGRAM], &flags[..]].concat();
    let mut child = command("env", &flags)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The first round is over: the loop runs, and the handler is there.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let is_first_round = |line: &str| line.split_whitespace().take(2).eq(["1", "1"]);
    assert!(lines.any(|line| is_first_round(&line.unwrap())));
    let drain = std::thread::spawn(move || lines.count());
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drain.join().unwrap();
    assert!(
        stdout.contains("stopped by: interrupted") && stdout.contains("weighted avg"),
        "{stdout}"
    );
}

#[test]
fn every_command_has_help_and_there_are_completions() {
    // The names of the commands, as the help of the command above them lists them.
    let listed = |words: &[&str]| -> Vec<String> {
        let help = run(PROGRAM, &[words, &["--help"]].concat()).success().stdout;
        assert!(help.contains("Usage:"), "{words:?}");
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let names =
            lines.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
        names.filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
    };
    let commands = listed(&[]);
    for known in ["evolve", "evaluate", "export", "quantize", "data", "bench", "footprint"] {
        assert!(commands.iter().any(|command| command == known), "{known} in {commands:?}");
    }
    for command in commands.iter().filter(|command| *command != "help") {
        for below in listed(&[command]).iter().filter(|command| *command != "help") {
            let _ = listed(&[command, below]);
        }
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(PROGRAM, &["completions", shell]).success().stdout.contains("tinyevo"));
    }
    assert!(run(PROGRAM, &["--version"]).success().stdout.starts_with("tinyevo "));
}

#[test]
fn the_small_commands_answer() {
    let builtin = ["--data", "builtin", "--builtin-train", "3", "--builtin-test", "40"];
    let ask = |words: &[&str]| run(PROGRAM, &[words, &builtin].concat()).success().stdout;
    let info = ask(&["data", "info"]);
    assert!(info.contains("built-in digits") && info.contains("40 images"), "{info}");
    let shown = ask(&["data", "show", "7"]);
    assert_eq!(shown.lines().count(), 15, "{shown}");
    assert!(shown.contains('█'), "{shown}");
    assert!(ask(&["random", "--seed", "3"]).contains("random individual of seed 3: accuracy"));
    let summary = run(PROGRAM, &["summary", "--hidden", "64,32"]).success().stdout;
    assert!(summary.contains("dense_2 (Dense)"), "{summary}");
}

#[test]
fn the_configuration_of_a_run_names_the_data_that_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut flags = small(&["--generations", "1", "--quiet", "--offline", "--out", text(&out)]);
    // `auto`, which comes to built-in digits here, instead of `builtin`.
    let data = flags.iter().position(|flag| *flag == "builtin").unwrap();
    flags[data] = "auto";
    let first = run(PROGRAM, &flags).success();
    let config = fs::read_to_string(out.join("config.toml")).unwrap();
    assert!(config.contains("source = \"builtin\""), "{config}");
    assert!(fs::read_to_string(out.join("history.svg")).unwrap().contains("not MNIST"));
    let config = out.join("config.toml");
    let again =
        run(PROGRAM, &["evolve", "--config", text(&config), "--quiet", "--no-save"]).success();
    let hash = |ran: &Ran| {
        let mut lines = ran.stdout.lines();
        lines.find(|line| line.starts_with("state hash")).expect("a state hash").to_string()
    };
    assert_eq!(hash(&first), hash(&again));
}

/// Runs the program on 80 columns; fails if a line of what it prints is longer, paths aside.
fn fits_80_columns(arguments: &[&str], folder: &Path) -> Ran {
    let output = command(PROGRAM, arguments).env("COLUMNS", "80").output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    for line in stdout.lines().chain(stderr.lines()).filter(|line| !line.contains(text(folder))) {
        let columns = line.chars().count();
        assert!(columns <= 80, "{arguments:?}: {columns} columns:\n{line}");
    }
    Ran { code: output.status.code(), stdout, stderr }
}

#[test]
fn no_line_is_longer_than_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let fits = |words: &[&str]| fits_80_columns(words, folder.path());
    let champion = folder.path().join("run/champion.safetensors");
    let (out, champion) = (folder.path().join("run"), text(&champion));
    let ran = fits(&small(&["--generations", "12", "--out", text(&out)]));
    assert!(ran.stdout.contains("weighted avg") && !ran.stderr.is_empty(), "{}", ran.stdout);
    fits(&["evolve", "--print-config"]);
    fits(&["summary", champion]);
    fits(&["summary", "--hidden", "512,256,128"]);
    let builtin = ["--data", "builtin", "--builtin-train", "100", "--builtin-test", "700"];
    let bench = ["bench", "--hidden", "1,128", "--rounds", "1", "--milliseconds", "1"];
    for words in [
        &["data", "info"][..],
        &["data", "show", "7"],
        &["random"],
        &["evaluate", champion],
        &["quantize", champion],
        &["footprint", champion],
        &["footprint", champion, "--int8"],
        &["export", champion, "--format", "c", "--out", text(&folder.path().join("champion.h"))],
        &bench,
    ] {
        let data = if words[0] == "footprint" { &[][..] } else { &builtin };
        fits(&[words, data].concat());
    }
    fits(&["--help"]);
    for command in ["evolve", "summary", "data", "evaluate", "random", "quantize", "footprint"] {
        fits(&[command, "--help"]);
        fits(&[command, "-h"]);
    }
    for words in ["export", "bench", "completions", "data info", "data show", "data fetch"] {
        fits(&[&words.split(' ').collect::<Vec<_>>()[..], &["--help"]].concat());
    }
}
