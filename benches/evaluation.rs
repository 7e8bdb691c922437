//! Images per second through a candidate network, one thread: the batch path with each instruction set,
//! a dense matrix product as the peer, the plain oracle; encoding; a whole generation; a checkpoint.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;
use tinyevo::bench::dense::{Images, Peer};
use tinyevo::config::{Algorithm, Preset};
use tinyevo::encoded::{EncodedSplit, Form};
use tinyevo::evaluate::score_of;
use tinyevo::feed::{Fixed, Minibatches};
use tinyevo::run::{Run, Settings};
use tinyevo::threads::Threads;
use tinyevo::threads::aligned::Aligned;
use tinyevo::threads::isa::Isa;
use tinyevo_benches::{genome, images, network};
use tinyevo_core::batch::Blocks;
use tinyevo_core::checkpoint::{self, Checkpoint};
use tinyevo_core::fitness::{self, Measure};

/// A tenth of the test images: enough for many blocks.
const IMAGES: usize = 1024;

fn evaluation(criterion: &mut Criterion) {
    let (network, split) = (network(), images(IMAGES));
    let genes = network.parameters();
    let mut aligned = Aligned::try_zeros(genes).expect("memory");
    aligned.as_mut_slice().copy_from_slice(&genome(&network));
    let encoded = EncodedSplit::in_form(&split, Form::Lists).expect("images encode");
    let samples = encoded.samples().expect("images encode");
    let mut group = criterion.benchmark_group("evaluation of 784-128-10");
    group.throughput(Throughput::Elements(IMAGES as u64));
    for isa in Isa::every() {
        let mut threads = Threads::new(1, isa).expect("a thread");
        for (name, measure) in
            [("accuracy", Measure::Accuracy), ("cross-entropy", Measure::CrossEntropy)]
        {
            let objective = Blocks { network: &network, samples, measure, loss: false };
            group.bench_function(format!("batch/{isa}/{name}"), |bencher| {
                bencher.iter(|| {
                    let genome = black_box(aligned.as_slice());
                    score_of(&objective, genome, &mut threads).expect("the genome fits")
                });
            });
        }
    }
    let mut scratch = vec![0.0; network.scratch_length()];
    group.bench_function("oracle", |bencher| {
        bencher.iter(|| {
            let genome = black_box(aligned.as_slice());
            fitness::evaluate(&network, genome, &split.images, &split.labels, &mut scratch, false)
        });
    });
    let dense = Images::new(&split);
    let mut peer = Peer::new(&dense, 128, aligned.as_slice());
    group.bench_function("dense/matrixmultiply", |bencher| bencher.iter(|| peer.classify()));
    group.bench_function("encoding", |bencher| {
        bencher.iter(|| EncodedSplit::in_form(black_box(&split), Form::Lists));
    });
    group.finish();
}

/// A generation of the tutorial's 25 individuals on all images of a minibatch, where the operators
/// count for most, and on more.
fn generation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a generation of 25");
    let config = Preset::Tutorial.config();
    let Algorithm::EaSimple(algorithm) = config.algorithm else { unreachable!() };
    let settings = Settings { seed: config.seed, length: 0, stop: config.stop, identity: 0 };
    for count in [256, IMAGES] {
        let encoded = EncodedSplit::in_form(&images(count), Form::Lists).expect("images encode");
        let (network, samples) = (network(), encoded.samples().expect("images encode"));
        let measure = config.fitness.measure;
        let objective = Blocks { network: &network, samples, measure, loss: false };
        let mut threads = Threads::new(1, Isa::detect()).expect("a thread");
        let mut run = Run::new(settings, algorithm, &network, Fixed(&objective), &mut threads)
            .expect("the preset is in range");
        run.start().expect("the preset is in range");
        // Individuals bred; chance has about 18 of them evaluated.
        group.throughput(Throughput::Elements(25));
        group.bench_function(format!("{count} images"), |bencher| bencher.iter(|| run.step()));
    }
    group.finish();
}

/// A generation of the preset `es` on one thread, with its settings for a second and for ten.
fn es_generation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a generation of es");
    let (network, split) = (network(), images(IMAGES));
    for seconds in [1, 10] {
        let config = Preset::Es.config_for(Duration::from_secs(seconds));
        let (Algorithm::NeuronEs(algorithm), Some(batch)) = (config.algorithm, config.batch) else {
            unreachable!()
        };
        let length = config.planned();
        let settings = Settings { seed: config.seed, length, stop: config.stop, identity: 0 };
        let feed = Minibatches::new(&network, config.fitness.measure, &split, batch, config.seed);
        let mut threads = Threads::new(1, Isa::detect()).expect("a thread");
        let feed = feed.expect("the preset is in range");
        let mut run = Run::new(settings, algorithm, &network, feed, &mut threads)
            .expect("the preset is in range");
        run.start().expect("the preset is in range");
        let name = format!("{} directions, {} images", algorithm.directions, batch.size.ends().0);
        group.bench_function(name, |bencher| bencher.iter(|| run.step()));
    }
    group.finish();
}

/// A checkpoint of the tutorial's population: 10 MB of floats.
fn checkpoints(criterion: &mut Criterion) {
    let state: Vec<f32> = (0..25 * 101_776).map(|index| index as f32).collect();
    let length = checkpoint::length(state.len());
    let mut bytes = Vec::with_capacity(length);
    let mut group = criterion.benchmark_group("a checkpoint of 25 genomes");
    group.throughput(Throughput::Bytes(length as u64));
    group.bench_function("write", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            checkpoint::write(&checkpoint::Header::default(), &[black_box(&state)], |piece| {
                bytes.extend_from_slice(piece);
                Ok::<(), ()>(())
            })
        });
    });
    let mut read = vec![0.0; state.len()];
    group.bench_function("check and read", |bencher| {
        bencher.iter(|| {
            let found = Checkpoint::new(black_box(&bytes)).expect("it was just written");
            found.read(&mut [&mut read])
        });
    });
    group.finish();
}

criterion_group!(benches, evaluation, generation, es_generation, checkpoints);
criterion_main!(benches);
