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

    /// What sets its recipe apart from another, in words: the first setting that differs.
    pub(super) fn apart_from(&self, other: &Self) -> String {
        let Config { stop, data, .. } = &other.recipe;
        let settings = self.recipe.difference(&other.recipe);
        settings.unwrap_or_else(|| match self.recipe.stop.generations {
            own if own != stop.generations => {
                format!("stop.generations = {own}, not {}", stop.generations)
            }
            _ if self.recipe.data.fingerprint != data.fingerprint => "other data".to_string(),
            _ => "another end, see [stop] in config.toml".to_string(),
        })
    }

    /// This group minus another one: in pairs where both have the same seeds, else by Welch's test.
    pub(super) fn minus(&self, other: &Self) -> Difference {
        fn seeds(group: &Group) -> impl Iterator<Item = u64> {
            group.members.iter().map(|member| member.kept.config.seed)
        }
        let (first, second) = (other.accuracies(), self.accuracies());
        if seeds(self).eq(seeds(other)) {
            Difference::paired(&first, &second)
        } else {
            Difference::welch(&first, &second)
        }
    }
}
