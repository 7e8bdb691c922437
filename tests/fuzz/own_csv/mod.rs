//! CSV files of the user's own data.

use crate::{Seed, Target, own};

/// The target.
pub const TARGET: Target = Target { name: "own_csv", seeds, check };

fn seeds() -> Vec<Seed> {
    let header = "\"length; mm\",weight,kind\n1,2.5,x\n-3e2,4,\"y, z\"\n5,6,x\n7,8,\"y, z\"\n";
    let plain = "\u{feff}1;10\r\n2;9\r\n\r\n3; 10\r\n4;9";
    vec![("header", header.into()), ("semicolons", plain.into())]
}

fn check(bytes: &[u8]) -> bool {
    own::check_file("own.csv", bytes)
}
