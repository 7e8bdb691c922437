//! The page of one or several runs: one HTML file that needs nothing else.
//!
//! [`page`] reads the folders of runs that have ended, loads their data once more, and fills the templates below
//! `templates/report`. The page holds the champions as the bytes of `.tev` files of integers; `engine.js` runs
//! these with the same answers as the core. The same runs and data give the same bytes.

mod answers;
mod chart;
mod compare;
mod curves;
mod ended;
mod picture;
mod scale;
mod view;
mod weights;

use crate::config::{Config, SplitName};
use crate::data::{Dataset, Split};
use crate::error::Error;
use crate::formats::rendered;
use crate::report::thousands;
use crate::threads::Threads;
use answers::{Answers, Image};
use askama::Template;
use compare::Spread;
use ended::Ended;
use std::path::PathBuf;
use tinyevo_core::shape::Shape;
use view::RunView;

/// The smallest image that can be drawn on a canvas.
const SMALLEST: usize = 6;

/// The values that the template shows.
#[derive(Template)]
#[template(path = "report/page.html.jinja", escape = "html")]
struct Page {
    title: String,
    lede: String,
    figures: Vec<(String, String)>,
    canvas: Option<Canvas>,
    /// Why there is no canvas.
    no_canvas: String,
    several: Option<Several>,
    runs: Vec<RunView>,
    version: &'static str,
}

/// The champions that answer what is drawn.
struct Canvas {
    models: Vec<Model>,
    examples: Vec<Image>,
    colour: bool,
}

/// A champion in the page.
struct Model {
    id: usize,
    name: String,
    /// The bytes of its `.tev` file in base64.
    file: String,
    /// Height, width and channels of an image, as JSON.
    shape: String,
    /// The names of the classes, as JSON.
    classes: String,
    /// What a step of the logits is worth, in nats; 0 if nobody knows.
    unit: f64,
}

/// The comparison of several runs.
struct Several {
    rows: Vec<Line>,
    spreads: Vec<Spread>,
    charts: [String; 2],
}

/// A run in the table of all.
struct Line {
    id: usize,
    class: String,
    name: String,
    preset: String,
    network: String,
    weights: String,
    seed: u64,
    generations: String,
    seconds: String,
    accuracy: String,
    integers: String,
}

/// The page of the runs in these folders, and a line for each run whose data is not there: what the page lacks, and why.
/// `load` loads the data that a configuration names; where it fails, the page says so, and has what needs no data.
///
/// # Errors
/// A folder holds no run, one that has not ended, or one of another version; or a file in it is damaged.
pub fn page(
    folders: &[PathBuf],
    load: &mut dyn FnMut(&Config) -> Result<Dataset, Error>,
    threads: &mut Threads,
) -> Result<(String, Vec<String>), Error> {
    let runs: Vec<Ended> =
        folders.iter().map(|folder| Ended::read(folder)).collect::<Result<_, _>>()?;
    let mut data = Data { load, loaded: None };
    let (mut views, mut canvas, mut lines) = (Vec::new(), None, Vec::new());
    let mut lacking = Vec::new();
    let groups = compare::groups(&runs);
    for (id, run) in runs.iter().enumerate() {
        let answers = data.answers(run, threads)?;
        lacking.extend(data.lacking(run, answers.is_ok()));
        if let Ok(answers) = &answers {
            offer(&mut canvas, id, run, answers);
        }
        let group = groups.iter().find(|group| group.members.contains(&id));
        let class = group.map_or_else(String::new, |group| group.class.clone());
        lines.push(Line::new(id, class, run, answers.as_ref().ok()));
        // The examples are on the page once.
        views.push(RunView::new(run, (id, runs.len()), answers)?);
    }
    let no_canvas = views.iter().find_map(|view| view.missing.clone()).unwrap_or_default();
    let several = if runs.len() > 1 {
        let (spreads, charts) =
            (compare::spreads(&runs, &groups), compare::charts(&runs, &groups)?);
        Some(Several { rows: lines, spreads, charts })
    } else {
        None
    };
    let only = views.first().filter(|_| several.is_none());
    let page = rendered(&Page {
        title: title(&runs),
        lede: only.map_or_else(|| together(&runs), |view| view.lede.clone()),
        figures: only.map_or_else(Vec::new, |view| view.figures.clone()),
        canvas: canvas.map(|(_, canvas)| canvas),
        no_canvas,
        several,
        runs: views,
        version: env!("CARGO_PKG_VERSION"),
    })?;
    Ok((page, lacking))
}

/// The title of a page.
fn title(runs: &[Ended]) -> String {
    match runs {
        [run] => format!("{} evolved on {}", run.summary.network, data_name(run)),
        runs => format!("{} runs compared", runs.len()),
    }
}

/// What several runs have in common.
fn together(runs: &[Ended]) -> String {
    let mut names: Vec<_> = runs.iter().map(data_name).collect();
    names.dedup();
    format!("On {}.", names.join(" and "))
}

