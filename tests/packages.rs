//! The packages that the project promises to use, each where `DESIGN` puts it.

use std::collections::BTreeSet;
use std::process::Command;
use tinyevo_tests::root;

/// The direct dependencies of a package, by `cargo tree`.
fn direct(package: &str, flags: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--depth",
            "1",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "-p",
            package,
        ])
        .args(flags)
        .current_dir(root())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_string).collect()
}

#[test]
fn the_eight_packages_are_in_use() {
    let core = direct("tinyevo-core", &["--features", "micromath"]);
    for package in ["libm", "heapless", "rand_core", "rand_xoshiro", "micromath"] {
        assert!(core.contains(package), "{package} in {core:?}");
    }
    let host = direct("tinyevo", &[]);
    for package in ["clap", "mnist", "tinyevo-core"] {
        assert!(host.contains(package), "{package} in {host:?}");
    }
    assert!(direct("tinyevo-benches", &[]).contains("criterion"));
}

#[test]
fn the_core_depends_on_nothing_else() {
    let core = direct("tinyevo-core", &["--edges", "normal"]);
    let allowed = ["tinyevo-core", "libm", "heapless", "rand_core", "rand_xoshiro"];
    let expected: BTreeSet<_> = allowed.into_iter().map(str::to_string).collect();
    assert_eq!(core, expected);
}
