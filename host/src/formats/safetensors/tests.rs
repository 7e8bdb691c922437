use super::*;
use crate::champion::tests::{maps, odd};
use crate::data::Normalisation;

type Tensors<'a> = Vec<(&'a str, TensorView<'a>)>;

const ZEROS: [u8; 4 * 64] = [0; 4 * 64];

/// Zeros of a shape.
fn zeros(shape: &[usize]) -> TensorView<'static> {
    let bytes = 4 * shape.iter().product::<usize>();
    TensorView::new(Dtype::F32, shape.to_vec(), &ZEROS[..bytes]).unwrap()
}

/// A file of these tensors, without metadata.
fn file(tensors: Tensors<'_>) -> Vec<u8> {
    safetensors::serialize(tensors, None).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    parse(bytes).unwrap_err().to_string()
}

/// A description of samples of two channels and three classes.
fn described() -> Description {
    let normalisation = Normalisation::new(vec![-1.5, 0.25], vec![2.0, 1e30]);
    let class_names = ["cat", "dog", "\"bird\""].map(String::from).to_vec();
    Description { normalisation, class_names }
}

/// A champion's file, with a part of its metadata replaced by one that is as long.
fn edited(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let Weights::Floats(network, genome) = odd().weights else { panic!() };
    let mut bytes = encode(&network, &genome).unwrap();
    let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).expect(from);
    bytes[at..][..to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[test]
fn a_champion_of_any_shape_and_activations_round_trips_and_its_bytes_repeat() {
    let Weights::Floats(network, genome) = odd().weights else { panic!() };
    let bytes = encode(&network, &genome).unwrap();
    assert_eq!(parse(&bytes).unwrap(), odd());
    assert_eq!(encode(&network, &genome).unwrap(), bytes);
    assert!(encode(&network, &genome[1..]).is_err());
}

#[test]
fn convolutions_round_trip_and_layers_that_do_not_fit_are_refused() {
    let Weights::Floats(network, genome) = maps().weights else { panic!() };
    let bytes = encode(&network, &genome).unwrap();
    assert_eq!(parse(&bytes).unwrap(), maps());
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("conv2d/kernel").unwrap().shape(), [2, 3, 2, 3]);
    assert_eq!(tensors.tensor("conv2d_1/kernel").unwrap().shape(), [2, 2, 3, 4]);
    for (from, to, reason) in [
        (r#"\"same\""#, r#"\"sane\""#, "\"sane\" is none of valid, same"),
        (
            r#"\"filters\":3"#,
            r#"\"filters\":4"#,
            "conv2d/kernel has shape [2, 3, 2, 3], not [2, 3, 2, 4]",
        ),
        ("Flatten", "Flatter", "unknown variant"),
        ("[7,6,2]", "[7,6,0]", "no input"),
    ] {
        let mut bytes = bytes.clone();
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).expect(from);
        bytes[at..][..to.len()].copy_from_slice(to.as_bytes());
        let error = refused(&bytes);
        assert!(error.contains(reason), "{from}: {error}");
    }
}

#[test]
fn metadata_that_contradicts_the_weights_is_refused() {
    for (from, to, reason) in [
        ("linear", "lineal", "the activations are relu, lineal, softmax"),
        ("relu", "tanh", "the activations are tanh, linear, softmax"),
        ("[2,3,2]", "[2,3,3]", "an input of 2x3x3 for 12 rows"),
        ("by 255", "by 256", "divided by 256"),
        ("pixels", "pixles", "unknown field"),
        ("dense_1/bias\\\"", "dense_9/bias\\\"", "dense_9/bias"),
    ] {
        let error = refused(&edited(from, to));
        assert!(error.contains("metadata contradicts the weights"), "{from}: {error}");
        assert!(error.contains(reason), "{from}: {error}");
    }
}

