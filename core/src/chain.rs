//! A network as a chain of links: a convolution or dense layer, the poolings behind it, and the activation.
//!
//! A dense layer is a convolution whose window is its whole input, with the same order of weights, so one kind of
//! link serves both. Pooling comes before the activation, which changes no bit of ReLU's and saves its work. Sums that no
//! pooling reads are left out.

use crate::layers::window::Side;
use crate::layers::{Activation, Layer};
use crate::network::{MAX_LAYERS, Network, Stage};
use crate::shape::Shape;

/// The moves of a window along rows and along columns.
pub(crate) type Sides = (Side, Side);

/// A layer with weights, and what follows it up to the next one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// Shape of the input.
    pub(crate) input: Shape,
    /// The moves of the kernel; as many outputs as the poolings read.
    pub(crate) sides: Sides,
    /// Number of filters, or of units.
    pub(crate) filters: usize,
    /// Number of filters of all links before it.
    pub(crate) first_filter: usize,
    /// Whether the activation is ReLU; else there is none.
    pub(crate) relu: bool,
    /// Where its kernel starts in the genome; its bias follows the kernel.
    pub(crate) kernel: usize,
    /// The poolings, by index: from the first on, so many.
    pools: (usize, usize),
    /// Shape of the output.
    pub(crate) output: Shape,
    /// Where the input, the sums and the output start in the memory of a lane group of samples, in lanes. The
    /// sums are `[filter][row][column]`, the others `[row][column][channel]`.
    pub(crate) input_at: usize,
    pub(crate) sums_at: usize,
    pub(crate) output_at: usize,
}

impl Link {
    /// Number of inputs of a filter: the kernel has so many rows of `filters` weights.
    pub(crate) const fn inputs(&self) -> usize {
        self.area().saturating_mul(self.input.channels)
    }

    /// Number of places of the kernel.
    pub(crate) const fn area(&self) -> usize {
        self.sides.0.size.saturating_mul(self.sides.1.size)
    }

    /// Number of sums of a filter.
    pub(crate) const fn places(&self) -> usize {
        self.sides.0.outputs.saturating_mul(self.sides.1.outputs)
    }

    /// Number of sums of all filters.
    pub(crate) const fn sums(&self) -> usize {
        self.places().saturating_mul(self.filters)
    }

    /// Number of weights, the bias included.
    pub(crate) const fn parameters(&self) -> usize {
        self.inputs().saturating_add(1).saturating_mul(self.filters)
    }

    /// The kernel and the bias in a genome.
    pub(crate) fn weights<'g>(&self, genome: &'g [f32]) -> (&'g [f32], &'g [f32]) {
        let own = genome.get(self.kernel..).unwrap_or(&[]);
        let own = own.get(..self.parameters()).unwrap_or(&[]);
        let kernel = self.inputs().saturating_mul(self.filters);
        own.split_at_checked(kernel).unwrap_or_default()
    }
}

const NO_SIDE: Side = Side::none();

const NO_LINK: Link = Link {
    input: Shape::flat(0),
    sides: (NO_SIDE, NO_SIDE),
    filters: 0,
    first_filter: 0,
    relu: false,
    kernel: 0,
    pools: (0, 0),
    output: Shape::flat(0),
    input_at: 0,
    sums_at: 0,
    output_at: 0,
};

/// The links of a network.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    links: [Link; MAX_LAYERS],
    count: usize,
    pools: [Sides; MAX_LAYERS],
    pool_count: usize,
    /// Shape of a sample, and number of poolings of the sample itself.
    pub(crate) input: Shape,
    lead: usize,
    /// Shape of what the first link takes.
    pub(crate) first: Shape,
    /// Lanes of the memory of a lane group of samples: the sample, and what every link makes of it.
    pub(crate) lanes: usize,
}

impl Chain {
    /// The chain of a network; `None` if it has no layer with weights, or a convolution behind a vector.
    pub(crate) fn of(network: &Network) -> Option<Self> {
        let input = network.input();
        let mut chain = Self {
            links: [NO_LINK; MAX_LAYERS],
            count: 0,
            pools: [(NO_SIDE, NO_SIDE); MAX_LAYERS],
            pool_count: 0,
            input,
            lead: 0,
            first: input,
            lanes: 0,
        };
        let (mut shape, mut flat) = (input, false);
        for stage in network.stages() {
            match stage.layer {
                Layer::Dense(_) => {
                    let sides = (Side::whole_of(shape.height), Side::whole_of(shape.width));
                    shape = chain.link(stage, shape, sides)?;
                    flat = false;
                }
                Layer::Conv2d(conv) if !flat => {
                    shape = chain.link(stage, shape, conv.window.sides(shape)?)?;
                }
                Layer::MaxPool2d(pool) if !flat => {
                    shape = chain.pool(pool.window.sides(shape)?, stage.output)?;
                }
                Layer::Flatten(_) => flat = flat || shape.height.saturating_mul(shape.width) > 1,
                // Pooling of a vector, whose height and width are 1, changes nothing.
                Layer::MaxPool2d(_) => {}
                Layer::Conv2d(_) => return None,
            }
        }
        chain.leave_margins();
        chain.place();
        (chain.count > 0).then_some(chain)
    }

    fn link(&mut self, stage: &Stage, input: Shape, sides: Sides) -> Option<Shape> {
        let link = self.links.get_mut(self.count)?;
        let filters = stage.output.channels;
        let output = Shape { height: sides.0.outputs, width: sides.1.outputs, channels: filters };
        *link = Link {
            input,
            sides,
            filters,
            relu: stage.layer.activation() == Activation::Relu,
            kernel: stage.kernel_start,
            pools: (self.pool_count, 0),
            output,
            ..NO_LINK
        };
        self.count = self.count.saturating_add(1);
        Some(output)
    }

