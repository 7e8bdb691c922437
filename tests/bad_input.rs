//! Every bad input gets one clear error and the right exit code: 2 for usage, 1 for the rest; never
//! a panic, an empty result or a half-written file.

use std::fs;
use std::path::{Path, PathBuf};
use tinyevo_tests::{run, small};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// The flags of a run of the tutorial's preset, or of the one that they name.
fn evolve<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let own = flags.iter().any(|flag| ["--preset", "--resume"].contains(flag));
    let preset = if own { &[][..] } else { &["--preset", "tutorial"] };
    [&["evolve", "--data", "builtin"], preset, flags].concat()
}

/// A champion of a small run.
fn champion(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    let _ =
        run(PROGRAM, &small(&["--generations", "1", "--quiet", "--out", out.to_str().unwrap()]))
            .success();
    out.join("champion.safetensors")
}

#[test]
fn weights_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let good = champion(folder.path());
    let bytes = fs::read(&good).unwrap();
    let bad = folder.path().join("bad.safetensors");
    let evaluate = || run(PROGRAM, &["evaluate", bad.to_str().unwrap(), "--data", "builtin"]);
    evaluate().fails(1, &["bad.safetensors"]);
    fs::write(&bad, []).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    fs::write(&bad, &bytes[..bytes.len() - 1]).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    fs::write(&bad, [&bytes[..], &[0; 4]].concat()).unwrap();
    evaluate().fails(1, &["not a safetensors file"]);
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&bad, nan).unwrap();
    evaluate().fails(1, &["NaN", "finite"]);
    // A folder without a run.
    run(PROGRAM, &["evaluate", folder.path().to_str().unwrap()])
        .fails(2, &["a folder without a champion.safetensors"]);
    // Metadata that says another activation than any that tinyevo has, and a file without an end.
    let text = |bytes: &[u8]| bytes.windows(4).position(|word| word == b"relu").expect("relu");
    let mut other = bytes.clone();
    other[text(&bytes)..][..4].copy_from_slice(b"tanh");
    fs::write(&bad, other).unwrap();
    evaluate().fails(1, &["metadata", "tanh"]);
    #[cfg(unix)]
    run(PROGRAM, &["evaluate", "/dev/zero"]).fails(1, &["/dev/zero", "not a safetensors file"]);
}

#[test]
fn an_output_folder_that_holds_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let champion = champion(folder.path());
    let before = fs::read(&champion).unwrap();
    let out = champion.parent().unwrap().to_str().unwrap();
    run(PROGRAM, &small(&["--generations", "1", "--out", out])).fails(1, &["already holds a run"]);
    assert_eq!(fs::read(&champion).unwrap(), before);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    run(PROGRAM, &small(&["--generations", "1", "--out", file.to_str().unwrap()]))
        .fails(1, &["file"]);
}

