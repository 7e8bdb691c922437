//! The user's own data in `.npz` files.

use tinyevo_fuzz::own_npz::TARGET;

fn main() {
    tinyevo_fuzz::before(&TARGET);
    bolero::check!().for_each(|bytes: &[u8]| {
        (TARGET.check)(bytes);
    });
}
