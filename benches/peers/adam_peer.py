"""Test accuracy of Keras' Adam after each of some seconds, for the network that tinyevo evolves.

    TINYEVO_DATA=DIR python3 benches/peers/adam_peer.py [--seconds 1,3,10,60] [--schedule] [--shift]

784-128 (ReLU)-10 (softmax), cross-entropy, the first 55,000 training images (tinyevo holds 5,000 out
too), drawn anew in each epoch. The training loop is a compiled function over images that are in memory,
each step compiled by XLA: several times faster than `fit`. The clock starts when the data is loaded and
all is compiled, with new weights, and pauses while the test images are measured: after each epoch of a
constant rate, and at each budget.

With `--schedule` the learning rate falls linearly to 0 over the time, one training for each budget. With
`--shift` each training image is shifted by up to one pixel, as tinyevo's are; none is distorted.
"""

import argparse
import os
import time

import peer

peer.environment("keras", "tensorflow-cpu", "deap", "numpy")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
import tensorflow

TRAINING = 55_000
SIDE = 28
# Between two looks at the clock.
SECONDS_PER_CHUNK = 0.02


class Clock:
    """Wall and processor seconds, of which pauses are left out."""

    def __init__(self):
        self.wall = self.cores = 0.0
        self.resume()

    def resume(self):
        self.from_wall, self.from_cores = time.perf_counter(), time.process_time()

    def pause(self):
        self.wall += time.perf_counter() - self.from_wall
        self.cores += time.process_time() - self.from_cores

    def seconds(self):
        return self.wall + time.perf_counter() - self.from_wall


class Training:
    """The network and its compiled training loop."""

    def __init__(self, batch, shift):
        images, labels = peer.mnist("train")
        images, labels = images[:TRAINING], labels[:TRAINING].astype(numpy.int32)
        # As bytes, which step() divides by 255 again: a quarter of the memory to read.
        images = numpy.rint(images * 255).astype(numpy.uint8)
        self.copies = 1
        if shift:
            padded = numpy.pad(images.reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
            offsets = [(down, right) for down in range(3) for right in range(3)]
            images = numpy.concatenate([padded[:, d : d + SIDE, r : r + SIDE] for d, r in offsets])
            images = images.reshape(-1, peer.INPUTS)
            self.copies = len(offsets)
        self.images = tensorflow.constant(images)
        self.labels = tensorflow.constant(numpy.tile(labels, self.copies))
        self.batch = batch
        self.steps_per_epoch = TRAINING // batch
        self.model = keras.Sequential(
            [
                keras.Input((peer.INPUTS,)),
                keras.layers.Dense(peer.HIDDEN, activation="relu"),
                keras.layers.Dense(peer.CLASSES, activation="softmax"),
            ]
        )
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.optimizer.build(self.model.trainable_variables)
        loss = keras.losses.SparseCategoricalCrossentropy()

        @tensorflow.function(jit_compile=True)
        def step(images, labels, rows):
            pixels = tensorflow.cast(tensorflow.gather(images, rows), tensorflow.float32) / 255
            variables = self.model.trainable_variables
            with tensorflow.GradientTape() as tape:
                value = loss(tensorflow.gather(labels, rows), self.model(pixels, training=True))
            self.optimizer.apply(tape.gradient(value, variables), variables)

        @tensorflow.function
        def steps(order, first, end):
            for number in tensorflow.range(first, end):
                rows = order[number * batch : (number + 1) * batch]
                step(self.images, self.labels, tensorflow.ensure_shape(rows, (batch,)))

        self.steps = steps
        self.compile()

    def compile(self):
        """Compiles the loop, and measures how many steps are a chunk."""
        order = self.order(numpy.random.default_rng(0))
        self.run(order, 0, 2)
        start = time.perf_counter()
        self.run(order, 0, self.steps_per_epoch)
        step = (time.perf_counter() - start) / self.steps_per_epoch
        self.chunk = max(1, int(SECONDS_PER_CHUNK / step))

    def start(self, seed):
        """New weights, and moments that are 0."""
        glorot = keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(seed))
        for weights in self.model.trainable_variables:
            weights.assign(glorot(weights.shape) if len(weights.shape) == 2 else numpy.zeros(weights.shape))
        for state in self.optimizer.variables:
            if state is not self.optimizer.learning_rate:
                state.assign(numpy.zeros(state.shape))

    def order(self, random):
        """The rows of an epoch: each image once, in one of its shifts."""
        rows = random.permutation(TRAINING)
        if self.copies > 1:
            rows += TRAINING * random.integers(self.copies, size=TRAINING)
        return tensorflow.constant(rows.astype(numpy.int32))

    def run(self, order, first, end):
        self.steps(order, tensorflow.constant(first), tensorflow.constant(end))
        # A step that is not done yet would be timed as the next one's.
        self.optimizer.iterations.numpy()


class Accuracy:
    def __init__(self):
        self.images, self.labels = peer.mnist()

    def __call__(self, model):
        kernel_1, bias_1, kernel_2, bias_2 = model.get_weights()
        hidden = numpy.maximum(self.images @ kernel_1 + bias_1, 0)
        return numpy.mean((hidden @ kernel_2 + bias_2).argmax(axis=1) == self.labels)


def train(training, accuracy, args, seed, budgets):
    """One training, which gives the figures of each budget. With a schedule there is one budget only."""
    random = numpy.random.default_rng(seed)
    training.start(seed)
    training.optimizer.learning_rate.assign(args.rate)
    results, best, steps, budgets = [], 0.0, 0, list(budgets)
    clock = Clock()
    while True:
        order = training.order(random)
        for first in range(0, training.steps_per_epoch, training.chunk):
            if args.schedule:
                left = 1 - clock.seconds() / budgets[0]
                training.optimizer.learning_rate.assign(args.rate * max(0.0, left))
            end = min(first + training.chunk, training.steps_per_epoch)
            training.run(order, first, end)
            steps += end - first
            if clock.seconds() >= budgets[0]:
                clock.pause()
                now = float(accuracy(training.model))
                best = max(best, now)
                results.append(
                    {
                        "budget": budgets.pop(0),
                        "seconds": clock.wall,
                        "core_seconds": clock.cores,
                        "epochs": steps / training.steps_per_epoch,
                        "test_accuracy": now,
                        "best_test_accuracy": best,
                    }
                )
                if not budgets:
                    return results
                clock.resume()
        if not args.schedule:
            clock.pause()
            best = max(best, float(accuracy(training.model)))
            clock.resume()


def seconds(text):
    return sorted({float(part) for part in text.split(",")})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=seconds, default=[1, 3, 10, 30, 60], help="budgets, 1,3,10 for instance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128, help="images of a step")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate")
    parser.add_argument("--schedule", action="store_true", help="the rate falls to 0 over each budget")
    parser.add_argument("--shift", action="store_true", help="images are shifted by up to one pixel")
    args = parser.parse_args()

    training, accuracy = Training(args.batch, args.shift), Accuracy()
    trainings = [[budget] for budget in args.seconds] if args.schedule else [args.seconds]
    results = [train(training, accuracy, args, args.seed, budgets) for budgets in trainings]
    peer.report(
        "Adam",
        version=keras.__version__,
        tensorflow=tensorflow.__version__,
        batch=args.batch,
        rate=args.rate,
        schedule=args.schedule,
        shift=args.shift,
        seed=args.seed,
        results=sum(results, []),
    )


if __name__ == "__main__":
    main()
