//! Runs that begin with a champion that exists: of an earlier run, or a network that another program trained.

use std::fs;
use std::path::Path;
use tinyevo::data::{self, Options, Request, Silent};
use tinyevo_tests::{Folder, Ran, own, run};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

/// A few digits.
const DIGITS: [&str; 6] = ["--data", "builtin", "--builtin-train", "300", "--builtin-test", "150"];

/// What else a preset needs that holds images out.
const JUDGED: [&str; 2] = ["--validation", "100"];

/// Evolves on [`DIGITS`], with everything in a folder.
fn evolve(folder: &Folder, out: &str, flags: &[&str]) -> Ran {
    let out = folder.text(out);
    run(PROGRAM, &[&["evolve", "--quiet", "--out", &out], &DIGITS[..], flags].concat())
}

/// A run of some generations of the tutorial's algorithm, whose champion is `run/champion.safetensors`.
fn first_run() -> (Folder, String) {
    let folder = Folder::new(PROGRAM);
    let flags = ["--preset", "tutorial", "--hidden", "8", "--generations", "12"];
    let _ = evolve(&folder, "run", &flags).success();
    let champion = folder.text("run/champion.safetensors");
    (folder, champion)
}

/// A number of a run's `summary.json`.
fn number(folder: &Folder, run: &str, key: &str) -> f64 {
    summary(folder, run)[key].as_f64().unwrap()
}

