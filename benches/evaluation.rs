//! Images per second through a candidate network: the batch path and the plain oracle, one thread.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo::aligned::Aligned;
use tinyevo::evaluate::{EncodedSplit, Evaluator};
use tinyevo::isa::Isa;
use tinyevo_benches::{genome, images, network};
use tinyevo_core::evolution::Layout;
use tinyevo_core::fitness;

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
    group.bench_function("encoding", |bencher| {
        bencher.iter(|| EncodedSplit::new(black_box(&split)));
    });
    group.finish();
}

criterion_group!(benches, evaluation);
criterion_main!(benches);
