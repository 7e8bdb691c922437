use super::*;
use crate::champion::tests::{maps, odd};
use crate::champion::{Weights, network_name};
use crate::data::Normalisation;
use tinyevo_core::shape::Shape;

const MOST: u64 = 1 << 20;

fn encoded(champion: &Champion) -> Vec<u8> {
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    encode(network, genome, &champion.description).unwrap()
}

/// A file of arrays without a comment, as NumPy writes it; the numbers count from 0 on.
fn file(arrays: &[(&str, &[usize])]) -> Vec<u8> {
    let mut start = 0;
    let mut entries = Vec::new();
    for (name, shape) in arrays {
        let count = shape.iter().product::<usize>();
        let values: Vec<f32> = (start..start + count).map(|index| index as f32).collect();
        start += count;
        let bytes = npy::encode(shape, &values).unwrap();
        entries.push(Entry { name: format!("{name}.npy"), bytes });
    }
    archive::write(&entries, "").unwrap()
}

fn described(network: &str, input: Option<[usize; 3]>) -> NetworkHint {
    let network = network.split(',').map(|layer| layer.parse().unwrap()).collect();
    let input = input.map(|[height, width, channels]| Shape { height, width, channels });
    NetworkHint { network: Some(network), input }
}

fn refused(bytes: &[u8], hint: &NetworkHint) -> String {
    parse(bytes, hint, MOST).unwrap_err().to_string()
}

#[test]
fn champions_come_back_as_they_were_and_the_bytes_repeat() {
    let description = Description {
        normalisation: Normalisation::new(vec![-1.5, 0.1], vec![2.0, 1e30]),
        class_names: ["cat", "dog", "bird"].map(String::from).to_vec(),
    };
    for champion in [odd(), maps(), maps().described(description)] {
        let bytes = encoded(&champion);
        assert_eq!(parse(&bytes, &NetworkHint::default(), MOST).unwrap(), champion);
        assert_eq!(encoded(&champion), bytes);
        for length in 0..bytes.len() {
            assert!(parse(&bytes[..length], &NetworkHint::default(), MOST).is_err(), "{length}");
        }
        assert!(refused(&bytes, &described("dense:2", None)).contains("has shape"));
        let most = parse(&bytes, &NetworkHint::default(), 100);
        assert!(matches!(most, Err(ParseError::TooLong(100))));
    }
    let (entries, _) = archive::read(&encoded(&maps()), MOST, |_| Ok(())).unwrap();
    let names: Vec<_> = entries.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names[..3], ["conv2d/kernel.npy", "conv2d/bias.npy", "conv2d_1/kernel.npy"]);
}

#[test]
fn weights_alone_are_dense_layers_in_the_order_of_their_numbers() {
    let pairs: [(&str, &[usize]); 4] =
        [("arr_0", &[4, 3]), ("arr_1", &[3]), ("arr_10", &[2]), ("arr_2", &[3, 2])];
    let champion = parse(&file(&pairs), &NetworkHint::default(), MOST).unwrap();
    assert_eq!(network_name(champion.network()), "4-3-2");
    let Weights::Floats(_, genome) = &champion.weights else { panic!() };
    // arr_2 stands before arr_10, whose two numbers the file has before.
    assert_eq!(genome[12..], [12.0, 13.0, 14.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 15.0, 16.0]);
    let input = Shape { height: 2, width: 2, channels: 1 };
    let shaped = NetworkHint { network: None, input: Some(input) };
    assert_eq!(parse(&file(&pairs), &shaped, MOST).unwrap().network().input(), input);
}

#[test]
fn weights_of_convolutions_need_a_description() {
    let arrays: [(&str, &[usize]); 4] =
        [("arr_0", &[2, 2, 1, 3]), ("arr_1", &[3]), ("arr_2", &[12, 2]), ("arr_3", &[2])];
    let bytes = file(&arrays);
    let champion = parse(&bytes, &described("conv:3x2,dense:2", Some([3, 3, 1])), MOST).unwrap();
    assert_eq!(network_name(champion.network()), "conv:3x2,dense:2");
    let error = refused(&bytes, &NetworkHint::default());
    assert!(error.contains("arr_0") && error.contains("--network"), "{error}");
    let error = refused(&bytes, &described("conv:3x2,dense:2", None));
    assert!(error.contains("--input, as 28x28x1"), "{error}");
    let error = refused(&bytes, &described("conv:3x2,dense:2", Some([4, 3, 1])));
    assert!(error.contains("arr_2 has shape [12, 2], not [18, 2]"), "{error}");
    let error = refused(&bytes, &described("conv:3x2,dense:5,dense:2", Some([3, 3, 1])));
    assert!(error.contains("arr_2 has shape [12, 2], not [12, 5]"), "{error}");
    let error = refused(&file(&arrays[..3]), &described("conv:3x2,dense:2", Some([3, 3, 1])));
    assert!(error.contains("there are 3 arrays"), "{error}");
}