    fn pool(&mut self, sides: Sides, output: Shape) -> Option<Shape> {
        *self.pools.get_mut(self.pool_count)? = sides;
        self.pool_count = self.pool_count.saturating_add(1);
        match self.links.get_mut(..self.count).unwrap_or_default().last_mut() {
            Some(link) => {
                link.pools.1 = link.pools.1.saturating_add(1);
                link.output = output;
            }
            None => {
                self.lead = self.lead.saturating_add(1);
                self.first = output;
            }
        }
        Some(output)
    }

    /// Leaves out the sums that no pooling reads.
    fn leave_margins(&mut self) {
        for link in self.links.iter_mut().take(self.count) {
            let (first, count) = link.pools;
            let pools = self.pools.get_mut(first..first.saturating_add(count)).unwrap_or_default();
            let mut wanted = (usize::MAX, usize::MAX);
            for (rows, columns) in pools.iter_mut().rev() {
                *rows = rows.with_outputs(wanted.0);
                *columns = columns.with_outputs(wanted.1);
                wanted = (rows.reach(), columns.reach());
            }
            let (rows, columns) = link.sides;
            link.sides = (rows.with_outputs(wanted.0), columns.with_outputs(wanted.1));
        }
    }

    /// Counts the filters, and gives each map its place in the memory of a lane group.
    fn place(&mut self) {
        let mut input_at = if self.lead > 0 { self.input.elements() } else { 0 };
        let mut next = input_at.saturating_add(self.first.elements());
        let mut first_filter = 0_usize;
        for link in self.links.iter_mut().take(self.count) {
            link.first_filter = first_filter;
            first_filter = first_filter.saturating_add(link.filters);
            link.input_at = input_at;
            link.sums_at = next;
            link.output_at = next.saturating_add(link.sums());
            next = link.output_at.saturating_add(link.output.elements());
            input_at = link.output_at;
        }
        self.lanes = next;
    }

    /// All links, the output layer last.
    pub(crate) fn links(&self) -> &[Link] {
        self.links.get(..self.count).unwrap_or(&[])
    }

    /// The poolings behind a link.
    pub(crate) fn pools(&self, link: &Link) -> &[Sides] {
        let (first, count) = link.pools;
        self.pools.get(first..first.saturating_add(count)).unwrap_or(&[])
    }

    /// The poolings of the sample itself.
    pub(crate) fn lead(&self) -> &[Sides] {
        self.pools.get(..self.lead).unwrap_or(&[])
    }

    /// Number of outputs of the last link.
    pub(crate) fn outputs(&self) -> usize {
        self.links().last().map_or(0, |link| link.output.elements())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Conv2d, Dense, Flatten, MaxPool2d, Padding, Window};

    fn conv(filters: usize, window: Window) -> Layer {
        Layer::Conv2d(Conv2d { filters, window, activation: Activation::Relu })
    }

    fn pool(size: usize) -> Layer {
        Layer::MaxPool2d(MaxPool2d { window: Window::tiles(size) })
    }

    fn dense(units: usize, activation: Activation) -> Layer {
        Layer::Dense(Dense { units, activation })
    }

    #[test]
    fn a_dense_layer_is_a_convolution_of_its_whole_input_and_margins_are_left_out() {
        let input = Shape { height: 28, width: 28, channels: 1 };
        let layers = [
            conv(8, Window::slides(5)),
            pool(2),
            conv(20, Window::slides(3)),
            pool(5),
            Layer::Flatten(Flatten),
            dense(10, Activation::Softmax),
        ];
        let network = Network::new(input, &layers).unwrap();
        assert_eq!(network.parameters(), 8 * 26 + 20 * 73 + 81 * 10);
        let chain = Chain::of(&network).unwrap();
        let [first, second, last] = chain.links() else { panic!("{chain:?}") };
        // 24 rows are pooled to 12; a kernel of 3 makes 10 of them.
        assert_eq!((first.places(), first.output.elements()), (24 * 24, 12 * 12 * 8));
        assert_eq!((second.places(), second.output.elements()), (10 * 10, 2 * 2 * 20));
        assert_eq!((last.inputs(), last.places(), last.output), (80, 1, Shape::flat(10)));
        assert_eq!((first.parameters(), second.parameters(), last.parameters()), (208, 1460, 810));
        assert_eq!(last.kernel, network.stages()[5].kernel_start);
        // 13 rows and columns to 6: the last ones are not computed.
        let layers = [conv(2, Window::slides(16)), pool(2), pool(2), dense(3, Activation::Linear)];
        let chain = Chain::of(&Network::new(input, &layers).unwrap()).unwrap();
        let [first, last] = chain.links() else { panic!("{chain:?}") };
        assert_eq!((first.places(), first.output.elements()), (12 * 12, 3 * 3 * 2));
        assert_eq!(chain.pools(first).len(), 2);
        assert_eq!((last.inputs(), last.relu), (18, false));
    }

    #[test]
    fn what_is_no_chain_is_refused() {
        let input = Shape { height: 4, width: 4, channels: 1 };
        let window = Window { padding: Padding::Same, ..Window::slides(3) };
        let layers = [Layer::Flatten(Flatten), conv(2, window)];
        assert!(Chain::of(&Network::new(input, &layers).unwrap()).is_none());
        assert!(Chain::of(&Network::new(input, &[pool(2)]).unwrap()).is_none());
        let layers = [pool(2), conv(2, window), dense(2, Activation::Softmax)];
        let chain = Chain::of(&Network::new(input, &layers).unwrap()).unwrap();
        assert_eq!((chain.lead().len(), chain.first.elements()), (1, 4));
    }
}
