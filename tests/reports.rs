//! The classification report against scikit-learn's, character for character, and the confusion
//! matrix against its `confusion_matrix`: fixtures made by `fixtures/make_reports.py`.

use serde_json::Value;
use tinyevo::report::{ClassificationReport, ConfusionMatrix};
use tinyevo_tests::{fixture, root};

fn classes(text: &Value) -> Vec<u8> {
    text.as_str().expect("a string of digits").bytes().map(|digit| digit - b'0').collect()
}

fn cases() -> Vec<Value> {
    let folder = root().join("tests/fixtures/reports");
    let files = std::fs::read_dir(folder).expect("the folder of fixtures");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"));
    let cases: Vec<_> = names.map(|name| fixture(&format!("reports/{name}"))).collect();
    assert!(cases.len() >= 6, "{} fixtures", cases.len());
    cases
}

#[test]
fn the_report_equals_scikit_learns_text() {
    let mut never_predicted = 0;
    for case in cases() {
        let (labels, predictions) = (classes(&case["labels"]), classes(&case["predictions"]));
        never_predicted += usize::from(labels.iter().any(|label| !predictions.contains(label)));
        let report = ClassificationReport::new(&labels, &predictions);
        assert_eq!(report.to_string(), case["text"].as_str().unwrap(), "{}", case["name"]);
    }
    assert!(never_predicted > 0, "no fixture has a class that is never predicted");
}

#[test]
fn the_confusion_matrix_equals_scikit_learns() {
    for case in cases() {
        let (labels, predictions) = (classes(&case["labels"]), classes(&case["predictions"]));
        let matrix = ConfusionMatrix::new(&labels, &predictions, 10).unwrap();
        let rows: Vec<Vec<u32>> = matrix.rows().map(<[u32]>::to_vec).collect();
        assert_eq!(serde_json::json!(rows), case["confusion"], "{}", case["name"]);
    }
}
