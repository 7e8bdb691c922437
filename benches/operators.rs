//! Genes per second through each genetic operator and draw, on genomes of the tutorial's size.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo_benches::{genome, network};
use tinyevo_core::operators::{Crossover, Initialisation, Mutation};
use tinyevo_core::rng::{Purpose, normal, stream, unit};

fn operators(criterion: &mut Criterion) {
    let network = network();
    let parent = genome(&network);
    let mut group = criterion.benchmark_group("operators on 101,770 genes");
    group.throughput(Throughput::Elements(parent.len() as u64));
    let mut rng = stream(64, 1, 0, Purpose::Mutate);

    for (name, kind) in
        [("uniform", Initialisation::Uniform { low: -1.0, high: 1.0 }), ("he", Initialisation::He)]
    {
        let mut genome = parent.clone();
        group.bench_function(format!("initialisation/{name}"), |bencher| {
            bencher.iter(|| kind.fill(&network, black_box(&mut genome), &mut rng));
        });
    }
    for (name, kind) in [
        ("mean", Crossover::Mean),
        ("blend", Crossover::Blend { alpha: 0.5 }),
        ("uniform", Crossover::Uniform { probability: 0.5 }),
        ("two-point", Crossover::TwoPoint),
    ] {
        group.bench_function(format!("crossover/{name}"), |bencher| {
            bencher.iter_batched_ref(
                || (parent.clone(), parent.clone()),
                |(a, b)| kind.mate(a, b, &mut rng),
                BatchSize::LargeInput,
            );
        });
    }
    for (name, kind) in [
        ("gaussian", Mutation::Gaussian { probability: 0.25, sigma: 0.1 }),
        ("uniform-reset", Mutation::UniformReset { probability: 0.25, low: -1.0, high: 1.0 }),
    ] {
        let mut genome = parent.clone();
        group.bench_function(format!("mutation/{name}"), |bencher| {
            bencher.iter(|| kind.mutate(black_box(&mut genome), &mut rng));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("draws");
    group.throughput(Throughput::Elements(1));
    group.bench_function("unit", |bencher| bencher.iter(|| unit(&mut rng)));
    group.bench_function("normal", |bencher| bencher.iter(|| normal(&mut rng)));
    group.finish();
}

criterion_group!(benches, operators);
criterion_main!(benches);