#[test]
fn layers_may_be_numbered_from_any_number_as_keras_does() {
    let bytes = file(vec![
        ("dense_10/kernel", zeros(&[3, 4])),
        ("dense_10/bias", zeros(&[4])),
        ("dense_2/kernel", zeros(&[5, 3])),
        ("dense_2/bias", zeros(&[3])),
    ]);
    let champion = parse(&bytes).unwrap();
    assert_eq!(crate::champion::network_name(champion.network()), "5-3-4");
    let activations: Vec<_> =
        champion.network().stages().iter().map(|stage| stage.layer.activation()).collect();
    assert_eq!(activations, [Activation::Relu, Activation::Softmax]);
}

#[test]
fn other_names_are_refused_with_those_that_are_there_and_those_that_are_wanted() {
    for (name, other) in [
        ("conv2d/kernel", "conv2d/bias"),
        ("dense_02/kernel", "dense_02/bias"),
        ("dense_+2/kernel", "dense_+2/bias"),
        ("dense_0/kernel", "dense_0/bias"),
        ("dense/weights", "dense/bias"),
        ("denser/kernel", "denser/bias"),
    ] {
        let error = refused(&file(vec![(name, zeros(&[3, 4])), (other, zeros(&[4]))]));
        for word in [name, "wanted: dense/kernel"] {
            assert!(error.contains(word), "{error}");
        }
    }
    assert!(refused(&file(vec![])).contains("no tensors"));
    let names: Vec<_> = (0..9).map(|index| format!("t{index}")).collect();
    let many = names.iter().map(|name| (name.as_str(), zeros(&[1]))).collect();
    assert!(refused(&file(many)).contains("t5 and 3 more"));
    let extra = vec![
        ("dense/kernel", zeros(&[3, 4])),
        ("dense/bias", zeros(&[4])),
        ("dense_1/bias", zeros(&[4])),
    ];
    assert!(refused(&file(extra)).contains("dense_1/bias"));
}

#[test]
fn tensors_that_make_no_network_are_refused_with_the_reason() {
    let pair = |kernel: &[usize], bias: &[usize]| {
        refused(&file(vec![("dense/kernel", zeros(kernel)), ("dense/bias", zeros(bias))]))
    };
    let turned = pair(&[3, 4], &[3]);
    assert!(turned.contains("bias has shape [3], not [4]; is its kernel transposed?"), "{turned}");
    assert!(pair(&[12], &[4]).contains("dense/kernel has shape [12], not [in, out]"));
    assert!(pair(&[0, 4], &[4]).contains("no input"));
    assert!(pair(&[4, 0], &[0]).contains("no units"));
    let alone = file(vec![("dense/kernel", zeros(&[3, 4]))]);
    assert!(refused(&alone).contains("dense/bias is missing"));
    let apart = file(vec![
        ("dense/kernel", zeros(&[3, 4])),
        ("dense/bias", zeros(&[4])),
        ("dense_1/kernel", zeros(&[5, 2])),
        ("dense_1/bias", zeros(&[2])),
    ]);
    assert!(refused(&apart).contains("dense_1/kernel has 5 inputs, and the layer before has 4"));
    let halves = TensorView::new(Dtype::F16, vec![3, 4], &ZEROS[..24]).unwrap();
    let halves = file(vec![("dense/kernel", halves), ("dense/bias", zeros(&[4]))]);
    assert!(refused(&halves).contains("holds F16, not F32"));
    let many = vec![0; 4 * 257 * 2];
    let view = |shape: Vec<usize>, bytes| TensorView::new(Dtype::F32, shape, bytes).unwrap();
    let many = file(vec![
        ("dense/kernel", view(vec![1, 257], &many[..4 * 257])),
        ("dense/bias", view(vec![257], &many[..4 * 257])),
    ]);
    assert!(refused(&many).contains("257 units"));
}

#[test]
fn bytes_that_are_no_file_are_refused() {
    let Weights::Floats(network, mut genome) = odd().weights else { panic!() };
    let bytes = encode(&network, &genome).unwrap();
    for length in 0..bytes.len() {
        assert!(parse(&bytes[..length]).is_err(), "{length}");
    }
    assert!(parse(&[&bytes[..], &[0]].concat()).is_err());
    assert!(parse(&[0; 100]).is_err());
    genome[7] = f32::NEG_INFINITY;
    assert!(refused(&encode(&network, &genome).unwrap()).contains("weight 7 is -inf"));
}

