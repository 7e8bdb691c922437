//! What a checkpoint keeps beside the state and the champion, as floats.

use super::Judgement;

/// How many floats that are.
pub(super) const RECORD: usize = 12;

/// What a checkpoint keeps beside the state and the champion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// The champion's, and the best of the run.
    pub(super) judgement: Judgement,
    pub(super) best: f32,
    /// The generations of the champion and of the best.
    pub(super) champion: u32,
    pub(super) gain: u32,
    pub(super) mutant_images: u64,
}

impl Record {
    /// As floats, each exact: counts are below 2^24, larger numbers are pieces of 16 bits.
    pub(super) fn floats(&self) -> [f32; RECORD] {
        let Judgement { fitness, correct, samples } = self.judgement;
        let piece = |number: u64, index: u32| ((number >> (16 * index)) & 0xffff) as f32;
        let generation = |number: u32| [0, 1].map(|index| piece(u64::from(number), index));
        let [champion, champion_high] = generation(self.champion);
        let [gain, gain_high] = generation(self.gain);
        let [a, b, c, d] = [0, 1, 2, 3].map(|index| piece(self.mutant_images, index));
        let (correct, samples) = (correct as f32, samples as f32);
        let best = self.best;
        [fitness, best, correct, samples, champion, champion_high, gain, gain_high, a, b, c, d]
    }

    /// What [`floats`](Self::floats) made; `None` of any other floats.
    pub(super) fn read(floats: &[f32; RECORD]) -> Option<Self> {
        let [fitness, best, correct, samples, pieces @ ..] = *floats;
        let (correct, samples) = (correct as u32, samples as u32);
        let number = |pieces: &[f32]| {
            pieces.iter().rev().fold(0, |number, &piece| (number << 16) | u64::from(piece as u16))
        };
        let generation = |pieces: &[f32]| number(pieces) as u32;
        let record = Self {
            judgement: Judgement { fitness, correct, samples },
            best,
            champion: generation(&pieces[..2]),
            gain: generation(&pieces[2..4]),
            mutant_images: number(&pieces[4..]),
        };
        let same = record.floats().map(f32::to_bits) == floats.map(f32::to_bits);
        (same && correct <= samples).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_no_other_floats_are_one() {
        let judgement = Judgement { fitness: -1.5, correct: 9_999, samples: 10_000 };
        for number in [0, 1, 65_535, 65_536, u32::MAX] {
            let mutant_images = u64::from(number) << 29;
            let record =
                Record { judgement, best: -2.0, champion: number, gain: number / 3, mutant_images };
            assert_eq!(Record::read(&record.floats()), Some(record));
        }
        for bad in [3e38, -1.0, 0.5, f32::NAN, f32::INFINITY, 65_536.0] {
            for place in 2..RECORD {
                let record =
                    Record { judgement, best: 0.0, champion: 7, gain: 7, mutant_images: 7 };
                let mut floats = record.floats();
                floats[place] = bad;
                // 65,536 samples would be as good.
                let allowed = place == 3 && bad == 65_536.0;
                assert!(Record::read(&floats).is_none() || allowed, "{bad} at {place}");
            }
        }
    }
}
