//! PNG and JPEG pictures.

use tinyevo_fuzz::picture::TARGET;

fn main() {
    tinyevo_fuzz::before(&TARGET);
    bolero::check!().for_each(|bytes: &[u8]| {
        (TARGET.check)(bytes);
    });
}
