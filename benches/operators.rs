//! Genes per second through each genetic operator and draw, on genomes of the tutorial's size.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo_benches::{genome, network};
use tinyevo_core::fitness::Direction;
use tinyevo_core::operators::{Crossover, Initialisation, Mutation, Selection};
use tinyevo_core::rand_core::Rng;
use tinyevo_core::rng::{Purpose, normal, stream, unit};

fn operators(criterion: &mut Criterion) {
    let network = network();
    let parent = genome(&network);
    let mut group = criterion.benchmark_group("operators on 101,770 genes");
    group.throughput(Throughput::Elements(parent.len() as u64));
    let mut rng = stream(64, 1, 0, Purpose::Mutate);

    for (name, kind) in [
        ("uniform", Initialisation::Uniform { low: -1.0, high: 1.0 }),
        ("he", Initialisation::He),
        ("glorot", Initialisation::Glorot),
    ] {
        let mut genome = parent.clone();
        group.bench_function(format!("initialisation/{name}"), |bencher| {
            bencher.iter(|| kind.fill(&network, black_box(&mut genome), &mut rng));
        });
    }
    for (name, kind) in [
        ("mean", Crossover::Mean),
        ("blend", Crossover::Blend { alpha: 0.5 }),
        ("uniform", Crossover::Uniform { probability: 0.5 }),
        ("one-point", Crossover::OnePoint),
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

    let fitness: Vec<f32> = (0..25).map(|rank| rank as f32).collect();
    let mut picks = vec![0; fitness.len()];
    let mut group = criterion.benchmark_group("selection of 25 from 25");
    group.throughput(Throughput::Elements(25));
    for (name, kind) in [
        ("tournament of 5", Selection::Tournament { size: 5 }),
        ("truncation to 5", Selection::Truncation { best: 5 }),
        ("random", Selection::Random),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| kind.select(&fitness, Direction::Minimise, &mut rng, &mut picks));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("draws");
    let mut bytes = vec![0; 4096];
    group.throughput(Throughput::Elements(1024));
    group.bench_function("words, 1024 at once", |bencher| {
        bencher.iter(|| rng.fill_bytes(black_box(&mut bytes)));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("word", |bencher| bencher.iter(|| rng.next_u32()));
    group.bench_function("unit", |bencher| bencher.iter(|| unit(&mut rng)));
    group.bench_function("normal", |bencher| bencher.iter(|| normal(&mut rng)));
    group.finish();
}

criterion_group!(benches, operators);
criterion_main!(benches);
