//! Genes per second through each genetic operator, compiled for each instruction set, on genomes of
//! the tutorial's size; selections and single draws.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tinyevo::bench::operators::{NEURONS, OPERATORS, Work};
use tinyevo::threads::aligned::Aligned;
use tinyevo::threads::isa::Isa;
use tinyevo_benches::{genome, network};
use tinyevo_core::operators::{Selection, best};
use tinyevo_core::order::Direction;
use tinyevo_core::rand_core::Rng;
use tinyevo_core::rng::{Purpose, normal, stream, unit};

fn operators(criterion: &mut Criterion) {
    let network = network();
    let parent = genome(&network);
    let mut group = criterion.benchmark_group("operators on 101,770 genes");
    group.throughput(Throughput::Elements(parent.len() as u64));
    let mut rng = stream(64, 1, 0, Purpose::Mutate);

    let zeros = || Aligned::try_zeros(parent.len()).expect("memory");
    let (mut a, mut b) = (zeros(), zeros());
    let mut room = Aligned::try_zeros(NEURONS.room(&network)).expect("memory");
    a.as_mut_slice().copy_from_slice(&parent);
    b.as_mut_slice().copy_from_slice(&parent);
    for isa in Isa::every() {
        for (name, operator) in OPERATORS {
            group.bench_function(format!("{name}/{isa}"), |bencher| {
                bencher.iter(|| {
                    let (a, b) = (black_box(a.as_mut_slice()), black_box(b.as_mut_slice()));
                    let (network, rng, room) = (&network, &mut rng, room.as_mut_slice());
                    isa.run(Work { operator, network, a, b, rng, room });
                });
            });
        }
    }
    group.finish();
}

/// Choosing parents, ranking, and single draws.
fn draws(criterion: &mut Criterion) {
    let mut rng = stream(64, 1, 0, Purpose::Mutate);
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

    let fitness: Vec<f32> = (0..10_000).map(|_| unit(&mut rng)).collect();
    let mut group = criterion.benchmark_group("ranking of 10,000");
    group.throughput(Throughput::Elements(10_000));
    for count in [1, 100, 10_000] {
        let mut order = vec![0; count];
        group.bench_function(format!("the best {count}"), |bencher| {
            bencher.iter(|| best(black_box(&fitness), Direction::Minimise, &mut order));
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

criterion_group!(benches, operators, draws);
criterion_main!(benches);
