//! MicroFlow: what its macro makes of the champion's `.tflite`.

use microflow::buffer::Buffer2D;

// The macro takes a literal; relative to this package.
#[microflow::model("../../../target/microflow/champion.tflite")]
struct Champion;

// So that a new model is compiled anew.
const _: &[u8] = include_bytes!("../../../../../target/microflow/champion.tflite");

#[cfg(not(feature = "microflow-floats"))]
type Pixel = i8;
#[cfg(feature = "microflow-floats")]
type Pixel = f32;

pub type Image = Buffer2D<Pixel, 1, 784>;

pub const BLANK: Image = Image::from_array_storage(nalgebra::ArrayStorage([[0 as Pixel]; 784]));

/// The model's input has the scale 1/255 and the zero point -128.
#[cfg(not(feature = "microflow-floats"))]
pub fn pixel(byte: u8) -> Pixel {
    byte.wrapping_sub(128) as i8
}

#[cfg(feature = "microflow-floats")]
pub fn pixel(byte: u8) -> Pixel {
    f32::from(byte) / 255.0
}

#[inline(never)]
pub fn classify(image: Image) -> usize {
    #[cfg(not(feature = "microflow-floats"))]
    let logits = Champion::predict_quantized(image);
    #[cfg(feature = "microflow-floats")]
    let logits = Champion::predict(image);
    let (mut best, mut class) = (f32::NEG_INFINITY, 0);
    for (index, &logit) in logits.iter().enumerate() {
        if logit > best {
            (best, class) = (logit, index);
        }
    }
    class
}
