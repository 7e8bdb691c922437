//! A neuron-wise evolution strategy.

use crate::error::SettingError;
use crate::operators::Initialisation;
use crate::schedule::Schedule;

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

/// How the differences of fitness of a hidden neuron's mutants become weights of the recombination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Shaping {
    /// Divided by the neuron's root mean square.
    Normalised,
    /// Their ranks, from -1 to 1.
    Ranks,
    /// Their signs.
    Signs,
}

impl Default for NeuronEs {
    fn default() -> Self {
        Self {
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
        }
    }
}

impl NeuronEs {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        SettingError::count("directions / 16", 1, 4, self.directions / 16)?;
        SettingError::count("directions", self.directions / 16 * 16, 64, self.directions)?;
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
