//! The same seed, preset and data give the same bits: at any number of threads, with any
//! instruction set, in debug and release builds (`tests/run` runs this file in both).
//!
//! The golden hashes are promises: to change one is a breaking change, to be marked in CHANGELOG.md.

use std::path::Path;
use tinyevo_tests::{command, real_mnist, run, small};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// The line with the state hash.
fn hash_of(stdout: &str) -> &str {
    stdout.lines().find_map(|line| line.strip_prefix("state hash ")).expect("a state hash")
}

/// A genetic algorithm on distorted batches.
const DISTORTED: &str = "
[fitness]
measure = \"cross-entropy\"
images = \"train\"
[algorithm]
population = 8
[batch]
size = { kind = \"constant\", value = 100.0 }
shift = 1
[batch.distortion]
rotation = 0.2
lifetime = 4
";

#[test]
fn distorted_batches_repeat_in_any_number_of_threads_and_after_a_resume() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let hash = |config: &str, more: &[&str]| {
        std::fs::write(path("config.toml"), config).unwrap();
        let config = path("config.toml");
        let data = ["--data", "builtin", "--builtin-train", "500", "--builtin-test", "100"];
        let flags = ["evolve", "--quiet", "--config", &config, "--hidden", "8"];
        hash_of(&run(PROGRAM, &[&flags[..], &data, more].concat()).success().stdout).to_string()
    };
    let whole = ["--generations", "13", "--no-save"];
    let one = hash(DISTORTED, &[&whole[..], &["--threads", "1"]].concat());
    assert_eq!(hash(DISTORTED, &[&whole[..], &["--threads", "3"]].concat()), one);
    let out = path("run");
    let _ = hash(DISTORTED, &["--generations", "6", "--threads", "3", "--out", &out]);
    let flags = ["evolve", "--quiet", "--resume", &out, "--generations", "13", "--threads", "2"];
    assert_eq!(hash_of(&run(PROGRAM, &flags).success().stdout), one);
    // It is the distortion that is seen here, and its lifetime.
    assert_ne!(hash(DISTORTED.split("[batch.distortion]").next().unwrap(), &whole), one);
    assert_ne!(hash(&DISTORTED.replace("lifetime = 4", "lifetime = 5"), &whole), one);
}

/// Runs with each number of threads and each instruction set of this CPU; all must give `golden`.
fn assert_golden(golden: &str, evolve: impl Fn(&[&str]) -> String) {
    for threads in ["1", "2", "4"] {
        let stdout = evolve(&["--threads", threads]);
        assert_eq!(hash_of(&stdout), golden, "{threads} threads");
    }
    for isa in tinyevo::threads::isa::Isa::every() {
        let name = isa.to_string();
        let stdout = evolve(&["--isa", &name, "--threads", "2"]);
        assert_eq!(hash_of(&stdout), golden, "{isa}");
        println!("{isa}: {golden}");
    }
}

#[test]
fn threads_and_instruction_sets_do_not_show() {
    assert_golden("3ced6372db77c2e8", |flags| {
        let more = [&["--generations", "6", "--quiet"], flags].concat();
        run(PROGRAM, &small(&more)).success().stdout
    });
}

#[test]
fn cross_entropy_and_every_operator_repeat_too() {
    for recipe in [
        &["--crossover", "blend", "--selection", "truncation"][..],
        &["--crossover", "uniform", "--mutation", "uniform-reset", "--elites", "2"],
        &["--crossover", "one-point", "--initialisation", "he", "--selection", "random"],
        &["--crossover", "two-point", "--initialisation", "glorot", "--hidden", "5,3"],
        &["--crossover", "neurons", "--mutation", "neurons", "--hidden", "20,3"],
    ] {
        let evolve = |threads| {
            let more = [
                &["--fitness", "cross-entropy", "--generations", "3", "--quiet"],
                recipe,
                &["--threads", threads],
            ]
            .concat();
            let more: Vec<_> = more.iter().filter(|flag| !flag.is_empty()).copied().collect();
            // A second --hidden would be a usage error: take the small run's away.
            let mut flags = small(&more);
            if recipe.contains(&"--hidden") {
                flags.drain(9..11);
            }
            hash_of(&run(PROGRAM, &flags).success().stdout).to_string()
        };
        assert_eq!(evolve("1"), evolve("3"), "{recipe:?}");
    }
}

