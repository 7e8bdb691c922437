//! Makes what the firmware runs of users' own data. For each of the five sets of `tests/own.rs` it writes the data, evolves a
//! champion and exports it by the commands of `docs/own-data.md`, which it prints. The file `samples` holds up to 40 held-out
//! samples as a sensor gives them: their number in a byte, then each sample (32-bit floats, or bytes of a picture) and the class
//! that the library gives it.

use std::fs;
use std::path::Path;
use std::process::Command;
use tinyevo::champion::Champion;
use tinyevo::data::Dataset;
use tinyevo::error::Error;
use tinyevo::formats;
use tinyevo::write;
use tinyevo_tests::own::{SETS, Set, floats};

/// Held-out samples for the firmware, at most.
const SAMPLES: usize = 40;

/// Makes a folder for each set in `folder`.
pub(crate) fn make(folder: &Path) -> Result<(), Error> {
    SETS.iter().try_for_each(|set| make_set(set, &folder.join(set.name)))
}

/// The files of a set in a folder that is made anew.
fn make_set(set: &Set, folder: &Path) -> Result<(), Error> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
    }
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let file = |name: &str| folder.join(name).display().to_string();
    let path = set.path(folder).display().to_string();
    (set.write)(Path::new(&path));
    let data = [&["--data", &path], set.flags].concat();
    let run = ["evolve", "--quiet", "--threads", "2", "--out", &file("run")];
    tinyevo(&[&run[..], &data, set.evolve].concat())?;
    let floats = file("run/champion.safetensors");
    for (format, name) in [("rust", "champion.rs"), ("c", "champion.h"), ("bin", "champion.tev")] {
        let out = file(name);
        let export = ["export", &floats, "--format", format, "--int8", "--out", &out];
        // Bytes have no name.
        let name = if format == "bin" { &[][..] } else { &["--name", "champion"] };
        tinyevo(&[&export[..], name, &data].concat())?;
    }
    let integers = formats::read(&folder.join("champion.tev"))?;
    let description = formats::read(Path::new(&floats))?.description;
    let samples = samples(set, &integers.described(description), &set.load(&path))?;
    write::whole(&folder.join("samples"), &samples)
}

/// Runs the program, which lies beside this one.
fn tinyevo(arguments: &[&str]) -> Result<(), Error> {
    println!("tinyevo {}", arguments.join(" "));
    let own = std::env::current_exe().map_err(Error::io("find", Path::new("this program")))?;
    let program = own.with_file_name("tinyevo-under-test");
    let output = Command::new(&program).args(arguments).output();
    let output = output.map_err(Error::io("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Internal(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The file of held-out samples.
fn samples(set: &Set, champion: &Champion, dataset: &Dataset) -> Result<Vec<u8>, Error> {
    let (images, length) = (&dataset.test.images, dataset.test.features());
    let count = dataset.test.len().min(SAMPLES);
    let classes = champion.integer_classes(&images[..count * length])?;
    let measured = set.measured.map(|samples| samples().0);
    let mut bytes = vec![count as u8];
    for (image, class) in images.chunks(length).zip(&classes) {
        match (&measured, champion.normalisation()) {
            // The values of the file from which these bytes were made.
            (Some(values), Some(map)) => {
                let own = values
                    .chunks(length)
                    .find(|values| map.bytes(values).eq(image.iter().copied()));
                let own = own.ok_or_else(|| {
                    Error::Internal("a test sample is not in the file".to_string())
                })?;
                bytes.extend(floats(own));
            }
            _ => bytes.extend_from_slice(image),
        }
        bytes.push(*class);
    }
    let right = classes.iter().zip(&dataset.test.labels).filter(|(class, label)| class == label);
    println!("{}: {} of {count} held-out samples are right", set.name, right.count());
    Ok(bytes)
}
