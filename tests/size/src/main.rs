//! A bare program that only classifies, in integers or floats, or only evolves.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    black_box(work());
    loop {}
}

#[cfg(feature = "int8")]
fn work() -> Option<usize> {
    use tinyevo_core::quantized::{Dense, Model};
    let hidden: Dense<'_> = Dense {
        weights: black_box(&[][..]),
        bias: black_box(&[][..]),
        multipliers: black_box(&[][..]),
        shift: 1,
    };
    let model = Model::new(&[hidden, black_box(hidden)]).ok()?;
    model.classify(black_box(&[]), black_box(&mut []), black_box(&mut [])).ok()
}

#[cfg(feature = "packed")]
fn work() -> Option<usize> {
    use tinyevo_core::tev::File;
    let network = File::new(black_box(&[])).ok()?.packed().ok()?;
    network.classify(black_box(&[]), black_box(&mut []), black_box(&mut [])).ok()
}

#[cfg(feature = "f32")]
fn work() -> Option<usize> {
    use tinyevo_core::inference;
    use tinyevo_core::layers::{Activation, Dense, Layer};
    use tinyevo_core::network::Network;
    use tinyevo_core::shape::Shape;
    let dense = |units, activation| Layer::Dense(Dense { units, activation });
    let layers = [dense(128, Activation::Relu), dense(10, Activation::Softmax)];
    let network = Network::new(Shape::flat(784), black_box(&layers)).ok()?;
    let pixels: &[u8] = black_box(&[]);
    inference::classify(&network, black_box(&[]), pixels, black_box(&mut [])).ok()
}

#[cfg(feature = "evolution")]
fn work() -> Option<f32> {
    use tinyevo_core::fitness::{self, Measure};
    use tinyevo_core::layers::{Activation, Dense, Layer};
    use tinyevo_core::network::Network;
    use tinyevo_core::operators::Mutation;
    use tinyevo_core::rng::{Purpose, stream};
    use tinyevo_core::shape::Shape;
    let layers = [Layer::Dense(Dense { units: 10, activation: Activation::Softmax })];
    let network = Network::new(Shape::flat(128), black_box(&layers)).ok()?;
    let weights: &mut [f32] = black_box(&mut []);
    let mut rng = stream(black_box(1), black_box(2), 0, Purpose::Mutate);
    let mutation = Mutation::Gaussian { probability: 0.1, sigma: 0.1 };
    mutation.mutate(&network, weights, &mut rng, &mut []);
    let pixels: &[u8] = black_box(&[]);
    let scratch = black_box(&mut []);
    let score = fitness::evaluate(&network, weights, pixels, black_box(&[]), scratch, true).ok()?;
    Some(Measure::CrossEntropy.value(&score))
}
