//! Tests of layers over layers, and of any text.

use super::schema::settings;
use super::tests::ea_simple;
use super::*;
use std::fmt::Write;
use tinyevo_core::deploy::Format;
use tinyevo_core::evolution::FilterGa;
use tinyevo_core::operators::{Crossover, Mutation};
use tinyevo_core::schedule::Schedule;
use tinyevo_core::shape::Shape;

#[test]
fn another_kind_starts_from_its_own_usual_settings() {
    let parsed = |text: &str| *ea_simple(&mut Config::parse(text).unwrap());
    let blend = parsed("[algorithm.crossover]\nkind = \"blend\"\n").crossover;
    assert_eq!(blend, Crossover::Blend { alpha: 0.5 });
    let reset = parsed("[algorithm.mutation]\nkind = \"uniform-reset\"\nhigh = 2\n").mutation;
    assert_eq!(reset, Mutation::UniformReset { probability: 0.25, low: -1.0, high: 2.0 });
    // The same kind keeps what the file does not name.
    let gaussian = parsed("[algorithm.mutation]\nkind = \"gaussian\"\nsigma = 0.5\n").mutation;
    assert_eq!(gaussian, Mutation::Gaussian { probability: 0.25, sigma: 0.5 });
}

/// Settings by `KEY=VALUE` over the tutorial.
fn with_sets(assignments: &[&str]) -> Result<Config, ConfigError> {
    over(Preset::Tutorial, assignments)
}

/// Settings by `KEY=VALUE` over a preset.
fn over(preset: Preset, assignments: &[&str]) -> Result<Config, ConfigError> {
    let mut overlay = Overlay::default();
    for assignment in assignments {
        let (key, text) = assignment.split_once('=').unwrap();
        overlay.set_text(&format!("--set {key}"), key, text);
    }
    let mut layers = Layers::preset(preset)?;
    layers.put(&overlay)?;
    layers.config()
}

#[test]
fn set_reaches_every_setting() {
    for (key, value) in settings() {
        if key == "preset" || key == "algorithm.kind" || key == "data.fingerprint" {
            continue;
        }
        let mut assignments = vec![format!("{key}={value}")];
        if let Some((table, _)) = key.rsplit_once('.') {
            for kind in [
                "uniform",
                "truncation",
                "blend",
                "tournament",
                "gaussian",
                "uniform-reset",
                "neurons",
                "constant",
                "linear",
                "filter-ga",
            ] {
                assignments.push(format!("{table}.kind={kind}"));
            }
        }
        // One of the kinds has it, or no kind is needed.
        let reached = [Preset::Tutorial, Preset::Es, Preset::Micro, Preset::LowRank]
            .into_iter()
            .any(|preset| {
                let with = |kind: &String| over(preset, &[&assignments[0], kind]).is_ok();
                over(preset, &[&assignments[0]]).is_ok() || assignments[1..].iter().any(with)
            });
        assert!(reached, "{key}");
    }
    let config = with_sets(&["algorithm.crossover.alpha=2", "algorithm.crossover.kind=blend"]);
    assert_eq!(ea_simple(&mut config.unwrap()).crossover, Crossover::Blend { alpha: 2.0 });
    assert_eq!(with_sets(&["seed=1", "seed=2"]).unwrap().seed, 2);
    let error = with_sets(&["seed=1e400"]).unwrap_err().to_string();
    assert_eq!(error, "--set seed must be a whole number from 0 to 9223372036854775807, got 1e400");
}

