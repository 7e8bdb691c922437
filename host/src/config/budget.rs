//! What a preset changes for a run of a given time.

use super::algorithm::Algorithm;
use super::batch::{Batch, Distortion};
use super::preset::FILTER_GA;
use super::settings::{Config, Preset};
use std::time::Duration;
use tinyevo_core::schedule::Schedule;

/// Below this, fewer mutants on smaller batches do better.
const SHORT: Duration = Duration::from_secs(4);

/// From here on images are distorted.
const LONG: Duration = Duration::from_secs(20);

/// From here on `es` distorts them more, and the presets with convolutions at all.
const LONGEST: Duration = Duration::from_secs(150);

/// Strong distortion of handwritten digits.
const STRONG: Distortion =
    Distortion { rotation: 0.15, scale: 0.12, shear: 0.12, elastic: 1.0, lifetime: 2500 };

impl Preset {
    /// The configuration for a run of about `time` on two cores; docs/evolution.md has what was measured.
    ///
    /// - `es`: below 4 s 32 directions and batches of 256 images; from 20 s on distorted images, and half the
    ///   weight decay; from 150 s on more distorted ones, and less decay.
    /// - `coevolution`: from 20 s on distorted images; `cnn`, `micro` and `nano` from 150 s on.
    /// - Any other preset is as it is.
    #[must_use]
    pub fn config_for(self, time: Duration) -> Config {
        let config = self.config();
        match (self, config.algorithm, config.batch) {
            (Self::Es, Algorithm::NeuronEs(mut es), Some(batch)) if time < SHORT => {
                es.directions = 32;
                let batch = Batch { size: Schedule::Constant { value: 256.0 }, ..batch };
                Config { algorithm: Algorithm::NeuronEs(es), batch: Some(batch), ..config }
            }
            (Self::Es, Algorithm::NeuronEs(mut es), Some(batch)) if time >= LONG => {
                let longest = time >= LONGEST;
                es.decay = Schedule::Constant { value: if longest { 0.02 } else { 0.05 } };
                let distortion = if longest { STRONG } else { Distortion::default() };
                let batch = Batch { distortion: Some(distortion), ..batch };
                Config { algorithm: Algorithm::NeuronEs(es), batch: Some(batch), ..config }
            }
            (Self::Cnn | Self::Micro | Self::Nano, _, Some(batch)) if time >= LONGEST => {
                let batch = Batch { distortion: Some(Distortion::default()), ..batch };
                Config { batch: Some(batch), ..config }
            }
            (Self::Coevolution, _, Some(batch)) if time >= LONG => {
                let batch = Batch { distortion: Some(Distortion::default()), ..batch };
                Config { batch: Some(batch), ..config }
            }
            _ => config,
        }
    }

    /// The same for a network with convolutions or pooling, or without a time as usual: `es` and `coevolution` evolve
    /// single filters instead of neurons, with all other settings of `cnn`. Any other preset is as it is.
    #[must_use]
    pub fn config_of(self, convolves: bool, time: Option<Duration>) -> Config {
        let of =
            |preset: Self| time.map_or_else(|| preset.config(), |time| preset.config_for(time));
        match self {
            Self::Es if convolves => Config { preset: self, ..of(Self::Cnn) },
            Self::Coevolution if convolves => {
                Config { preset: self, algorithm: FILTER_GA, ..of(Self::Cnn) }
            }
            _ => of(self),
        }
    }

    /// The configurations that the preset can have.
    pub(super) fn configs(self) -> [Config; 4] {
        [Duration::ZERO, SHORT, LONG, LONGEST].map(|time| self.config_for(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_a_preset_follow_the_time() {
        let of = |preset: Preset, seconds| {
            let config = preset.config_for(Duration::from_secs(seconds));
            config.check().unwrap();
            assert!(config.keeps_preset(), "{preset} {seconds}");
            let batch = config.batch.unwrap();
            (config.algorithm, batch.size, batch.distortion.is_some())
        };
        let es = |seconds| match of(Preset::Es, seconds) {
            (Algorithm::NeuronEs(es), Schedule::Constant { value }, distorted) => {
                (es.directions, value, es.decay.ends().0, distorted)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!([0, 3].map(es), [(32, 256.0, 0.1, false); 2]);
        assert_eq!([4, 19].map(es), [(64, 512.0, 0.1, false); 2]);
        assert_eq!([20, 149].map(es), [(64, 512.0, 0.05, true); 2]);
        assert_eq!([150, 600].map(es), [(64, 512.0, 0.02, true); 2]);
        let distorted = |seconds| of(Preset::Coevolution, seconds).2;
        assert_eq!([0, 19, 20, 600].map(distorted), [false, false, true, true]);
        for preset in [Preset::Cnn, Preset::Micro, Preset::Nano] {
            assert_eq!([of(preset, 149).2, of(preset, 150).2], [false, true]);
        }
        for preset in [Preset::Ga, Preset::LowRank, Preset::TinyCnn] {
            assert_eq!(of(preset, 0), of(preset, 600));
        }
    }
}
