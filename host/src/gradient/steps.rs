//! The steps of a training: which images each has, the clock, and when the last one is made.

use super::adam::Adam;
use super::model::Model;
use super::training::{End, Training};
use crate::data::Split;
use crate::error::Error;
use crate::memory;
use crate::run::{Interrupt, StopReason};
use crate::threads::core_seconds;
use candle_core::{Device, Tensor};
use std::time::Instant;
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, derive, index, stream};
use tinyevo_core::sample::Feature;

/// Keeps the order of images apart from all other draws of a seed.
const ORDER: u64 = 0x6f72_6465_7200;

/// A training that is under way.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    train: &'a Split,
    training: Training,
    model: Model,
    adam: Adam,
    /// The threads of candle.
    pool: rayon::ThreadPool,
    /// Number of steps so far.
    pub(super) steps: u32,
    /// Number of images of all steps.
    pub(super) images: u64,
    /// Seconds of all steps.
    pub(super) seconds: f64,
    /// The same of all cores together.
    pub(super) core_seconds: Option<f64>,
}

impl<'a> Steps<'a> {
    /// The start of a training on `threads` threads.
    pub(super) fn new(
        network: &Network,
        train: &'a Split,
        training: Training,
        threads: usize,
    ) -> Result<Self, Error> {
        check(network, train, training)?;
        let mut genome = vec![0.0; network.parameters()];
        let rng = &mut stream(training.seed, 0, 0, Purpose::Initialise);
        Initialisation::Glorot.fill(network, &mut genome, rng)?;
        let model = Model::new(network, &genome).map_err(failed)?;
        let adam = Adam::new(model.variables(), training.learning_rate).map_err(failed)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let refused = |source: rayon::ThreadPoolBuildError| Error::Threads {
            count: threads,
            reason: source.to_string(),
        };
        let pool = pool.map_err(refused)?;
        let (seconds, core_seconds) = (0.0, core_seconds().map(|_| 0.0));
        Ok(Self { train, training, model, adam, pool, steps: 0, images: 0, seconds, core_seconds })
    }

    /// The weights now.
    pub(super) fn genome(&self) -> Result<Vec<f32>, Error> {
        self.model.genome().map_err(failed)
    }

    /// Takes each training image once, unless the training ends before. The mean loss, and why the training ends, if it does.
    pub(super) fn epoch(
        &mut self,
        number: u32,
        interrupt: &Interrupt,
    ) -> Result<(f64, Option<StopReason>), Error> {
        let order = order(self.training.seed, number, self.train.len());
        let (began, core_began) = (Instant::now(), core_seconds());
        let before = self.seconds;
        let (mut sum, mut count, mut reason) = (0.0, 0, None);
        for rows in order.chunks(self.training.batch) {
            sum += self.step(rows).map_err(failed)? * rows.len() as f64;
            count += rows.len();
            self.seconds = before + began.elapsed().as_secs_f64();
            reason = self.ended(interrupt);
            if reason.is_some() {
                break;
            }
        }
        let core = core_seconds().zip(core_began).map(|(now, began)| now - began);
        self.core_seconds = self.core_seconds.zip(core).map(|(sum, more)| sum + more);
        if self.training.end == End::Epochs(number) {
            reason = reason.or(Some(StopReason::Generations));
        }
        Ok((sum / count as f64, reason))
    }

    /// A step of Adam on the images of these numbers. Their mean loss before it.
    fn step(&mut self, rows: &[u32]) -> candle_core::Result<f64> {
        let Self { train, model, adam, pool, .. } = self;
        let loss = pool.install(|| {
            let (images, labels) = batch(train, rows)?;
            let loss = candle_nn::loss::cross_entropy(&model.logits(&images)?, &labels)?;
            adam.step(&loss.backward()?)?;
            loss.to_scalar::<f32>()
        })?;
        self.steps += 1;
        self.images += rows.len() as u64;
        Ok(f64::from(loss))
    }

    /// Why the training ends after this step, if it does.
    fn ended(&self, interrupt: &Interrupt) -> Option<StopReason> {
        if let Some(signal) = interrupt.get() {
            return Some(StopReason::Interrupted(signal));
        }
        match self.training.end {
            End::Steps(steps) if self.steps >= steps => Some(StopReason::Generations),
            End::Time(time) if self.seconds >= time.as_secs_f64() => Some(StopReason::TimeLimit),
            _ => None,
        }
    }
}

/// Checks the settings, and that a step fits the memory.
fn check(network: &Network, train: &Split, training: Training) -> Result<(), Error> {
    let Training { batch, learning_rate, .. } = training;
    if train.is_empty() {
        return Err(Error::Usage("there are no training images".to_string()));
    }
    let (takes, data) = ((network.input(), network.outputs()), (train.shape, train.classes));
    if (takes.0.elements(), takes.1) != (data.0.elements(), data.1) {
        return Err(Error::OtherData { network: takes, data });
    }
    if batch == 0 {
        return Err(Error::Usage("the batch must have 1 image or more".to_string()));
    }
    if matches!(training.end, End::Epochs(0) | End::Steps(0)) {
        return Err(Error::Usage("there must be 1 epoch or step, or more".to_string()));
    }
    if !(learning_rate > 0.0 && learning_rate.is_finite()) {
        let message = format!("the learning rate must be above 0, got {learning_rate}");
        return Err(Error::Usage(message));
    }
    let bytes = Model::bytes(network, batch.min(train.len()));
    if memory::has(bytes) { Ok(()) } else { Err(Error::Memory { bytes }) }
}

/// The order of the images in an epoch: each once (Fisher and Yates).
fn order(seed: u64, epoch: u32, images: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..images as u32).collect();
    let rng = &mut stream(derive(seed, ORDER), epoch, 0, Purpose::Select);
    for last in (1..order.len()).rev() {
        order.swap(last, index(rng, last + 1));
    }
    order
}

/// Images `[images][places][channels]`, each value divided by 255, and their labels.
pub(super) fn batch(split: &Split, rows: &[u32]) -> candle_core::Result<(Tensor, Tensor)> {
    let images = rows.iter().flat_map(|row| split.image(*row as usize));
    let values: Vec<f32> = images.map(|pixel| pixel.value()).collect();
    let labels = rows.iter().map(|row| u32::from(split.labels[*row as usize]));
    let labels: Vec<u32> = labels.collect();
    let channels = split.shape.channels;
    let shape = (rows.len(), split.features() / channels, channels);
    let images = Tensor::from_vec(values, shape, &Device::Cpu)?;
    Ok((images, Tensor::from_vec(labels, rows.len(), &Device::Cpu)?))
}

/// Candle refuses only what does not fit together, and the network was checked.
pub(super) fn failed(error: candle_core::Error) -> Error {
    Error::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_comes_once_an_epoch_in_an_order_of_its_own() {
        let first = order(1, 1, 100);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_eq!(order(1, 1, 100), first);
        for other in [order(1, 2, 100), order(2, 1, 100), sorted] {
            assert_ne!(other, first);
        }
        assert_eq!((order(1, 1, 0), order(1, 1, 1)), (vec![], vec![0]));
        // Each image is as likely at each place: 600 orders of 3, five standard deviations.
        let mut counts = [[0_u32; 3]; 3];
        for epoch in 0..600 {
            for (place, image) in order(3, epoch, 3).into_iter().enumerate() {
                counts[place][image as usize] += 1;
            }
        }
        assert!(counts.as_flattened().iter().all(|count| count.abs_diff(200) < 58), "{counts:?}");
    }
}
