//! After the first generation nothing is allocated any more, and memory grows by the population's
//! bytes and nothing else. Its own program, as it counts all allocations of the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tinyevo::config::{Algorithm, Batch, Hidden, Preset};
use tinyevo::data::{self, Dataset, Options, Request, Silent};
use tinyevo::encoded::EncodedSplit;
use tinyevo::feed::{Feed, Fixed, Minibatches};
use tinyevo::run::{Run, Settings};
use tinyevo::threads::Threads;
use tinyevo::threads::isa::Isa;
use tinyevo_core::schedule::Schedule;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is the system allocator's, with its arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One test, as two would count each other's allocations.
#[test]
fn generations_allocate_nothing_and_memory_grows_by_the_population() {
    let options =
        Options { builtin_train: 300, builtin_test: 100, offline: true, ..Options::default() };
    let dataset = data::load(&Request::Builtin, &options, &Silent).unwrap();
    whole_genomes(&dataset);
    let maps = ["conv:2x5:3", "pool:2", "dense:6"].map(|layer| layer.parse().unwrap());
    for (preset, hidden) in [
        (Preset::Es, vec![16.into(), 12.into()]),
        (Preset::Coevolution, vec![16.into(), 12.into()]),
        (Preset::LowRank, vec![16.into(), 12.into()]),
        (Preset::LowRank, maps.to_vec()),
        (Preset::Cnn, maps.to_vec()),
    ] {
        one_parent(preset, hidden, &dataset);
    }
}

/// The allocations of 63 generations.
fn allocations<A, F>(run: &mut Run<'_, A, F>) -> usize
where
    F: Feed + Send,
    A: tinyevo_core::evolution::Algorithm<F::Objective> + Send + Sync,
{
    let before = ALLOCATIONS.load(Relaxed);
    for _ in 0..63 {
        run.step().unwrap();
    }
    ALLOCATIONS.load(Relaxed) - before
}

/// A run of a preset on distorted batches.
fn one_parent(preset: Preset, hidden: Vec<Hidden>, dataset: &Dataset) {
    let mut config = preset.config_for(Duration::from_secs(60));
    config.network.hidden = hidden;
    let network = config.network(dataset.shape(), dataset.classes()).unwrap();
    let mut threads = Threads::new(2, Isa::detect()).unwrap();
    threads.pool().unwrap().broadcast(|_| ());
    let batch = Batch { size: Schedule::Constant { value: 100.0 }, ..config.batch.unwrap() };
    let (measure, train) = (config.fitness.measure, &dataset.train);
    let feed = Minibatches::new(&network, measure, train, batch, config.seed).unwrap();
    let settings = Settings { seed: config.seed, length: 99, stop: config.stop, identity: 0 };
    macro_rules! count {
        ($algorithm:expr) => {{
            let mut run = Run::new(settings, $algorithm, &network, feed, &mut threads).unwrap();
            run.start().unwrap();
            run.step().unwrap();
            allocations(&mut run)
        }};
    }
    let more = match config.algorithm {
        Algorithm::NeuronEs(algorithm) => count!(algorithm),
        Algorithm::FilterEs(algorithm) => count!(algorithm),
        Algorithm::FilterGa(algorithm) => count!(algorithm),
        Algorithm::NeuronGa(algorithm) => count!(algorithm),
        Algorithm::LowRankEs(algorithm) => count!(algorithm),
        Algorithm::EaSimple(_) => unreachable!(),
    };
    // As above; a generation enters the pool at most 16 times.
    assert!(more <= 16 + 1, "{more} allocations in 63 generations of {preset}");
}

fn whole_genomes(dataset: &Dataset) {
    let mut config = Preset::Tutorial.config();
    config.network.hidden = vec![16.into()];
    let network = config.network(dataset.shape(), dataset.classes()).unwrap();
    let encoded = EncodedSplit::new(&dataset.test, &network).unwrap();
    let genes = network.parameters().next_multiple_of(16);

    // One for both: threads that start or end beside a measurement would count.
    let mut threads = Threads::new(2, Isa::detect()).unwrap();
    threads.pool().unwrap().broadcast(|_| ());
    let objective = encoded.objective(&network, config.fitness.measure, false).unwrap();
    let settings = Settings { seed: config.seed, length: 0, stop: config.stop, identity: 0 };
    // The working memory of the threads is the same for both.
    threads.reserve(tinyevo_core::objective::Objective::room(&objective)).unwrap();
    let mut held = [0; 2];
    for (held, population) in held.iter_mut().zip([20, 120]) {
        let Algorithm::EaSimple(algorithm) = &mut config.algorithm else { unreachable!() };
        algorithm.population = population;
        let before = BYTES.load(Relaxed);
        let mut run =
            Run::new(settings, *algorithm, &network, Fixed(&objective), &mut threads).unwrap();
        run.start().unwrap();
        run.step().unwrap();
        *held = BYTES.load(Relaxed) - before;
        let more = allocations(&mut run);
        // The queue through which work enters rayon's pool allocates a block of 63 slots now and
        // then; 63 generations enter it 126 times.
        assert!(more <= 126 / 63 + 1, "{more} allocations in 63 generations of {population}");
    }
    let (grown, genomes) = (held[1] - held[0], 2 * 100 * genes * size_of::<f32>());
    println!("{grown} bytes for 100 individuals more, whose genomes, twice, are {genomes}");
    // Per individual a fitness, a score per block, a pick and flags.
    assert!(grown >= genomes && grown < genomes + 100 * 256, "{grown} for {genomes}");
}
