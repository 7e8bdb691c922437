//! What decides the results of a run, as one number.

use crate::config::Config;
use crate::error::Error;
use tinyevo_core::hash::Fnv1a;

/// A hash of the recipe and of the data's fingerprint: two runs with the same number give the same
/// bits. When a run reports, saves or ends is no part of it, nor where its data comes from.
///
/// # Errors
/// Never, after [`Config::check`].
pub fn identity(config: &Config) -> Result<u64, Error> {
    let mut recipe = config.recipe();
    recipe.data.fingerprint.clone_from(&config.data.fingerprint);
    let mut hash = Fnv1a::new();
    hash.bytes(recipe.to_toml()?.as_bytes());
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Preset, Start};

    #[test]
    fn what_changes_results_changes_the_number_and_nothing_else_does() {
        let start = |file: &str, weights: &str| {
            Some(Start { champion: file.to_string(), fingerprint: Some(weights.to_string()) })
        };
        let config = Config { start: start("file", "weights"), ..Preset::Tutorial.config() };
        let own = identity(&config).unwrap();
        let same: [fn(&mut Config); 8] = [
            |c| c.judge.every = 3,
            |c| c.stop.generations = 7,
            |c| c.stop.seconds = Some(1.0),
            |c| c.report_every = 3,
            |c| c.checkpoint.every = 1.0,
            |c| c.data.source = "elsewhere".to_string(),
            |c| c.data.builtin_train = 5,
            |c| c.start.as_mut().unwrap().champion = "elsewhere".to_string(),
        ];
        for change in same {
            let mut changed = config.clone();
            change(&mut changed);
            assert_eq!(identity(&changed).unwrap(), own);
        }
        let other: [fn(&mut Config); 7] = [
            |c| c.seed += 1,
            |c| c.network.hidden = vec![4.into()],
            |c| c.data.validation = 1,
            |c| c.data.fingerprint = Some("other".to_string()),
            |c| (c.data.validation, c.judge.every) = (1, 3),
            |c| c.start.as_mut().unwrap().fingerprint = Some("other".to_string()),
            |c| c.start = None,
        ];
        for change in other {
            let mut changed = config.clone();
            change(&mut changed);
            assert_ne!(identity(&changed).unwrap(), own);
        }
    }
}