fn summary(folder: &Folder, run: &str) -> serde_json::Value {
    let text = fs::read_to_string(folder.path(run).join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn hash(folder: &Folder, run: &str) -> String {
    summary(folder, run)["state_hash"].as_str().unwrap().to_string()
}

/// A column of generation 0 in a run's `history.csv`.
fn at_first(folder: &Folder, run: &str, column: &str) -> f64 {
    let text = fs::read_to_string(folder.path(run).join("history.csv")).unwrap();
    let mut lines = text.lines();
    let place = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
    lines.next().unwrap().split(',').nth(place).unwrap().parse().unwrap()
}

#[test]
fn a_run_begins_with_the_champion_of_an_earlier_one() {
    let (folder, champion) = first_run();
    // The network is the champion's, and fitness is on the same images.
    let flags = ["--preset", "tutorial", "--start", &champion, "--generations", "3"];
    let _ = evolve(&folder, "next", &flags).success();
    let before = number(&folder, "run", "fitness_accuracy");
    assert!(before > 0.2, "{before}");
    assert!(at_first(&folder, "next", "champion_accuracy") >= before);
    assert!(number(&folder, "next", "fitness_accuracy") >= before);
    assert_eq!(summary(&folder, "next")["network"], "784-8-10");
    // Of one parent, generation 0 is the champion itself, whichever the algorithm is; a judge sees the same.
    let es = [&["--preset", "es", "--hidden", "8", "--generations", "3"], &JUDGED[..]].concat();
    let _ = evolve(&folder, "judged", &es).success();
    let (champion, before) =
        (folder.text("judged/champion.safetensors"), number(&folder, "judged", "fitness_accuracy"));
    for preset in ["es", "coevolution", "low-rank"] {
        let flags = ["--preset", preset, "--start", &champion, "--generations", "1"];
        let _ = evolve(&folder, preset, &[&flags, &JUDGED[..]].concat()).success();
        assert_eq!(at_first(&folder, preset, "champion_accuracy") as f32, before as f32);
        let fitness = at_first(&folder, preset, "best");
        assert_eq!(fitness.to_bits(), at_first(&folder, "es", "best").to_bits(), "{preset}");
    }
}

#[test]
fn such_a_run_has_the_same_bits_at_any_number_of_threads_and_when_it_goes_on() {
    let (folder, champion) = first_run();
    for preset in ["ga", "es"] {
        let name = |of: &str| format!("{preset}-{of}");
        let own = ["--preset", preset];
        let more = |flags: &[&str], out: &str| {
            let flags = [&own[..], &JUDGED, &["--start", &champion], flags].concat();
            let _ = evolve(&folder, out, &flags).success();
        };
        more(&["--generations", "4", "--threads", "1"], &name("whole"));
        more(&["--generations", "4", "--threads", "3"], &name("wide"));
        assert_eq!(hash(&folder, &name("whole")), hash(&folder, &name("wide")));
    }
    // What goes on needs no file, as the checkpoint has the state; what is repeated does.
    let cut = evolve(
        &folder,
        "cut",
        &["--preset", "tutorial", "--start", &champion, "--generations", "2"],
    );
    let _ = cut.success();
    let _ = evolve(
        &folder,
        "whole",
        &["--preset", "tutorial", "--start", &champion, "--generations", "4"],
    )
    .success();
    let kept = fs::read(&champion).unwrap();
    fs::remove_file(&champion).unwrap();
    let resume = ["evolve", "--quiet", "--resume", &folder.text("cut"), "--generations", "4"];
    let _ = run(PROGRAM, &resume).success();
    assert_eq!(hash(&folder, "cut"), hash(&folder, "whole"));
    let (config, again) = (folder.text("whole/config.toml"), folder.text("again"));
    let repeat = ["evolve", "--quiet", "--config", &config, "--out", &again];
    run(PROGRAM, &repeat).fails(1, &["could not read", &champion]);
    fs::copy(folder.path("whole/champion.safetensors"), &champion).unwrap();
    run(PROGRAM, &repeat).fails(1, &["is not the champion that the run began with", "fingerprint"]);
    assert!(!folder.path("again").exists());
    fs::write(&champion, kept).unwrap();
    let _ = run(PROGRAM, &repeat).success();
    assert_eq!(hash(&folder, "again"), hash(&folder, "whole"));
    // Each seed begins with it.
    let flags =
        ["--preset", "tutorial", "--start", &champion, "--generations", "2", "--seeds", "2"];
    let _ = evolve(&folder, "seeds", &flags).success();
    let accuracy = number(&folder, "run", "fitness_accuracy");
    for seed in ["seeds/seed-64", "seeds/seed-65"] {
        assert!(at_first(&folder, seed, "champion_accuracy") >= accuracy);
    }
}

#[test]
fn floats_that_stand_for_integers_go_on_as_integers() {
    let folder = Folder::new(PROGRAM);
    let flags = ["--preset", "micro", "--network", "conv:2x5:3,pool:2,dense:10"];
    let flags =
        [&flags[..], &["--weights", "int4,ternary", "--generations", "2"], &JUDGED].concat();
    let _ = evolve(&folder, "run", &flags).success();
    let champion = folder.text("run/champion.safetensors");
    let next = [&["--start", &champion, "--generations", "1"], &JUDGED[..]].concat();
    let _ = evolve(&folder, "next", &next).success();
    let config = fs::read_to_string(folder.path("next/config.toml")).unwrap();
    assert!(config.contains("weights = [\"int4\", \"ternary\"]"), "{config}");
    let accuracy = number(&folder, "run", "fitness_accuracy");
    assert_eq!(at_first(&folder, "next", "champion_accuracy") as f32, accuracy as f32);
    let tev = folder.text("run/champion.tev");
    evolve(&folder, "none", &["--start", &tev])
        .fails(1, &["cannot be evolved further", "int4,ternary", "champion.safetensors"]);
}

/// A classifier by the nearest mean as `numpy.savez(path, kernel, bias)` writes it, as of a Keras model of one dense layer: the
/// logits are `m.x - |m|^2 / 2`, which rank as the distances do.
fn nearest_mean(path: &Path) {
    let options =
        Options { builtin_train: 300, builtin_test: 1, offline: true, ..Options::default() };
    let train = data::load(&Request::Builtin, &options, &Silent).unwrap().train;
    let (mut means, mut counts) = (vec![[0.0_f32; 10]; 784], [0.0_f32; 10]);
    for (image, &label) in train.images.chunks(784).zip(&train.labels) {
        counts[usize::from(label)] += 1.0;
        for (mean, &pixel) in means.iter_mut().zip(image) {
            mean[usize::from(label)] += f32::from(pixel) / 255.0;
        }
    }
    let kernel: Vec<f32> =
        means.iter().flat_map(|row| row.iter().zip(counts).map(|(sum, n)| sum / n)).collect();
    let square = |class| kernel.iter().skip(class).step_by(10).map(|x| x * x).sum::<f32>();
    let bias: Vec<f32> = (0..10).map(|class| -0.5 * square(class)).collect();
    let arrays = [
        ("arr_0", "<f4", vec![784, 10], own::floats(&kernel)),
        ("arr_1", "<f4", vec![10], own::floats(&bias)),
    ];
    fs::write(path, own::npz(&arrays)).unwrap();
}

#[test]
fn an_imported_network_evolves_further() {
    let folder = Folder::new(PROGRAM);
    nearest_mean(&folder.path("mean.npz"));
    let (npz, file) = (folder.text("mean.npz"), folder.text("mean.safetensors"));
    let _ = run(PROGRAM, &["import", &npz, "--out", &file]).success();
    let flags = ["--preset", "tutorial", "--sigma", "0.02", "--generations", "8"];
    for (out, start) in [("imported", &file), ("at-once", &npz)] {
        let _ = evolve(&folder, out, &[&flags[..], &["--start", start]].concat()).success();
        assert_eq!(summary(&folder, out)["network"], "784-10");
    }
    assert_eq!(hash(&folder, "imported"), hash(&folder, "at-once"));
    // Far better than what eight generations reach from random weights.
    let first = at_first(&folder, "imported", "champion_accuracy");
    assert!(first > 0.6, "{first}");
    assert!(number(&folder, "imported", "fitness_accuracy") >= first);
    let random = [&flags[..], &["--hidden", "0"]].concat();
    let _ = evolve(&folder, "random", &random).success();
    assert!(number(&folder, "random", "fitness_accuracy") < first);
}

#[test]
fn a_champion_that_does_not_fit_the_run_is_one_error_and_nothing_is_written() {
    let (folder, champion) = first_run();
    let refused = |code, flags: &[&str], mentions: &[&str]| {
        evolve(&folder, "none", &[flags, &JUDGED].concat()).fails(code, mentions);
        assert!(!folder.path("none").exists(), "{flags:?}");
    };
    let start = ["--start", &champion];
    let other = "its network is 784-8-10, that of the run 784-9-10";
    refused(1, &[&start[..], &["--hidden", "9"]].concat(), &[other, "--network, --hidden"]);
    refused(1, &[&start[..], &["--set", "network.hidden=[9]"]].concat(), &[other]);
    refused(1, &[&start[..], &["--network", "dense:9,dense:10"]].concat(), &[other]);
    refused(2, &[&start[..], &["--network", "dense:8,dense:3"]].concat(), &["has 10 classes"]);
    refused(1, &["--start", &folder.text("nowhere")], &["could not read", "nowhere"]);
    refused(1, &["--start", &folder.text("run/config.toml")], &["config.toml"]);
    refused(2, &[&start[..], &["--set", "start.champion=x"]].concat(), &["--set start.champion"]);
    refused(2, &["--set", "start.fingerprint=x"], &["start.champion must be the file"]);
    let resume = ["evolve", "--resume", &folder.text("run"), "--start", &champion];
    run(PROGRAM, &resume).fails(2, &["--resume", "--start"]);
    let resume = ["evolve", "--resume", &folder.text("run"), "--set", "start.champion=x"];
    run(PROGRAM, &resume).fails(2, &["--set start.champion cannot be used with --resume"]);
    // Data of another shape, and of other measurements.
    let (flowers, scaled) = (folder.path("flowers.csv"), folder.path("scaled.csv"));
    own::features(&flowers);
    let text = fs::read_to_string(&flowers).unwrap();
    let times = |line: &str| {
        let (name, rest) = line.split_once(',').unwrap();
        let cells = rest
            .split(',')
            .map(|cell| cell.parse().map_or(cell.to_string(), |x: f32| (2.0 * x).to_string()));
        format!("{name},{}\n", cells.collect::<Vec<_>>().join(","))
    };
    fs::write(&scaled, text.lines().map(times).collect::<String>()).unwrap();
    let on = |data: &Path, out: &str, champion: Option<&str>| {
        let (data, out) = (data.to_str().unwrap().to_string(), folder.text(out));
        let start = champion.map_or(vec!["--hidden", "4"], |file| vec!["--start", file]);
        let flags =
            ["evolve", "--quiet", "--preset", "tutorial", "--label", "kind", "--data", &data];
        run(PROGRAM, &[&flags[..], &["--generations", "2", "--out", &out], &start].concat())
    };
    on(&flowers, "none", Some(&champion))
        .fails(1, &["28x28x1 inputs to 10 classes", "1x1x4 and 3"]);
    let _ = on(&flowers, "flowers", None).success();
    let own = folder.text("flowers/champion.safetensors");
    let _ = on(&flowers, "further", Some(&own)).success();
    on(&scaled, "none", Some(&own)).fails(1, &["another normalisation", "--data"]);
    assert!(!folder.path("none").exists());
}
