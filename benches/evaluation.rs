//! Images per second through a candidate network, one thread: the batch path with each instruction set,
//! a dense matrix product as the peer, the plain oracle; encoding; and a whole generation.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo::aligned::Aligned;
use tinyevo::bench::dense::{Images, Peer};
use tinyevo::config::Preset;
use tinyevo::evaluate::{EncodedSplit, Evaluator};
use tinyevo::evolve::Evolution;
use tinyevo::isa::Isa;
use tinyevo_benches::{genome, images, network};
use tinyevo_core::fitness;
use tinyevo_core::population::Layout;

/// A tenth of the test images: enough for many blocks.
const IMAGES: usize = 1024;

fn evaluation(criterion: &mut Criterion) {
    let (network, split) = (network(), images(IMAGES));
    let genes = network.parameters();
    let (mut population, layout) = Aligned::population(1, genes);
    population.as_mut_slice()[..genes].copy_from_slice(&genome(&network));
    let encoded = EncodedSplit::new(&split).expect("images encode");
    let mut group = criterion.benchmark_group("evaluation of 784-128-10");
    group.throughput(Throughput::Elements(IMAGES as u64));
    for isa in Isa::every() {
        let mut evaluator = Evaluator::new(network.clone(), 1, isa).expect("a thread");
        for (name, loss) in [("accuracy", false), ("cross-entropy", true)] {
            group.bench_function(format!("batch/{isa}/{name}"), |bencher| {
                bencher.iter(|| {
                    let population = black_box(population.as_slice());
                    let scored =
                        evaluator.score(layout, population, &[0], &encoded, loss, |_, score| {
                            black_box(score);
                        });
                    scored.expect("the genome fits");
                });
            });
        }
    }
    let mut scratch = vec![0.0; network.scratch_length()];
    group.bench_function("oracle", |bencher| {
        bencher.iter(|| {
            let genome = Layout::dense(genes).genome(black_box(population.as_slice()), 0);
            let genome = genome.expect("one genome");
            fitness::evaluate(&network, genome, &split.images, &split.labels, &mut scratch, false)
        });
    });
    let dense = Images::new(&split);
    let mut peer = Peer::new(&dense, 128, &population.as_slice()[..genes]);
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
        let encoded = EncodedSplit::new(&images(count)).expect("images encode");
        let mut evaluator = Evaluator::new(network(), 1, Isa::detect()).expect("a thread");
        let config = Preset::Tutorial.config();
        let mut evolution =
            Evolution::new(&config, &encoded, &mut evaluator).expect("the preset is in range");
        // Individuals bred; chance has about 18 of them evaluated.
        group.throughput(Throughput::Elements(25));
        group
            .bench_function(format!("{count} images"), |bencher| bencher.iter(|| evolution.step()));
    }
    group.finish();
}

criterion_group!(benches, evaluation, generation);
criterion_main!(benches);
