//! Trained networks in ONNX models.

use tinyevo_fuzz::onnx::TARGET;

fn main() {
    tinyevo_fuzz::before(&TARGET);
    bolero::check!().for_each(|bytes: &[u8]| {
        (TARGET.check)(bytes);
    });
}
