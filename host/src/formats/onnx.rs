//! Champions as ONNX models: IR version 7 with operator set 13, as `onnx.proto` of ONNX 1.8 has them, which all of today's
//! runtimes read.
//!
//! | network | input | output |
//! | --- | --- | --- |
//! | dense layers alone | `[N, inputs]` | `[N, classes]` |
//! | with convolutions or poolings | `[N, height, width, channels]`, as in Keras | `[N, classes]` |
//!
//! Inputs are `f32`, pixels already divided by 255, or measured values, which the first nodes normalise; the model's `doc_string`
//! says so. N is any number. The output is
//! `probabilities` where the last layer has a softmax, else `logits`. Inside, convolutions run on channels first, as ONNX wants them.
//!
//! What is read: chains of `Gemm`, `MatMul`, `Add`, `Conv`, `MaxPool`, `Relu`, `Flatten`, `Reshape`, `Transpose`, `Softmax`, as
//! tinyevo, PyTorch and tf2onnx write them for such networks. A kernel behind a flattening of channels-first maps gets its
//! rows in Keras' order.

mod normalisation;
mod proto;
mod read;
mod shapes;
mod tensor;
mod walk;
mod window;
mod write;

pub use read::parse;
pub use write::encode;

/// Whether the first bytes of a file, three or more, may be those of a model: its version of the format, then another field.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    matches!(bytes, [0x08, 1..=30, field, ..] if field & 7 == 2 || *field == 0x28)
}

#[cfg(test)]
mod tests;
