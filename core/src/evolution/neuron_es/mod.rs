//! A neuron-wise evolution strategy: mutants differ from their parent in one neuron, or one output weight.
//!
//! ```text
//! generation 0:  draw the parent
//! generation g:  K directions for each hidden layer, shared by its neurons
//!                the parent's sums and probabilities on the batch
//!                roulette: of samples that are nearly solved, only some, with more weight
//!                projections: each direction on each sample, once
//!                for each hidden neuron, in both signs of each direction:
//!                    the loss of the mutant whose incoming weights move by sigma times the direction
//!                for each output weight, in both signs: the loss of the mutant moved by the output sigma
//!                f = loss of the minus mutant - loss of the plus mutant, shaped for each hidden neuron
//!                x = the least-squares solution of D x = f, D the directions
//!                Adam takes sum_k x_k D_k, and the differences of the output weights, as its step
//! ```
//!
//! No derivative is computed, only losses of mutants. Recombining mutants in both signs is, as in every
//! evolution strategy with mirrored samples (Brockhoff and others 2010), an estimate of the gradient of a
//! smoothed loss; for one-weight mutants of the output layer it is nearly the gradient itself.
//!
//! What makes it fast, and what of it shows in a result:
//! - only incoming weights of a neuron move, so its mutants share one function of one number; it is computed
//!   at four points a sample and interpolated (approximate; see `score.rs`);
//! - a neuron that no mutant turns on is skipped (exact);
//! - the roulette is unbiased, and keyed by (seed, generation, sample).
//!
//! Fitness is the cross-entropy of the batch. Hidden layers have ReLU or no activation. Time a generation: the
//! parent's forward pass of the batch, K / units of it for the projections, and a product of
//! `[inputs][K]` by `[K][units]` for the recombination. The state has three floats a weight.
//!
//! Left out: mutants of all weights at once, adaptation of sigma (CMA-ES), restarts.

mod directions;
mod forward;
mod layout;
mod memory;
mod output;
mod polynomial;
mod score;
mod update;

use super::adam::{self, Adam, Pieces};
use super::directions::{Blur, Directions};
use super::parent::pack;
use super::shaping::Shaping;
use super::{Algorithm, Buffer, EvolutionError, Lengths, Memory, Outcome, Task};
use crate::error::{LengthError, SettingError};
use crate::fitness;
use crate::network::Network;
use crate::objective::Batch;
use crate::operators::Initialisation;
use crate::rng::{Purpose, stream};
use crate::schedule::Schedule;
use crate::slices::row_length;
use crate::spread::Spread;
use crate::statistics::Statistics;
use directions::{roulette_seed, seed_of};
use forward::Forward;
use layout::{Blocks, LOSS, Layout, RIGHT, WEIGHT};
use memory::Regions;
use score::Score;
use update::Update;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NeuronEs {
    /// Number of directions that the neurons of a layer share: 16, 32, 48 or 64. Each neuron has twice as many
    /// mutants.
    pub directions: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation of a hidden neuron: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Change of an output weight in a mutant, above 0.
    pub output_sigma: f32,
    /// Radius in pixels of the binomial blur of the first layer's directions, 0 to 4; inputs without height
    /// and width are not blurred.
    pub blur: usize,
    /// How differences of fitness become weights of the recombination.
    pub shaping: Shaping,
    /// Ridge of the least-squares recombination, relative to the squared length of a direction, above 0.
    pub ridge: f32,
    /// Learning rate of Adam.
    pub learning_rate: Schedule,
    /// Decoupled weight decay, relative to the learning rate.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for NeuronEs {
    fn default() -> Self {
        Self::USUAL
    }
}

impl NeuronEs {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        directions: 32,
        initialisation: Initialisation::He,
        sigma: 0.03,
        output_sigma: 0.05,
        blur: 2,
        shaping: Shaping::Normalised,
        ridge: 0.03,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.05,
    };

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        SettingError::count("directions", 16, 64, self.directions)?;
        let whole = self.directions / 16 * 16;
        SettingError::count("directions, a multiple of 16,", whole, whole, self.directions)?;
        self.initialisation.check()?;
        for (name, got) in
            [("sigma", self.sigma), ("output sigma", self.output_sigma), ("ridge", self.ridge)]
        {
            SettingError::magnitude(name, got)?;
            if got <= 0.0 {
                return Err(SettingError::Magnitude { name, got });
            }
        }
        SettingError::count("blur", 0, 4, self.blur)?;
        self.learning_rate.check("learning rate", 0.0)?;
        self.decay.check("decay", 0.0)?;
        SettingError::magnitude("roulette", self.roulette)
    }
}

