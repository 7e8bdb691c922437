//! The user's own data in folders of IDX files.

use tinyevo_fuzz::own_idx::TARGET;

fn main() {
    tinyevo_fuzz::before(&TARGET);
    bolero::check!().for_each(|bytes: &[u8]| {
        (TARGET.check)(bytes);
    });
}
