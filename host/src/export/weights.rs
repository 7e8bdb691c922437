//! A genome as safetensors: tensors named as Keras names them, `dense/kernel` `[in][out]`,
//! `dense/bias`, `dense_1/kernel`, ... all `f32`.
//!
//! The genome is these tensors one after another in the order of the layers, kernel before bias:
//! Keras's `get_weights()`, flattened. The metadata key `tinyevo` says so too.

use super::layer_names;
use crate::error::Error;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::path::Path;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;
use tinyevo_core::tev;

/// The largest file that is read: room for the largest network that the host evolves.
const MOST_BYTES: u64 = 2 << 30;

/// The file's bytes.
///
/// # Errors
/// The genome does not fit the network.
pub fn encode(network: &Network, genome: &[f32]) -> Result<Vec<u8>, Error> {
    let internal = |what: &dyn std::fmt::Display| Error::Internal(what.to_string());
    let bytes: Vec<u8> = genome.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    let mut tensors = Vec::new();
    for (stage, name) in network.stages().iter().zip(layer_names(network)) {
        let (inputs, outputs) = (stage.input.elements(), stage.output.elements());
        for (part, range, shape) in [
            ("kernel", stage.kernel(), vec![inputs, outputs]),
            ("bias", stage.bias(), vec![outputs]),
        ] {
            let part_bytes = bytes
                .get(4 * range.start..4 * range.end)
                .ok_or_else(|| internal(&"the genome does not fit the network"))?;
            let view = TensorView::new(Dtype::F32, shape, part_bytes).map_err(|e| internal(&e))?;
            tensors.push((format!("{name}/{part}"), view));
        }
    }
    // One key only: the crate writes the keys in no fixed order.
    let order: Vec<_> = tensors.iter().map(|(name, _)| name.as_str()).collect();
    let about = serde_json::json!({
        "genome_order": order,
        "hidden_activation": "relu",
        "output_activation": "softmax",
        "pixels": "divided by 255",
    });
    let metadata = HashMap::from([("tinyevo".to_string(), about.to_string())]);
    safetensors::serialize(tensors, Some(metadata)).map_err(|e| internal(&e))
}

/// What a champion's file holds.
#[derive(Debug)]
pub enum Champion {
    /// Floats.
    Floats(Box<Network>, Vec<f32>),
    /// 8-bit integers: the bytes of a .tev file, which were checked.
    Integers(Vec<u8>),
}

/// Reads a champion: safetensors written by [`encode`] or by Keras users in the same names (dense
/// layers, ReLU between them and softmax at the end), or a [`tev`] file of floats or integers.
///
/// # Errors
/// The file cannot be read, is of neither format, or what it holds is no network from 784 pixels to
/// ten classes of finite weights.
pub fn read_any(path: &Path) -> Result<Champion, Error> {
    let size = std::fs::metadata(path).map_err(Error::io("read", path))?.len();
    let wrong = |reason: String| Error::Content { path: path.to_path_buf(), reason };
    if size > MOST_BYTES {
        return Err(wrong(format!("{size} bytes are more than a champion can have")));
    }
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    if bytes.starts_with(&tev::MAGIC) {
        decode_tev(bytes).map_err(wrong)
    } else {
        let (network, genome) = decode(&bytes).map_err(wrong)?;
        Ok(Champion::Floats(Box::new(network), genome))
    }
}

/// [`read_any`] where floats are needed.
///
/// # Errors
/// As [`read_any`], or the file holds integers.
pub fn read(path: &Path) -> Result<(Network, Vec<f32>), Error> {
    match read_any(path)? {
        Champion::Floats(network, genome) => Ok((*network, genome)),
        Champion::Integers(_) => Err(Error::Content {
            path: path.to_path_buf(),
            reason: "holds 8-bit integers; this needs the champion's floats, as \
                     champion.safetensors (tinyevo evaluate takes both)"
                .to_string(),
        }),
    }
}

fn decode_tev(bytes: Vec<u8>) -> Result<Champion, String> {
    let unfit = |error: tev::FileError| error.to_string();
    let file = tev::File::new(&bytes).map_err(unfit)?;
    let shapes: Vec<_> = file.shapes().collect();
    let inputs = shapes.first().map_or(0, |(inputs, _)| *inputs);
    let outputs = shapes.last().map_or(0, |(_, outputs)| *outputs);
    if inputs != 784 || outputs != 10 {
        return Err(format!("takes {inputs} inputs to {outputs} classes; 784 and 10 are needed"));
    }
    if file.kind() == tev::Kind::Int8 {
        file.model().map_err(unfit)?;
        return Ok(Champion::Integers(bytes));
    }
    let network = file.network().map_err(unfit)?;
    let mut genome = vec![0.0; network.parameters()];
    file.genome(&mut genome).map_err(unfit)?;
    all_finite(&genome)?;
    Ok(Champion::Floats(Box::new(network), genome))
}

fn all_finite(genome: &[f32]) -> Result<(), String> {
    match genome.iter().position(|weight| !weight.is_finite()) {
        Some(index) => Err(format!("weight {index} is {}; all must be finite", genome[index])),
        None => Ok(()),
    }
}

