//! Tests of the configuration as a whole: text in, settings or problems out.

use super::schema::settings;
use super::*;
use tinyevo_core::evolution::EaSimple;
use tinyevo_core::fitness::Measure;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::shape::Shape;
use toml::Value;

/// The problems of a text, one a line.
fn refused(text: &str) -> String {
    match Config::parse(text) {
        Ok(config) => panic!("accepted: {text}\n{config:?}"),
        Err(error) => error.to_string(),
    }
}

pub(super) fn ea_simple(config: &mut Config) -> &mut EaSimple {
    let Algorithm::EaSimple(settings) = &mut config.algorithm else { unreachable!() };
    settings
}

#[test]
fn the_tutorial_is_the_table_of_its_recipe() {
    let mut config = Preset::Tutorial.config();
    config.check().unwrap();
    assert_eq!(config.network(Shape::flat(784), 10).unwrap().parameters(), 101_770);
    assert_eq!((config.seed, config.stop.generations, config.report_every), (64, 1000 * 10, 10));
    assert_eq!(config.stop.accuracy, 0.99999);
    assert_eq!(config.fitness.measure, Measure::ReciprocalAccuracy);
    assert_eq!(config.fitness.images, SplitName::Test);
    let settings = ea_simple(&mut config);
    assert_eq!((settings.population, settings.elites), (25, 0));
    assert_eq!(settings.initialisation, Initialisation::Uniform { low: -1.0, high: 1.0 });
    assert_eq!(settings.selection, Selection::Tournament { size: 5 });
    assert_eq!(settings.crossover, Crossover::Mean);
    assert_eq!(settings.mutation, Mutation::Gaussian { probability: 0.25, sigma: 0.1 });
    assert_eq!((settings.crossover_probability, settings.mutation_probability), (0.6, 0.3));
}

#[test]
fn every_preset_is_in_range_keeps_itself_and_round_trips() {
    for preset in Preset::USUAL {
        let config = preset.config();
        config.check().unwrap();
        assert!(config.keeps_preset(), "{preset}");
        let text = config.to_toml().unwrap();
        assert_eq!(Config::parse(&text).unwrap(), config, "{text}");
        assert_eq!(Config::parse(&format!("preset = \"{preset}\"")).unwrap(), config);
        // A length is written exactly where it decides something.
        assert_eq!(config.length.is_some(), config.is_scheduled(), "{preset}");
    }
}

#[test]
fn an_empty_text_is_the_tutorial_and_other_keys_stay_as_they_are() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
    let mut expected = Config::default();
    expected.stop.patience = Some(7);
    ea_simple(&mut expected).population = 9;
    let text = "[algorithm]\npopulation = 9\n[stop]\npatience = 7";
    assert_eq!(Config::parse(text).unwrap(), expected);
}

#[test]
fn all_variants_round_trip() {
    for initialisation in Initialisation::USUAL {
        for selection in Selection::USUAL {
            for crossover in Crossover::USUAL {
                for mutation in Mutation::USUAL {
                    let mut config = Config::default();
                    let settings = ea_simple(&mut config);
                    settings.initialisation = *initialisation;
                    settings.selection = *selection;
                    settings.crossover = *crossover;
                    settings.mutation = *mutation;
                    config.stop.seconds = Some(1.5);
                    let text = config.to_toml().unwrap();
                    assert_eq!(Config::parse(&text).unwrap(), config, "{text}");
                    assert_eq!(Config::parse(&text).unwrap().to_toml().unwrap(), text);
                }
            }
        }
    }
}

#[test]
fn floats_are_written_as_given_and_read_back_to_the_bit() {
    for sigma in ["0.1", "0.05", "0.3", "0.0001", "12345.678", "1000000.0", "0.0"] {
        let config = Config::parse(&format!("algorithm.mutation.sigma = {sigma}")).unwrap();
        let text = config.to_toml().unwrap();
        assert!(text.contains(&format!("sigma = {sigma}\n")), "{sigma}:\n{text}");
    }
    let (mut config, mut bits) = (Config::default(), 1_u32);
    for _ in 0..2000 {
        bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let alpha = f32::from_bits(bits & 0x7fff_ffff);
        if alpha <= 1e38 {
            ea_simple(&mut config).crossover = Crossover::Blend { alpha };
            let again = Config::parse(&config.to_toml().unwrap()).unwrap();
            assert_eq!(again, config, "{alpha:e}");
        }
    }
}

