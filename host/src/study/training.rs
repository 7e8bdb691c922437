//! A run of the study that is a training by Adam, with the recipe of the tutorial's model.

use super::plan::Task;
use super::table::Row;
use crate::champion::network_name;
use crate::config::Config;
use crate::data::{Dataset, Split};
use crate::encoded::EncodedSplit;
use crate::error::Error;
use crate::evaluate;
use crate::gradient::{self, End, Training};
use crate::run::Interrupt;
use crate::threads::Threads;

/// Images of a step, and the learning rate: Keras' defaults.
const BATCH: usize = 32;
const RATE: f64 = 0.001;

/// Trains a network for the steps of a task, and measures it on the test images.
///
/// # Errors
/// The task does not suit the data, or there was an interrupt.
pub(super) fn run(
    task: &Task,
    config: &Config,
    dataset: &Dataset,
    threads: &mut Threads,
    interrupt: &Interrupt,
) -> Result<Row, Error> {
    let network = config.network(dataset.shape(), dataset.classes())?;
    let end = End::Steps(task.generations());
    let training = Training { seed: task.seed, batch: BATCH, learning_rate: RATE, end };
    // What is held out is not measured: it is held out so that evolution and Adam have the same images.
    let none = Split::empty(dataset.shape(), dataset.classes());
    let splits = (&dataset.train, &none);
    let done = gradient::train(&network, splits, training, threads, &mut |_| Ok(()), interrupt)?;
    interrupt.check()?;
    let test = EncodedSplit::new(&dataset.test, &network)?;
    let score = evaluate::score(&network, &done.genome, &test, threads)?;
    Ok(Row {
        question: task.experiment.question.to_string(),
        name: task.experiment.name.to_string(),
        seed: task.seed,
        network: network_name(&network),
        weights: network.parameters(),
        numbers: "f32".to_string(),
        generations: done.steps,
        mutant_images: done.images,
        seconds: done.seconds,
        core_seconds: done.core_seconds.unwrap_or(0.0),
        accuracy: f64::from(score.accuracy()),
        // Its bits depend on the CPU.
        state_hash: "none".to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Study, run};
    use super::*;
    use crate::data::{self, Options, Request, Silent};
    use crate::threads::isa::Isa;

    #[test]
    fn a_training_gives_a_row_as_other_runs_do() {
        let all = Study::Limits.tasks(1, true);
        let mut task = *all.iter().find(|task| task.experiment.is_training()).unwrap();
        // A quick study has a fifteenth of them.
        task.experiment.generations = 150;
        let options =
            Options { builtin_train: 200, builtin_test: 20, offline: true, ..Options::default() };
        let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
        let mut threads = Threads::new(1, Isa::detect()).unwrap();
        let row = run(&task, &dataset, &mut threads, &Interrupt::new()).unwrap();
        // Of 200 images half are held out: batches of 32, 32, 32 and 4.
        assert_eq!((row.generations, row.mutant_images), (10, 2 * 100 + 2 * 32));
        assert_eq!((&*row.network, row.weights, &*row.name), ("784-16-10", 12_730, "adam, 16"));
        assert!(row.accuracy > 0.15 && row.seconds > 0.0, "{row:?}");
        // All trainings stand behind the other runs, which so keep their places in a build without them.
        let mut from_first = all.iter().skip_while(|task| !task.experiment.is_training());
        assert!(from_first.all(|task| task.experiment.is_training()));
    }
}
