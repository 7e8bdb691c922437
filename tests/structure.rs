//! The files of `core/src` and `host/src` use one another in no circle, and each uses only what stands
//! on lower floors: `floors.txt`, which is written down there and nowhere else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tinyevo_tests::imports::{Uses, uses};
use tinyevo_tests::root;
use tinyevo_tests::sources::rust_files;

/// The floor of each name of a package, from the lowest, 0, up.
type Floors = BTreeMap<String, usize>;

/// The floors of a package, from the text of `floors.txt`.
fn floors(text: &str, package: &str) -> Floors {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let section = lines.skip_while(|line| *line != format!("[{package}]")).skip(1);
    let own = section.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty());
    let names = own.enumerate().flat_map(|(floor, line)| {
        line.split_whitespace().map(move |name| (name.to_string(), floor))
    });
    names.collect()
}

/// The name in `floors` that a file belongs to: its own, or the closest folder's.
fn entry<'f>(floors: &'f Floors, file: &str) -> Option<(&'f String, usize)> {
    let mut name = file;
    loop {
        if let Some((name, floor)) = floors.get_key_value(name) {
            return Some((name, *floor));
        }
        name = name.rsplit_once('/')?.0;
    }
}

/// Uses of what does not stand below, files without a floor, and names without a file.
fn climbs(uses: &Uses, floors: &Floors) -> Vec<String> {
    let mut faults = Vec::new();
    let mut without_file: BTreeSet<_> = floors.keys().collect();
    for (file, used) in uses {
        let Some((own, floor)) = entry(floors, file) else {
            faults.push(format!("{file} has no floor"));
            continue;
        };
        without_file.remove(own);
        for other in used {
            if let Some((name, below)) = entry(floors, other)
                && name != own
                && below >= floor
            {
                faults.push(format!("{file} uses {other}, which does not stand below it"));
            }
        }
    }
    faults.extend(without_file.iter().map(|name| format!("{name} has a floor but no file")));
    faults
}

/// For each file that is in a circle, the shortest; each circle once, from its first name on.
fn circles(uses: &Uses) -> BTreeSet<Vec<String>> {
    let circles = uses.keys().filter_map(|file| shortest_circle(uses, file));
    let turned = circles.map(|mut circle| {
        let first = (0..circle.len()).min_by_key(|at| &circle[*at]).unwrap_or(0);
        circle.rotate_left(first);
        circle
    });
    turned.collect()
}

