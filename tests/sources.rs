//! The Rust files of a folder as syntax trees, for the tests that look at the code itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use syn::{Attribute, Meta};

/// All Rust files below `folder`: their paths from it, with `/` between the parts, and their texts.
/// Folders named `target` and hidden ones are left out.
///
/// # Panics
/// If a folder or file cannot be read.
#[must_use]
pub fn rust_files(folder: &Path) -> BTreeMap<String, String> {
    files(folder, &|name| name.ends_with(".rs"))
}

/// As [`rust_files`], of all files whose name `wanted` accepts.
///
/// # Panics
/// If a folder or file cannot be read, or a file is not UTF-8.
pub fn files(folder: &Path, wanted: &impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        if path.is_dir() && !path.is_symlink() {
            if name != "target" && !name.starts_with('.') {
                let below = files(&path, wanted).into_iter();
                found.extend(below.map(|(file, text)| (format!("{name}/{file}"), text)));
            }
        } else if wanted(name) {
            let text = fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.insert(name.to_string(), text);
        }
    }
    found
}

/// Whether an item exists for tests only: it has the attribute `#[cfg(test)]` or `#[test]`.
#[must_use]
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::NameValue(_) => false,
    })
}
