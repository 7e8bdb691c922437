//! Champions as `.keras` files, which `keras.models.load_model` of Keras 3 loads.
//!
//! Such a file is a zip archive of `config.json` (the layers of a `Sequential`), `metadata.json` and `model.weights.h5` (HDF5:
//! the group `layers/NAME/vars` holds the kernel, `0`, and the bias, `1`). Keras knows an `.npz` in place of the last one too, but
//! Keras 3.15.1 cannot read those that it writes itself, so it is no way in.
//!
//! The input has the shape of a sample, channels last, and takes pixels divided by 255. A dense layer behind a sample of more
//! than one dimension gets a `Flatten` in front of it.

use super::archive::{self, Entry};
use super::safetensors::description::bounds;
use super::safetensors::layers::LayerConfig;
use super::safetensors::{self, kernel_shape, weighted};
use crate::champion::layer_names;
use crate::data::Description;
use crate::error::Error;
use hdf5_writer::{ByteOrder, DatasetBuilder, Hdf5Builder, WriteOptions};
use serde_json::{Value, json};
use std::fmt::Display;
use tinyevo_core::layers::{Flatten, Layer};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// The version of Keras whose files these are.
const VERSION: &str = "3.0.0";

/// The file's bytes; the same champion has the same bytes.
///
/// # Errors
/// The genome does not fit the network.
pub fn encode(
    network: &Network,
    genome: &[f32],
    description: &Description,
) -> Result<Vec<u8>, Error> {
    let internal = |error: serde_json::Error| Error::Internal(error.to_string());
    let mut metadata = json!({
        "keras_version": VERSION,
        // A date of its own would give each file other bytes.
        "date_saved": "1980-01-01@00:00:00",
        safetensors::KEY: safetensors::metadata(network, &[], description)?,
    });
    for (name, values) in bounds(description.normalisation.as_ref()) {
        metadata[name] = json!(values);
    }
    let mut entries = Vec::new();
    for (name, value) in [("metadata.json", metadata), ("config.json", model(network)?)] {
        let bytes = serde_json::to_vec(&value).map_err(internal)?;
        entries.push(Entry { name: name.to_string(), bytes });
    }
    let bytes = weights(network, genome)?;
    entries.push(Entry { name: "model.weights.h5".to_string(), bytes });
    archive::write(&entries, "")
}

/// The configuration of the model, as Keras serialises it.
fn model(network: &Network) -> Result<Value, Error> {
    let Shape { height, width, channels } = network.input();
    let flat = height == 1 && width == 1;
    let sample = if flat { vec![channels] } else { vec![height, width, channels] };
    let batch: Vec<Value> =
        std::iter::once(Value::Null).chain(sample.iter().map(|side| json!(side))).collect();
    let input = json!({ "batch_shape": batch, "dtype": "float32", "name": "input_layer" });
    let mut layers = vec![serialised("InputLayer", input)];
    let mut maps = !flat;
    for (stage, name) in network.stages().iter().zip(layer_names(network)) {
        match stage.layer {
            Layer::Dense(_) if maps => {
                layers.push(layer(Layer::Flatten(Flatten), &format!("{name}_flatten"))?);
                maps = false;
            }
            Layer::Flatten(_) => maps = false,
            _ => {}
        }
        let windows = matches!(stage.layer, Layer::Conv2d(_) | Layer::MaxPool2d(_));
        if windows && !maps {
            return Err(Error::Unfit {
                action: "written as keras",
                reason: format!("{name} stands behind a dense layer"),
            });
        }
        layers.push(layer(stage.layer, &name)?);
    }
    let config = json!({
        "name": "tinyevo",
        "trainable": true,
        "layers": layers,
        "build_input_shape": batch,
    });
    let mut model = serialised("Sequential", config);
    model["module"] = json!("keras");
    model["build_config"] = json!({ "input_shape": batch });
    Ok(model)
}

