//! Commands for a champion in the folder of its run, which stands for it, and says which data it had.

use std::fs;
use tinyevo_tests::{Folder, own, root, run, small, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// A folder with a small run, and the path of its champion.
fn small_run() -> (Folder, String) {
    let folder = Folder::new(PROGRAM);
    let out = folder.text("run");
    let flags = ["--generations", "2", "--quiet", "--out", &out];
    // Scales are chosen on more than one image.
    let flags = small(&flags).into_iter().map(|flag| if flag == "1" { "30" } else { flag });
    let _ = run(PROGRAM, &flags.collect::<Vec<_>>()).success();
    let champion = folder.text("run/champion.safetensors");
    (folder, champion)
}

#[test]
fn the_folder_of_a_run_stands_for_its_champion() {
    let (folder, file) = small_run();
    let run_folder = folder.text("run");
    let picture = text(&root().join("docs/report.png")).to_string();
    for (command, more) in [
        ("summary", &[][..]),
        ("footprint", &["--int8"]),
        ("predict", &[&*picture]),
        ("evaluate", &[]),
        ("quantize", &[]),
        ("export", &["--format", "c", "--out", "-"]),
    ] {
        let shown =
            |champion: &str| run(PROGRAM, &[&[command, champion], more].concat()).success().stdout;
        assert!(shown(&run_folder) == shown(&file), "{command}");
    }
    let empty = folder.text("");
    run(PROGRAM, &["summary", &empty]).fails(2, &["it is a folder without a champion.safetensors"]);
    fs::write(folder.path("summary.csv"), "seed\n").unwrap();
    run(PROGRAM, &["summary", &empty]).fails(2, &["it is a folder of several runs"]);
    let onto_itself = ["export", &run_folder, "--format", "safetensors", "--force", "--out", &file];
    run(PROGRAM, &onto_itself).fails(1, &["is the input of this command"]);
}

#[test]
fn without_data_a_champion_gets_that_of_its_run() {
    let (folder, champion) = small_run();
    let flags = ["--data", "builtin", "--builtin-train", "30", "--builtin-test", "700"];
    let line = "no --data: taking that of the champion's run, builtin";
    let told = run(PROGRAM, &[&["evaluate", &champion], &flags[..]].concat()).success();
    let own_data = run(PROGRAM, &["evaluate", &champion]).success();
    assert!(own_data.stdout.contains("on 700 images"), "{}", own_data.stdout);
    // A flag changes what it names, and the data stays that of the run.
    let fewer = run(PROGRAM, &["evaluate", &champion, "--builtin-test", "50"]).success();
    assert!(
        fewer.stdout.contains("on 50 images") && fewer.stderr.contains(line),
        "{}",
        fewer.stderr
    );
    assert_eq!(own_data.stdout, told.stdout);
    assert!(own_data.stderr.contains(line) && !told.stderr.contains("no --data"));
    let export = |out: &str, flags: &[&str]| {
        let out = folder.text(out);
        let own = ["export", &champion, "--format", "bin", "--int8", "--out", &out];
        let ran = run(PROGRAM, &[&own[..], flags].concat()).success();
        (fs::read(out).unwrap(), ran.stderr)
    };
    let ((told, _), (silent, notes)) = (export("told.tev", &flags), export("silent.tev", &[]));
    assert!(told == silent && notes.contains(line), "{notes}");
    // Elsewhere, it says what it takes instead.
    fs::copy(&champion, folder.path("champion.safetensors")).unwrap();
    let (elsewhere, out) = (folder.text("champion.safetensors"), folder.text("int8.tev"));
    let flags = ["--format", "bin", "--int8", "--calibration", "5", "--offline", "--out", &out];
    let ran = run(PROGRAM, &[&["export", &elsewhere], &flags[..]].concat()).success();
    assert!(ran.stderr.contains("no --data, and no run beside the champion"), "{}", ran.stderr);
}

#[test]
fn own_data_of_a_run_is_taken_as_the_run_divided_it() {
    let folder = Folder::new(PROGRAM);
    let (flowers, out) = (folder.text("flowers.csv"), folder.text("run"));
    own::features(&folder.path("flowers.csv"));
    let flags = ["--preset", "tutorial", "--hidden", "4", "--generations", "2", "--quiet"];
    let data = ["--data", &flowers, "--label", "kind", "--test-share", "0.4"];
    let evolve = [&["evolve", "--out", &out], &flags[..], &data].concat();
    let reported = run(PROGRAM, &evolve).success().stdout;
    let champion = folder.text("run/champion.safetensors");
    let ran = run(PROGRAM, &["evaluate", &champion]).success();
    assert!(ran.stdout.contains("on 60 images"), "{}", ran.stdout);
    let accuracy = |text: &str, start: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(start)).map(str::to_string);
        line.unwrap_or_else(|| panic!("{start}: {text}"))
    };
    let reported = accuracy(&reported, "test accuracy ");
    assert_eq!(accuracy(&ran.stdout, "accuracy: "), reported);
    assert!(ran.stderr.contains(&flowers), "{}", ran.stderr);
    // The same seed on other data is no pair.
    let digits = small_run().0;
    let compared = run(PROGRAM, &["compare", &digits.text("run"), &out]).success().stdout;
    for words in ["B has other data, ", "points, Welch's test, as the data is not the same"] {
        assert!(compared.contains(words), "{words}: {compared}");
    }
    // A champion of another shape than the data that it gets.
    let copy = folder.text("copy.safetensors");
    fs::copy(&champion, &copy).unwrap();
    let flags = ["export", &copy, "--format", "c", "--int8", "--calibration", "5", "--offline"];
    let ran = run(PROGRAM, &[&flags[..], &["--out", &folder.text("copy.h")]].concat());
    ran.fails(1, &["the champion normalises floats of 4 channels", "to --data"]);
    assert!(!folder.path("copy.h").exists());
    // Data that is no longer that of the run.
    let table = fs::read_to_string(&flowers).unwrap();
    let fewer: String = table.lines().take(100).flat_map(|line| [line, "\n"]).collect();
    fs::write(&flowers, fewer).unwrap();
    let ran = run(PROGRAM, &["evaluate", &champion, "--images", "test"]).success();
    assert!(!ran.stdout.contains("on 60 images"), "{}", ran.stdout);
    let whole = run(PROGRAM, &["evaluate", &champion]);
    assert!(whole.stderr.contains("the data has changed since the champion's run"), "{whole:?}");
}

#[test]
fn a_page_that_lacks_the_data_of_its_run_says_so_in_a_line() {
    let (folder, _) = small_run();
    let config = folder.path("run/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("source = \"builtin\"", "source = \"/no/such/folder\""))
        .unwrap();
    let report = |out: &str, flags: &[&str]| {
        let own = ["report", &folder.text("run"), "--out", &folder.text(out)];
        run(PROGRAM, &[&own[..], flags].concat()).success().stderr
    };
    let notes = report("lacking.html", &[]);
    let lines: Vec<_> = notes.lines().filter(|line| line.contains("lacks")).collect();
    let [line] = &*lines else { panic!("{notes}") };
    for words in ["the page lacks the canvas, the worst mistakes", "/no/such/folder", "by --data"] {
        assert!(line.contains(words), "{words} in {line}");
    }
    let notes = report("whole.html", &["--data", "builtin"]);
    assert!(!notes.contains("lacks"), "{notes}");
    let canvas =
        |page: &str| fs::read_to_string(folder.path(page)).unwrap().contains("id=\"sheet\"");
    assert!(canvas("whole.html") && !canvas("lacking.html"));
}
