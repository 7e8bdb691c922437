//! The scenarios give the golden hashes on the desktop; `tests/firmware/run` reads the same file for
//! every other target.

use tinyevo_core::math::BACKEND;

fn assert_golden(scenario: &str, hash: u64) {
    let line = format!("{BACKEND} {scenario} {hash:016x}");
    assert!(include_str!("../golden.txt").lines().any(|golden| golden == line), "{line}");
}

#[test]
fn evolution_has_its_golden_hash() {
    assert_golden("evolution", tinyevo_scenarios::evolution().expect("no error"));
}

#[test]
fn math_has_its_golden_hash() {
    assert_golden("math", tinyevo_scenarios::math());
}