impl<B: Batch> Algorithm<B> for NeuronEs {
    fn check(&self) -> Result<(), SettingError> {
        self.in_range()
    }

    fn lengths(&self, network: &Network, batch: &B) -> Lengths {
        self.lengths_of::<B>(network, &Layout::new(network, batch, self.directions))
    }

    fn generation<F, I, S>(
        &self,
        task: &Task<'_, B>,
        memory: &mut Memory<F, I, S>,
        spread: &mut impl Spread,
    ) -> Result<Outcome, EvolutionError>
    where
        F: Buffer<f32>,
        I: Buffer<usize>,
        S: Buffer<fitness::Score>,
    {
        self.in_range()?;
        let hidden = task.network.stages().len().saturating_sub(1);
        SettingError::count("number of hidden layers", 1, usize::MAX, hidden)?;
        let layout = Layout::new(task.network, task.objective, self.directions);
        let lengths = self.lengths_of::<B>(task.network, &layout);
        memory.check(&lengths)?;
        let power = layout.part.checked_next_power_of_two().unwrap_or(0).min(256);
        LengthError::exact("part of the batch", power, layout.part)?;
        let state = memory.state.as_mut().get_mut(..lengths.state).unwrap_or_default();
        if task.generation == 0 {
            state.fill(0.0);
            let genome = state.get_mut(..task.network.parameters()).unwrap_or_default();
            let mut rng = stream(task.seed, 0, 0, Purpose::Initialise);
            self.initialisation.fill(task.network, genome, &mut rng)?;
        }
        let mut pieces = Pieces::of(task.network.parameters(), state)?;
        let mut regions = Regions::of(&layout, memory.shared.as_mut());
        self.forward(task, &layout, &pieces, &mut regions, spread)?;
        let blocks = Blocks { layout: &layout, blocks: regions.blocks };
        let (mut loss, mut right) = (0.0_f64, 0_u32);
        for sample in 0..layout.samples {
            let record = blocks.record(sample);
            loss += f64::from(record.get(LOSS).copied().unwrap_or(0.0));
            right = right.saturating_add(u32::from(record.get(RIGHT) == Some(&1.0)));
        }
        if let [to, accuracy] = &mut *pieces.record {
            *to = (loss / layout.samples as f64) as f32;
            *accuracy = right as f32 / layout.samples as f32;
        }
        let samples = pick(&blocks, memory.picks.as_mut());
        let mutants = self.mutants(&layout);
        let mut evaluations = 1;
        let mut images = layout.samples as u64;
        if task.generation > 0 {
            self.step(task, &layout, &mut pieces, &mut regions, samples, spread)?;
            evaluations = mutants.saturating_add(1);
            images = images.saturating_add(mutants.saturating_mul(samples.len() as u64));
        }
        let outcome = self.outcome(task, memory.state.as_ref(), &mut [])?;
        Ok(Outcome { evaluations, mutant_images: images, ..outcome })
    }

    fn outcome(
        &self,
        task: &Task<'_, B>,
        state: &[f32],
        _shared: &mut [f32],
    ) -> Result<Outcome, EvolutionError> {
        let genes = task.network.parameters();
        LengthError::at_least("state", Pieces::length(genes), state.len())?;
        let record = state.get(row_length(genes).saturating_mul(3)..).unwrap_or(&[]);
        let (best, accuracy) = match record {
            [loss, accuracy, ..] => (*loss, *accuracy),
            _ => (0.0, 0.0),
        };
        let statistics = Statistics::of(&[best]);
        Ok(Outcome { best, accuracy, statistics, ..Outcome::default() })
    }

    fn keeps_last(&self) -> bool {
        true
    }
}

impl NeuronEs {
    fn lengths_of<B: Batch>(&self, network: &Network, layout: &Layout) -> Lengths {
        let input = network.input();
        let line = input.width.saturating_mul(input.channels).saturating_mul(self.directions);
        let part = Forward::<B>::room(layout).max(Score::room(layout, layout.samples)).max(line);
        Lengths {
            state: Pieces::length(network.parameters()),
            spare: 0,
            shared: layout.shared(),
            picks: layout.samples,
            scores: 0,
            part,
        }
    }

