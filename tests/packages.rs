//! The packages that the project promises to use: the code of each folder uses its own.

use std::collections::BTreeSet;
use std::process::Command;
use tinyevo_tests::imports::external_names;
use tinyevo_tests::root;
use tinyevo_tests::sources::rust_files;

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

/// Whether code of a folder, tests aside, has a path that starts with the name of a package.
fn is_used(package: &str, folder: &str) -> bool {
    let name = package.replace('-', "_");
    rust_files(&root().join(folder)).iter().any(|(path, text)| {
        let tests = path.split('/').any(|part| part.trim_end_matches(".rs").ends_with("tests"));
        !tests && external_names(text).contains(&name)
    })
}

#[test]
fn the_eight_packages_are_in_use() {
    for (folder, packages) in [
        ("core/src", &["libm", "heapless", "rand_core", "rand_xoshiro", "micromath"][..]),
        ("host/src", &["clap", "mnist", "tinyevo-core"]),
        ("benches", &["criterion"]),
    ] {
        for package in packages {
            assert!(is_used(package, folder), "{package} is not used in {folder}");
        }
        // The test can fail.
        assert!(!is_used("serde-yaml", folder));
    }
}

#[test]
fn the_core_depends_on_nothing_else() {
    let core = direct("tinyevo-core", &["--edges", "normal"]);
    let allowed = ["tinyevo-core", "crc", "libm", "heapless", "rand_core", "rand_xoshiro"];
    let expected: BTreeSet<_> = allowed.into_iter().map(str::to_string).collect();
    assert_eq!(core, expected);
}
