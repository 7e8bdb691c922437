//! The scenarios give the golden hashes on the desktop; `tests/firmware/run` reads the same file for
//! every other target.

use tinyevo_core::math::BACKEND;
use tinyevo_scenarios::{ALGORITHMS, SCENARIOS, Scenario};

fn all() -> impl Iterator<Item = Scenario> {
    SCENARIOS.into_iter().chain(ALGORITHMS)
}

#[test]
fn every_scenario_has_its_golden_hash() {
    for (name, scenario) in all() {
        let hash = scenario().expect("enough memory");
        let line = format!("{BACKEND} {name} {hash:016x}");
        assert!(include_str!("../golden.txt").lines().any(|golden| golden == line), "{line}");
    }
}

#[test]
fn every_golden_hash_has_its_scenario() {
    let lines = include_str!("../golden.txt").lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split_whitespace().nth(1));
    for name in names {
        assert!(all().any(|(scenario, _)| scenario == name), "{name}");
    }
}
