//! The champion that a run begins with: read, compared with the run and its data, named in the configuration.

use crate::champion::{Champion, Weights, network_name};
use crate::config::{self, Config, ConfigError, Hidden};
use crate::data::{Dataset, Description};
use crate::error::Error;
use crate::formats;
use sha2::{Digest, Sha256};
use std::path::Path;
use tinyevo_core::layers::{Activation, Layer};
use tinyevo_core::network::Network;

/// The champion that a run begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Its weights, as many as the network of the run has.
    pub genome: Vec<f32>,
    /// What the user should know: a line each.
    pub notes: Vec<String>,
}

/// Reads the champion that the run of a configuration begins with, if it names one. Its absolute path and its weights'
/// fingerprint are written into the configuration; a fingerprint that is there is compared. A run that goes on from a checkpoint does not need it.
///
/// # Errors
/// The file cannot be read, or holds integers; its network is not that of the run, or its inputs or classes are not those of
/// the data; [`Error::OtherStart`]: it has other weights than those of the configuration.
pub fn start(config: &mut Config, dataset: &Dataset) -> Result<Option<Start>, Error> {
    let Some(named) = &config.start else { return Ok(None) };
    if named.champion.is_empty() {
        let fault = "must be the file of a champion, got nothing";
        return Err(ConfigError::one("start.champion", fault).into());
    }
    let path = Path::new(&named.champion);
    let (champion, _) = formats::read_masters(path)?;
    champion.check_data(dataset.shape(), dataset.classes())?;
    fit(&champion, &config.network(dataset.shape(), dataset.classes())?)?;
    let notes = notes(&champion.description, &dataset.description)?;
    let Weights::Floats(_, genome) = champion.weights else {
        return Err(Error::Internal("a champion of integers has no floats".to_string()));
    };
    let got = fingerprint(&genome);
    if let Some(expected) = named.fingerprint.clone().filter(|expected| *expected != got) {
        return Err(Error::OtherStart { path: path.to_path_buf(), expected, got });
    }
    // Absolute, so that config.toml repeats the run wherever it is called.
    let absolute = std::path::absolute(path).map_err(Error::io("find", path))?;
    let file = absolute.to_str().unwrap_or(&named.champion).to_string();
    config.start = Some(config::Start { champion: file, fingerprint: Some(got) });
    Ok(Some(Start { genome, notes }))
}

/// Checks that a run begins with what its configuration names, which is part of its identity.
///
/// # Errors
/// [`Error::Usage`]: it begins with another genome than that of [`start`].
pub(super) fn check(genome: Option<&[f32]>, config: &Config) -> Result<(), Error> {
    let named = config.start.as_ref().and_then(|start| start.fingerprint.clone());
    if genome.map(fingerprint) == named && genome.is_some() == config.start.is_some() {
        return Ok(());
    }
    let fault = "the genome that the run begins with is not that of its configuration: take both from session::start";
    Err(Error::Usage(fault.to_string()))
}

