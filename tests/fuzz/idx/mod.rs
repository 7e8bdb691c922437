//! IDX files: what is accepted has as many values as its header says, and is written back to the same
//! bytes.

use crate::{Seed, Target};
use tinyevo::data::idx::{Header, Kind, parse};

/// The target.
pub const TARGET: Target = Target { name: "idx", seeds, check };

fn seeds() -> Vec<Seed> {
    let file = |kind, samples, size: [u32; 2]| {
        let mut bytes = Header { kind, samples, size }.encode();
        bytes.extend((0..samples * size[0] * size[1]).map(|value| value as u8));
        bytes
    };
    vec![("images", file(Kind::Images, 3, [2, 4])), ("labels", file(Kind::Labels, 5, [1, 1]))]
}

/// Read as each kind: at most one is right.
fn check(bytes: &[u8]) -> bool {
    let [images, labels] = [Kind::Images, Kind::Labels].map(|kind| check_kind(kind, bytes));
    assert!(!(images && labels), "a file of both kinds");
    images || labels
}

fn check_kind(kind: Kind, bytes: &[u8]) -> bool {
    let (header, values) = match parse(kind, bytes) {
        Ok(read) => read,
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            return false;
        }
    };
    assert_eq!(header.kind, kind);
    assert_eq!(header.file_bytes(), bytes.len() as u64);
    assert_eq!([&header.encode()[..], &values].concat(), bytes);
    true
}
