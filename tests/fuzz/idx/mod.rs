//! IDX files: what is accepted has as many values as its header says, and is written back to the same
//! bytes.

use crate::{Seed, Target};
use tinyevo::data::idx::{Header, Kind, parse};

/// The target.
pub const TARGET: Target = Target { name: "idx", seeds, check };

/// The header as the format has it: big-endian words.
fn written(header: &Header) -> Vec<u8> {
    let [rows, columns] = header.size;
    let words = match header.kind {
        Kind::Images => vec![0x0803, header.samples, rows, columns],
        Kind::Labels => vec![0x0801, header.samples],
    };
    words.into_iter().flat_map(u32::to_be_bytes).collect()
}

fn seeds() -> Vec<Seed> {
    let file = |kind, samples, size: [u32; 2]| {
        let mut bytes = written(&Header { kind, samples, size });
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
    let [samples, rows, columns] = [header.samples, header.size[0], header.size[1]].map(u64::from);
    assert_eq!(values.len() as u64, samples * rows * columns);
    assert_eq!([&written(&header)[..], &values].concat(), bytes);
    true
}
