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
                flags.drain(7..9);
            }
            hash_of(&run(PROGRAM, &flags).success().stdout).to_string()
        };
        assert_eq!(evolve("1"), evolve("3"), "{recipe:?}");
    }
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