    /// Number of mutants of a generation.
    fn mutants(&self, layout: &Layout) -> u64 {
        let (hidden, output) = layout.split();
        let each = |place: &layout::Place| place.units.saturating_mul(self.directions);
        let neurons = hidden.iter().map(each).fold(0, usize::saturating_add);
        (neurons.saturating_add(output.parameters()) as u64).saturating_mul(2)
    }

    fn blur(&self, network: &Network, layer: usize, inputs: usize) -> Blur {
        if layer == 0 { Blur::new(network.input(), self.blur) } else { Blur::none(inputs) }
    }

    /// Makes the directions, and takes the parent through the batch.
    fn forward<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        pieces: &Pieces<'_>,
        regions: &mut Regions<'_>,
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let (hidden, _) = layout.split();
        for (layer, place) in hidden.iter().enumerate() {
            let blur = self.blur(task.network, layer, place.inputs);
            let seed = seed_of(task.seed, task.generation, layer);
            let (inputs, directions) = (place.inputs, self.directions);
            let work = Directions { blur, inputs, directions, seed };
            let length = place.inputs.saturating_add(1).saturating_mul(self.directions);
            let out = regions.directions.get_mut(place.directions..).unwrap_or_default();
            spread.spread(out.get_mut(..length).unwrap_or_default(), work.size(), &work)?;
        }
        let Some(first) = hidden.first() else { return Ok(()) };
        let weights = pieces.genome.get(..first.parameters()).unwrap_or(&[]);
        pack(task.objective, first.units, weights, regions.packed, spread)?;
        let length = first.inputs.saturating_add(1).saturating_mul(self.directions);
        let directions = regions.directions.get(..length).unwrap_or(&[]);
        pack(task.objective, self.directions, directions, regions.packed_directions, spread)?;
        let deviation = self.blur(task.network, 0, first.inputs).deviation();
        let work = Forward {
            layout,
            batch: task.objective,
            genome: pieces.genome,
            directions: regions.directions,
            packed: regions.packed,
            packed_directions: regions.packed_directions,
            units: (self.sigma / deviation, self.sigma),
            ridge: self.ridge,
            roulette: self.roulette,
            seed: roulette_seed(task.seed, task.generation),
        };
        spread.spread(regions.blocks, layout.block, &work)
    }

    /// Scores the mutants, and moves the parent.
    fn step<B: Batch>(
        &self,
        task: &Task<'_, B>,
        layout: &Layout,
        pieces: &mut Pieces<'_>,
        regions: &mut Regions<'_>,
        samples: &[usize],
        spread: &mut impl Spread,
    ) -> Result<(), LengthError> {
        let work = Score {
            layout,
            blocks: Blocks { layout, blocks: regions.blocks },
            genome: pieces.genome,
            labels: task.objective.labels(),
            samples,
            shaping: self.shaping,
            output_sigma: self.output_sigma,
        };
        spread.spread(regions.scores, layout.score, &work)?;
        let rate = self.learning_rate.at(task.generation.saturating_sub(1), task.length);
        let decay = self.decay.at(task.generation.saturating_sub(1), task.length);
        let layers = layout.places().iter().map(|place| (place.inputs, place.units));
        let mut blocks = adam::blocks(layers, pieces.genome, pieces.first, pieces.second);
        let work = Update {
            layout,
            batch: task.objective,
            directions: regions.directions,
            scores: regions.scores,
            adam: Adam::new(task.generation, rate, decay),
            blocks: core::marker::PhantomData,
        };
        spread.spread(&mut blocks, 1, &work)
    }
}

/// The samples that count, by weight and then by index.
fn pick<'p>(blocks: &Blocks<'_>, picks: &'p mut [usize]) -> &'p [usize] {
    let mut count = 0_usize;
    for level in 0..5_u32 {
        let weight = (1_u32 << (2 * level)) as f32;
        for sample in 0..blocks.layout.samples {
            if blocks.record(sample).get(WEIGHT) == Some(&weight)
                && let Some(place) = picks.get_mut(count)
            {
                *place = sample;
                count = count.saturating_add(1);
            }
        }
    }
    picks.get(..count).unwrap_or(&[])
}
