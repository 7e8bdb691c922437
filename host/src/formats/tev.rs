//! Champions as `.tev` files: the bytes that a program runs where they lie, see [`tinyevo_core::tev`].

use super::check::check;
use super::error::ParseError;
use crate::champion::{Champion, Integers, PackedIntegers, Weights};
use crate::error::Error;
use tinyevo_core::tev::{self, File, FileError, Kind};

/// The file's bytes.
///
/// # Errors
/// [`Error::Unfit`]: the format cannot describe the network.
pub fn encode(champion: &Champion) -> Result<Vec<u8>, Error> {
    match &champion.weights {
        Weights::Floats(network, genome) => {
            let mut bytes = vec![0; tev::floats_length(network)];
            tev::write_floats(network, genome, &mut bytes).map_err(unfit)?;
            Ok(bytes)
        }
        Weights::Integers(integers) => {
            let model = integers.model()?;
            let mut bytes = vec![0; tev::integers_length(&model)];
            tev::write_integers(&model, &mut bytes).map_err(unfit)?;
            Ok(bytes)
        }
        Weights::Packed(packed) => Ok(packed.file().to_vec()),
    }
}

/// The checksum of the champion's file, which identifies it in every format, and the file's length in bytes.
pub(super) fn checksum(champion: &Champion) -> Result<(u64, usize), Error> {
    let bytes = encode(champion)?;
    Ok((File::new(&bytes).map_err(unfit)?.checksum(), bytes.len()))
}

/// The champion in the bytes of a file. Never panics.
///
/// # Errors
/// The bytes are no such file, or its weights are not finite.
pub fn parse(bytes: &[u8]) -> Result<Champion, ParseError> {
    let file = File::new(bytes)?;
    if file.kind() == Kind::Packed {
        return check(Weights::Packed(PackedIntegers::of_file(bytes)?));
    }
    if file.kind() == Kind::F32 {
        let network = file.network()?;
        let mut genome = vec![0.0; network.parameters()];
        file.genome(&mut genome)?;
        return check(Weights::Floats(Box::new(network), genome));
    }
    let model = file.model()?;
    // What the core takes as a model is one here too.
    let integers = Integers::copy(file.input(), &model);
    let integers = integers.map_err(|_| FileError::Shape { layer: 0 })?;
    check(Weights::Integers(integers))
}

fn unfit(error: FileError) -> Error {
    Error::Unfit { action: "written as a .tev file", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::champion::tests::{integers, maps, odd};

    #[test]
    fn champions_come_back_as_they_were() {
        for champion in [odd(), integers(), maps()] {
            let bytes = encode(&champion).unwrap();
            assert_eq!(parse(&bytes).unwrap(), champion);
            assert_eq!(checksum(&champion).unwrap().1, bytes.len());
        }
    }

    #[test]
    fn damaged_files_and_weights_that_are_none_are_refused() {
        let mut bytes = encode(&odd()).unwrap();
        bytes[70] ^= 1;
        assert!(parse(&bytes).unwrap_err().to_string().contains("checksum"));
        assert!(parse(&bytes[..40]).is_err());
        let Weights::Floats(network, mut genome) = odd().weights else { panic!() };
        genome[7] = f32::NAN;
        let bytes = encode(&Weights::Floats(network, genome).into()).unwrap();
        assert!(parse(&bytes).unwrap_err().to_string().contains("weight 7 is NaN"));
    }
}
