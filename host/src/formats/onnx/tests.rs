use super::*;
use crate::champion::tests::{dense, maps, odd};
use crate::champion::{Champion, Weights, network_name};
use crate::data::{Description, Normalisation};
use crate::formats::array::NetworkHint;
use prost::Message;
use proto::{
    Attribute, Dimension, Graph, Model, Node, Tensor, TensorShape, TensorType, Type, ValueInfo,
};
use tinyevo_core::inference::logits;
use tinyevo_core::layers::Activation;
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

fn encoded(champion: &Champion) -> Vec<u8> {
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    encode(network, genome, &champion.description).unwrap()
}

fn read(bytes: &[u8]) -> Result<Champion, String> {
    parse(bytes, &NetworkHint::default()).map_err(|error| error.to_string())
}

#[test]
fn champions_come_back_as_they_were_and_the_bytes_repeat() {
    for champion in [odd(), maps()] {
        let bytes = encoded(&champion);
        assert!(may_be(&bytes));
        assert_eq!(read(&bytes).unwrap(), champion);
        assert_eq!(encoded(&champion), bytes);
        for length in (0..bytes.len()).step_by(7) {
            // Behind the graph stand the shape of a sample and the names of the classes only.
            if let Ok(other) = read(&bytes[..length]) {
                let same = (&other.weights, &champion.weights);
                let (Weights::Floats(_, own), Weights::Floats(_, genome)) = same else { panic!() };
                assert!(length > 4 * genome.len() && own == genome, "{length}");
            }
        }
    }
}

#[test]
fn a_description_comes_back_and_the_model_says_it() {
    let description = Description {
        normalisation: Normalisation::new(vec![-1.5, 0.1], vec![2.0, 1e30]),
        class_names: ["cat", "dog", "bird"].map(String::from).to_vec(),
    };
    let champion = maps().described(description);
    let bytes = encoded(&champion);
    assert_eq!(read(&bytes).unwrap(), champion);
    let model = Model::decode(&*bytes).unwrap();
    let said = &model.doc_string;
    assert!(said.contains("low [-1.5, 0.1], high [2.0, 1e30]"), "{said}");
    let nodes = model.graph.unwrap().node;
    let kinds: Vec<_> = nodes.iter().map(|node| &*node.op_type).collect();
    assert_eq!(kinds[..8], ["Sub", "Mul", "Div", "Add", "Floor", "Clip", "Div", "Transpose"]);
}

#[test]
fn a_dense_network_normalises_all_values_of_a_sample() {
    // 2x3 pixels of two channels, of which the second has no range.
    let normalisation = Normalisation::new(vec![-1.0, 7.0], vec![3.0, 7.0]);
    let champion = odd().described(Description { normalisation, class_names: Vec::new() });
    let bytes = encoded(&champion);
    assert_eq!(read(&bytes).unwrap(), champion);
    let graph = Model::decode(&*bytes).unwrap().graph.unwrap();
    let values = |index: usize| tensor::floats(&graph.initializer[index]).unwrap().values;
    assert_eq!(values(0), [-1.0, 7.0].repeat(6), "low");
    assert_eq!(values(1), [255.0, 0.0].repeat(6), "factor");
    assert_eq!(values(2), [4.0, 1.0].repeat(6), "range");
}

#[test]
fn nodes_that_normalise_in_another_way_than_the_metadata_says_are_refused() {
    let normalisation = Normalisation::new(vec![-1.0, 0.0], vec![1.0, 4.0]);
    let description = Description { normalisation, class_names: Vec::new() };
    let model = Model::decode(&*encoded(&maps().described(description))).unwrap();
    let changes: [fn(&mut Model); 5] = [
        |model| model.metadata_props[1].value = "[-1.0,0.5]".to_string(),
        |model| model.metadata_props.truncate(1),
        |model| model.graph.as_mut().unwrap().node[4].op_type = "Ceil".to_string(),
        |model| model.graph.as_mut().unwrap().initializer[0].raw_data[3] ^= 1,
        |model| model.graph.as_mut().unwrap().node.swap(0, 1),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut other = model.clone();
        change(&mut other);
        let error = read(&other.encode_to_vec()).unwrap_err();
        assert!(error.contains("in another way than its metadata"), "{number}: {error}");
    }
    // Without these nodes whoever runs the model is to normalise.
    let mut bare = model.clone();
    let graph = bare.graph.as_mut().unwrap();
    graph.node.drain(..7).for_each(drop);
    graph.node[0].input[0] = graph.input[0].name.clone();
    assert_eq!(read(&bare.encode_to_vec()), read(&model.encode_to_vec()));
    // And those of others are refused by their kind.
    let tensors = vec![tensor("low", &[4], 0), tensor("d", &[4, 3], 0)];
    let error = read(&chain(&[4], &[("Sub", &["low"], vec![]), ("Gemm", &["d"], vec![])], tensors));
    assert!(error.unwrap_err().contains("the node \"n0\", Sub, is of a kind"));
}

