//! What Python programs say with exported champions: NumPy, safetensors and onnxruntime give each of 10,000 images the class that
//! tinyevo gives it, and each sample of measured values too. What NumPy writes is imported again. `python/check.py` does the part
//! in Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tinyevo::champion::{Champion, Weights};
use tinyevo::config::{Hidden, layers};
use tinyevo::data::{self, Options, Request, Silent, Split, Wanted};
use tinyevo::evaluate::classes;
use tinyevo::formats::{Format, NetworkHint, encode, read, read_as};
use tinyevo::threads::Threads;
use tinyevo::threads::isa::Isa;
use tinyevo_core::network::Network;
use tinyevo_core::operators::Initialisation;
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::shape::Shape;
use tinyevo_tests::{own, root, skipped};

/// The interpreter of a virtual environment in `target` with the packages of `python/requirements.txt`, which is made where it
/// is missing; what stands in the way if it cannot be made.
fn interpreter() -> Result<PathBuf, String> {
    let requirements = root().join("tests/python/requirements.txt");
    let wanted = fs::read_to_string(&requirements).expect("requirements");
    let folder = root().join("target/python");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let done = |command: &mut Command| {
        let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {text}")) }
    };
    done(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    done(Command::new(&python).args(install).arg(&requirements))?;
    fs::write(stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// A champion of random weights for 28x28 pixels: its layers, but for the last one.
fn champion(hidden: &str, seed: u64) -> Champion {
    random(Shape { height: 28, width: 28, channels: 1 }, hidden, 10, seed)
}

/// A champion of random weights for samples of a shape.
fn random(input: Shape, hidden: &str, classes: usize, seed: u64) -> Champion {
    let hidden: Vec<Hidden> = hidden.split(',').map(|layer| layer.parse().unwrap()).collect();
    let network = Network::new(input, &layers(&hidden, classes)).unwrap();
    let mut genome = vec![0.0; network.parameters()];
    let mut rng = stream(seed, 0, 0, Purpose::Initialise);
    Initialisation::He.fill(&network, &mut genome, &mut rng).unwrap();
    // Biases are 0 by this initialisation; others show whether each program adds them.
    for stage in network.stages() {
        for (index, bias) in genome[stage.bias()].iter_mut().enumerate() {
            *bias = (index % 7) as f32 / 16.0 - 0.2;
        }
    }
    Champion::floats(network, genome).unwrap()
}

/// The champion's files, and the classes that it gives.
fn write(folder: &Path, name: &str, champion: &Champion, images: &Split) {
    for (format, end) in
        [(Format::Npz, "npz"), (Format::Safetensors, "safetensors"), (Format::Onnx, "onnx")]
    {
        let path = folder.join(format!("{name}.{end}"));
        fs::write(&path, encode(champion, format, None).unwrap()).unwrap();
        assert_eq!(&read(&path).unwrap(), champion, "{end}");
    }
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    let mut threads = Threads::new(2, Isa::detect()).unwrap();
    let classes = classes(network, genome, images, &mut threads).unwrap();
    let different: std::collections::BTreeSet<_> = classes.iter().collect();
    assert!(different.len() > champion.network().outputs() / 3, "{name} says {different:?} only");
    fs::write(folder.join(format!("{name}.classes")), classes).unwrap();
}

/// A champion of random weights for a set of own data, of measured values, with the values and the classes that it gives.
fn write_own(folder: &Path, name: &str, hidden: &str) {
    let set = own::set(name);
    let path = set.path(folder);
    (set.write)(&path);
    let data = set.load(path.to_str().unwrap());
    let champion = random(data.shape(), hidden, data.classes(), 0).described(data.description);
    let (values, labels) = set.measured.unwrap()();
    fs::write(folder.join(format!("{name}.values")), own::floats(&values)).unwrap();
    let images = champion.normalisation().unwrap().bytes(&values).collect();
    let split = Split { images, labels, ..data.test };
    write(folder, name, &champion, &split);
}

#[test]
fn python_says_the_same_classes_and_its_files_come_back() {
    let python = match interpreter() {
        Ok(python) => python,
        Err(reason) => return skipped("python_says_the_same_classes", &reason),
    };
    let options = Options { builtin_test: 10_000, wanted: Wanted::TEST, ..Options::default() };
    let digits = data::load(&Request::new("builtin").unwrap(), &options, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("images"), &digits.test.images).unwrap();
    let networks = [("dense", "16"), ("maps", MAPS)];
    for (seed, (name, hidden)) in networks.iter().enumerate() {
        write(folder.path(), name, &champion(hidden, seed as u64), &digits.test);
    }
    write_own(folder.path(), "flowers", "8");
    write_own(folder.path(), "motions", "conv:4x6x8:1x7,6");
    let script = root().join("tests/python/check.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{errors}");
    for samples in [10_000, 150, 160] {
        let words = format!("same class for {samples} of {samples} samples");
        let programs = if samples == 10_000 { 4 } else { 2 };
        assert_eq!(printed.matches(&words).count(), programs, "{printed}");
    }
    let plain = |name: &str| folder.path().join(format!("{name}.plain.npz"));
    // The weights alone say a network of dense layers; one with convolutions must be described.
    let Weights::Floats(_, genome) = read(&plain("dense")).unwrap().weights else { panic!() };
    assert!(matches!(champion("16", 0).weights, Weights::Floats(_, own) if own == genome));
    let maps = champion(MAPS, 1);
    let described = [MAPS, "dense:10"].join(",");
    let hint = NetworkHint {
        network: Some(described.split(',').map(|layer| layer.parse().unwrap()).collect()),
        input: Some(maps.network().input()),
    };
    assert_eq!(read_as(&plain("maps"), &hint).unwrap(), maps);
    assert!(read(&plain("maps")).unwrap_err().to_string().contains("--network"));
}

/// Strides, both paddings, a pooling with clipped windows, and a hidden dense layer.
const MAPS: &str = "conv:4x5x3:2x1:same,pool:3:2:same,conv:3x3,dense:12";