/// A layer, with what Keras does not take as a default.
fn layer(layer: Layer, name: &str) -> Result<Value, Error> {
    let config = serde_json::to_value(LayerConfig::of(layer));
    let mut config = config.map_err(|error| Error::Internal(error.to_string()))?;
    let class = config["class_name"].take();
    if let Value::Object(config) = &mut config {
        let _ = config.shift_remove("class_name");
        let _ = config.insert("name".to_string(), json!(name));
        let _ = config.insert("dtype".to_string(), json!("float32"));
        if !matches!(layer, Layer::Dense(_)) {
            let _ = config.insert("data_format".to_string(), json!("channels_last"));
        }
    }
    Ok(serialised(class.as_str().unwrap_or_default(), config))
}

fn serialised(class: &str, config: Value) -> Value {
    json!({
        "module": "keras.layers",
        "class_name": class,
        "config": config,
        "registered_name": null,
    })
}

/// The HDF5 file of the weights. Keras names the groups by kind and number: those of [`layer_names`].
fn weights(network: &Network, genome: &[f32]) -> Result<Vec<u8>, Error> {
    let internal = |error: &dyn Display| Error::Internal(error.to_string());
    let mut file = Hdf5Builder::new();
    for (stage, layer) in weighted(network) {
        let bias = vec![stage.bias().len()];
        let parts = [(stage.kernel(), kernel_shape(stage)), (stage.bias(), bias)];
        for (number, (range, shape)) in parts.into_iter().enumerate() {
            let values = genome
                .get(range)
                .ok_or_else(|| internal(&"the genome does not fit the network"))?;
            let shape: Vec<u64> = shape.iter().map(|side| *side as u64).collect();
            let name = format!("layers/{layer}/vars/{number}");
            let array =
                DatasetBuilder::typed_with_order::<f32>(name, shape, ByteOrder::LittleEndian);
            file = file.dataset(array.data(values).map_err(|error| internal(&error))?);
        }
    }
    let plan = file.into_plan().map_err(|error| internal(&error))?;
    plan.encode(WriteOptions::default()).map_err(|error| internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{maps, odd};
    use crate::champion::{Champion, Weights};

    fn entries(champion: Champion) -> Vec<Entry> {
        let Weights::Floats(network, genome) = champion.weights else { panic!() };
        let none = Description::default();
        let bytes = encode(&network, &genome, &none).unwrap();
        assert_eq!(encode(&network, &genome, &none).unwrap(), bytes);
        assert!(encode(&network, &genome[1..], &none).is_err());
        archive::read(&bytes, 1 << 20, |_| Ok(())).unwrap().0
    }

    /// The classes and names of the layers.
    fn layers(config: &Value) -> Vec<(&str, &str)> {
        let layers = config["config"]["layers"].as_array().unwrap().iter();
        layers
            .map(|layer| {
                let name = layer["config"]["name"].as_str().unwrap();
                (layer["class_name"].as_str().unwrap(), name)
            })
            .collect()
    }

    #[test]
    fn the_archive_has_what_keras_looks_for() {
        let entries = entries(maps());
        let names: Vec<_> = entries.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["metadata.json", "config.json", "model.weights.h5"]);
        let config: Value = serde_json::from_slice(&entries[1].bytes).unwrap();
        assert_eq!(
            layers(&config),
            [
                ("InputLayer", "input_layer"),
                ("Conv2D", "conv2d"),
                ("MaxPooling2D", "max_pooling2d"),
                ("Conv2D", "conv2d_1"),
                ("Flatten", "flatten"),
                ("Dense", "dense"),
                ("Dense", "dense_1"),
            ]
        );
        let conv = &config["config"]["layers"][1]["config"];
        assert_eq!(conv["kernel_size"], json!([2, 3]));
        assert_eq!((&conv["strides"], &conv["padding"]), (&json!([2, 1]), &json!("same")));
        assert_eq!(config["build_config"]["input_shape"], json!([null, 7, 6, 2]));
        assert!(entries[2].bytes.starts_with(b"\x89HDF"));
    }

    #[test]
    fn a_dense_layer_behind_a_picture_is_flattened_first() {
        let config: Value = serde_json::from_slice(&entries(odd())[1].bytes).unwrap();
        let kinds: Vec<_> = layers(&config).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ["InputLayer", "Flatten", "Dense", "Dense", "Dense"]);
    }
}
