//! Runs of one recipe: all but the seed is equal.

use crate::config::Config;
use crate::report::Summary;
use crate::run::{Kept, Row};
use crate::statistics::{Difference, Spread};

/// A run that has stopped, with its curve.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) kept: Kept,
    pub(super) summary: Summary,
    pub(super) rows: Vec<Row>,
}

/// Runs of one recipe, a seed each, in the order of the seeds.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// A, B, ..., Z, A1, ...
    pub(super) name: String,
    /// The configuration that all have, with the seed 0.
    pub(super) recipe: Config,
    pub(super) members: Vec<Member>,
}

/// How many differences are named.
const SHOWN: usize = 4;

/// Groups runs by recipe, in the order in which the recipes first come. Of runs that are equal in the seed too only
/// the first is taken; the paths of the others are returned.
pub(super) fn groups(members: Vec<Member>) -> (Vec<Group>, Vec<Kept>) {
    let (mut groups, mut again): (Vec<Group>, Vec<Kept>) = (Vec::new(), Vec::new());
    for member in members {
        let recipe = member.kept.config.without_seed();
        let Some(group) = groups.iter_mut().find(|group| group.recipe == recipe) else {
            let name = name(groups.len());
            groups.push(Group { name, recipe, members: vec![member] });
            continue;
        };
        let seed = member.kept.config.seed;
        if group.members.iter().any(|other| other.kept.config.seed == seed) {
            again.push(member.kept);
        } else {
            group.members.push(member);
        }
    }
    for group in &mut groups {
        group.members.sort_by_key(|member| member.kept.config.seed);
    }
    (groups, again)
}

/// The name of a group by its index.
fn name(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
}

impl Group {
    /// The accuracies on the test images, 0 to 1.
    fn accuracies(&self) -> Vec<f64> {
        self.members.iter().map(|member| f64::from(member.summary.test_accuracy)).collect()
    }

    /// Their mean and spread.
    pub(super) fn spread(&self) -> Spread {
        Spread::of(&self.accuracies())
    }

    /// What sets its recipe apart from another, in words: data and start first, and settings, at most four in all.
    pub(super) fn apart_from(&self, other: &Self) -> String {
        let Config { stop, data, .. } = &other.recipe;
        let mut found = Vec::new();
        if self.has_other_data(other) {
            found.extend(
                self.data()
                    .zip(other.data())
                    .map(|(own, other)| format!("other data, {own}, not {other}")),
            );
        }
        found.extend(match (&self.recipe.start, &other.recipe.start) {
            (Some(_), None) => Some("a champion to start with".to_string()),
            (None, Some(_)) => Some("random weights to start with".to_string()),
            _ => None,
        });
        let settings = self.recipe.differences(&other.recipe);
        found.extend(settings.into_iter().filter(|it| !it.starts_with("start ")));
        if self.recipe.stop.generations != stop.generations {
            found.push(format!(
                "stop.generations = {}, not {}",
                self.recipe.stop.generations, stop.generations
            ));
        }
        if found.is_empty() {
            let is_other = self.recipe.data.fingerprint != data.fingerprint;
            let end = "another end, see [stop] in config.toml";
            found.push(if is_other { "other data" } else { end }.to_string());
        }
        let more = found.len().saturating_sub(SHOWN);
        found.truncate(SHOWN);
        let more =
            if more > 0 { format!("; and {more} more, see config.toml") } else { String::new() };
        found.join("; ") + &more
    }

    fn data(&self) -> Option<&str> {
        self.members.first().map(|member| &*member.kept.config.data.source)
    }

    /// Whether its runs had samples from elsewhere, and others; the fingerprint also differs where other parts of the same data
    /// were needed.
    pub(super) fn has_other_data(&self, other: &Self) -> bool {
        self.data() != other.data() && self.recipe.data.fingerprint != other.recipe.data.fingerprint
    }

    /// The seeds of its runs, in order.
    pub(super) fn seeds(&self) -> impl Iterator<Item = u64> {
        self.members.iter().map(|member| member.kept.config.seed)
    }

    /// This group minus another one, and the seeds by which they were compared in pairs, see [`minus`]; none over other data.
    pub(super) fn minus(&self, other: &Self) -> (Difference, Vec<u64>) {
        let scores = |group: &Self| group.seeds().zip(group.accuracies()).collect::<Vec<_>>();
        if self.has_other_data(other) {
            return (Difference::welch(&other.accuracies(), &self.accuracies()), Vec::new());
        }
        minus(&scores(self), &scores(other))
    }
}

/// Scores by seed minus others: in pairs of the seeds that both have, if these are two or more, or all of both; else all, by
/// Welch's test, and there are no pairs. One pair of several runs would say less than all of them.
fn minus(own: &[(u64, f64)], other: &[(u64, f64)]) -> (Difference, Vec<u64>) {
    fn seeds(scores: &[(u64, f64)]) -> impl Iterator<Item = u64> {
        scores.iter().map(|score| score.0)
    }
    let common: Vec<u64> = seeds(own).filter(|seed| seeds(other).any(|it| it == *seed)).collect();
    let pairs = if common.len() >= 2 || seeds(own).eq(seeds(other)) { common } else { Vec::new() };
    let chosen = |scores: &[(u64, f64)]| -> Vec<f64> {
        let counts = |seed| pairs.is_empty() || pairs.contains(&seed);
        scores.iter().filter(|score| counts(score.0)).map(|score| score.1).collect()
    };
    let (first, second) = (chosen(other), chosen(own));
    let difference = match pairs.is_empty() {
        true => Difference::welch(&first, &second),
        false => Difference::paired(&first, &second),
    };
    (difference, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Design;

    #[test]
    fn scores_are_compared_by_the_seeds_that_they_share() {
        let (three, two) = ([(1, 0.5), (2, 0.75), (3, 0.125)], [(1, 0.625), (2, 1.0)]);
        let (difference, pairs) = minus(&two, &three);
        assert_eq!((difference.design, pairs), (Design::Paired, vec![1, 2]));
        // The mean of 1/8 and 1/4, whatever the third seed has.
        assert_eq!((difference.mean, minus(&three, &two).0.mean), (0.1875, -0.1875));
        assert_eq!(minus(&three, &three).1, [1, 2, 3]);
        // One in common, of several: all of them.
        let (difference, pairs) = minus(&[(3, 0.25), (4, 0.5)], &three);
        assert_eq!((difference.design, pairs), (Design::Welch, vec![]));
        assert!((difference.mean - (0.375 - 1.375 / 3.0)).abs() < 1e-12);
        assert_eq!(minus(&[(1, 0.5)], &[(1, 0.25)]).1, [1]);
    }
}