/// The name of a run's data, without the place.
fn data_name(run: &Ended) -> String {
    let name = run.summary.dataset.split(" from ").next().unwrap_or_default();
    name.split(" (").next().unwrap_or_default().to_string()
}

/// Puts a champion on the canvas, if it takes images, and such as the first one. Numbers with a normalisation are no image.
fn offer(canvas: &mut Option<((Shape, usize), Canvas)>, id: usize, run: &Ended, answers: &Answers) {
    let network = answers.champion.network();
    let (shape, classes) = (network.input(), network.outputs());
    let is_image = answers.champion.normalisation().is_none();
    if !is_image || shape.height.min(shape.width) < SMALLEST || !matches!(shape.channels, 1 | 3) {
        return;
    }
    let (first, canvas) = canvas.get_or_insert_with(|| {
        let colour = shape.channels == 3;
        ((shape, classes), Canvas { models: Vec::new(), examples: Vec::new(), colour })
    });
    if *first != (shape, classes) {
        return;
    }
    if let (true, Some(found)) = (canvas.examples.is_empty(), &answers.found) {
        canvas.examples.clone_from(&found.examples);
    }
    let Shape { height, width, channels } = shape;
    let size = serde_json::json!({ "height": height, "width": width, "channels": channels });
    let names: Vec<String> = (0..classes).map(|class| run.class_name(class)).collect();
    canvas.models.push(Model {
        id,
        name: run.name(),
        file: picture::base64(&answers.file),
        shape: size.to_string(),
        classes: serde_json::Value::from(names).to_string(),
        unit: answers.unit.unwrap_or(0.0),
    });
}

impl Line {
    fn new(id: usize, class: String, run: &Ended, answers: Option<&Answers>) -> Self {
        let summary = &run.summary;
        let found = answers.and_then(|answers| answers.found.as_ref());
        let integers = found.map(|it| 100.0 * it.correct as f64 / it.images as f64);
        Self {
            id,
            class,
            name: run.name(),
            preset: run.preset(),
            network: summary.network.clone(),
            weights: thousands(summary.parameters),
            seed: summary.seed,
            generations: thousands(summary.generations as usize),
            seconds: format!("{:.1}", summary.seconds),
            accuracy: format!("{:.2}", 100.0 * summary.test_accuracy),
            integers: integers.map_or_else(|| "–".to_string(), |share| format!("{share:.2}")),
        }
    }
}

/// The data of runs, of which the last is kept: several runs often have the same.
struct Data<'l> {
    load: &'l mut dyn FnMut(&Config) -> Result<Dataset, Error>,
    loaded: Option<(Config, Result<Dataset, String>)>,
}

impl Data<'_> {
    /// The integers of a champion, or why there are none.
    fn answers(
        &mut self,
        run: &Ended,
        threads: &mut Threads,
    ) -> Result<Result<Answers, String>, Error> {
        let data = self.of(&run.config);
        if let Ok(data) = data {
            run.champion.check_data(data.shape(), data.classes())?;
        }
        let reason = data.as_ref().err().cloned();
        match Answers::new(&run.champion, data.as_ref().ok(), threads) {
            Ok(answers) => Ok(Ok(Answers { missing: reason, ..answers })),
            Err(Error::Unfit { .. }) if reason.is_some() => Ok(Err(reason.unwrap_or_default())),
            Err(error @ Error::Unfit { .. }) => Ok(Err(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// What the page lacks without the data of a run, in a line; `None` if it is there. Integers answer without it.
    fn lacking(&mut self, run: &Ended, answers: bool) -> Option<String> {
        let reason = self.of(&run.config).as_ref().err()?.replace("\n  ", "; ");
        let canvas = if answers { "" } else { "the canvas, " };
        let folder = run.path.display();
        Some(format!(
            "{folder}: without its data the page lacks {canvas}the worst mistakes and the accuracy of its integers: {reason}"
        ))
    }

    /// The data that a configuration names, if it is what the run had.
    fn of(&mut self, config: &Config) -> &Result<Dataset, String> {
        let same = |(other, _): &(Config, _)| {
            other.data == config.data && other.fitness.images == config.fitness.images
        };
        self.loaded = self.loaded.take().filter(same);
        let (_, data) = self.loaded.get_or_insert_with(|| {
            let loaded = (self.load)(config).and_then(|data| checked(data, config));
            (config.clone(), loaded.map_err(|error| error.to_string()))
        });
        data
    }
}

/// The data, if its fingerprint is that of the run, which may have loaded no training images.
fn checked(mut data: Dataset, config: &Config) -> Result<Dataset, Error> {
    let Some(expected) = config.data.fingerprint.clone() else { return Ok(data) };
    let needs_train = config.fitness.images == SplitName::Train || config.data.validation > 0;
    let none = Split::empty(data.shape(), data.classes());
    let train = if needs_train { None } else { Some(std::mem::replace(&mut data.train, none)) };
    let got = data.fingerprint();
    if let Some(train) = train {
        data.train = train;
    }
    if got == expected {
        Ok(data)
    } else {
        Err(Error::OtherFingerprint { expected, got, dataset: data.to_string() })
    }
}