// long: a table of cases
#[test]
fn numbers_that_make_no_sense() {
    for flags in [
        &["--population", "0"][..],
        &["--population", "99999999999"],
        &["--population", "2000000"],
        &["--population", "-1"],
        &["--population", "2.5"],
        &["--generations", "0"],
        &["--generations", "many"],
        &["--report-every", "0"],
        &["--rounds", "4294967295"],
        &["--rounds", "1", "--generations", "1"],
        &["--hidden", "99999999999999999999"],
        &["--hidden", "999999999999"],
        &["--hidden", "8,0"],
        &["--hidden", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"],
        &["--crossover-probability", "1.5"],
        &["--crossover-probability", "-0.1"],
        &["--mutation-probability", "NaN"],
        &["--gene-probability", "2"],
        &["--sigma", "-1"],
        &["--sigma", "inf"],
        &["--alpha", "0.5"],
        &["--crossover", "blend", "--alpha", "-1"],
        &["--tournament-size", "0"],
        &["--survivors", "3"],
        &["--selection", "truncation", "--survivors", "26"],
        &["--elites", "26"],
        &["--initial-range", "-1"],
        &["--stop-accuracy", "1.1"],
        &["--time-limit", "0"],
        &["--patience", "0"],
        &["--seed", "-1"],
        &["--seed", "9223372036854775808"],
        &["--hidden", "4", "--hidden", "5"],
        &["--tournament-size", "4000000000"],
        &["--out", "-"],
        &["--set", "seed"],
        &["--set", "sigma=1"],
        &["--validation", "-1"],
        &["--judge-every", "0"],
        &["--checkpoint-every", "-1"],
        &["--resume", "x", "--preset", "tutorial"],
        &["--no-save", "--out", "x"],
        &["--threads", "0"],
        &["--isa", "mmx"],
        &["--preset", "nothing"],
        &["--builtin-test", "0"],
        &["--builtin-train", "99999999999"],
        &["--fitness", "luck"],
        &["--no-such-flag"],
        &["stray"],
    ] {
        println!("{flags:?}");
        let refused = run(PROGRAM, &evolve(flags));
        refused.fails(2, &[]);
        // The value is refused, not a flag that is no longer there.
        let unknown = ["--no-such-flag", "stray"].contains(&flags[0]);
        assert_eq!(refused.stderr.contains("unexpected argument"), unknown, "{}", refused.stderr);
    }
    run(
        PROGRAM,
        &[
            "data",
            "show",
            "40",
            "--data",
            "builtin",
            "--builtin-train",
            "1",
            "--builtin-test",
            "40",
        ],
    )
    .fails(2, &["0 to 39"]);
    run(PROGRAM, &["no-such-command"]).fails(2, &[]);
}

#[test]
fn numbers_out_of_range_are_answered_with_the_range() {
    for (flags, message) in [
        (
            &["--population", "2.5"][..],
            "--population must be a whole number from 1 to 1000000, got 2.5",
        ),
        (&["--sigma", "1e308"], "--sigma must be a number from 0 to 1e38, got 1e308"),
        (&["--stop-accuracy", "60%"], "--stop-accuracy must be a number from 0 to 1, got 60%"),
        (
            &["--preset", "es", "--population", "3"],
            "--population needs algorithm.kind = \"ea-simple\"; here the kind is \"neuron-es\"",
        ),
        (
            &["--preset", "es", "--crossover", "mean"],
            "--crossover needs algorithm.kind = \"ea-simple\"; here the kind is \"neuron-es\"",
        ),
        (
            &["--preset", "es", "--set", "algorithm.learning_rate.from=-1"],
            "--set algorithm.learning_rate.from must be a number from 0 to 1e38, got -1",
        ),
        (&["--set", "algorithm.decay=1"], "--set algorithm.decay needs algorithm.kind"),
        (&["--reset-range", "3"], "--reset-range needs --mutation uniform-reset"),
        (&["--initial-range", "-1"], "--initial-range must be a number from 0 to 1e38, got -1"),
        (&["--seed", "18446744073709551615"], "got 18446744073709551615"),
        (&["--set", "stop.generations=0"], "--set stop.generations must be a whole number from 1"),
        (&["--set", "sede=1"], "did you mean `seed`?"),
        (&["--rounds", "4294967295"], "--rounds must be a whole number from 1 to 429496729"),
    ] {
        run(PROGRAM, &evolve(flags)).fails(2, &[message]);
    }
}

#[test]
fn configurations_that_make_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let path = file.to_str().unwrap();
    run(PROGRAM, &["evolve", "--config", path]).fails(1, &["config.toml"]);
    for (text, mention) in [
        ("sede = 3", "sede"),
        ("[stop]\ngeneration = 3", "generation"),
        ("seed = \"x\"", "seed"),
        ("seed = ", "config.toml"),
        ("preset = \"nothing\"", "nothing"),
        ("[algorithm]\npopulation = 0", "config.toml:2: algorithm.population must be"),
        ("[population]\nsize = 0", "did you mean `algorithm.population`?"),
        ("[algorithm]\ncrossover_probability = 7.0", "algorithm.crossover_probability"),
        ("[algorithm.crossover]\nkind = \"mean\"\nalpha = 0.5", "algorithm.crossover.alpha"),
    ] {
        fs::write(&file, text).unwrap();
        run(PROGRAM, &["evolve", "--config", path]).fails(2, &[mention]);
    }
    run(PROGRAM, &["evolve", "--config", path, "--preset", "tutorial"]).fails(2, &[]);
}