/// A small network with convolutions and poolings of several kinds.
const SMALL_MAPS: &str = "conv:3x5:2,pool:2,conv:5x3:same,pool:2:1,dense:7,dense:10";

/// A small run of a preset on batches of built-in digits.
fn small_batches<'a>(preset: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    // The preset, on the network that is named behind it.
    let name = preset.strip_suffix("-maps").unwrap_or(preset);
    let flags = ["evolve", "--preset", name, "--data", "builtin", "--builtin-train", "700"];
    let sizes = ["--builtin-test", "200", "--validation", "100", "--quiet"];
    let own = match preset {
        "ga" => &["--hidden", "20", "--set", "algorithm.self_adaptation=0.2"][..],
        "cnn" | "coevolution-maps" | "low-rank-maps" => &["--network", SMALL_MAPS],
        "micro" => &["--network", SMALL_MAPS, "--weights", "int8,int4,ternary,int4"],
        _ => &["--hidden", "20"],
    };
    [&flags[..], &sizes, own, more].concat()
}

#[test]
fn presets_on_batches_repeat_in_any_number_of_threads_and_vector_width() {
    for (preset, golden) in [
        ("es", "40a8c90fa0fbc8f1"),
        ("cnn", "d23d0a1962ae3eb0"),
        ("micro", "7732c24b5c3903d0"),
        ("coevolution", "069f6eff95473b9d"),
        ("coevolution-maps", "26dcad8c75956195"),
        ("low-rank", "ddb513c93f110062"),
        ("low-rank-maps", "d4cd6e00847455b0"),
        ("ga", "fb6bf81ebc3de745"),
    ] {
        assert_golden(golden, |flags| {
            let more = [&["--generations", "30", "--no-save"], flags].concat();
            run(PROGRAM, &small_batches(preset, &more)).success().stdout
        });
    }
}

#[test]
fn presets_on_batches_go_on_with_the_same_bits() {
    for preset in
        ["es", "cnn", "micro", "coevolution", "coevolution-maps", "low-rank", "low-rank-maps", "ga"]
    {
        goes_on(preset);
    }
}

/// Compares a whole run with one that is interrupted and resumed.
fn goes_on(preset: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let (whole, parts) = (whole.to_str().expect("UTF-8"), parts.to_str().expect("UTF-8"));
    let rare = ["--judge-every", "7"];
    let flags = [&["--generations", "40", "--out", whole][..], &rare].concat();
    let one = run(PROGRAM, &small_batches(preset, &flags)).success().stdout;
    let first = ["--set", "length=40", "--set", "stop.generations=17", "--out", parts];
    let flags = [&first[..], &rare, &["--threads", "1"]].concat();
    let half = run(PROGRAM, &small_batches(preset, &flags)).success().stdout;
    assert_ne!(hash_of(&half), hash_of(&one));
    let resume = ["evolve", "--resume", parts, "--generations", "40", "--quiet", "--threads", "3"];
    let other = run(PROGRAM, &resume).success().stdout;
    assert_eq!(hash_of(&other), hash_of(&one));
    // All that a user sees but times and paths.
    let lines = |stdout: &str| -> Vec<String> {
        let timeless = |line: &&str| !line.contains(" s, ") && !line.contains("files of this run");
        stdout.lines().filter(timeless).map(str::to_string).collect()
    };
    assert_eq!(lines(&one), lines(&other));
}

#[test]
fn the_tutorial_on_real_mnist_has_its_golden_hash() {
    let Some(folder) = real_mnist("the_tutorial_on_real_mnist_has_its_golden_hash") else { return };
    let evolve = |folder: &Path| {
        let mut command = command(
            PROGRAM,
            &["evolve", "--preset", "tutorial", "--generations", "2", "--quiet", "--data"],
        );
        let output = command.arg(folder).output().expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(hash_of(&evolve(&folder)), "f24f4197a0ffd1ac");
}
