//! `tests/panic_free` proves what it calls; this test sees to it that it calls every public function
//! of the core. It goes by names: of two types with a method `check`, one call is enough for it.

use std::fs;
use std::path::Path;
use tinyevo_tests::root;

/// The text of all Rust files below a folder, without their unit tests.
fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let file = fs::read_to_string(&path).expect("a source file");
            text += file.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        }
    }
    text
}

/// The name of the public function that a line starts.
fn public_function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub const fn "))?;
    rest.split(['(', '<']).next()
}

/// Whether `name` is called: as a whole word, with arguments or type parameters behind it.
fn is_called(name: &str, text: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = &text[at + name.len()..];
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            && (after.starts_with('(') || after.starts_with("::<"))
    })
}

#[test]
fn the_proof_calls_every_public_function_of_the_core() {
    let proof = sources(&root().join("tests/panic_free/src"));
    let core = sources(&root().join("core/src"));
    let functions: Vec<_> = core.lines().filter_map(public_function).collect();
    assert!(functions.len() > 80, "only {} functions found", functions.len());
    let missing: Vec<_> = functions.into_iter().filter(|name| !is_called(name, &proof)).collect();
    assert!(missing.is_empty(), "not called in tests/panic_free: {missing:?}");
}
