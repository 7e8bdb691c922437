//! One array of an `.npz` file: a `.npy` file.

use crate::error::Error;
use crate::formats::array::Array;
use crate::formats::error::ParseError;
use crate::npy::check_header;
use npyz::{NpyFile, NpyHeader, Order, WriteOptions, WriterBuilder};
use std::io;

/// The bytes of an array.
pub(super) fn encode(shape: &[usize], values: &[f32]) -> Result<Vec<u8>, Error> {
    let shape: Vec<u64> = shape.iter().map(|side| *side as u64).collect();
    let mut bytes = Vec::new();
    write(&shape, values, &mut bytes).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(bytes)
}

fn write(shape: &[u64], values: &[f32], bytes: &mut Vec<u8>) -> io::Result<()> {
    let options = WriteOptions::new().default_dtype().shape(shape);
    let mut writer = options.writer(bytes).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}

/// The array of the bytes: floats of 32 or 64 bits, in either order of axes.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Array, ParseError> {
    let wrong = |problem: String| ParseError::Tensor { tensor: name.to_string(), problem };
    check_header(bytes).map_err(|problem| wrong(problem.to_string()))?;
    let mut rest = bytes;
    let header = NpyHeader::from_reader(&mut rest)
        .map_err(|error| wrong(format!("is no .npy file: {error}")))?;
    let shape: Vec<usize> = header.shape().iter().map(|side| *side as usize).collect();
    let (order, count) = (header.order(), header.len());
    let type_name = header.dtype().descr();
    let size = match type_name.trim_matches('\'').get(1..) {
        Some("f4") => 4,
        Some("f8") => 8,
        _ => return Err(wrong(format!("holds {type_name}, not floats of 32 or 64 bits"))),
    };
    if count.checked_mul(size) != Some(rest.len() as u64) {
        return Err(wrong(format!("has {} bytes, not those of shape {shape:?}", rest.len())));
    }
    let file = NpyFile::with_header(header, rest);
    let values: io::Result<Vec<f32>> = if size == 4 {
        file.into_vec::<f32>()
    } else {
        file.into_vec::<f64>().map(|values| values.iter().map(|value| *value as f32).collect())
    };
    let values = values.map_err(|error| wrong(error.to_string()))?;
    let values = if order == Order::C { values } else { row_major(&shape, &values) };
    Ok(Array { name: name.to_string(), shape, values })
}

/// The values of an array whose first axis moves fastest, with the last axis fastest.
fn row_major(shape: &[usize], values: &[f32]) -> Vec<f32> {
    let place = |mut index: usize| {
        let (mut place, mut stride) = (0, values.len());
        for side in shape.iter().rev() {
            stride /= side;
            place += index % side * stride;
            index /= side;
        }
        place
    };
    (0..values.len()).map(|index| values[place(index)]).collect()
}