#[test]
fn a_schedule_is_a_number_or_keeps_the_numbers_of_the_one_before() {
    let rate = |assignments: &[&str]| match over(Preset::Es, assignments).unwrap().algorithm {
        Algorithm::NeuronEs(settings) => settings.learning_rate,
        other => panic!("{other:?}"),
    };
    let key = "algorithm.learning_rate";
    let linear = |from, to| Schedule::Linear { from, to };
    assert_eq!(rate(&[]), linear(0.006, 0.0));
    assert_eq!(rate(&[&format!("{key}=0.25")]), Schedule::Constant { value: 0.25 });
    assert_eq!(rate(&[&format!("{key}.from=0.004")]), linear(0.004, 0.0));
    assert_eq!(rate(&[&format!("{key}.kind=constant")]), Schedule::Constant { value: 0.006 });
    let geometric = [&format!("{key}.kind=geometric")[..], &format!("{key}.to=0.5")];
    assert_eq!(rate(&geometric), Schedule::Geometric { from: 0.006, to: 0.5 });
    let far = [&geometric[..], &["algorithm.learning_rate.from=1e-40"]].concat();
    let error = over(Preset::Es, &far).unwrap_err().to_string();
    assert!(error.contains("must be nearer to 1e-40 for a geometric schedule, got 0.5"), "{error}");
    let again = [&format!("{key}=1")[..], &format!("{key}={{kind=\"linear\",to=0.5}}")];
    assert_eq!(rate(&again), linear(0.006, 0.5));
    // What a preset leaves out starts from its usual settings.
    let scale = ["algorithm.mutation_scale.kind=linear", "algorithm.mutation_scale.to=0.5"];
    let mut config = with_sets(&scale).unwrap();
    assert_eq!(ea_simple(&mut config).mutation_scale, linear(1.0, 0.5));
    let batch = with_sets(&["batch.size=32", "fitness.images=train"]).unwrap().batch.unwrap();
    assert_eq!((batch.size, batch.shift), (Schedule::Constant { value: 32.0 }, 1));
    let text = config.to_toml().unwrap();
    assert_eq!(Config::parse(&text).unwrap(), config);
    assert!(!Config::default().to_toml().unwrap().contains("mutation_scale"));
}

#[test]
fn presets_of_neurons_evolve_filters_where_there_are_some() {
    let file = |preset: &str, hidden: &str| {
        Config::parse(&format!("preset = \"{preset}\"\nnetwork.hidden = [{hidden}]")).unwrap()
    };
    let cnn = Preset::Cnn.config();
    let es = file("es", "\"conv:5x3\", 8");
    assert_eq!((es.algorithm, es.batch, es.length), (cnn.algorithm, cnn.batch, cnn.length));
    let ga = file("coevolution", "\"pool:2\"");
    assert_eq!(ga.algorithm, Algorithm::FilterGa(FilterGa::USUAL));
    assert_eq!((ga.preset, ga.batch, ga.stop), (Preset::Coevolution, cnn.batch, cnn.stop));
    assert_eq!(Config::parse(&ga.to_toml().unwrap()).unwrap(), ga);
    for preset in [Preset::Es, Preset::Coevolution] {
        assert_eq!(file(&preset.to_string(), "8, 9").algorithm, preset.config().algorithm);
    }
    // Flags over a preset do the same; the last one counts.
    let given = |assignments: [&str; 2]| {
        let overlays = assignments.map(|assignment| {
            let (mut overlay, (key, text)) =
                (Overlay::default(), assignment.split_once('=').unwrap());
            overlay.set_text(key, key, text);
            overlay
        });
        let both = [&overlays[0], &overlays[1]];
        let mut layers = Layers::preset_for(Preset::Coevolution, None, both).unwrap();
        for overlay in both {
            layers.put(overlay).unwrap();
        }
        layers.config()
    };
    let hidden = "network.hidden=[\"conv:5x3\"]";
    let config = given([hidden, "algorithm.early_sigma=0.5"]).unwrap();
    let expected = FilterGa { early_sigma: 0.5, ..FilterGa::USUAL };
    assert_eq!(config.algorithm, Algorithm::FilterGa(expected));
    let config = given([hidden, "network.hidden=[7]"]).unwrap();
    assert_eq!(config.algorithm, Preset::Coevolution.config().algorithm);
    for (kind, instead) in [("neuron-ga", "filter-ga"), ("neuron-es", "filter-es (preset cnn)")] {
        let error = given([hidden, &format!("algorithm.kind={kind}")]).unwrap_err().to_string();
        let allowed = format!("must be dense layers only for {kind}; use {instead}, got conv:5x3");
        assert_eq!(error, format!("network.hidden {allowed}"));
    }
    for (key, fault) in [
        (
            "algorithm.mutation_scale=0",
            "algorithm.mutation_scale must be above 0 for filter-ga, got 0",
        ),
        (
            "network.weights=[\"int8\"]",
            "network.weights must be none but for filter-es (preset cnn), got int8",
        ),
    ] {
        assert_eq!(given([hidden, key]).unwrap_err().to_string(), fault);
    }
}

