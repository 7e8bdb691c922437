//! Which samples a generation sees, and how each is shifted: pure in (seed, generation, place).

use crate::error::SettingError;
use crate::rng::derive;
use crate::schedule::Schedule;

/// A batch of samples that is drawn anew in every generation, with replacement.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sampler {
    /// Number of samples, rounded to a whole number; 1 or more.
    pub size: Schedule,
    /// The largest shift of an image in pixels, up and down and to both sides, 0 to 8. A sample that is no
    /// image is not shifted.
    pub shift: u32,
}

/// A sample at its place in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index of the sample.
    pub sample: usize,
    /// Pixels by which the image moves to the right, and down.
    pub shift: (i32, i32),
}

/// The largest number of samples of a batch.
const MOST: f32 = 16_777_216.0;

/// Keeps the words of batches apart from those of all other purposes.
const PURPOSE: u64 = 0x6261_7463_6865_7300;

impl Sampler {
    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), SettingError> {
        self.size.check("size of the batch", 1.0)?;
        let (from, to) = self.size.ends();
        for got in [from, to] {
            if got > MOST {
                return Err(SettingError::Magnitude { name: "size of the batch", got });
            }
        }
        SettingError::count("shift", 0, 8, self.shift as usize)
    }

    /// Number of samples of a generation's batch.
    #[must_use]
    pub fn size(&self, generation: u32, length: u32) -> usize {
        ((self.size.at(generation, length) + 0.5) as usize).max(1)
    }

    /// The largest number of samples of any generation.
    #[must_use]
    pub fn largest(&self) -> usize {
        ((self.size.largest() + 0.5) as usize).max(1)
    }

    /// The draws of a generation's batch from `count` samples.
    #[must_use]
    pub fn draw(&self, seed: u64, generation: u32, count: usize) -> Draw {
        let base = derive(derive(seed, PURPOSE), u64::from(generation));
        Draw { base, count: count as u32, shift: self.shift }
    }
}

/// The draws of one batch.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    base: u64,
    count: u32,
    shift: u32,
}

impl Draw {
    /// The sample at a place, each as likely as every other to within 2^-32 times their number.
    #[inline]
    #[must_use]
    pub fn place(&self, place: usize) -> Place {
        let word = derive(self.base, place as u64);
        let sample = (word & 0xffff_ffff).wrapping_mul(u64::from(self.count)) >> 32;
        let side = 2 * u64::from(self.shift) + 1;
        let step = |bits: u64| ((bits & 0xffff).wrapping_mul(side) >> 16) as i32;
        let shift = self.shift as i32;
        let right = step(word >> 32).wrapping_sub(shift);
        let down = step(word >> 48).wrapping_sub(shift);
        Place { sample: sample as usize, shift: (right, down) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLER: Sampler =
        Sampler { size: Schedule::Linear { from: 100.0, to: 200.4 }, shift: 1 };

    #[test]
    fn every_sample_and_shift_is_as_likely() {
        let (mut samples, mut shifts) = ([0_u32; 7], [0_u32; 9]);
        for generation in 0..70 {
            let draw = SAMPLER.draw(3, generation, 7);
            for place in 0..900 {
                let Place { sample, shift: (x, y) } = draw.place(place);
                samples[sample] += 1;
                shifts[(3 * (y + 1) + x + 1) as usize] += 1;
            }
        }
        // 63,000 draws: five standard deviations.
        assert!(samples.iter().all(|n| n.abs_diff(9_000) < 440), "{samples:?}");
        assert!(shifts.iter().all(|n| n.abs_diff(7_000) < 395), "{shifts:?}");
    }

    #[test]
    fn a_place_depends_on_seed_generation_and_place_alone() {
        let place = |seed, generation, place| SAMPLER.draw(seed, generation, 60_000).place(place);
        assert_eq!(place(1, 2, 3), place(1, 2, 3));
        let other = [place(2, 2, 3), place(1, 3, 3), place(1, 2, 4)];
        assert!(other.iter().all(|other| other.sample != place(1, 2, 3).sample));
        let golden = [place(64, 0, 0), place(64, 1, 255)];
        let expected =
            [(10_583, (0, -1)), (9_800, (0, 0))].map(|(sample, shift)| Place { sample, shift });
        assert_eq!(golden, expected);
    }

    #[test]
    fn sizes_follow_the_schedule() {
        assert_eq!([0, 5, 10, 11].map(|g| SAMPLER.size(g, 10)), [100, 150, 200, 200]);
        assert_eq!(
            (SAMPLER.largest(), Sampler { shift: 0, ..SAMPLER }.draw(1, 1, 1).place(5).shift),
            (200, (0, 0))
        );
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        assert!(SAMPLER.check().is_ok());
        assert!(Sampler { shift: 9, ..SAMPLER }.check().is_err());
        for value in [0.0, 0.9, f32::NAN, 2e7] {
            assert!(Sampler { size: Schedule::Constant { value }, shift: 0 }.check().is_err());
        }
    }
}