#[test]
fn every_variant_of_the_core_has_usual_settings() {
    // serde lists the variants when it meets another one.
    fn complete<K: Kind + serde::de::DeserializeOwned>(tag: &str) {
        let error = toml::from_str::<std::collections::BTreeMap<String, K>>(tag).err().unwrap();
        let listed: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        assert_eq!(listed, names::<K>(), "{}", error.message());
        for known in names::<K>() {
            assert_eq!(named::<K>(&known).as_ref().map(name), Some(known));
        }
    }
    complete::<Initialisation>("x = { kind = \"?\" }");
    complete::<Selection>("x = { kind = \"?\" }");
    complete::<Crossover>("x = { kind = \"?\" }");
    complete::<Mutation>("x = { kind = \"?\" }");
    complete::<Measure>("x = \"?\"");
    complete::<SplitName>("x = \"?\"");
    assert_eq!("tutorial".parse::<Preset>().unwrap().to_string(), "tutorial");
    assert_eq!("train".parse::<SplitName>().unwrap().to_string(), "train");
    assert!("luck".parse::<SplitName>().unwrap_err().to_string().contains("one of train, test"));
}

#[test]
fn every_number_has_a_range_and_every_range_a_number() {
    let numeric = |value: &Value| value.is_integer() || value.is_float() || value.is_array();
    // Formats are words.
    let is_number = |(key, value): &(String, Value)| numeric(value) && key != "network.weights";
    let mut numbers: Vec<String> =
        settings().into_iter().filter(is_number).map(|(key, _)| key).collect();
    let mut limits: Vec<&str> = limits::LIMITS.iter().map(|(key, _)| *key).collect();
    numbers.sort_unstable();
    limits.sort_unstable();
    assert_eq!(numbers, limits);
}

#[test]
fn wrong_values_of_every_setting_are_refused_in_the_words_of_the_user() {
    let wrong = [
        "-1",
        "1e308",
        "-1e308",
        "\"x\"",
        "true",
        "[\"y\"]",
        "{ z = 1 }",
        "nan",
        "inf",
        "1.5e39",
        "9223372036854775807",
        "1979-05-27",
    ];
    let mut refusals = 0;
    for (key, _) in settings() {
        // The variant that has the setting.
        let kinds = "algorithm.initialisation.kind = \"uniform\"\n";
        for kinds in [
            kinds,
            "algorithm.selection.kind = \"truncation\"\n",
            "algorithm.crossover.kind = \"blend\"\n",
            "algorithm.crossover.kind = \"uniform\"\n",
            "algorithm.mutation.kind = \"uniform-reset\"\n",
            "algorithm.mutation_scale.kind = \"linear\"\n",
            "preset = \"es\"\n",
            "preset = \"es\"\nbatch.size.kind = \"geometric\"\nalgorithm.decay.kind = \"linear\"\n",
        ] {
            if key.ends_with(".kind") || kinds.starts_with(&key) {
                continue;
            }
            for value in wrong {
                let text = format!("{kinds}{key} = {value}\n");
                let Err(error) = Config::parse(&text) else { continue };
                let error = error.to_string();
                refusals += 1;
                // Bounds that do not agree are in range each, and are shown as floats.
                if error.contains("the value of high") || error.contains(", 1 / (") {
                    continue;
                }
                assert!(error.starts_with("configuration:"), "{error}");
                let table = key.rsplit_once('.').map_or(key.as_str(), |(table, _)| table);
                let named = error.contains(&key) || error.contains(&format!("{table} needs"));
                assert!(named, "{key}: {error}");
                assert!(error.contains("must be") || error.contains("needs"), "{error}");
                assert!(
                    error.contains("needs") || error.contains(&format!("got {value}")),
                    "{error}"
                );
                for jargon in ["expected", "u64", "usize", "f32", "invalid"] {
                    assert!(!error.contains(jargon), "{error}");
                }
            }
        }
    }
    assert!(refusals > 1000, "{refusals}");
}

