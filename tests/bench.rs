//! `tinyevo bench`: its report has all that it promises.

use serde_json::Value;
use tinyevo_tests::run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tinyevo-under-test");

fn positive(value: &Value, key: &str) {
    assert!(value[key].as_f64().is_some_and(|x| x > 0.0 && x.is_finite()), "{key}: {value}");
}

fn check_convolutions(report: &Value) {
    let convolutions = report["convolutions"].as_array().unwrap();
    assert_eq!(convolutions.len(), 2);
    for (row, numbers) in convolutions.iter().zip(["f32", "int4,ternary,int4"]) {
        assert_eq!(row["numbers"], numbers);
        let words = ["preset", "network", "numbers"];
        let keys = row.as_object().unwrap().keys().filter(|key| !words.contains(&key.as_str()));
        keys.for_each(|key| positive(row, key));
    }
}

#[test]
fn bench_measures_all_that_it_promises() {
    let flags = ["bench", "--data", "builtin", "--builtin-train", "1", "--builtin-test", "60"];
    let short = ["--hidden", "1,16", "--rounds", "1", "--milliseconds", "1", "--threads", "2"];
    let json = run(PROGRAM, &[&flags[..], &short, &["--json"]].concat()).success();
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["images"], 60);
    positive(&report, "nonzero_pixels");
    positive(&report["roofline"], "multiply_adds_per_second");
    positive(&report["roofline"], "l1_bytes_per_second");
    let networks = report["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 2);
    for (network, name) in networks.iter().zip(["784-1-10", "784-16-10"]) {
        assert_eq!(network["network"], name);
        let keys = network.as_object().unwrap().keys().filter(|key| *key != "network");
        keys.for_each(|key| positive(network, key));
    }
    let generations = report["generations"].as_array().unwrap();
    assert_eq!(generations.len(), 2);
    for generation in generations {
        for key in ["generations_per_second_per_core", "generations_per_second"] {
            positive(generation, key);
        }
        positive(generation, "mutant_images_per_second");
        positive(generation, "thread_scaling");
        let phases = generation["phases"].as_array().unwrap();
        let names: Vec<_> = phases.iter().map(|phase| phase["phase"].as_str().unwrap()).collect();
        let expected =
            ["images", "directions", "forward", "projection", "scoring", "update", "other"];
        assert_eq!(names, expected);
        phases.iter().for_each(|phase| positive(phase, "milliseconds"));
        let sum: f64 = phases.iter().map(|phase| phase["share"].as_f64().unwrap()).sum();
        assert!((0.5..1.5).contains(&sum), "{sum}: {generation}");
        for index in [0, 2, 3, 4, 5] {
            positive(&phases[index], "share_of_roofline");
        }
    }
    check_convolutions(&report);
    let operators = report["operators"].as_array().unwrap();
    assert_eq!(operators.len(), 13);
    operators.iter().for_each(|operator| positive(operator, "genes_per_second"));
    let table = run(PROGRAM, &[&flags[..], &short].concat()).success();
    for word in [
        "784-16-10",
        "roofline",
        "64 directions, 512 images",
        "projection",
        "mutation, Gaussian",
        "2 threads",
        "than dense",
        "(im2col)",
        "micro, int4,ternary,int4",
    ] {
        assert!(table.stdout.contains(word), "{word}: {}", table.stdout);
    }
}