#[test]
fn formats_of_weights_suit_the_network_and_the_algorithm() {
    for (text, expected) in [
        (
            "network.weights = [\"int8\", \"int3\"]",
            "configuration:1: network.weights must be a list of one of int8, int4, ternary, got [\"int8\", \"int3\"]",
        ),
        (
            "network.weights = [\"int8\"]",
            "network.weights must be none but for filter-es (preset cnn), got int8",
        ),
        (
            "preset = \"cnn\"\nnetwork.weights = [\"int8\", \"int4\"]",
            "network.weights must be one format or 3, one for each layer that has weights, got 2",
        ),
    ] {
        assert_eq!(Config::parse(text).unwrap_err().to_string(), expected);
    }
    let all = Config::parse("preset = \"cnn\"\nnetwork.weights = [\"int8\"]").unwrap();
    let network = all.network(Shape { height: 28, width: 28, channels: 1 }, 10).unwrap();
    assert_eq!(all.formats(&network).unwrap().unwrap().as_slice(), [Format::Int8; 3]);
    assert!(Preset::Cnn.config().formats(&network).unwrap().is_none());
    for hidden in ["\"pool:2\", \"conv:2x3\"", "\"conv:2x3\", \"pool:2\", \"pool:2\""] {
        let text =
            format!("preset = \"micro\"\n[network]\nhidden = [{hidden}]\nweights = [\"int8\"]\n");
        let config = Config::parse(&text).unwrap();
        let network = config.network(Shape { height: 28, width: 28, channels: 1 }, 10).unwrap();
        let error = config.formats(&network).unwrap_err().to_string();
        assert!(error.contains("each pooling right behind a convolution"), "{error}");
    }
}

#[test]
fn any_text_is_a_configuration_or_an_error() {
    let base = Config::default().to_toml().unwrap();
    let (mut accepted, mut word) = (0, 9_u32);
    let mut next = |below: usize| {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (word >> 8) as usize % below
    };
    for _ in 0..3000 {
        let mut text = base.clone().into_bytes();
        for _ in 0..=next(3) {
            let place = next(text.len());
            match next(3) {
                0 => text[place] = b"0123456789.=[]\"{}e-\n"[next(20)],
                1 => drop(text.remove(place)),
                _ => text.insert(place, b"0123456789"[next(10)]),
            }
        }
        if let Ok(config) = Config::parse(&String::from_utf8(text).unwrap()) {
            accepted += 1;
            assert_eq!(Config::parse(&config.to_toml().unwrap()).unwrap(), config);
        }
    }
    assert!((50..2900).contains(&accepted), "{accepted}");
    let mut deep = String::new();
    for _ in 0..100_000 {
        write!(deep, "a.").unwrap();
    }
    assert!(with_sets(&[&format!("{deep}a=1")]).is_err());
    assert!(Config::parse(&format!("{deep}a = 1")).is_err());
    assert!(Config::parse(&format!("a = {}", "[".repeat(100_000))).is_err());
    assert!(Config::parse(&"a = {".repeat(100_000)).is_err());
}

#[test]
fn another_kind_stands_for_its_own_settings() {
    let (es, ga) = (Preset::Es.config(), Preset::Ga.config());
    let all = es.differences(&ga);
    let of_algorithm: Vec<_> = all.iter().filter(|it| it.starts_with("algorithm.")).collect();
    assert_eq!(of_algorithm, ["algorithm.kind = \"neuron-es\", not \"ea-simple\""], "{all:?}");
}
