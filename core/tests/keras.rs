//! Networks of Keras with whole-number weights, whose outputs [`inference`] must have to the bit. `keras/layers.py` made them.

use tinyevo_core::inference;
use tinyevo_core::layers::{
    Activation, Conv2d, Dense, Extent, Flatten, Layer, MaxPool2d, Padding, Window,
};
use tinyevo_core::network::Network;
use tinyevo_core::shape::Shape;

/// A window of five numbers: rows and columns of its size and of its stride, and whether its padding is `same`.
fn window(numbers: &[usize]) -> Window {
    let &[height, width, down, right, same] = numbers else { panic!("{numbers:?}") };
    Window {
        size: Extent { height, width },
        stride: Extent { height: down, width: right },
        padding: if same == 1 { Padding::Same } else { Padding::Valid },
    }
}

#[test]
fn outputs_are_those_of_keras() {
    let (mut input, mut layers, mut networks) = (Shape::flat(0), Vec::new(), 0);
    let (mut genome, mut sample) = (Vec::new(), Vec::new());
    for line in include_str!("keras/layers.txt").lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let values = || rest.split(' ').map(|it| it.parse::<f32>().unwrap()).collect::<Vec<_>>();
        let counts: Vec<usize> = rest.split(' ').flat_map(str::parse).collect();
        match (name, &counts[..]) {
            ("input", &[height, width, channels]) => {
                input = Shape { height, width, channels };
                layers.clear();
            }
            ("conv", [filters, rest @ ..]) => layers.push(Layer::Conv2d(Conv2d {
                filters: *filters,
                window: window(rest),
                activation: Activation::Relu,
            })),
            ("pool", numbers) => {
                layers.push(Layer::MaxPool2d(MaxPool2d { window: window(numbers) }));
            }
            ("flatten", _) => layers.push(Layer::Flatten(Flatten)),
            ("dense", &[units, relu]) => {
                let activation = if relu == 1 { Activation::Relu } else { Activation::Linear };
                layers.push(Layer::Dense(Dense { units, activation }));
            }
            ("genome", _) => genome = values(),
            ("sample", _) => sample = values(),
            ("output", _) => {
                let network = Network::new(input, &layers).unwrap();
                assert_eq!(network.parameters(), genome.len(), "{network:?}");
                let mut scratch = vec![f32::NAN; network.scratch_length()];
                let output = inference::logits(&network, &genome, &sample, &mut scratch).unwrap();
                assert_eq!(output, values(), "{network:?}");
                networks += 1;
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!(networks, 60);
}
