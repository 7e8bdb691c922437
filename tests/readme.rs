//! The README: each of its commands runs, shortened, in the order in which they stand there, and its C compiles.

use std::fs;
use std::path::Path;
use std::process::Command;
use tinyevo_tests::{root, run_in};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let starts = text.split(&fence).skip(1);
    starts.map(|rest| rest.split("\n```").next().unwrap_or(rest).to_string()).collect()
}

/// The words after the program of a line that starts it; none of other lines.
fn words(line: &str) -> Option<Vec<String>> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    let start = |program: &str| line.strip_prefix(program);
    let rest = start("cargo run --release --locked -- ").or_else(|| start("tinyevo "))?;
    Some(rest.split_whitespace().map(str::to_string).collect())
}

/// The same command with less work: few generations, few built-in digits.
fn shortened(mut words: Vec<String>) -> Vec<String> {
    let place = |words: &[String], flag: &str| words.iter().position(|word| word == flag);
    let command = words[0].clone();
    let resumes = place(&words, "--resume").is_some();
    if command == "evolve" {
        for flag in ["--time", "--generations"] {
            if let Some(at) = place(&words, flag) {
                words.drain(at..at + 2);
            }
        }
        let generations = if resumes { "4" } else { "2" };
        words.extend(["--generations", generations].map(str::to_string));
        if !resumes && place(&words, "--config").is_none() {
            words.extend(["--validation", "50"].map(str::to_string));
        }
    }
    let takes_data = ["evolve", "evaluate", "quantize", "data"].contains(&&*command)
        || place(&words, "--int8").is_some() && command == "export";
    if takes_data && !resumes && place(&words, "--config").is_none() {
        if let Some(at) = place(&words, "--data") {
            words.drain(at..at + 2);
        }
        let few = ["--data", "builtin", "--builtin-train", "400", "--builtin-test", "100"];
        words.extend(few.map(str::to_string));
    }
    words
}

#[test]
fn every_command_of_the_readme_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    draw_a_digit(&folder.path().join("digit.png"));
    let mut ran = 0;
    for line in blocks(&readme, "sh").iter().flat_map(|block| block.lines()) {
        match words(line) {
            // It would download.
            Some(words) if words.join(" ").starts_with("data fetch") => {}
            Some(words) => {
                let words = shortened(words);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let _ = run_in(PROGRAM, folder.path(), &words).success();
                ran += 1;
            }
            None => assert_eq!(line, "tests/run", "a command that no test runs"),
        }
    }
    assert!(ran > 20, "only {ran} commands were found");
    for file in ["first.html", "both.html", "champion.keras", "runs/micro/champion.tev"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let [code] = &*blocks(&readme, "c") else { panic!("one block of C") };
    let source = folder.path().join("label.c");
    fs::write(&source, code).unwrap();
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-c", "-o", "label.o", "label.c"];
    let compiler = Command::new("cc").args(flags).current_dir(folder.path()).output();
    let compiler = compiler.expect("a C compiler, cc");
    assert!(compiler.status.success(), "{}", String::from_utf8_lossy(&compiler.stderr));
}

/// A 1, dark on light.
fn draw_a_digit(path: &Path) {
    let pixel = |x: u32, y: u32| (45..55).contains(&x) && (20..80).contains(&y);
    let picture = image::GrayImage::from_fn(100, 100, |x, y| {
        image::Luma([if pixel(x, y) { 20 } else { 240 }])
    });
    picture.save(path).unwrap();
}
