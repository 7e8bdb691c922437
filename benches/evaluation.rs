//! Images per second through a candidate network, one thread: the batch path with each instruction set,
//! a dense matrix product as the peer, the plain oracle; encoding; a whole generation; and bytes per
//! second of checkpoints.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo::bench::dense::{Images, Peer};
use tinyevo::config::{Algorithm, Preset};
use tinyevo::encoded::EncodedSplit;
use tinyevo::evaluate::score_of;
use tinyevo::run::{Run, Settings};
use tinyevo::threads::aligned::Aligned;
use tinyevo::threads::{Threads, isa::Isa};
use tinyevo_benches::{genome, images, network};
use tinyevo_core::batch::Blocks;
use tinyevo_core::checkpoint::{self, Checkpoint, Header};
use tinyevo_core::fitness::{self, Measure};
use tinyevo_core::population::Rows;

/// A tenth of the test images: enough for many blocks.
const IMAGES: usize = 1024;

fn evaluation(criterion: &mut Criterion) {
    let (network, split) = (network(), images(IMAGES));
    let mut own = Aligned::try_zeros(network.parameters()).expect("memory for a genome");
    own.as_mut_slice().copy_from_slice(&genome(&network));
    let encoded = EncodedSplit::new(&split).expect("images encode");
    let samples = encoded.samples().expect("they were encoded");
    let mut group = criterion.benchmark_group("evaluation of 784-128-10");
    group.throughput(Throughput::Elements(IMAGES as u64));
    for isa in Isa::every() {
        let mut threads = Threads::new(1, isa).expect("a thread");
        for measure in [Measure::Accuracy, Measure::CrossEntropy] {
            let objective = Blocks { network: &network, samples, measure, loss: false };
            let name = tinyevo::config::name(&measure);
            group.bench_function(format!("batch/{isa}/{name}"), |bencher| {
                bencher.iter(|| {
                    score_of(&objective, black_box(own.as_slice()), &mut threads)
                        .expect("the genome fits")
                });
            });
        }
    }
    let mut scratch = vec![0.0; network.scratch_length()];
    group.bench_function("oracle", |bencher| {
        bencher.iter(|| {
            let genome = black_box(own.as_slice());
            fitness::evaluate(&network, genome, &split.images, &split.labels, &mut scratch, false)
        });
    });
    let dense = Images::new(&split);
    let mut peer = Peer::new(&dense, 128, own.as_slice());
    group.bench_function("dense/matrixmultiply", |bencher| bencher.iter(|| peer.classify()));
    group.bench_function("encoding", |bencher| {
        bencher.iter(|| EncodedSplit::new(black_box(&split)));
    });
    group.finish();
}

/// A generation of the tutorial's 25 individuals on all images of a minibatch, where the operators
/// count for most, and on more.
fn generation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a generation of 25");
    for count in [256, IMAGES] {
        let (network, config) = (network(), Preset::Tutorial.config());
        let Algorithm::EaSimple(algorithm) = config.algorithm;
        let encoded = EncodedSplit::new(&images(count)).expect("images encode");
        let samples = encoded.samples().expect("they were encoded");
        let measure = config.fitness.measure;
        let objective = Blocks { network: &network, samples, measure, loss: false };
        let settings = Settings { seed: config.seed, stop: config.stop, identity: 0 };
        let mut threads = Threads::new(1, Isa::detect()).expect("a thread");
        let mut run = Run::new(settings, algorithm, &network, &objective, &mut threads)
            .expect("the preset is in range");
        run.start().expect("the settings were checked");
        // Individuals bred; chance has about 18 of them evaluated.
        group.throughput(Throughput::Elements(25));
        group.bench_function(format!("{count} images"), |bencher| bencher.iter(|| run.step()));
    }
    group.finish();
}

/// The state of 25 individuals of 784-128-10 as a checkpoint, and back.
fn checkpoints(criterion: &mut Criterion) {
    let genes = network().parameters();
    let state = Aligned::try_zeros(Rows::new(genes).length(25)).expect("memory for a state");
    let state = [state.as_slice(), &genome(&network())];
    let floats = state.iter().map(|part| part.len()).sum();
    let (header, mut bytes) = (Header::default(), Vec::with_capacity(checkpoint::length(floats)));
    let mut group = criterion.benchmark_group("checkpoint of 25 individuals");
    group.throughput(Throughput::Bytes(checkpoint::length(floats) as u64));
    group.bench_function("write", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            checkpoint::write(&header, black_box(&state), |piece| {
                bytes.extend_from_slice(piece);
                Ok::<(), ()>(())
            })
        });
    });
    let mut read = vec![0.0; floats];
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let checkpoint = Checkpoint::new(black_box(&bytes)).expect("it is whole");
            checkpoint.read(&mut [&mut read])
        });
    });
    group.finish();
}

criterion_group!(benches, evaluation, generation, checkpoints);
criterion_main!(benches);
