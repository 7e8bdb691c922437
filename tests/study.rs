//! `tinyevo study`: parts join to what one study writes.

use std::fs;
use std::path::Path;
use tinyevo_tests::{root, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// Built-in digits, few of them.
const DATA: [&str; 6] = ["--data", "builtin", "--builtin-train", "600", "--builtin-test", "100"];

#[test]
fn parts_of_a_study_join_to_its_table_its_figures_and_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let part = |name: &str, shard: &str, threads: &str| {
        let flags = ["study", "--quick", "--shard", shard, "--threads", threads, "--out"];
        run(PROGRAM, &[&flags[..], &[&text(name)], &DATA].concat()).success().stderr
    };
    // Two runs are enough. Those of Adam, which stand behind 42 others, need another build.
    let said = part("one", "1/42", "2");
    assert!(said.contains("1/1 ladder: the tutorial, seed 1: "), "{said}");
    assert!(said.contains("Adam are left out: they need a build with --features gradient"));
    let _ = part("two", "13/42", "2");
    let _ = part("again", "1/42", "1");
    let merged = text("all");
    let flags = ["study", "--merge", &text("two"), &text("one"), "--out", &merged];
    let _ = run(PROGRAM, &flags).success();
    let (one, all) = (read("one/limits.csv"), read("all/limits.csv"));
    assert_eq!(all.lines().count(), 5, "{all}");
    // But for times, what a part says does not depend on the machine.
    let hash = |text: &str| text.lines().nth(3).unwrap().rsplit(';').next().unwrap().to_string();
    assert_eq!([hash(&one), hash(&all)], [hash(&read("again/limits.csv")), hash(&one)]);
    let page = read("all/limits.md");
    for words in
        ["tinyevo study --quick --out DIR", "limits-ladder.svg", "| the tutorial |", "not MNIST"]
    {
        assert!(page.contains(words), "{words} in\n{page}");
    }
    assert!(read("all/limits-ladder.svg").starts_with("<svg"));
    assert!(folder.path().join("all/limits-hidden.svg").exists());

    // The same run with another state is an error: machines do not agree.
    fs::create_dir(folder.path().join("other")).unwrap();
    let other = one.replace(&hash(&one), "0123456789abcdef");
    fs::write(folder.path().join("other/limits.csv"), other).unwrap();
    let flags = ["study", "--merge", &text("one"), &text("other"), "--out", &merged];
    run(PROGRAM, &flags).fails(1, &["seed 1, has the state 0123456789abcdef, and"]);

    // What is there is not run again, unless it is of other data.
    let before = read("one/limits.csv");
    let resume = ["study", "--quick", "--resume", "--shard", "1/42", "--out"];
    let said = run(PROGRAM, &[&resume[..], &[&text("one")], &DATA].concat()).success().stderr;
    assert!(said.contains("0 runs"), "{said}");
    assert_eq!(read("one/limits.csv"), before);
    for (flags, reason) in [
        (&["study", "--shard", "3/2", "--out", &merged][..], "i/n with i from 1 to n"),
        (&["study", "--merge", &text("none"), "--out", &merged], "could not read"),
        (&["study", "--quick", "--seeds", "2", "--out", &merged], "cannot be used with"),
    ] {
        let ran = run(PROGRAM, flags);
        assert!(ran.code != Some(0) && ran.stderr.contains(reason), "{}", ran.stderr);
    }
    fs::write(folder.path().join("one/limits.csv"), one.replace("# built-in", "# other")).unwrap();
    let flags = ["study", "--merge", &text("two"), &text("one"), "--out", &merged];
    run(PROGRAM, &flags).fails(1, &["of another study, or of other data"]);
    run(PROGRAM, &[&resume[..], &[&text("one")], &DATA].concat())
        .fails(1, &["limits.csv: this table is of other", "made by tinyevo study"]);
}

/// Seeds can be added to a table; with --resume neither a table of more seeds nor one of the quick study is overwritten.
#[test]
fn a_table_can_get_more_seeds_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let table = folder.path().join("limits.csv");
    let read = || fs::read_to_string(&table).unwrap();
    // All seeds of the first of 54 experiments, the tutorial.
    let study = |flags: &[&str]| {
        run(PROGRAM, &[&["study", "--shard", "1/54", "--out", out], flags, &DATA].concat())
    };
    let _ = study(&["--quick"]).success();
    let quick = read();
    study(&["--resume", "--seeds", "1"])
        .fails(1, &["made by tinyevo study --quick", "choose another --out"]);
    assert_eq!(read(), quick);

    // The row as the whole study would have it, of its second seed too, and one of an experiment that is no more.
    let row = quick.lines().last().unwrap();
    let whole = row.replacen(";23;", ";350;", 1);
    assert_ne!(row, whole);
    let named = |name: &str| whole.replacen("the tutorial;1;", name, 1);
    let rows = [named("the tutorial;1;"), named("the tutorial;2;"), named("of old;7;")];
    let head = quick.replace(&format!("{row}\n"), "").replace("--quick", "--seeds 2");
    let two = format!("{head}{}\n", rows.join("\n"));
    fs::write(&table, &two).unwrap();
    study(&["--resume", "--seeds", "1"]).fails(1, &["--seeds 2 keeps them"]);
    assert_eq!(read(), two);
    let said = study(&["--resume", "--seeds", "3"]).success().stderr;
    assert!(said.contains("no run of the study any more: ladder: of old, seed 7"), "{said}");
    assert!(said.contains("1/1 ladder: the tutorial, seed 3: "), "{said}");
    let three = read();
    assert!(three.contains("# tinyevo study --seeds 3 --out DIR\n"), "{three}");
    assert_eq!(three.lines().count(), 6, "{three}");
    assert!(rows[..2].iter().all(|row| three.contains(row)), "{three}");
}

/// The pages and figures in `docs` are what the command makes of the tables beside them.
#[test]
fn the_pages_in_docs_are_those_of_their_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (docs, out) = (root().join("docs"), folder.path().to_str().unwrap());
    for (study, records) in [("limits", None), ("records", Some("--records"))] {
        let merge = ["study", "--merge", docs.to_str().unwrap(), "--out", out];
        let flags: Vec<&str> = merge.into_iter().chain(records).collect();
        let _ = run(PROGRAM, &flags).success();
        let starts = |path: &Path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|it| it.starts_with(study))
        };
        let files = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> = files.filter(|path| starts(path)).collect();
        assert!(files.len() >= 2, "{files:?}");
        for path in files {
            let made = fs::read(folder.path().join(path.file_name().unwrap())).unwrap();
            assert!(made == fs::read(&path).unwrap(), "{} is out of date", path.display());
        }
    }
}
