//! `tinyevo predict CHAMPION IMAGE...`: the class of pictures, with the probability of each class as bars or JSON.

use super::options::champion_file;
use super::output;
use crate::champion::Champion;
use crate::error::Error;
use crate::formats;
use crate::picture::{self, Taken};
use crate::predict::{Prediction, Scores, predict};
use crate::printable;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The length of the bar of a certain class, in characters.
const BAR: f32 = 40.0;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The champion: the folder of a run, a .safetensors, .tev, .npz or .onnx file
    #[arg(value_parser = champion_file())]
    file: PathBuf,
    /// Pictures, PNG or JPEG, of any size; dark on light or light on dark
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Print JSON: a list with file, class and probabilities of each picture
    #[arg(long)]
    json: bool,
    /// Take the pixels as they are: bright ink on black, in the size that the network takes
    #[arg(long)]
    raw: bool,
}

/// A picture with errors does not keep the others from being shown; the exit code says that there was one.
pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let champion = formats::read(&args.file)?;
    if champion.normalisation().is_some() {
        let reason = "it takes numbers that are normalised, such as those of sensors, and no pictures\n  \
                      `tinyevo evaluate` reads such data";
        return Err(Error::Unfit {
            action: "used to predict pictures",
            reason: reason.to_string(),
        });
    }
    let taken = if args.raw { Taken::Exact } else { Taken::Fitted };
    let (mut shown, mut list, mut code) = (String::new(), Vec::new(), ExitCode::SUCCESS);
    for path in &args.images {
        match one(&champion, path, taken) {
            Ok((prediction, note)) if args.json => {
                list.push(object(&champion, path, &prediction, note));
            }
            Ok((prediction, note)) => {
                shown += &bars(&champion, path, &prediction);
                note.iter().for_each(|note| shown += &format!("  note: {note}\n"));
            }
            Err(error) => {
                output::error(&error);
                code = ExitCode::from(error.exit_code());
            }
        }
    }
    if args.json {
        shown = format!("{}\n", Value::Array(list));
    }
    output::print(&shown)?;
    Ok(code)
}

/// What the champion says about a picture, and a note on the picture if there is one.
fn one(
    champion: &Champion,
    path: &Path,
    taken: Taken,
) -> Result<(Prediction, Option<String>), Error> {
    let sample = picture::read(path, champion.network().input(), taken);
    let sample = sample.map_err(|source| Error::Picture { path: path.to_path_buf(), source })?;
    Ok((predict(champion, &sample.pixels)?, sample.note()))
}

/// An object of the list. Integers have `logits`, and no probabilities.
fn object(
    champion: &Champion,
    path: &Path,
    prediction: &Prediction,
    note: Option<String>,
) -> Value {
    let mut object = json!({
        "file": path.to_string_lossy(),
        "class": prediction.class,
        "probabilities": prediction.scores.probabilities(),
        "note": note,
    });
    if let Some(name) = champion.class_names().get(prediction.class) {
        object["class_name"] = json!(name);
    }
    if let Some(logits) = prediction.scores.integers() {
        object["logits"] = json!(logits);
    }
    object
}

/// A line for the picture, and one for each class.
fn bars(champion: &Champion, path: &Path, prediction: &Prediction) -> String {
    let name = |class| champion.description.shown_name(class);
    let file = path.to_string_lossy();
    let mut text = format!("{}: {}\n", printable::name(&file), name(prediction.class));
    let rows: Vec<(f32, String)> = match &prediction.scores {
        Scores::Probabilities(all) => {
            all.iter().map(|share| (*share, format!("{:.1} %", 100.0 * share))).collect()
        }
        // From the smallest logit to the largest.
        Scores::Integers(all) => {
            let least = all.iter().min().copied().unwrap_or(0);
            let most = all.iter().max().copied().unwrap_or(0);
            let range = (most as f32 - least as f32).max(1.0);
            let share = |logit: i32| (logit as f32 - least as f32) / range;
            all.iter().map(|logit| (share(*logit), logit.to_string())).collect()
        }
    };
    let class = (0..rows.len()).map(|class| name(class).chars().count()).max().unwrap_or(0);
    let number = rows.iter().map(|(_, text)| text.len()).max().unwrap_or(0);
    for (index, (share, shown)) in rows.iter().enumerate() {
        let bar = "█".repeat((BAR * share).round() as usize);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {}",
            format!("{:>class$} {shown:>number$} {bar}", name(index)).trim_end()
        );
    }
    text
}
