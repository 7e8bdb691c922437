//! The committed corpora start with what the code writes today. With `TINYEVO_WRITE_SEEDS` set this
//! writes them; files that a fuzzer found are left as they are.

use std::fs;

#[test]
fn the_corpora_hold_the_seeds_of_todays_code() {
    for target in tinyevo_fuzz::TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        for (name, bytes) in seeds {
            let path = target.corpus().join(name);
            if std::env::var_os("TINYEVO_WRITE_SEEDS").is_some() {
                fs::create_dir_all(target.corpus()).expect("a folder can be made");
                fs::write(&path, &bytes).expect("a file can be written");
            }
            let found = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert!(found == bytes, "{}: write it anew, see TINYEVO_WRITE_SEEDS", path.display());
        }
    }
}