/// A SHA-256 in hexadecimal over weights, each as 4 bytes, least significant first.
fn fingerprint(genome: &[f32]) -> String {
    let mut hash = Sha256::new();
    genome.iter().for_each(|weight| hash.update(weight.to_le_bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn refused(reason: String) -> Error {
    Error::Unfit { action: "evolved further", reason }
}

/// Checks that the champion has the network of the run: its layers, and ReLU in the hidden ones. The activation of the last
/// one decides nothing: fitness is computed from the logits.
fn fit(champion: &Champion, network: &Network) -> Result<(), Error> {
    let own = champion.network();
    // A flatten changes nothing where the data is flat already.
    let layers = |network: &Network| -> Vec<Hidden> {
        network.stages().iter().filter_map(|stage| Hidden::of(stage.layer)).collect()
    };
    if layers(own) != layers(network) || own.parameters() != network.parameters() {
        return Err(refused(format!(
            "its network is {}, that of the run {}\n  leave out the network of the run (--network, --hidden, \
             network.hidden): --start takes that of the champion",
            network_name(own),
            network_name(network)
        )));
    }
    let hidden = own.stages().split_last().map_or(&[][..], |(_, hidden)| hidden);
    let activation = |layer: Layer| match layer {
        Layer::Dense(dense) => dense.activation,
        Layer::Conv2d(conv) => conv.activation,
        Layer::MaxPool2d(_) | Layer::Flatten(_) => Activation::Relu,
    };
    if hidden.iter().any(|stage| activation(stage.layer) != Activation::Relu) {
        let reason =
            "a hidden layer has another activation than ReLU, which the networks of a run have";
        return Err(refused(reason.to_string()));
    }
    Ok(())
}

/// Checks that measured values become inputs as they did for the champion; says what the champion does not tell.
fn notes(own: &Description, data: &Description) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    match (&own.normalisation, &data.normalisation) {
        (Some(own), Some(data)) if own != data => {
            return Err(refused(
                "its inputs were made of measured values by another normalisation than that of this data\n  give the data \
                 that it was evolved on to --data, divided in the same way (--test-share, --split-seed)"
                    .to_string(),
            ));
        }
        (Some(_), None) => {
            return Err(refused(
                "its inputs were made of measured values, and this data has pixels\n  give the data that it was evolved on \
                 to --data"
                    .to_string(),
            ));
        }
        (None, Some(_)) => notes.push(
            "the champion does not say how its inputs were made of measured values; here they are normalised anew"
                .to_string(),
        ),
        _ => {}
    }
    let (before, now) = (&own.class_names, &data.class_names);
    if !before.is_empty() && !now.is_empty() && before != now {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort_unstable();
            names
        };
        if sorted(before) == sorted(now) {
            return Err(refused(format!(
                "its classes are {}, in this order, those of the data {}: each output would stand for another class",
                before.join(", "),
                now.join(", ")
            )));
        }
        notes.push(
            "the classes of the data have other names than those of the champion".to_string(),
        );
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;
    use crate::data::Normalisation;

    #[test]
    fn a_run_begins_with_what_its_configuration_names() {
        let genome = [0.5, -2.0];
        let mut config = Preset::Es.config();
        assert!(check(None, &config).is_ok() && check(Some(&genome), &config).is_err());
        let named = |fingerprint| config::Start { champion: "a".to_string(), fingerprint };
        config.start = Some(named(None));
        assert!(check(None, &config).is_err() && check(Some(&genome), &config).is_err());
        config.start = Some(named(Some(fingerprint(&genome))));
        assert!(check(Some(&genome), &config).is_ok() && check(None, &config).is_err());
        assert!(check(Some(&[0.5, 2.0]), &config).is_err());
    }

    #[test]
    fn inputs_and_outputs_mean_what_they_meant_for_the_champion() {
        let measured = |high: f32| Description {
            normalisation: Normalisation::new(vec![0.0], vec![high]),
            ..Description::default()
        };
        let pixels = Description::default();
        let refused = |own: &Description, data: &Description| match notes(own, data) {
            Err(Error::Unfit { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert!(notes(&measured(1.0), &measured(1.0)).unwrap().is_empty());
        assert!(refused(&measured(1.0), &measured(2.0)).contains("another normalisation"));
        assert!(refused(&measured(1.0), &pixels).contains("has pixels"));
        assert!(notes(&pixels, &measured(1.0)).unwrap()[0].contains("normalised anew"));
        let classes = |names: [&str; 2]| Description {
            class_names: names.map(str::to_string).to_vec(),
            ..Description::default()
        };
        let own = classes(["no", "yes"]);
        assert!(notes(&own, &own).unwrap().is_empty());
        assert!(refused(&own, &classes(["yes", "no"])).contains("another class"));
        assert!(notes(&own, &classes(["left", "right"])).unwrap()[0].contains("other names"));
    }
}