fn decode(bytes: &[u8]) -> Result<(Network, Vec<f32>), String> {
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("not a safetensors file and not a .tev file ({error}): give a champion.safetensors, or what `tinyevo export --format bin` wrote"))?;
    let (mut units, mut genome, mut inputs) = (Vec::new(), Vec::new(), 784);
    for index in 0.. {
        let name = if index == 0 { "dense".to_string() } else { format!("dense_{index}") };
        let Ok(kernel) = tensors.tensor(&format!("{name}/kernel")) else { break };
        let &[rows, columns] = kernel.shape() else {
            return Err(format!("{name}/kernel has shape {:?}, not [in, out]", kernel.shape()));
        };
        if rows != inputs {
            return Err(format!("{name}/kernel has {rows} inputs; {inputs} are needed"));
        }
        let bias = tensors
            .tensor(&format!("{name}/bias"))
            .map_err(|_| format!("{name}/bias is missing"))?;
        if bias.shape() != [columns] {
            return Err(format!("{name}/bias has shape {:?}, not [{columns}]", bias.shape()));
        }
        for (part, tensor) in [("kernel", kernel), ("bias", bias)] {
            if tensor.dtype() != Dtype::F32 {
                return Err(format!("{name}/{part} holds {:?}, not F32", tensor.dtype()));
            }
            let (words, _) = tensor.data().as_chunks::<4>();
            genome.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
        }
        units.push(columns);
        inputs = columns;
    }
    if units.is_empty() {
        return Err("no tensor dense/kernel: not a champion of tinyevo".to_string());
    }
    if tensors.len() != 2 * units.len() {
        let extra = tensors.len() - 2 * units.len();
        return Err(format!("{extra} tensors are not of dense, dense_1, ... in sequence"));
    }
    if inputs != 10 {
        return Err(format!("the last layer has {inputs} units; there are 10 classes"));
    }
    all_finite(&genome)?;
    let last = units.len() - 1;
    let layers: Vec<_> = units
        .iter()
        .enumerate()
        .map(|(index, &units)| {
            let activation = if index == last { Activation::Softmax } else { Activation::Relu };
            Layer::Dense(Dense { units, activation })
        })
        .collect();
    let network = Network::new(Shape::flat(784), &layers).map_err(|error| error.to_string())?;
    Ok((network, genome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn champion() -> (Network, Vec<f32>) {
        let mut config = Config::default();
        config.network.hidden = vec![3, 5];
        let network = config.network(Shape::flat(784), 10).unwrap();
        let genome = (0..network.parameters()).map(|index| index as f32 - 0.5).collect();
        (network, genome)
    }

    #[test]
    fn a_genome_round_trips_and_its_bytes_repeat() {
        let (network, genome) = champion();
        let bytes = encode(&network, &genome).unwrap();
        assert_eq!(decode(&bytes).unwrap(), (network.clone(), genome.clone()));
        assert_eq!(encode(&network, &genome).unwrap(), bytes);
    }

    #[test]
    fn a_tev_file_of_floats_is_the_same_champion_and_one_of_another_shape_is_none() {
        let (network, genome) = champion();
        let mut bytes = vec![0; tev::floats_length(&network)];
        tev::write_floats(&network, &genome, &mut bytes).unwrap();
        let Ok(Champion::Floats(read, floats)) = decode_tev(bytes.clone()) else { panic!() };
        assert_eq!((read.parameters(), floats), (network.parameters(), genome));
        bytes[40] ^= 1;
        assert!(decode_tev(bytes).unwrap_err().contains("checksum"));
        let layers = [Layer::Dense(Dense { units: 10, activation: Activation::Softmax })];
        let small = Network::new(Shape::flat(3), &layers).unwrap();
        let mut bytes = vec![0; tev::floats_length(&small)];
        tev::write_floats(&small, &[0.5; 40], &mut bytes).unwrap();
        assert!(decode_tev(bytes).unwrap_err().contains("3 inputs to 10 classes; 784"));
    }

    #[test]
    fn what_is_no_champion_is_refused_with_the_reason() {
        let (network, mut genome) = champion();
        let bytes = encode(&network, &genome).unwrap();
        assert!(decode(&bytes[..bytes.len() - 4]).unwrap_err().contains("safetensors"));
        assert!(decode(b"").unwrap_err().contains("safetensors"));
        genome[7] = f32::NAN;
        let nan = encode(&network, &genome).unwrap();
        assert!(decode(&nan).unwrap_err().contains("weight 7 is NaN"));
        let view = |shape: Vec<usize>, data| TensorView::new(Dtype::F32, shape, data).unwrap();
        let file =
            |tensors: Vec<(&str, TensorView<'_>)>| safetensors::serialize(tensors, None).unwrap();
        let zeros = vec![0; 4 * 784 * 10];
        let wrong = file(vec![
            ("dense/kernel", view(vec![10, 784], &zeros)),
            ("dense/bias", view(vec![784], &zeros[..3136])),
        ]);
        assert!(decode(&wrong).unwrap_err().contains("10 inputs; 784"));
        let short = file(vec![
            ("dense/kernel", view(vec![784, 10], &zeros)),
            ("dense/bias", view(vec![9], &zeros[..36])),
        ]);
        assert!(decode(&short).unwrap_err().contains("dense/bias has shape [9]"));
        let seven = file(vec![
            ("dense/kernel", view(vec![784, 7], &zeros[..4 * 784 * 7])),
            ("dense/bias", view(vec![7], &zeros[..28])),
        ]);
        assert!(decode(&seven).unwrap_err().contains("10 classes"));
        let other = file(vec![("conv/kernel", view(vec![784, 10], &zeros))]);
        assert!(decode(&other).unwrap_err().contains("dense/kernel"));
    }
}
