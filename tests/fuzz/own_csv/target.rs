//! The user's own data in CSV files.

use tinyevo_fuzz::own_csv::TARGET;

fn main() {
    tinyevo_fuzz::before(&TARGET);
    bolero::check!().for_each(|bytes: &[u8]| {
        (TARGET.check)(bytes);
    });
}
