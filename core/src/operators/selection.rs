//! Selection: which individuals become parents.

use super::ranks;
use crate::error::SettingError;
use crate::order::Direction;
use crate::rng::index;
use rand_core::Rng;

/// How parents are chosen. Every kind can choose an individual more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields))]
pub enum Selection {
    /// Each parent is the best of `size` individuals drawn with replacement (Goldberg and Deb
    /// 1991), the first drawn of equal ones, as DEAP's `selTournament`. The tutorial has 5.
    Tournament {
        /// Number of individuals drawn for each parent, 1 or more.
        size: usize,
    },
    /// The `best` individuals are parents equally often, in random order (Muehlenbein and
    /// Schlierkamp-Voosen 1993). Where it does not divide, better ones are parents once more.
    Truncation {
        /// Number of best individuals that become parents, 1 to the size of the population.
        best: usize,
    },
    /// Each parent is any individual with equal probability, as DEAP's `selRandom`.
    Random,
}

impl Selection {
    /// Checks that the settings are in range for a population.
    ///
    /// # Errors
    /// A tournament of 0, or truncation to 0 or to more individuals than the population has.
    pub fn check(self, population: usize) -> Result<(), SettingError> {
        match self {
            Self::Tournament { size } => {
                SettingError::count("tournament size", 1, u32::MAX as usize, size)
            }
            Self::Truncation { best } => {
                SettingError::count("truncation survivors", 1, population, best)
            }
            Self::Random => Ok(()),
        }
    }

    /// Chooses `picks.len()` parents: indices into `fitness`.
    pub fn select(
        self,
        fitness: &[f32],
        direction: Direction,
        rng: &mut impl Rng,
        picks: &mut [usize],
    ) {
        match self {
            Self::Tournament { size } => {
                for pick in picks {
                    *pick = tournament(fitness, direction, size, rng);
                }
            }
            Self::Truncation { best } => truncation(fitness, direction, best, rng, picks),
            Self::Random => {
                for pick in picks {
                    *pick = index(rng, fitness.len());
                }
            }
        }
    }
}

fn tournament(fitness: &[f32], direction: Direction, size: usize, rng: &mut impl Rng) -> usize {
    let mut winner = index(rng, fitness.len());
    for _ in 1..size {
        let rival = index(rng, fitness.len());
        if let (Some(&a), Some(&b)) = (fitness.get(rival), fitness.get(winner))
            && direction.better(a, b)
        {
            winner = rival;
        }
    }
    winner
}

fn truncation(
    fitness: &[f32],
    direction: Direction,
    best: usize,
    rng: &mut impl Rng,
    picks: &mut [usize],
) {
    let survivors = best.clamp(1, fitness.len().max(1)).min(picks.len());
    let (first, mut rest) = picks.split_at_mut_checked(survivors).unwrap_or_default();
    ranks::best(fitness, direction, first);
    while !rest.is_empty() {
        let (round, following) =
            rest.split_at_mut_checked(survivors.min(rest.len())).unwrap_or_default();
        for (pick, survivor) in round.iter_mut().zip(&*first) {
            *pick = *survivor;
        }
        rest = following;
    }
    // Fisher and Yates, from the back.
    let mut unshuffled = picks;
    while let Some((last, before)) = unshuffled.split_last_mut() {
        let other = index(rng, before.len().saturating_add(1));
        if let Some(other) = before.get_mut(other) {
            core::mem::swap(last, other);
        }
        unshuffled = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::tests::Replay;
    use crate::rng::{Purpose, stream};

    #[test]
    fn a_tournament_takes_the_best_and_the_first_of_equals() {
        // Draws of index(4): the two highest bits of each word.
        let words = [0 << 30, 1 << 30, 2 << 30];
        let tournament = Selection::Tournament { size: 3 };
        let mut pick = [9];
        for (fitness, direction, expected) in [
            ([3.0, 1.0, 2.0, 0.0], Direction::Minimise, 1),
            ([3.0, 1.0, 2.0, 9.0], Direction::Maximise, 0),
            ([1.0, 1.0, 1.0, 0.0], Direction::Minimise, 0),
            ([f32::NAN, f32::NAN, 2.0, 0.0], Direction::Minimise, 2),
        ] {
            tournament.select(&fitness, direction, &mut Replay::new(&words), &mut pick);
            assert_eq!(pick, [expected]);
        }
    }

    #[test]
    fn truncation_takes_each_survivor_equally_often() {
        let fitness = [5.0, 1.0, 4.0, 2.0, 3.0];
        let mut picks = [9; 7];
        let mut rng = stream(1, 0, 0, Purpose::Select);
        Selection::Truncation { best: 3 }.select(
            &fitness,
            Direction::Minimise,
            &mut rng,
            &mut picks,
        );
        picks.sort_unstable();
        assert_eq!(picks, [1, 1, 1, 3, 3, 4, 4]);
    }

    #[test]
    fn truncation_shuffles() {
        let fitness: [f32; 8] = core::array::from_fn(|i| i as f32);
        let mut rng = stream(1, 0, 0, Purpose::Select);
        let mut first = [0; 8];
        for _ in 0..8000 {
            let mut picks = [9; 8];
            Selection::Truncation { best: 8 }.select(
                &fitness,
                Direction::Minimise,
                &mut rng,
                &mut picks,
            );
            first[picks[0]] += 1;
        }
        // 1,000 each, five deviations of 29.6.
        assert!(first.iter().all(|count| (852..1148).contains(count)), "{first:?}");
    }

    #[test]
    fn random_takes_all_equally() {
        let mut picks = [0; 4000];
        let mut rng = stream(1, 0, 0, Purpose::Select);
        Selection::Random.select(&[0.0; 4], Direction::Minimise, &mut rng, &mut picks);
        for individual in 0..4 {
            let count = picks.iter().filter(|pick| **pick == individual).count();
            assert!((860..1140).contains(&count), "{count}");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_and_harmless() {
        assert!(Selection::Tournament { size: 0 }.check(5).is_err());
        assert!(Selection::Truncation { best: 6 }.check(5).is_err());
        assert!(Selection::Truncation { best: 0 }.check(5).is_err());
        assert_eq!(Selection::Truncation { best: 5 }.check(5), Ok(()));
        let mut rng = stream(1, 0, 0, Purpose::Select);
        for kind in [
            Selection::Tournament { size: 0 },
            Selection::Truncation { best: 0 },
            Selection::Truncation { best: 9 },
            Selection::Random,
        ] {
            kind.select(&[1.0, 2.0], Direction::Minimise, &mut rng, &mut [0; 3]);
            kind.select(&[1.0, 2.0], Direction::Minimise, &mut rng, &mut []);
            kind.select(&[], Direction::Minimise, &mut rng, &mut [0; 3]);
        }
    }
}
