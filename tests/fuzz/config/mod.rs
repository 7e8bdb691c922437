//! Configurations in TOML: what is accepted is written and read again as itself.

use crate::{Seed, Target};
use tinyevo::config::Config;

/// The target.
pub const TARGET: Target = Target { name: "config", seeds, check };

fn seeds() -> Vec<Seed> {
    let whole = Config::default().to_toml().expect("the defaults are a configuration");
    let short = "seed = 3\nnetwork.hidden = [16, 8]\n[algorithm]\npopulation = 9\n\
                 crossover = { kind = \"blend\", alpha = 0.5 }\n[stop]\nseconds = 1.5\n";
    let start =
        "preset = \"es\"\n[start]\nchampion = \"champion.safetensors\"\nfingerprint = \"0a\"\n";
    vec![
        ("defaults", whole.into_bytes()),
        ("short", short.as_bytes().to_vec()),
        ("start", start.as_bytes().to_vec()),
    ]
}

fn check(bytes: &[u8]) -> bool {
    // A file that is not UTF-8 is refused before this.
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let config = match Config::parse(text) {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let written = config.to_toml().expect("what was read can be written");
    let again = Config::parse(&written).expect("what was written is read");
    assert_eq!(again, config);
    assert_eq!(again.to_toml().expect("as before"), written);
    true
}
