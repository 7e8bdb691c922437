//! `summary.json`: a run in numbers, for programs.

use serde::{Deserialize, Serialize};

/// The settings and results of a run. Field names are the keys of `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of tinyevo.
    pub version: String,
    /// The preset that the configuration started from.
    pub preset: String,
    /// Whether its recipe was kept: only the seed, the data, and when the run reports and ends may
    /// differ.
    pub preset_kept: bool,
    /// The seed.
    pub seed: u64,
    /// Number of threads; no result depends on it.
    pub threads: usize,
    /// Instruction set; no result depends on it.
    pub isa: String,
    /// Name and origin of the data.
    pub dataset: String,
    /// What was done to own data: how it was divided, and how its values became bytes; absent for other data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_notes: Vec<String>,
    /// The names of the classes; absent if they have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    /// `true` if the samples were drawn by tinyevo and are not those of a known data set.
    pub builtin_data: bool,
    /// The fingerprint of the data, in hexadecimal.
    pub data_fingerprint: String,
    /// The network's layers, as `784-128-10`.
    pub network: String,
    /// Number of weights.
    pub parameters: usize,
    /// The fitness function, and the images that it was computed on.
    pub fitness: String,
    /// The images that the champion was judged on.
    pub judge: String,
    /// The images that neither fitness nor judge saw.
    pub unseen: String,
    /// Generations made.
    pub generations: u32,
    /// Genomes evaluated, as [`tinyevo_core::evolution::Outcome::evaluations`] counts them.
    pub evaluations: u64,
    /// Images on which a genome was scored, summed over the genomes. A mutant of a single neuron or weight, or a
    /// neuron's child, counts on each image of the batch that the roulette kept.
    pub mutant_images: u64,
    /// Seconds that the loop has worked, over all resumes.
    pub seconds: f64,
    /// Seconds that the CPU's cores have worked for the loop, together, in this process alone; absent where
    /// the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core_seconds: Option<f64>,
    /// Fitness of the champion, by the judge.
    pub best_fitness: f32,
    /// Accuracy of the champion, by the judge.
    pub fitness_accuracy: f32,
    /// The generation that the champion was found in.
    pub champion_generation: u32,
    /// Accuracy of the champion on the test images.
    pub test_accuracy: f32,
    /// Mean cross-entropy of the champion on the test images, in nats.
    pub test_cross_entropy: f32,
    /// Why the run ended: generations, accuracy, time-limit, patience, interrupted, terminated, stopped, error.
    pub stop_reason: String,
    /// FNV-1a, 64 bits, over the last population and its fitness, as 16 hex digits.
    pub state_hash: String,
}
