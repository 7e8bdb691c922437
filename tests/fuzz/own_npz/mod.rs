//! `.npz` files of the user's own data; also arrays in an archive that is whole, since past its checksums the rest is reached.

use crate::{Seed, Target, own};
use std::io::{Cursor, Write};
use tinyevo_tests::own::{floats, npy};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The target.
pub const TARGET: Target = Target { name: "own_npz", seeds, check };

/// What an array starts with.
const MAGIC: &[u8] = b"\x93NUMPY";

/// An archive, not compressed, so that the same files have the same bytes.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, bytes) in files {
        archive.start_file(format!("{name}.npy"), options).expect("a file in memory");
        archive.write_all(bytes).expect("a file in memory");
    }
    archive.finish().expect("a file in memory").into_inner()
}

fn seeds() -> Vec<Seed> {
    let images = npy("|u1", &[4, 2, 1], &[0, 1, 2, 3, 4, 5, 6, 255]);
    let features = npy("<f4", &[4, 1], &floats(&[-1.0, 0.5, 2.0, 1e30]));
    let labels = npy("|u1", &[4], &[0, 1, 0, 1]);
    let wide = npy("<i8", &[4], &[1_i64, 0, 1, 0].map(i64::to_le_bytes).concat());
    let codes: Vec<u8> = "aé".chars().flat_map(|code| u32::from(code).to_le_bytes()).collect();
    let names = npy("<U1", &[2], &codes);
    let whole = archive(&[
        ("x_train", &images),
        ("y_train", &labels),
        ("x_test", &images),
        ("y_test", &wide),
        ("class_names", &names),
    ]);
    vec![("images", whole), ("arrays", [features, labels].concat())]
}

/// Checks a file, or else the samples, labels and names of an archive that stand one behind the other.
fn check(bytes: &[u8]) -> bool {
    if !bytes.starts_with(MAGIC) {
        return own::check_file("own.npz", bytes);
    }
    let starts = bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC);
    let starts: Vec<_> = starts.map(|(at, _)| at).chain([bytes.len()]).collect();
    let arrays = starts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
    let files: Vec<_> = ["x_train", "y_train", "class_names"].into_iter().zip(arrays).collect();
    own::check_file("arrays.npz", &archive(&files))
}
