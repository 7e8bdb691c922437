//! What docs/convolution.md says of memory, against what the filter-wise algorithms ask for.

use tinyevo_core::evolution::{Algorithm, FilterEs, FilterGa, Lengths};
use tinyevo_core::fitness::Measure;
use tinyevo_core::layers::{Activation, Conv2d, Dense, Flatten, Layer, MaxPool2d, Window};
use tinyevo_core::network::Network;
use tinyevo_core::objective::Samples;
use tinyevo_core::shape::Shape;

const DOCS: &str = include_str!("../../docs/convolution.md");
const INPUT: Shape = Shape { height: 28, width: 28, channels: 1 };
const CLASSES: usize = 10;

/// A hidden layer: inputs and number of its filters, places of a map of its sums, and of one behind its pooling.
#[derive(Clone, Copy)]
struct Hidden {
    inputs: usize,
    filters: usize,
    sums: usize,
    map: usize,
}

/// A column of the table in the documentation.
struct Column {
    /// Of the state, for each weight.
    state: usize,
    /// Shared, for each weight.
    copies: usize,
    /// For each pair of mutants.
    pair: usize,
    /// Of a thread, for each direction.
    thread: usize,
}

const ES: Column = Column { state: 3, copies: 2, pair: 1, thread: 3 };
const GA: Column = Column { state: 1, copies: 4, pair: 2, thread: 4 };

/// The rows of the table; all but those of a thread are rounded up to a multiple of 16.
fn table(hidden: &[Hidden], images: usize, (early, late): (usize, usize), of: &Column) -> Lengths {
    let whole = |count: usize| count.next_multiple_of(16);
    let last = hidden.last().unwrap();
    let (features, groups) = (last.filters * last.map, images.div_ceil(16));
    let outputs = (features + 1) * CLASSES;
    let own: usize = hidden.iter().map(|own| (own.inputs + 1) * own.filters).sum();
    let weights = whole(own + outputs);
    let maps: usize = hidden.iter().map(|own| own.filters * (own.sums + own.map)).sum();
    let maps = INPUT.elements() + maps + 2 * CLASSES;
    let (mut directions, mut pairs, mut all, mut responses, mut changes) = (0, 0, 0, 0, 0);
    for (index, own) in hidden.iter().enumerate() {
        let k = if index + 1 == hidden.len() { late } else { early };
        directions += (own.inputs + 1) * whole(k) + whole((own.inputs + 1) * k);
        pairs += own.filters * k;
        all += whole(own.filters) * k;
        responses = responses.max(own.sums * k);
        changes = changes.max(2 * own.map);
    }
    let block = whole(16 * (1 + CLASSES + features) + of.pair * pairs);
    let shared = of.copies * weights + directions + groups * (16 * 3 + block) + of.pair * all;
    let scratch = of.thread * early.max(late) + 2 * CLASSES;
    Lengths {
        state: of.state * weights + 2,
        spare: 0,
        shared: shared + whole(outputs),
        picks: images,
        scores: 0,
        part: 16 * (2 * maps + responses + changes + scratch),
    }
}

fn lengths(layers: &[Layer], images: usize) -> [Lengths; 2] {
    let network = Network::new(INPUT, layers).unwrap();
    let (samples, labels) = (vec![0; images * INPUT.elements()], vec![0; images]);
    let measure = Measure::CrossEntropy;
    let objective = Samples { network: &network, samples: &samples[..], labels: &labels, measure };
    [FilterEs::USUAL.lengths(&network, &objective), FilterGa::USUAL.lengths(&network, &objective)]
}

fn conv(filters: usize, size: usize) -> Layer {
    let (window, activation) = (Window::slides(size), Activation::Relu);
    Layer::Conv2d(Conv2d { filters, window, activation })
}

fn pool(size: usize) -> Layer {
    Layer::MaxPool2d(MaxPool2d { window: Window::tiles(size) })
}

fn dense(units: usize, activation: Activation) -> Layer {
    Layer::Dense(Dense { units, activation })
}

const FLATTEN: Layer = Layer::Flatten(Flatten);

#[test]
fn memory_is_that_of_the_table_in_the_documentation() {
    let last = dense(CLASSES, Activation::Softmax);
    let hidden = |inputs, filters, sums, map| Hidden { inputs, filters, sums, map };
    let cnn = [conv(10, 5), pool(2), conv(24, 5), pool(2), FLATTEN, last];
    let tiny = [conv(8, 5), pool(2), conv(20, 3), pool(5), FLATTEN, last];
    let deep = [conv(3, 5), FLATTEN, dense(17, Activation::Relu), last];
    let of_cnn = [hidden(25, 10, 24 * 24, 12 * 12), hidden(250, 24, 8 * 8, 4 * 4)];
    let of_tiny = [hidden(25, 8, 24 * 24, 12 * 12), hidden(72, 20, 10 * 10, 2 * 2)];
    let of_deep = [hidden(25, 3, 24 * 24, 24 * 24), hidden(1728, 17, 1, 1)];
    for (layers, hidden) in [(&cnn[..], of_cnn), (&tiny, of_tiny), (&deep, of_deep)] {
        for images in [1, 16, 256, 1000] {
            let expected = [ES, GA].map(|column| table(&hidden, images, (4, 16), &column));
            assert_eq!(lengths(layers, images), expected);
        }
    }
}

#[test]
fn the_numbers_in_the_documentation_are_those_of_the_preset() {
    let last = dense(CLASSES, Activation::Softmax);
    let cnn = [conv(10, 5), pool(2), conv(24, 5), pool(2), FLATTEN, last];
    // With a comma before the last three digits.
    let text = |count: usize| format!("{},{:03}", count / 1000, count % 1000);
    for (name, own) in ["filter-es", "filter-ga"].into_iter().zip(lengths(&cnn, 256)) {
        let [state, shared, part] = [own.state, own.shared, own.part].map(text);
        let row = format!("| `{name}` | {state} | {shared} | {part} |");
        assert!(DOCS.contains(&row), "docs/convolution.md lacks the row {row}");
    }
}
