//! The page of a run: its JavaScript gives the logits of Rust for every image, it needs nothing from elsewhere, text is
//! escaped, and what is wrong with a folder is said.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tinyevo::champion::{Champion, PackedIntegers, Weights};
use tinyevo::config::{Hidden, layers};
use tinyevo::data::{self, Options, Request, Silent};
use tinyevo::formats::{Format, encode, parse};
use tinyevo::run::RunFolder;
use tinyevo_core::deploy::{self, Formats};
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;
use tinyevo_tests::{Ran, real_mnist, root, run, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// A few built-in digits, and a few generations.
const SMALL: [&str; 15] = [
    "evolve",
    "--data",
    "builtin",
    "--builtin-train",
    "120",
    "--builtin-test",
    "200",
    "--threads",
    "1",
    "--generations",
    "3",
    "--quiet",
    "--checkpoint-every",
    "1000",
    "--out",
];
/// Champions of each kind: floats of dense layers and with convolutions, which become int8; packed integers of all formats.
const KINDS: [&[&str]; 3] = [
    &["--preset", "tutorial", "--hidden", "16", "--population", "6"],
    &["--preset", "cnn", "--network", "conv:4x5:2,pool:2,dense:10", "--validation", "20"],
    &[
        "--preset",
        "micro",
        "--network",
        "conv:6x5:3,pool:2,dense:7,dense:10",
        "--weights",
        "int4,ternary,int8",
        "--validation",
        "20",
    ],
];

/// A run in a folder of this name.
fn evolved(folder: &Path, name: &str, kind: &[&str]) -> PathBuf {
    let out = folder.join(name);
    let _ = run(PROGRAM, &[&SMALL[..], &[text(&out)], kind].concat()).success();
    out
}

fn report(runs: &[&Path], out: &Path) -> Ran {
    let runs: Vec<&str> = runs.iter().map(|run| text(run)).collect();
    let flags = ["--offline", "--threads", "1", "--out", text(out)];
    run(PROGRAM, &[&["report"], &runs[..], &flags].concat())
}

/// The page of runs.
fn page(runs: &[&Path], folder: &Path) -> String {
    let out = folder.join("page.html");
    let _ = fs::remove_file(&out);
    let _ = report(runs, &out).success();
    fs::read_to_string(&out).unwrap()
}

/// The bytes of the first champion in a page.
fn champion_of(page: &str) -> Vec<u8> {
    let script = page.split("data-champion=").nth(1).expect("a champion");
    let text = script.split_once('>').unwrap().1.split("</script>").next().unwrap();
    STANDARD.decode(text).unwrap()
}

/// The class and the logits that the page's JavaScript gives each image.
fn answers_of_page(folder: &Path, page: &str, champion: &[u8], images: &[u8]) -> Vec<Vec<i32>> {
    let path = |name: &str| folder.join(name);
    fs::write(path("engine.html"), page).unwrap();
    fs::write(path("champion.tev"), champion).unwrap();
    fs::write(path("images"), images).unwrap();
    let output = Command::new("node")
        .arg(root().join("tests/web/answers.mjs"))
        .args([path("engine.html"), path("champion.tev"), path("images")])
        .output()
        .expect("node is installed: it runs the JavaScript of the page");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let numbers = |line: &str| line.split(' ').map(|number| number.parse().unwrap()).collect();
    String::from_utf8(output.stdout).unwrap().lines().map(numbers).collect()
}

/// The same of Rust.
fn answers_of_rust(champion: &Champion, images: &[u8]) -> Vec<Vec<i32>> {
    let classes = champion.integer_classes(images).unwrap();
    let images = images.chunks(champion.network().input().elements());
    let answer = |(image, class): (&[u8], &u8)| {
        [vec![i32::from(*class)], champion.integer_logits(image).unwrap()].concat()
    };
    images.zip(&classes).map(answer).collect()
}

/// 10,000 test images: of MNIST, if it is there, else built-in digits.
fn test_images() -> Vec<u8> {
    let folder = real_mnist("the_page_answers_as_rust_does: with MNIST");
    let request = if folder.is_some() { Request::MNIST } else { Request::Builtin };
    let options =
        Options { data_dir: folder, builtin_train: 1, offline: true, ..Options::default() };
    data::load(&request, &options, &Silent).unwrap().test.images
}

#[test]
fn the_page_answers_as_rust_does() {
    let folder = tempfile::tempdir().unwrap();
    let images = test_images();
    assert_eq!(images.len(), 10_000 * 784);
    for (number, kind) in KINDS.iter().enumerate() {
        let run = evolved(folder.path(), &format!("run-{number}"), kind);
        let page = page(&[&run], folder.path());
        let bytes = champion_of(&page);
        let champion = parse(&bytes).unwrap();
        assert_eq!(matches!(champion.weights, Weights::Integers(_)), number == 0, "{kind:?}");
        let answers = answers_of_rust(&champion, &images);
        assert!(answers.iter().any(|answer| answer[0] != answers[0][0]), "one class only");
        let own = answers_of_page(folder.path(), &page, &bytes, &images);
        assert_eq!(own.len(), 10_000);
        assert!(own == answers, "{kind:?}: JavaScript differs");
    }
    networks_of_all_kinds(folder.path());
}

/// Strides, paddings, windows that overlap, and rows of weights that end within a byte, in all formats.
fn networks_of_all_kinds(folder: &Path) {
    let engine = fs::read_to_string(root().join("host/templates/report/engine.js")).unwrap();
    let page = format!("<script id=\"engine\">{engine}</script>");
    let options =
        Options { builtin_train: 1, builtin_test: 60, offline: true, ..Options::default() };
    let images = data::load(&Request::Builtin, &options, &Silent).unwrap().test.images;
    for text in [
        "conv:70x5:4,pool:2:1,dense:10",
        "conv:3x5:2,pool:2,conv:7x3:same,pool:2:1,dense:11,dense:10",
        "conv:4x3x5:2x1:same,conv:5x4,pool:3:2:same,dense:10",
    ] {
        let mut hidden: Vec<Hidden> = text.split(',').map(|layer| layer.parse().unwrap()).collect();
        let _ = hidden.pop();
        let input = Shape { height: 28, width: 28, channels: 1 };
        let network = Network::new(input, &layers(&hidden, 10)).unwrap();
        let mut genome = vec![0.0; network.parameters()];
        let mut rng = stream(3, 0, 0, Purpose::Show);
        Initialisation::He.fill(&network, &mut genome, &mut rng).unwrap();
        // Biases too, one so large that its layer shifts them.
        genome
            .iter_mut()
            .enumerate()
            .for_each(|(i, weight)| *weight += (i % 13) as f32 / 50.0 - 0.1);
        genome[network.stages()[0].bias().start] = -9.0;
        let count = network.stages().iter().filter(|stage| stage.parameters() > 0).count();
        for first in 0..3 {
            let formats: Vec<_> =
                (0..count).map(|layer| deploy::Format::ALL[(first + layer) % 3]).collect();
            let formats = Formats::new(&network, &formats).unwrap();
            let packed = PackedIntegers::deployed(&network, &formats, &genome).unwrap();
            let champion = Champion::from(Weights::Packed(packed));
            let bytes = encode(&champion, Format::Tev, None).unwrap();
            let own = answers_of_page(folder, &page, &bytes, &images);
            assert!(
                own == answers_of_rust(&champion, &images),
                "{text} {first}: JavaScript differs"
            );
        }
    }
}

/// What stands between two marks, each time.
fn all_between<'t>(text: &'t str, start: &str, end: &str) -> Vec<&'t str> {
    text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

