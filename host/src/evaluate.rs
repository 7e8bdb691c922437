//! Genomes against data, on all cores.
//!
//! A split is encoded once into the core's sparse form ([`EncodedSplit`]); then the blocks of every
//! genome that needs a score are spread over threads ([`Evaluator`]). Scores are kept per block
//! and folded in order, so neither the number of threads nor the order of their work shows.

use crate::aligned::Aligned;
use crate::data::Split;
use crate::error::Error;
use crate::isa::{Isa, Kernel};
use rayon::prelude::*;
use std::sync::Mutex;
use tinyevo_core::batch::{self, Entry, List, Prepared, SparseSamples};
use tinyevo_core::error::LengthError;
use tinyevo_core::fitness::{BLOCK, Score};
use tinyevo_core::inference;
use tinyevo_core::network::Network;
use tinyevo_core::population::Layout;

/// The most blocks that one task takes: enough work to be worth a task, few enough to balance.
const BLOCKS_PER_TASK: usize = 10;

/// Tasks for each thread where there is little work: so many that none waits long for the last.
const TASKS_PER_THREAD: usize = 4;

/// A split as lists of non-zero pixels, divided by 255.
#[derive(Debug)]
pub struct EncodedSplit {
    starts: Vec<u32>,
    lists: Vec<List>,
    entries: Vec<Entry>,
    labels: Vec<u8>,
    features: usize,
}

impl EncodedSplit {
    /// Encodes a split block after block.
    ///
    /// # Errors
    /// More than 2^32 non-zero pixels.
    pub fn new(split: &Split) -> Result<Self, Error> {
        let nonzero = split.images.iter().filter(|pixel| **pixel != 0).count();
        let mut lists = vec![List::default(); split.len() * batch::tiles(split.features())];
        let mut entries = vec![Entry::default(); nonzero];
        let mut starts = vec![0; split.len().div_ceil(BLOCK) + 1];
        batch::encode(&split.images, split.features(), &mut starts, &mut lists, &mut entries)
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self {
            starts,
            lists,
            entries,
            labels: split.labels.clone(),
            features: split.features(),
        })
    }

    /// The samples, as the core takes them.
    ///
    /// # Errors
    /// None that can happen: the parts were made to fit.
    pub fn samples(&self) -> Result<SparseSamples<'_>, Error> {
        let Self { starts, lists, entries, labels, features } = self;
        Ok(SparseSamples::new(*features, starts, lists, entries, labels)?)
    }
}

/// What one thread needs for itself.
#[derive(Debug)]
struct Workspace {
    packed: Aligned,
    activations: Aligned,
    /// Whose weights are packed, and whether they are finite: a thread mostly goes on with the
    /// individual that it has.
    holds: Option<(usize, bool)>,
}

/// The scores of some blocks of one individual: what a task does, for [`Isa::run`].
struct ScoreBlocks<'a> {
    network: &'a Network,
    individual: usize,
    genome: &'a [f32],
    workspace: &'a mut Workspace,
    samples: SparseSamples<'a>,
    first: usize,
    scores: &'a mut [Score],
    loss: bool,
}

impl Kernel for ScoreBlocks<'_> {
    type Output = Result<(), LengthError>;

    #[inline(always)]
    fn run<const WIDTH: usize>(self) -> Self::Output {
        let Workspace { packed, activations, holds } = self.workspace;
        let prepared = match *holds {
            Some((individual, finite)) if individual == self.individual => {
                Prepared::<WIDTH>::from_packed(self.network, packed.as_slice(), finite)?
            }
            _ => Prepared::<WIDTH>::new(self.network, self.genome, packed.as_mut_slice())?,
        };
        *holds = Some((self.individual, prepared.is_finite()));
        for (offset, score) in self.scores.iter_mut().enumerate() {
            let block = self.samples.block(self.first + offset);
            *score = prepared.score(block, activations.as_mut_slice(), self.loss)?;
        }
        Ok(())
    }
}

/// Scores genomes on a fixed number of threads.
#[derive(Debug)]
pub struct Evaluator {
    network: Network,
    isa: Isa,
    pool: rayon::ThreadPool,
    /// One per thread of the pool; a lock is never waited for.
    workspaces: Vec<Mutex<Workspace>>,
    /// A score per block of each genome that is being evaluated.
    blocks: Vec<Score>,
}

