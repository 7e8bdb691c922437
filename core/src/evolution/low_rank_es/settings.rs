//! The settings, and what follows from them alone.

use crate::error::SettingError;
use crate::evolution::adam::Adam;
use crate::evolution::shaping::Shaping;
use crate::math;
use crate::operators::Initialisation;
use crate::rng::derive;
use crate::schedule::Schedule;
use crate::slices::LANES;

/// The largest rank of a change.
pub(super) const RANKS: usize = 8;

/// The settings of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LowRankEs {
    /// Number of mirrored pairs of mutants: a multiple of 16, 16 to 4,096.
    pub pairs: usize,
    /// Rank of the change of a layer, 1 to 8.
    pub rank: usize,
    /// Number of images on which a pair is scored, of those that count, in a network with convolutions or
    /// poolings: a multiple of 16 up to 65,536; 0 for all. Each 16 pairs have images of their own, in turn. A dense
    /// network scores each pair on all.
    pub images: usize,
    /// Initialisation of the first genome.
    pub initialisation: Initialisation,
    /// Size of a mutation: standard deviation of each weight's change, above 0.
    pub sigma: f32,
    /// Radius in pixels of the binomial blur of the first layer's changes, 0 to 4; inputs without height and
    /// width are not blurred, nor are the kernels of a convolution.
    pub blur: usize,
    /// How differences of fitness become weights of the recombination.
    pub shaping: Shaping,
    /// Learning rate of Adam.
    pub learning_rate: Schedule,
    /// Decoupled weight decay, relative to the learning rate; the product of both is at most 1.
    pub decay: Schedule,
    /// An image whose wrong classes have less probability than this is kept with chance 1/4 and weighs 4,
    /// below a quarter of it 1/16 and 16, and so on to 1/256. 0 keeps all.
    pub roulette: f32,
}

impl Default for LowRankEs {
    fn default() -> Self {
        Self::USUAL
    }
}

impl LowRankEs {
    /// The usual settings, for images of handwritten digits.
    pub const USUAL: Self = Self {
        pairs: 128,
        rank: 1,
        images: 16,
        initialisation: Initialisation::He,
        sigma: 0.01,
        blur: 2,
        shaping: Shaping::Ranks,
        learning_rate: Schedule::Linear { from: 0.006, to: 0.0 },
        decay: Schedule::Constant { value: 0.1 },
        roulette: 0.05,
    };

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn in_range(&self) -> Result<(), SettingError> {
        let whole = |count: usize| count / LANES * LANES;
        SettingError::count("pairs", 16, 4096, self.pairs)?;
        let pairs = whole(self.pairs);
        SettingError::count("pairs, a multiple of 16,", pairs, pairs, self.pairs)?;
        SettingError::count("rank", 1, RANKS, self.rank)?;
        SettingError::count("images", 0, 65_536, self.images)?;
        let images = whole(self.images);
        SettingError::count("images, a multiple of 16,", images, images, self.images)?;
        self.initialisation.check()?;
        SettingError::positive("sigma", self.sigma)?;
        SettingError::count("blur", 0, 4, self.blur)?;
        self.learning_rate.check("learning rate", 0.0)?;
        self.decay.check("decay", 0.0)?;
        Adam::check(self.learning_rate, self.decay)?;
        SettingError::magnitude("roulette", self.roulette)
    }

    /// The standard deviation of a change for one rank.
    pub(super) fn unit(&self) -> f32 {
        self.sigma / math::sqrt(self.rank as f32)
    }

    /// The step of a generation of a run of `length` generations.
    pub(super) fn adam(&self, generation: u32, length: u32) -> Adam {
        let before = generation.saturating_sub(1);
        let rate = self.learning_rate.at(before, length);
        Adam::new(generation, rate, self.decay.at(before, length))
    }
}

/// The seed of all words of a generation, apart from those of other purposes.
pub(super) fn base(seed: u64, generation: u32) -> u64 {
    /// "low-rank" in ASCII.
    const PURPOSE: u64 = 0x6c6f_772d_7261_6e6b;
    derive(derive(seed, PURPOSE), u64::from(generation))
}

/// The seed of the roulette's words.
pub(super) fn roulette_seed(seed: u64, generation: u32) -> u64 {
    derive(base(seed, generation), u64::MAX)
}