#[test]
fn a_model_says_what_goes_in_and_out() {
    let model = Model::decode(&*encoded(&maps())).unwrap();
    assert_eq!((model.ir_version, model.opset_import[0].version), (7, 13));
    assert!(
        model.doc_string.contains("[N, 7, 6, 2], pixels divided by 255"),
        "{}",
        model.doc_string
    );
    let graph = model.graph.unwrap();
    let kinds: Vec<_> = graph.node.iter().map(|node| &*node.op_type).collect();
    let expected = "Transpose Conv Relu MaxPool Conv Relu Transpose Flatten Gemm Relu Gemm Softmax";
    assert_eq!(kinds.join(" "), expected);
    assert_eq!((&*graph.input[0].name, &*graph.output[0].name), ("input", "probabilities"));
    // Keras' "same" for 7x6 values, a kernel of 2x3 and strides of 2x1: a row below, a column on each side.
    assert_eq!(tensor::ints(&graph.node[1], "pads"), [0, 1, 1, 1]);
    assert_eq!(graph.initializer[0].dims, [3, 2, 2, 3]);
}

#[test]
fn a_convolution_behind_a_dense_layer_is_refused() {
    let pool = "pool:1".parse::<crate::config::Hidden>().unwrap().layer();
    let layers = [dense(3, Activation::Relu), pool, dense(2, Activation::Softmax)];
    let network = Network::new(Shape::flat(4), &layers).unwrap();
    let none = Description::default();
    let error = encode(&network, &vec![0.0; network.parameters()], &none).unwrap_err().to_string();
    assert!(error.contains("max_pooling2d stands behind a dense layer"), "{error}");
    assert!(encode(&network, &[], &none).is_err());
}

fn tensor(name: &str, dims: &[i64], start: i32) -> Tensor {
    let count = dims.iter().product::<i64>() as i32;
    let float_data = (start..start + count).map(|index| (index * 7 % 13) as f32 - 6.0).collect();
    let dims = dims.to_vec();
    Tensor {
        dims,
        data_type: proto::FLOAT,
        float_data,
        name: name.to_string(),
        ..Tensor::default()
    }
}

fn ints(name: &str, ints: &[i64]) -> Attribute {
    Attribute { name: name.to_string(), ints: ints.to_vec(), ..Attribute::default() }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_string(), i: Some(value), ..Attribute::default() }
}

/// A node: its kind, inputs behind the value, attributes.
type Step<'a> = (&'a str, &'a [&'a str], Vec<Attribute>);