impl Evaluator {
    /// An evaluator with `threads` threads of its own; 0 stands for one for each core.
    ///
    /// # Errors
    /// The threads cannot be had.
    pub fn new(network: Network, threads: usize, isa: Isa) -> Result<Self, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| Error::Internal(format!("could not start threads: {error}")))?;
        let workspace = || {
            Mutex::new(Workspace {
                packed: Aligned::zeros(Prepared::<8>::packed_length(&network)),
                activations: Aligned::zeros(Prepared::<8>::activations_length(&network)),
                holds: None,
            })
        };
        let workspaces = (0..pool.current_num_threads()).map(|_| workspace()).collect();
        Ok(Self { network, isa, pool, workspaces, blocks: Vec::new() })
    }

    /// The network whose genomes are scored.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The instruction set in use.
    #[must_use]
    pub const fn isa(&self) -> Isa {
        self.isa
    }

    /// How many threads there are.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.workspaces.len()
    }

    /// The threads, for other work of a generation.
    #[must_use]
    pub const fn pool(&self) -> &rayon::ThreadPool {
        &self.pool
    }

    /// Scores the genomes at `indices` of a population: `report(index, score)` in their order.
    ///
    /// # Errors
    /// An index outside the population.
    pub fn score(
        &mut self,
        layout: Layout,
        population: &[f32],
        indices: &[usize],
        data: &EncodedSplit,
        loss: bool,
        mut report: impl FnMut(usize, Score),
    ) -> Result<(), Error> {
        let samples = data.samples()?;
        // Few individuals are spread over the threads by their blocks.
        let least = TASKS_PER_THREAD * self.threads();
        let size = (indices.len() * samples.blocks()).div_ceil(least).clamp(1, BLOCKS_PER_TASK);
        let tasks = samples.blocks().div_ceil(size).max(1);
        let room = tasks * size;
        self.blocks.clear();
        self.blocks.resize(indices.len() * room, Score::default());
        let Self { network, isa, pool, workspaces, blocks, .. } = self;
        for workspace in &mut *workspaces {
            // What was packed was another population's.
            workspace.get_mut().map_err(|_| died())?.holds = None;
        }
        let work = |task: usize, scores: &mut [Score]| -> Result<(), Error> {
            let individual = indices[task / tasks];
            let genome = layout
                .genome(population, individual)
                .ok_or_else(|| Error::Internal("no such individual".to_string()))?;
            // Work outside the pool has no thread index; the first workspace is as good as any.
            let own = rayon::current_thread_index().unwrap_or(0);
            let mut workspace = workspaces[own].lock().map_err(|_| died())?;
            isa.run(ScoreBlocks {
                network,
                individual,
                genome,
                workspace: &mut workspace,
                samples,
                first: task % tasks * size,
                scores,
                loss,
            })?;
            Ok(())
        };
        pool.install(|| {
            let tasks = blocks.par_chunks_mut(size).enumerate();
            tasks.try_for_each(|(task, scores)| work(task, scores))
        })?;
        for (&index, blocks) in indices.iter().zip(blocks.chunks(room)) {
            let mut total = Score::default();
            for block in blocks {
                total.add_block(*block);
            }
            report(index, total);
        }
        Ok(())
    }

    /// The score of one genome, cross-entropy included.
    ///
    /// # Errors
    /// The genome has the wrong length.
    pub fn score_one(&mut self, genome: &[f32], data: &EncodedSplit) -> Result<Score, Error> {
        let (expected, got) = (self.network.parameters(), genome.len());
        if got != expected {
            return Err(LengthError { buffer: "genome", expected, got }.into());
        }
        let mut one = Score::default();
        let layout = Layout::dense(self.network.parameters());
        self.score(layout, genome, &[0], data, true, |_, score| one = score)?;
        Ok(one)
    }

    /// The class of each sample, by the plain inference of the core.
    ///
    /// # Errors
    /// The genome or the images have the wrong length.
    pub fn classes(&self, genome: &[f32], split: &Split) -> Result<Vec<u8>, Error> {
        let mut classes = vec![0; split.len()];
        self.pool.install(|| {
            classes.par_chunks_mut(BLOCK).enumerate().try_for_each(|(block, classes)| {
                let mut scratch = vec![0.0; self.network.scratch_length()];
                for (offset, class) in classes.iter_mut().enumerate() {
                    let image = split.image(block * BLOCK + offset);
                    *class = inference::classify(&self.network, genome, image, &mut scratch)? as u8;
                }
                Ok::<(), Error>(())
            })
        })?;
        Ok(classes)
    }
}

/// The error of a workspace whose thread has panicked.
fn died() -> Error {
    Error::Internal("a thread of the evaluation died".to_string())
}