// long: a table of cases
#[test]
fn problems_say_where_what_and_what_is_allowed() {
    for (text, expected) in [
        ("sede = 3", "configuration:1: sede is not a setting; did you mean `seed`?"),
        (
            "seed = 1\n\n[stop]\ngeneration = 3",
            "configuration:4: stop.generation is not a setting; did you mean `stop.generations`?",
        ),
        (
            "[algorithm]\npopulation = 0",
            "configuration:2: algorithm.population must be a whole number from 1 to 1000000, got 0",
        ),
        (
            "preset = \"none\"",
            "configuration:1: preset must be one of tutorial, es, cnn, tiny-cnn, micro, nano, coevolution, ga, low-rank, got \"none\"",
        ),
        (
            "[algorithm.crossover]\nalpha = 0.5",
            "configuration:2: algorithm.crossover.alpha needs algorithm.crossover.kind = \"blend\"; here the kind is \"mean\"",
        ),
        (
            "algorithm.crossover.kind = \"mena\"",
            "configuration:1: algorithm.crossover.kind must be one of mean, blend, uniform, neurons, one-point, two-point, got \"mena\"",
        ),
        (
            "network.hidden = [\n  8,\n  0,\n]",
            "configuration:1: network.hidden must be a list of whole numbers from 1 to 1000000, or of layers as \"conv:10x5\", \"pool:2\", got [   8,   0, ]",
        ),
        (
            "network.hidden = [\"conv:5\"]",
            "configuration:1: network.hidden must be a list of whole numbers from 1 to 1000000, or of layers as \"conv:10x5\", \"pool:2\", got [\"conv:5\"]",
        ),
        (
            "preset = \"cnn\"\nalgorithm.kind = \"neuron-es\"",
            "network.hidden must be dense layers only for neuron-es; use filter-es (preset cnn), got conv:10x5",
        ),
        (
            "preset = \"cnn\"\nnetwork.hidden = []",
            "network.hidden must be at least one layer for filter-es (the presets tutorial, ga and low-rank need none), got []",
        ),
        (
            "algorithm.elites = 26",
            "algorithm.elites must be a whole number from 0 to 25 (algorithm.population), got 26",
        ),
        (
            "stop.seconds = 0",
            "configuration:1: stop.seconds must be a number above 0, up to 1e9, got 0",
        ),
        (
            "algorithm.decay = 0.2",
            "configuration:1: algorithm.decay needs algorithm.kind = \"neuron-es\" or algorithm.kind = \"filter-es\" or algorithm.kind = \"neuron-ga\" or algorithm.kind = \"filter-ga\" or algorithm.kind = \"low-rank\"; here the kind is \"ea-simple\" (preset es, cnn, tiny-cnn, micro, nano, coevolution, low-rank)",
        ),
        (
            "preset = \"es\"\nalgorithm.population = 3",
            "configuration:2: algorithm.population needs algorithm.kind = \"ea-simple\"; here the kind is \"neuron-es\" (preset tutorial, ga)",
        ),
        (
            "preset = \"es\"\nalgorithm.decay.to = 0.2",
            "configuration:2: algorithm.decay.to needs algorithm.decay.kind = \"linear\" or algorithm.decay.kind = \"geometric\"; here the kind is \"constant\"",
        ),
        (
            "preset = \"es\"\nalgorithm.learning_rate.kind = \"geometric\"",
            "algorithm.learning_rate.to must be above 0 for a geometric schedule, got 0",
        ),
        ("stop = 3", "configuration:1: stop must be a table, got 3"),
        ("\"a.b\" = 3", "configuration:1: \"a.b\" is not a setting"),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    // All problems at once, and the syntax of TOML with its line.
    let both = refused("seed = -1\n[stop]\naccuracy = 2");
    assert!(
        both.contains(":1: seed must be") && both.contains("\n  configuration:3: stop.accuracy"),
        "{both}"
    );
    assert!(refused("seed = 1\nseed = \n").starts_with("configuration:2: not TOML: "));
    assert!(refused("seed = 99999999999999999999").starts_with("configuration:1: "));
}

#[test]
fn unknown_keys_beside_kinds_without_settings_are_refused() {
    for (table, kind, key) in [
        ("crossover", "mean", "alpha"),
        ("crossover", "one-point", "alpha"),
        ("crossover", "two-point", "gene_probability"),
        ("selection", "random", "size"),
        ("initialisation", "he", "low"),
        ("initialisation", "glorot", "sigma"),
    ] {
        let text = format!("[algorithm.{table}]\nkind = \"{kind}\"\n{key} = 0.5\n");
        let error = refused(&text);
        assert!(error.contains(&format!("algorithm.{table}.{key}")), "{error}");
    }
}

#[test]
fn settings_that_do_not_agree_are_refused() {
    for (text, mentions) in [
        ("algorithm = { population = 4, selection = { kind = \"truncation\" } }", "1 to 4"),
        (
            "algorithm.initialisation = { low = 1, high = -1 }",
            "initialisation.low must be at most -1",
        ),
        ("algorithm.mutation = { kind = \"uniform-reset\", low = 2 }", "mutation.low"),
        ("algorithm.selection.size = 4000000000", "from 1 to 1000,"),
        ("network.hidden = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "at most"),
        ("network.hidden = [1000000, 1000000]", "268435456 parameters"),
        (
            "preset = \"es\"\nalgorithm.learning_rate = 0.5\nalgorithm.decay = 3",
            "algorithm.decay must be at most 2, 1 / (the largest algorithm.learning_rate), got 3",
        ),
        ("preset = \"low-rank\"\nalgorithm.decay.value = 1000", "algorithm.decay must be at most"),
        (
            "preset = \"coevolution\"\nalgorithm.decay = 1000",
            "at most 400, 1 / (algorithm.sigma times the largest algorithm.mutation_scale), got",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(mentions), "{error}");
    }
    let mut config = Config { seed: u64::MAX, ..Config::default() };
    assert!(config.check().unwrap_err().to_string().contains("got 18446744073709551615"));
    config = Config::default();
    ea_simple(&mut config).mutation_probability = f32::NAN;
    let error = config.check().unwrap_err().to_string();
    assert!(
        error.contains("algorithm.mutation_probability must be a number from 0 to 1"),
        "{error}"
    );
}

#[test]
fn the_end_is_reached_strictly_above_the_accuracy_as_it_is_written() {
    let stop =
        |accuracy: &str| Stop { accuracy: accuracy.parse().unwrap(), ..Config::default().stop };
    for (samples, decimals) in [(10_u32, 1), (100, 2), (1000, 3), (10_000, 4), (100_000, 5)] {
        for correct in 0..samples {
            let accuracy = format!("0.{correct:0decimals$}");
            assert!(!stop(&accuracy).reached(correct, samples), "{accuracy} of {samples}");
            assert!(stop(&accuracy).reached(correct + 1, samples), "{accuracy} of {samples}");
        }
    }
    // Six images of ten, in other samples: 0.6 and 0.7 behave alike.
    for samples in (10..1_000_000).step_by(9990) {
        let tenth = samples / 10;
        for (tenths, accuracy) in [(6, "0.6"), (7, "0.7"), (3, "0.3"), (9, "0.9")] {
            assert!(!stop(accuracy).reached(tenths * tenth, samples));
            assert!(stop(accuracy).reached(tenths * tenth + 1, samples));
        }
    }
    assert!(!stop("1").reached(10, 10));
    assert!(!stop("0").reached(0, 0));
    assert!(stop("0").reached(1, u32::MAX));
}

#[test]
fn the_recipe_is_kept_by_another_seed_or_end_and_changed_by_the_rest() {
    let keeps = |text: &str| Config::parse(text).unwrap().keeps_preset();
    assert!(keeps("seed = 3\nreport_every = 2\nstop.generations = 4\ndata.source = \"builtin\""));
    assert!(keeps("checkpoint.every = 1"));
    let recipe = |text: &str| Config::parse(text).unwrap().recipe();
    assert_eq!(recipe("stop.generations = 9\ndata.source = \"x\""), recipe("report_every = 1"));
    assert_ne!(recipe("seed = 9"), recipe(""));
    // Without images that are held out there is no judge.
    assert_eq!(recipe("judge.every = 9"), recipe(""));
    assert_ne!(recipe("judge.every = 9\ndata.validation = 1"), recipe("data.validation = 1"));
    // A run with schedules may be longer, but that changes what it computes.
    let es = |text: &str| Config::parse(&format!("preset = \"es\"\n{text}")).unwrap();
    assert!(es("length = 7").keeps_preset());
    assert_ne!(es("length = 7").recipe(), es("").recipe());
    assert_eq!(es("stop.generations = 7").recipe(), es("").recipe());
    // Without schedules no length does.
    assert_eq!(recipe("length = 7"), recipe(""));
    let scheduled = "algorithm.mutation_scale = { kind = \"linear\", to = 0.5 }\n";
    let recipe_of = |text: &str| recipe(&format!("{scheduled}{text}"));
    assert_eq!(recipe_of("stop.generations = 7"), recipe_of("length = 7"));
    assert_ne!(recipe_of("stop.generations = 7"), recipe_of(""));
    assert!(!keeps("data.validation = 100"));
    assert!(!keeps("network.hidden = [16]"));
    assert!(!keeps("algorithm.mutation.sigma = 0.2"));
}

#[test]
fn the_first_difference_of_two_recipes_is_named() {
    let parse = |text: &str| Config::parse(text).unwrap();
    let plain = parse("");
    assert_eq!(plain.difference(&parse("stop.generations = 9")), None);
    let difference = |text: &str| plain.difference(&parse(text)).unwrap();
    assert_eq!(
        difference("algorithm.mutation.sigma = 0.2"),
        "algorithm.mutation.sigma = 0.1, not 0.2"
    );
    assert_eq!(difference("seed = 5"), "seed = 64, not 5");
    assert_eq!(
        difference("algorithm.crossover.kind = \"blend\""),
        "algorithm.crossover.kind = \"mean\", not \"blend\""
    );
}
