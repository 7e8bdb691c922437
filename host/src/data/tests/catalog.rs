//! Tests of [`catalog`](crate::data::fetch::catalog): its constants, and how a difference is told.

use crate::data::error::Fault;
use crate::data::fetch::catalog::{Checksum, entry};
use crate::data::idx::Header;
use crate::data::request::Published;
use std::collections::HashSet;

#[test]
fn every_set_has_two_mirrors_four_files_and_distinct_checksums() {
    let mut sums = HashSet::new();
    for set in Published::ALL {
        let entry = entry(set);
        assert_eq!(entry.set, set);
        assert!(entry.mirrors.len() >= 2 && entry.mirrors[0] != entry.mirrors[1]);
        assert!(entry.mirrors.iter().all(|url| url.ends_with('/')));
        assert_eq!(entry.files.len(), 4);
        for remote in entry.files {
            let (Checksum::Unpacked(sum) | Checksum::Archive(sum)) = remote.checksum;
            assert!(sum.len() == 64 && sum.bytes().all(|b| b"0123456789abcdef".contains(&b)));
            assert!(sums.insert(sum));
        }
    }
}

#[test]
fn files_of_other_numbers_or_sizes_are_not_the_published_ones() {
    for remote in entry(Published::Fashion).files {
        let good = remote.file.header;
        // Of these only the archive has a checksum.
        assert_eq!(remote.check(good, &[]), Ok(()));
        let fewer = Header { samples: good.samples - 1, ..good };
        let (expected, got) = (good.samples, fewer.samples);
        assert_eq!(remote.check(fewer, &[]), Err(Fault::Samples { expected, got }));
        let smaller = Header { size: [28, 2], ..good };
        let fault = remote.check(smaller, &[]).unwrap_err();
        assert!(matches!(fault, Fault::Samples { .. }), "{fault}");
    }
}