#[test]
fn masters_of_integers_are_read_as_the_integers_for_which_they_stand() {
    let Weights::Packed(packed) = crate::champion::tests::packed().weights else { panic!() };
    let network = packed.network();
    let genome: Vec<f32> =
        (0..network.parameters()).map(|index| index as f32 / 99.0 - 0.5).collect();
    let bytes = encode_masters(network, &genome, packed.formats(), &described()).unwrap();
    assert_eq!(
        parse(&bytes).unwrap(),
        Champion::from(Weights::Packed(packed.clone())).described(described())
    );
    // The tensors are the floats all the same.
    let floats = encode(network, &genome).unwrap();
    assert_ne!(bytes, floats);
    assert!(matches!(parse(&floats).unwrap().weights, Weights::Floats(_, own) if own == genome));
    let bytes = encode_masters(network, &genome, &packed.formats()[..1], &described()).unwrap();
    let error = parse(&bytes).unwrap_err().to_string();
    assert!(error.contains("weights: 2 layers have weights, and there are 1 formats"), "{error}");
}

#[test]
fn a_description_round_trips_beside_the_tensors_of_keras() {
    let Weights::Floats(network, genome) = maps().weights else { panic!() };
    let bytes = encode_masters(&network, &genome, &[], &described()).unwrap();
    let champion = parse(&bytes).unwrap();
    assert_eq!(champion, maps().described(described()));
    assert_eq!(champion.class_names()[2], "\"bird\"");
    let mut names: Vec<_> =
        SafeTensors::deserialize(&bytes).unwrap().names().into_iter().map(String::from).collect();
    names.retain(|name| name.starts_with("normalisation"));
    assert_eq!(names.len(), 2);
    let dense = Description { class_names: Vec::new(), ..described() };
    let Weights::Floats(network, genome) = odd().weights else { panic!() };
    let bytes = encode_masters(&network, &genome, &[], &dense).unwrap();
    assert_eq!(parse(&bytes).unwrap(), odd().described(dense));
}

#[test]
fn a_description_that_does_not_fit_is_refused() {
    let Weights::Floats(network, genome) = maps().weights else { panic!() };
    let written = |description: &Description| {
        refused(&encode_masters(&network, &genome, &[], description).unwrap())
    };
    let one = Description { class_names: vec!["cat".to_string()], ..described() };
    assert!(written(&one).contains("1 class names for 3 classes"));
    let three = Normalisation::new(vec![0.0; 3], vec![1.0; 3]);
    let error = written(&Description { normalisation: three, ..described() });
    assert!(error.contains("normalisation/low has shape [3], not [2]"), "{error}");
    let bound = |name: &str, low: f32, high: f32| {
        let floats = [[low; 2], [high; 2]].map(|pair| pair.map(f32::to_le_bytes).concat());
        let view = |bytes| TensorView::new(Dtype::F32, vec![2], bytes).unwrap();
        let dense = [("dense/kernel", zeros(&[2, 2])), ("dense/bias", zeros(&[2]))];
        let bounds = [(name, view(&floats[0])), ("normalisation/high", view(&floats[1]))];
        let about = r#"{"genome_order":["dense/kernel","dense/bias"],"input_shape":[1,1,2],"activations":["softmax"],"pixels":"divided by 255"}"#;
        let metadata = HashMap::from([(KEY.to_string(), about.to_string())]);
        let tensors: Tensors<'_> = dense.into_iter().chain(bounds).collect();
        parse(&safetensors::serialize(tensors, Some(metadata)).unwrap())
    };
    assert!(bound("normalisation/low", 1.0, 2.0).is_ok());
    for (low, high) in [(2.0, 1.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
        let error = bound("normalisation/low", low, high).unwrap_err().to_string();
        assert!(error.contains("normalisation/high and normalisation/low are no range"), "{error}");
    }
    let error = bound("normalisation/mean", 1.0, 2.0).unwrap_err().to_string();
    assert!(error.contains("normalisation/mean"), "{error}");
}
