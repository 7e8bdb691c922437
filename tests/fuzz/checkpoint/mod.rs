//! Checkpoints: what [`Checkpoint`] accepts is written back to the same bytes, and no changed one is
//! accepted.

use crate::{Seed, Target};
use crc::{CRC_32_ISCSI, Crc};
use tinyevo_core::checkpoint::{self, Checkpoint, Header};

/// The target.
pub const TARGET: Target = Target { name: "checkpoint", seeds, check };

fn written(header: &Header, parts: &[&[f32]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let write = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<(), ()>(())
    };
    checkpoint::write(header, parts, write).expect("memory takes everything");
    bytes
}

fn seeds() -> Vec<Seed> {
    let header = Header { run: 64, generation: 12, evaluations: 625, milliseconds: 1_000 };
    let special = [f32::NAN, f32::INFINITY, -0.0, 1e-45];
    vec![
        ("empty", written(&Header::default(), &[])),
        ("one-part", written(&header, &[&[0.5, -1.5, 3.0]])),
        ("two-parts", written(&header, &[&[1.0; 70], &special])),
    ]
}

/// Checks the bytes as they are, and with the checksum that they should have: past it the rest is
/// reached. The checksum is taken by the crate itself, not by what is under test.
fn check(bytes: &[u8]) -> bool {
    if let Some((body, _)) = bytes.split_last_chunk::<4>() {
        let checksum = Crc::<u32>::new(&CRC_32_ISCSI).checksum(body);
        let mended = [body, &checksum.to_le_bytes()].concat();
        check_checkpoint(&mended);
        // The checksum decides alone between the two.
        if mended != bytes {
            assert!(Checkpoint::new(bytes).is_err(), "a wrong checksum was accepted");
        }
    }
    check_checkpoint(bytes)
}

fn check_checkpoint(bytes: &[u8]) -> bool {
    let read = match Checkpoint::new(bytes) {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    assert_eq!(bytes.len(), checkpoint::length(read.len()));
    let mut floats = vec![0.0; read.len()];
    let half = floats.len() / 2;
    let (first, second) = floats.split_at_mut(half);
    read.read(&mut [first, second]).expect("the checkpoint says how long it is");
    assert_eq!(written(&read.header(), &[&floats]), bytes);
    floats.push(7.0);
    assert!(read.read(&mut [&mut floats]).is_err());
    true
}
