//! A bare program that touches every module of the core. It is linked, never run.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;
use tinyevo_core::batch::{self, Entry, List, Prepared, SparseSamples};
use tinyevo_core::evolution::{EaSimple, Layout};
use tinyevo_core::fitness::{self, Confusion, Direction, Measure};
use tinyevo_core::hall_of_fame::HallOfFame;
use tinyevo_core::hash::Fnv1a;
use tinyevo_core::layers::{Activation, Dense, Layer};
use tinyevo_core::network::{Network, Shape};
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::quantized::{Model, Quantized, quantize};
use tinyevo_core::rng::{Purpose, stream};
use tinyevo_core::statistics::Statistics;

const GENES: usize = 4 * 3 + 3;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    black_box(everything());
    loop {}
}

#[cfg(feature = "control")]
extern crate alloc;

#[cfg(feature = "control")]
#[unsafe(no_mangle)]
pub extern "C" fn control() {
    black_box(alloc::boxed::Box::new(1));
}

fn everything() -> Option<u64> {
    let layers = [Layer::Dense(Dense { units: 3, activation: Activation::Softmax })];
    let network = Network::new(Shape::flat(4), &layers).ok()?;
    let (mut parents, mut offspring) = ([0.0; 4 * GENES], [0.0; 4 * GENES]);
    let layout = Layout::dense(GENES);
    let (samples, labels) = ([0_u8, 255, 3, 9, 1, 2, 3, 4], [1, 2]);
    let (mut fitness, mut scratch) = ([0.0; 4], [0.0; 8]);
    for (index, fitness) in fitness.iter_mut().enumerate() {
        let genome = layout.genome_mut(&mut parents, index)?;
        let mut rng = stream(1, 0, index as u32, Purpose::Initialise);
        Initialisation::He.fill(&network, genome, &mut rng).ok()?;
        let score = fitness::evaluate(&network, genome, &samples, &labels, &mut scratch, true);
        *fitness = Measure::CrossEntropy.value(&score.ok()?);
    }
    let algorithm = EaSimple {
        selection: black_box(Selection::Tournament { size: 2 }),
        crossover: black_box(Crossover::Mean),
        crossover_probability: 0.5,
        mutation: black_box(Mutation::Gaussian { probability: 0.5, sigma: 0.1 }),
        mutation_probability: 0.5,
        elites: 1,
        direction: Direction::Minimise,
    };
    let (mut picks, mut changed) = ([0; 4], [false; 4]);
    algorithm
        .generation(layout, &parents, &fitness, &mut offspring, &mut picks, &mut changed, 1, 1)
        .ok()?;
    let mut hall = HallOfFame::<2>::new(GENES, Direction::Minimise);
    let mut store = [0.0; 2 * GENES];
    hall.update(layout, &offspring, &fitness, &mut store).ok()?;

    let (mut lists, mut entries) = ([List::default(); 2], [Entry::default(); 8]);
    let used = batch::encode(&samples, 4, &mut lists, &mut entries).ok()?;
    let starts = [0, used as u32];
    let sparse = SparseSamples::new(4, &starts, &lists, &entries, &labels).ok()?;
    let (mut packed, mut activations) = ([0.0; 128], [0.0; 2 * 256 * 16]);
    let prepared = Prepared::<1>::new(&network, hall.genome(0, &store)?, &mut packed).ok()?;
    let score = prepared.score(sparse, &mut activations, true).ok()?;
    let quantized =
        Quantized { weights: &mut [0; 12], bias: &mut [0; 3], multipliers: &mut [0; 3] };
    let (kernel, bias) = hall.genome(0, &store)?.split_at_checked(12)?;
    let layer = quantize(kernel, bias, 1.0 / 255.0, None, quantized).ok()?;
    let model = Model::new(&[layer]).ok()?;
    black_box(model.classify(black_box(&[1, 0, 2, 3]), &mut [0; 3], &mut [0; 3]).ok()?);
    let mut counts = [0; 9];
    Confusion::new(&mut counts, 3).ok()?.add(1, score.correct as usize);
    let mut hash = Fnv1a::new();
    hash.floats(&offspring);
    hash.floats(&[Statistics::of(&fitness).avg as f32]);
    Some(hash.finish())
}
