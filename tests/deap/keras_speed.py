"""How long an evaluation takes in Keras, as the tutorial does it: set_weights, predict, accuracy.

    python3 -m venv .venv-keras
    .venv-keras/bin/pip install tensorflow-cpu
    .venv-keras/bin/python keras_speed.py

Prints the median seconds of an individual on 10,000 images, on all cores. Times do not depend on the
images, so random ones are used. A tutorial generation evaluates 17.58 individuals on average
(0.7032 of 25, see ../fixtures/operators.json), and DEAP's operators come on top (see compare.py).
"""

import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy

EVALUATIONS_PER_GENERATION = 0.7032 * 25


def main():
    random = numpy.random.default_rng(64)
    images = random.random((10_000, 784), dtype=numpy.float32)
    labels = random.integers(10, size=10_000)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    shapes = [weights.shape for weights in model.get_weights()]
    seconds = []
    for _ in range(8):
        weights = [random.uniform(-1, 1, shape) for shape in shapes]
        start = time.perf_counter()
        model.set_weights(weights)
        (model.predict(images, verbose=0).argmax(axis=1) == labels).mean()
        seconds.append(time.perf_counter() - start)
    individual = statistics.median(seconds[1:])
    print(f"Keras {keras.__version__}: {individual:.3f} s an individual,", end=" ")
    print(f"{individual * EVALUATIONS_PER_GENERATION:.2f} s a generation without DEAP's operators")


if __name__ == "__main__":
    main()