/// A chain of nodes on samples of these sides, 0 for one that is not known.
fn chain(sides: &[i64], nodes: &[Step<'_>], tensors: Vec<Tensor>) -> Vec<u8> {
    let node = |(index, (kind, more, attribute)): (usize, &Step<'_>)| Node {
        input: std::iter::once(format!("v{index}"))
            .chain(more.iter().map(ToString::to_string))
            .collect(),
        output: vec![format!("v{}", index + 1)],
        name: format!("n{index}"),
        op_type: kind.to_string(),
        attribute: attribute.clone(),
        domain: String::new(),
    };
    let dim = |side: &i64| Dimension { dim_value: Some(*side).filter(|s| *s > 0), dim_param: None };
    let dim = std::iter::once(&0).chain(sides).map(dim).collect();
    let tensor_type = TensorType { elem_type: 1, shape: Some(TensorShape { dim }) };
    let input =
        ValueInfo { name: "v0".to_string(), r#type: Some(Type { tensor_type: Some(tensor_type) }) };
    let output = ValueInfo { name: format!("v{}", nodes.len()), r#type: None };
    let graph = Graph {
        node: nodes.iter().enumerate().map(node).collect(),
        name: String::new(),
        initializer: tensors,
        input: vec![input],
        output: vec![output],
    };
    Model { ir_version: 8, graph: Some(graph), ..Model::default() }.encode_to_vec()
}

/// A CNN as PyTorch exports it: channels first, the ReLU behind the pooling, weights [out, in].
fn pytorch() -> Vec<u8> {
    let same = vec![ints("pads", &[1, 1, 1, 1]), ints("strides", &[1, 1])];
    let pool = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    let tensors = vec![
        tensor("c", &[3, 1, 3, 3], 0),
        tensor("cb", &[3], 5),
        tensor("d", &[2, 12], 1),
        tensor("db", &[2], 3),
    ];
    chain(
        &[1, 4, 4],
        &[
            ("Conv", &["c", "cb"], same),
            ("MaxPool", &[], pool),
            ("Relu", &[], vec![]),
            ("Flatten", &[], vec![int("axis", 1)]),
            ("Gemm", &["d", "db"], vec![int("transB", 1)]),
        ],
        tensors,
    )
}

#[test]
fn a_network_of_pytorch_gets_its_kernels_in_keras_order() {
    let champion = read(&pytorch()).unwrap();
    assert_eq!(network_name(champion.network()), "conv:3x3:same,pool:2,dense:2");
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    let last = network.stages().last().unwrap();
    assert_eq!(last.layer.activation(), Activation::Linear);
    // The logits of the same graph, made with onnx.helper of ONNX 1.23.2, by onnxruntime 1.32.0.
    let sample: Vec<f32> = (0..16).map(|index| (index * 5 % 11) as f32 / 4.0 - 1.0).collect();
    let mut scratch = vec![0.0; network.scratch_length()];
    let own = logits(network, genome, &sample, &mut scratch).unwrap();
    assert_eq!(own, PYTORCH, "{own:?}");
}

/// Sums of quarters, which are exact in any order.
const PYTORCH: [f32; 2] = [183.75, -23.0];

#[test]
fn a_network_of_keras_by_tf2onnx_is_read() {
    let valid = vec![
        ints("kernel_shape", &[2, 2]),
        Attribute { s: Some(b"VALID".to_vec()), ..int("auto_pad", 0) },
    ];
    let shape = |name: &str, values: &[i64]| Tensor {
        dims: vec![values.len() as i64],
        data_type: proto::INT64,
        int64_data: values.to_vec(),
        name: name.to_string(),
        ..Tensor::default()
    };
    let bytes = chain(
        &[3, 3, 1],
        &[
            ("Reshape", &["to"], vec![]),
            ("Conv", &["c"], valid),
            ("Add", &["cb"], vec![]),
            ("Relu", &[], vec![]),
            ("Transpose", &[], vec![ints("perm", &[0, 2, 3, 1])]),
            ("Reshape", &["flat"], vec![]),
            ("MatMul", &["d"], vec![]),
            ("Add", &["db"], vec![]),
            ("Softmax", &[], vec![int("axis", -1)]),
        ],
        vec![
            shape("to", &[-1, 1, 3, 3]),
            shape("flat", &[-1, 8]),
            tensor("c", &[2, 1, 2, 2], 0),
            tensor("cb", &[1, 2, 1, 1], 4),
            tensor("d", &[8, 3], 2),
            tensor("db", &[3], 9),
        ],
    );
    let champion = read(&bytes).unwrap();
    assert_eq!(network_name(champion.network()), "conv:2x2,dense:3");
    let Weights::Floats(network, genome) = &champion.weights else { panic!() };
    assert_eq!(network.input(), Shape { height: 3, width: 3, channels: 1 });
    let stage = |index: usize| network.stages()[index];
    assert_eq!(genome[stage(0).bias()], tensor("", &[2], 4).float_data);
    assert_eq!(genome[stage(2).kernel()], tensor("", &[24], 2).float_data);
    assert_eq!(genome[stage(2).bias()], tensor("", &[3], 9).float_data);
}

// long: a table of cases
#[test]
fn what_no_layer_stands_for_is_refused_with_its_node() {
    let weights = || vec![tensor("d", &[4, 3], 0), tensor("e", &[3, 3], 0), tensor("b", &[2], 0)];
    let gemm: Step<'_> = ("Gemm", &["d"], vec![]);
    let cases: [(&[i64], Vec<Step<'_>>, &str); 16] = [
        (&[4], vec![gemm.clone(), ("Tanh", &[], vec![])], "the node \"n1\", Tanh, is of a kind"),
        (&[4], vec![("BatchNormalization", &["d"], vec![])], "\"n0\", BatchNormalization"),
        (&[5], vec![gemm.clone()], "takes 4 inputs, and there are 5"),
        (&[4], vec![("Gemm", &["d", "b"], vec![])], "a bias of shape [2] for 3 outputs"),
        (&[4], vec![("Gemm", &["x"], vec![])], "takes \"x\", which is no constant"),
        (&[4], vec![("Gemm", &["d"], vec![int("transA", 1)])], "transA"),
        (&[4], vec![("Relu", &[], vec![]), gemm.clone()], "behind no layer with weights"),
        (&[4], vec![gemm.clone(), ("Softmax", &[], vec![int("axis", 0)])], "right behind a dense"),
        (
            &[4],
            vec![gemm.clone(), ("Softmax", &[], vec![]), ("Gemm", &["e"], vec![])],
            "only the last layer can have",
        ),
        (&[4], vec![("Identity", &[], vec![])], "no vector of classes"),
        (&[2, 2], vec![gemm.clone()], "must be flattened"),
        (&[2, 3, 4], vec![("Flatten", &[], vec![]), gemm.clone()], "give --input"),
        (&[1, 2, 2], vec![("Flatten", &[], vec![int("axis", 2)]), gemm.clone()], "axis other"),
        (&[1, 0, 2], vec![("MaxPool", &[], vec![ints("kernel_shape", &[2, 2])])], "--input"),
        (
            &[1, 4, 4],
            vec![(
                "MaxPool",
                &[],
                vec![ints("kernel_shape", &[2, 2]), ints("pads", &[1, 1, 1, 1])],
            )],
            "has pads [1, 1, 1, 1]",
        ),
        (
            &[1, 4, 4],
            vec![("MaxPool", &[], vec![ints("kernel_shape", &[2, 2]), ints("dilations", &[2, 2])])],
            "dilations",
        ),
    ];
    for (sides, nodes, reason) in cases {
        let error = read(&chain(sides, &nodes, weights())).unwrap_err();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let described = NetworkHint { network: Some(Vec::new()), input: None };
    let error = parse(&pytorch(), &described).unwrap_err().to_string();
    assert!(error.contains("an ONNX model says its network"), "{error}");
    let mut nan = tensor("d", &[4, 3], 0);
    nan.float_data[5] = f32::NAN;
    assert!(read(&chain(&[4], &[gemm], vec![nan])).unwrap_err().contains("weight 5 is NaN"));
}

#[test]
fn an_input_of_unknown_order_is_the_one_that_is_given() {
    let nodes: [Step<'_>; 2] = [("Flatten", &[], vec![]), ("Gemm", &["d"], vec![])];
    let bytes = chain(&[2, 3, 4], &nodes, vec![tensor("d", &[24, 3], 0)]);
    let rows = |height, width, channels| {
        let input = Some(Shape { height, width, channels });
        let champion = parse(&bytes, &NetworkHint { network: None, input }).unwrap();
        let Weights::Floats(network, genome) = &champion.weights else { panic!() };
        assert_eq!(Some(network.input()), input);
        genome[..6].to_vec()
    };
    let all = tensor("d", &[24, 3], 0).float_data;
    assert_eq!(rows(2, 3, 4), all[..6]);
    // Channels first: the second value of Keras is the first one of the second channel, 12 rows on.
    assert_eq!(rows(3, 4, 2), [&all[..3], &all[36..39]].concat());
}

#[test]
fn a_node_behind_more_layers_than_a_network_has_is_refused_before_it_is_read() {
    // Had the weights of the last node been looked for, they would be missing.
    let mut nodes: Vec<Step<'_>> = vec![("Gemm", &["e"], vec![]); 17];
    nodes.push(("Gemm", &["x"], vec![]));
    let error = read(&chain(&[3], &nodes, vec![tensor("e", &[3, 3], 0)])).unwrap_err();
    assert!(error.contains("\"n17\", Gemm, stands behind more than 16 layers"), "{error}");
}

#[test]
fn a_description_that_does_not_fit_the_network_is_refused() {
    let refused = |change: &dyn Fn(&mut Model)| {
        let description = Description {
            normalisation: Normalisation::new(vec![0.0; 2], vec![1.0; 2]),
            class_names: ["cat", "dog", "bird"].map(String::from).to_vec(),
        };
        let mut model = Model::decode(&*encoded(&maps().described(description))).unwrap();
        change(&mut model);
        read(&model.encode_to_vec()).unwrap_err()
    };
    let replaced = |from: &str, to: &str| {
        refused(&|model| {
            for property in &mut model.metadata_props {
                property.value = property.value.replace(from, to);
            }
        })
    };
    for (from, to, reason) in [
        (",\"bird\"", "", "2 class names for 3 classes"),
        ("divided by 255", "raw", "pixels are \"raw\""),
        ("\"pixels\"", "\"", "contradicts"),
        ("[1.0,1.0]", "[1.0]", "one value for each of 2 channels"),
        ("[1.0,1.0]", "[1.0,-1.0]", "no range of finite numbers"),
        ("[1.0,1.0]", "[1.0,", "normalisation/high: "),
    ] {
        let error = replaced(from, to);
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let error = refused(&|model| model.metadata_props.retain(|it| !it.key.ends_with("low")));
    assert!(error.contains("there is one only"), "{error}");
}