/// Checks what every page must be: whole, closed, readable without sight.
fn check(page: &str) {
    assert!(page.len() < 500_000, "{} bytes", page.len());
    for elsewhere in ["http:", "https:", "src=\"/", "url(", "@import", "fetch(", "XMLHttp"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    for address in
        all_between(page, " href=\"", "\"").into_iter().chain(all_between(page, " src=\"", "\""))
    {
        assert!(address.starts_with('#') || address.starts_with("data:"), "{address}");
    }
    assert!(!page.contains("{{") && !page.contains("{%"));
    assert!(all_between(page, " d=\"", "\"").iter().all(|path| !path.contains("NaN")));
    let mut ids = all_between(page, " id=\"", "\"");
    for target in all_between(page, "href=\"#", "\"") {
        assert!(ids.contains(&target), "#{target} is nowhere");
    }
    for label in all_between(page, "aria-labelledby=\"", "\"").join(" ").split(' ') {
        assert!(ids.contains(&label), "{label} is nowhere");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    for header in all_between(page, "<th", ">").into_iter().filter(|rest| *rest != "ead") {
        assert!(header.contains("scope="), "<th{header}>");
    }
    for picture in all_between(page, "<img ", ">") {
        assert!(picture.contains(" alt=\""), "{picture}");
    }
    // No level of heading is left out.
    let levels: Vec<u8> = ["1", "2", "3", "4"]
        .iter()
        .flat_map(|level| {
            page.match_indices(&format!("<h{level}")).map(|(at, _)| at).collect::<Vec<_>>()
        })
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(|at| page.as_bytes()[at + 2] - b'0')
        .filter(|level| (1..=4).contains(level))
        .collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
}

#[test]
fn a_page_is_whole_and_its_text_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let name = "<img src=x> & \"it's\" {{ 1 }}";
    let run = evolved(folder.path(), name, KINDS[0]);
    let html = page(&[&run], folder.path());
    check(&html.replace("{{ 1 }}", ""));
    assert!(!html.contains("<img src=x>") && !html.contains(name));
    let summary = fs::read_to_string(run.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let accuracy = format!("{:.2} %", 100.0 * summary["test_accuracy"].as_f64().unwrap());
    let hash = summary["state_hash"].as_str().unwrap();
    let confusion = fs::read_to_string(run.join("confusion.csv")).unwrap();
    let first = confusion.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    for part in [
        accuracy.as_str(),
        hash,
        "built-in digits",
        "tinyevo evolve --config &#39;",
        "preset = &#34;tutorial&#34;",
        "<svg class=\"chart\"",
        "<table class=\"heat\">",
        &format!("\">{first}</td>"),
        "</strong> taken for",
        "A picture is a unit of the first layer",
        "prefers-color-scheme: dark",
        "@media print",
        "<noscript>",
        "aria-live",
    ] {
        assert!(html.contains(part), "{part}");
    }
    // The same run gives the same bytes.
    assert!(page(&[&run], folder.path()) == html);
}

#[test]
fn several_runs_are_compared_and_seeds_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let seed = |seed| [KINDS[0], &["--seed", seed]].concat();
    let runs: Vec<_> = [("a", "1"), ("b", "2"), ("c", "3")]
        .map(|(name, number)| evolved(folder.path(), name, &seed(number)))
        .to_vec();
    let other = evolved(folder.path(), "other", KINDS[2]);
    let paths: Vec<&Path> = runs.iter().chain([&other]).map(PathBuf::as_path).collect();
    let html = page(&paths, folder.path());
    check(&html);
    let accuracies: Vec<f64> = runs
        .iter()
        .map(|run| {
            let text = fs::read_to_string(run.join("summary.json")).unwrap();
            let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
            100.0 * summary["test_accuracy"].as_f64().unwrap()
        })
        .collect();
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    let squares: f64 = accuracies.iter().map(|accuracy| (accuracy - mean).powi(2)).sum();
    let row =
        format!("1, 2, 3</td><td>3</td><td>{mean:.2}</td><td>{:.2}</td>", (squares / 2.0).sqrt());
    assert!(html.contains(&row), "{row}");
    assert!(html.contains("4 runs compared") && html.contains("Champions by time"));
    assert_eq!(html.matches("data-champion=").count(), 4);
    assert_eq!(html.matches("<details class=\"run\"").count(), 4);
}

#[test]
fn a_page_without_its_data_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (floats, packed) = (KINDS[0], KINDS[2]);
    for (name, kind, canvas) in [("floats", floats, false), ("packed", packed, true)] {
        let run = evolved(folder.path(), name, kind);
        let config = fs::read_to_string(run.join("config.toml")).unwrap();
        let moved = config.replace("source = \"builtin\"", "source = \"/no/such/folder\"");
        fs::write(run.join("config.toml"), moved).unwrap();
        let html = page(&[&run], folder.path());
        check(&html);
        assert!(html.contains("/no/such/folder") || html.contains("could not be loaded"), "{name}");
        assert!(!html.contains("</strong> taken for") && html.contains("<table class=\"heat\">"));
        assert_eq!(html.contains("id=\"sheet\""), canvas, "{name}");
        // Other data than the run had is none.
        fs::write(
            run.join("config.toml"),
            config.replace("builtin_seed = 64", "builtin_seed = 65"),
        )
        .unwrap();
        assert!(page(&[&run], folder.path()).contains("this is not the data of the run"));
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_said_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = evolved(folder.path(), "run", KINDS[0]);
    let out = folder.path().join("page.html");
    let fails = |mentions: &[&str]| {
        report(&[&run], &out).fails(1, mentions);
        assert!(!out.exists());
    };
    report(&[&folder.path().join("nowhere")], &out)
        .fails(1, &["nowhere", "holds no run", "give the folder"]);
    let owner = RunFolder::open(&run).unwrap();
    fails(&["holds a run that a process works on", "wait for its end"]);
    drop(owner);
    let file = |name: &str| run.join(name);
    let with = |name: &str, content: &str, mentions: &[&str]| {
        let before = fs::read(file(name)).unwrap();
        fs::write(file(name), content).unwrap();
        fails(mentions);
        fs::write(file(name), before).unwrap();
    };
    with("summary.json", "{\"version\": \"9\"}", &["summary.json", "another version"]);
    with("config.toml", "colour = 3\n", &["config.toml", "colour", "another version"]);
    with("history.csv", "generation\n", &["history.csv", "does not begin"]);
    with("confusion.csv", "label,0\n0,1\n", &["confusion.csv", "is not the confusion matrix"]);
    with("champion.safetensors", "none", &["champion.safetensors"]);
    fs::rename(file("summary.json"), file("kept")).unwrap();
    fails(&["has not ended", "summary.json", "--resume"]);
    fs::rename(file("kept"), file("summary.json")).unwrap();
    // A page that is there stays.
    fs::File::create(&out).unwrap().write_all(b"mine").unwrap();
    report(&[&run], &out).fails(1, &["exists already", "--force"]);
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    run_with_force(&run, &out);
}

fn run_with_force(folder: &Path, out: &Path) {
    let flags = ["report", text(folder), "--offline", "--force", "--out", text(out)];
    let _ = run(PROGRAM, &flags).success();
    assert!(fs::read_to_string(out).unwrap().starts_with("<!DOCTYPE html>"));
}
