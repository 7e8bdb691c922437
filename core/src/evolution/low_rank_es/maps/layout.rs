//! Where each thing lies in the memory of a generation.

use crate::batch::group::lanes_mut;
use crate::chain::{Chain, Link};
use crate::directions::{Blur, Directions};
use crate::evolution::filter::survey::RECORD;
use crate::evolution::low_rank_es::factors::{Factors, Layer};
use crate::evolution::low_rank_es::settings::LowRankEs;
use crate::evolution::low_rank_es::update::{Mutants, take, total};
use crate::network::Network;
use crate::slices::LANES;

/// The layout for a network, a number of samples, and the settings.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) chain: Chain,
    pub(super) factors: Factors,
    /// Number of samples of a batch, and of weights.
    pub(super) samples: usize,
    pub(super) parameters: usize,
    /// The blur of the first link's factors A: none of a convolution.
    pub(super) blur: Blur,
    /// Lane groups of samples on which a pair is scored, if so many count.
    pub(super) groups: usize,
}

impl Layout {
    /// `None` for a network that is no [`Chain`].
    pub(super) fn new(network: &Network, samples: usize, es: &LowRankEs) -> Option<Self> {
        let chain = Chain::of(network)?;
        let first = chain.links().first()?;
        // A window of the whole input is that of a dense layer.
        let (rows, columns) = first.sides;
        let whole = (rows.size, columns.size) == (first.input.height, first.input.width);
        let blur = Blur::new(first.input, es.blur);
        let blur = if whole { blur } else { Blur::none(first.inputs()) };
        let layers = chain.links().iter().map(|link| (link.inputs(), link.filters));
        let factors = Factors::new(layers, es.pairs, es.rank);
        let all = samples.div_ceil(LANES);
        let groups = if es.images == 0 { all } else { all.min(es.images / LANES) };
        let parameters = network.parameters();
        Some(Self { chain, factors, samples, parameters, blur, groups })
    }

    /// The links, each with its factors; the output layer last.
    pub(super) fn links(&self) -> impl ExactSizeIterator<Item = (&Link, &Layer)> {
        self.chain.links().iter().zip(self.factors.layers())
    }

    /// Floats of the parts of the working memory: a lane group of samples, the responses, a column of factors A, the
    /// factors B of a link, and twice all weights.
    fn room_lengths(&self) -> [usize; 6] {
        let first = self.links().next();
        let responses = first.map_or(0, |(link, _)| link.places());
        let responses = responses.saturating_mul(self.factors.rank);
        let column = first.map_or(0, |(_, layer)| layer.rows());
        let widest = self.links().map(|(link, _)| link.filters).max().unwrap_or(0);
        let lanes = |count: usize| count.saturating_mul(LANES);
        let weights = self.parameters;
        [lanes(self.chain.lanes), lanes(responses), column, widest, weights, weights]
    }

    /// Floats of the working memory of a part.
    pub(super) fn room(&self) -> usize {
        let (blur, directions) = (self.blur, self.factors.width(0));
        let row = Directions { blur, inputs: 0, directions, seed: 0 }.room();
        total(&self.room_lengths()).max(row)
    }
}

/// The working memory of a part, divided.
pub(super) struct Room<'r> {
    /// The parent on the samples up to the sums of the first link, and a mutant from there on.
    pub(super) memory: &'r mut [[f32; LANES]],
    /// The responses of the first link's factors A of a pair: `[rank][row][column]`.
    pub(super) responses: &'r mut [[f32; LANES]],
    /// A column of the first link's factors A.
    pub(super) column: &'r mut [f32],
    /// The factors B of a pair and a rank, times their unit.
    pub(super) right: &'r mut [f32],
    /// The change of the weights behind the first link, packed; and the same as it stands in a genome, then the weights
    /// of a mutant.
    pub(super) change: &'r mut [f32],
    pub(super) weights: &'r mut [f32],
}

impl<'r> Room<'r> {
    pub(super) fn new(layout: &Layout, mut room: &'r mut [f32]) -> Self {
        let [memory, responses, column, right, change, weights] =
            layout.room_lengths().map(|length| take(&mut room, length));
        let (memory, responses) = (lanes_mut(memory), lanes_mut(responses));
        Self { memory, responses, column, right, change, weights }
    }
}

/// The regions of the shared memory.
pub(super) struct Regions<'s> {
    /// The packed weights of the parent.
    pub(super) packed: &'s mut [f32],
    /// A record for each lane group of the batch.
    pub(super) records: &'s mut [f32],
    /// The differences of each lane group of pairs on each of its groups of samples.
    pub(super) scores: &'s mut [f32],
    pub(super) mutants: Mutants<'s>,
}

impl<'s> Regions<'s> {
    /// The lengths of the first regions, in their order.
    const fn lengths(layout: &Layout) -> [usize; 3] {
        let records = layout.samples.div_ceil(LANES).saturating_mul(RECORD);
        [layout.parameters, records, layout.factors.pairs.saturating_mul(layout.groups)]
    }

    /// Floats of the shared memory.
    pub(super) fn length(layout: &Layout) -> usize {
        total(&Self::lengths(layout)).saturating_add(Mutants::length(&layout.factors))
    }

    pub(super) fn of(layout: &Layout, mut shared: &'s mut [f32]) -> Self {
        let [packed, records, scores] =
            Self::lengths(layout).map(|length| take(&mut shared, length));
        let mutants = Mutants::take(&layout.factors, &mut shared);
        Self { packed, records, scores, mutants }
    }
}