/// The shortest way from a file back to itself.
fn shortest_circle(uses: &Uses, file: &String) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![file.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in uses.get(way.last()?).into_iter().flatten() {
            if next == file {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back([&way[..], std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

/// All faults of a package.
fn faults(uses: &Uses, floors: &Floors) -> Vec<String> {
    let circles = circles(uses);
    let circles = circles.iter().map(|circle| format!("a circle: {}", circle.join(" -> ")));
    climbs(uses, floors).into_iter().chain(circles).collect()
}

fn assert_in_order(package: &str, roots: &[(&str, &[&str])]) {
    let sources = rust_files(&root().join(package).join("src"));
    let mut all = Uses::new();
    for (file, own) in roots {
        all.extend(uses(&sources, file, own));
    }
    let edges: usize = all.values().map(BTreeSet::len).sum();
    assert!(all.len() > 20 && edges > all.len(), "{} files, {edges} uses", all.len());
    let faults = faults(&all, &floors(include_str!("floors.txt"), package));
    assert!(faults.is_empty(), "{} faults in {package}/src:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_core_keeps_to_its_floors() {
    assert_in_order("core", &[("lib", &[])]);
}

#[test]
fn the_host_keeps_to_its_floors() {
    assert_in_order("host", &[("lib", &[])]);
    // The binary is a root of its own, which uses the library by its name.
    let main = std::fs::read_to_string(root().join("host/src/main.rs")).unwrap();
    let files = BTreeMap::from([("main.rs".to_string(), main)]);
    assert_eq!(uses(&files, "main", &[]).len(), 1);
}

/// The faults of a made-up package, whose files are given with their texts.
fn made_up(files: &[(&str, &str)], floors_text: &str) -> Vec<String> {
    let pairs = files.iter().map(|(file, text)| ((*file).to_string(), (*text).to_string()));
    faults(&uses(&pairs.collect(), "lib", &["house"]), &floors(floors_text, "house"))
}

const HOUSE: &str = "# two floors\n[other]\ntop\n[house]\nlib\nlow side\nhigh\n[more]\nlow\n";

const CLEAN: [(&str, &str); 6] = [
    ("lib.rs", "mod low; mod side; pub mod high; pub use high::door::Door;"),
    ("low.rs", "pub fn low() {} #[cfg(test)] mod tests { use crate::high::high; }"),
    ("side.rs", "pub fn side() {}"),
    ("high/mod.rs", "mod door; mod room; pub use door::Door; pub const SIZE: usize = 3;"),
    ("high/door.rs", "use super::SIZE; use crate::{low, side::side}; pub struct Door([u8; SIZE]);"),
    ("high/room.rs", "use super::Door; fn room() { house::low::low(); }"),
];

#[test]
fn a_clean_package_has_no_fault() {
    assert_eq!(made_up(&CLEAN, HOUSE), [""; 0]);
}

/// The faults of [`CLEAN`] with something behind one of its files.
fn with(file: &str, more: &str) -> Vec<String> {
    let texts = CLEAN.map(|(name, text)| {
        (name, if name == file { format!("{text}\n{more}") } else { text.to_string() })
    });
    made_up(&texts.each_ref().map(|(name, text)| (*name, text.as_str())), HOUSE)
}

#[test]
fn an_import_that_climbs_is_found_however_it_is_written() {
    for climb in [
        "use crate::high;",
        "use crate::high::SIZE;",
        "use super::high::SIZE as S;",
        "use crate::{lib, high::{self, SIZE}};",
        "use crate::high::*;",
        "fn f() { crate::high::SIZE; }",
        "fn f() { use super::{side, high::SIZE}; }",
        "fn f() { println!(\"{}\", crate::high::SIZE); }",
        "impl Trait for T { fn f(x: crate::high::Kind) {} }",
        "mod inner { use super::super::high::SIZE; }",
        "fn f() { house::high::SIZE; }",
    ] {
        let expected = "side uses high, which does not stand below it";
        assert_eq!(with("side.rs", climb), [expected], "{climb}");
    }
    let beside = with("side.rs", "use crate::low;");
    assert_eq!(beside, ["side uses low, which does not stand below it"]);
    // Through the front door of a folder, or the root, to the file behind it.
    for door in ["use crate::high::Door;", "use crate::Door;"] {
        let faults = with("side.rs", door);
        assert!(faults[0].starts_with("side uses high/door"), "{faults:?}");
    }
}

#[test]
fn a_circle_is_found_within_a_folder_and_across_floors() {
    for circle in ["use super::room::room;", "use super::room; fn f() { room::room() }"] {
        let faults = with("high/door.rs", circle);
        assert_eq!(faults, ["a circle: high/door -> high/room"], "{circle}");
    }
    let faults = with("high/mod.rs", "fn f() { door::f() }");
    assert_eq!(faults, ["a circle: high -> high/door"]);
    let faults = with("low.rs", "use crate::high::room::room;");
    assert!(faults.contains(&"a circle: high/room -> low".to_string()), "{faults:?}");
}

#[test]
fn what_is_in_tests_or_elsewhere_does_not_count() {
    for fine in [
        "#[cfg(test)] mod tests { use crate::high::SIZE; }",
        "#[test] fn f() { crate::high::SIZE; }",
        "#[cfg(test)] use crate::high;",
        "use std::high; fn f() { other::high::SIZE; }",
        "/// [`crate::high`]\nfn f() { \"crate::high\"; }",
    ] {
        assert_eq!(with("side.rs", fine), [""; 0], "{fine}");
    }
}

#[test]
fn files_without_a_floor_and_floors_without_a_file_are_found() {
    let floors = "[house]\nlib\nlow side gone\n";
    let faults = made_up(&CLEAN, floors);
    for fault in ["high has no floor", "high/door has no floor", "gone has a floor but no file"] {
        assert!(faults.iter().any(|found| found == fault), "{fault}: {faults:?}");
    }
    // A file of its own floor stands apart from its folder.
    let floors = "[house]\nlib\nlow side\nhigh\nhigh/door";
    assert_eq!(
        made_up(&CLEAN, floors),
        ["high/room uses high/door, which does not stand below it"]
    );
}