#[test]
fn arrays_that_are_no_weights_are_refused_with_the_reason() {
    let error = |arrays: &[(&str, &[usize])]| refused(&file(arrays), &NetworkHint::default());
    // What PyTorch's state_dict holds.
    let turned = error(&[("a", &[3, 4]), ("b", &[3])]);
    assert!(turned.contains("b has shape [3], not [4]; is its kernel transposed?"), "{turned}");
    let pytorch: [(&str, &[usize]); 2] = [("a", &[3, 4]), ("b", &[3])];
    let turned = refused(&file(&pytorch), &described("dense:3", Some([1, 1, 4])));
    assert!(turned.contains("a has shape [3, 4], not [4, 3]; is it transposed?"), "{turned}");
    // Without --input the file alone says how many inputs there are.
    let turned = refused(&file(&pytorch), &described("dense:3", None));
    assert!(turned.contains("is it transposed? Keras' order is [in, out]"), "{turned}");
    let filters: [(&str, &[usize]); 4] =
        [("a", &[3, 1, 2, 5]), ("b", &[3]), ("c", &[6, 2]), ("d", &[2])];
    let turned = refused(&file(&filters), &described("conv:3x2x5,dense:2", Some([3, 5, 1])));
    assert!(turned.contains("Keras' order is [rows, columns, in, out]"), "{turned}");
    let other = error(&[("a", &[3, 4]), ("b", &[5])]);
    assert!(other.contains("b has shape [5], not [4]") && !other.contains("transposed"), "{other}");
    assert!(error(&[("a", &[3, 4])]).contains("no bias"));
    assert!(error(&[]).contains("no arrays"));
    let extra: [(&str, &[usize]); 3] = [("a", &[3, 4]), ("b", &[4]), ("c", &[1])];
    let extra = refused(&file(&extra), &described("dense:4", None));
    assert!(extra.contains("c is left over"), "{extra}");
    let zip = |name: &str| {
        let entry = Entry { name: name.to_string(), bytes: Vec::new() };
        refused(&archive::write(&[entry], "").unwrap(), &NetworkHint::default())
    };
    assert!(zip("model.weights.h5").contains("numpy.savez"));
    assert!(zip("x.txt").contains(".npy files only"));
    assert!(zip("x.npy").contains("x is no .npy file"));
}

/// A `.npy` file with this header and these bytes.
fn npy_file(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn headers_say_order_and_type_and_those_that_lie_are_refused() {
    let header = |kind: &str, order: &str, shape: &str| {
        format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n")
    };
    let floats: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0].map(f32::to_le_bytes).concat();
    let read = |header: &str, data: &[u8]| npy::decode("w", &npy_file(header, data));
    let values = |header: &str, data: &[u8]| read(header, data).unwrap().values;
    let rows = header("<f4", "False", "(2, 3)");
    assert_eq!(values(&rows, &floats), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    // numpy.asfortranarray([[1, 3, 5], [2, 4, 6]]): columns stand together.
    assert_eq!(values(&header("<f4", "True", "(2, 3)"), &floats), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    let doubles: Vec<u8> = [0.5_f64, -2.0].map(f64::to_be_bytes).concat();
    assert_eq!(values(&header(">f8", "False", "(2,)"), &doubles), [0.5, -2.0]);
    for (header, reason) in [
        (header("<i4", "False", "(2, 3)"), "not floats"),
        (header("<f4", "False", "(2, 4)"), "24 bytes, not those of shape [2, 4]"),
        (header("<f4", "False", "(4000000000, 4000000000)"), "no memory holds"),
        (header("<f4", "False", "(0xffffffffffff, 0xffffffffffff)"), "no memory holds"),
        (header("<f4", "False", &"(".repeat(2000)), "longer header"),
        ("{}".to_string(), "no .npy file"),
        ("(".repeat(500), "no .npy file"),
    ] {
        let error = read(&header, &floats).unwrap_err().to_string();
        assert!(error.contains(reason), "{header}: {error}");
    }
}
