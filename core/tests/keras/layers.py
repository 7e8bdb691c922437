"""Writes layers.txt: networks of Keras with whole-number weights, on whole-number inputs, and their outputs.

    pip install keras==3.15.1 jax==0.10.2 && KERAS_BACKEND=jax python layers.py

Whole numbers this small are exact in 32-bit floats, so that the outputs of core/tests/keras.rs must be equal.
A line a value: what it is, then numbers. `input` height width channels; `conv` filters, kernel, strides, same;
`pool` size, strides, same; `flatten`; `dense` units, ReLU; `genome`, `sample`, `output` with their values.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy

rng = numpy.random.default_rng(12)
lines = [f"# Keras {keras.__version__}, backend {keras.backend.backend()}; made by layers.py"]


def write(name, *numbers):
    lines.append(" ".join([name, *(f"{int(number)}" for number in numbers)]))


for case in range(60):
    shape = [int(rng.integers(1, 10)), int(rng.integers(1, 9)), int(rng.integers(1, 4))]
    described = [("input", *shape)]
    layers = [keras.Input(shape)]
    height, width, channels = shape
    for _ in range(int(rng.integers(1, 4))):
        kernel = [int(rng.integers(1, 5)), int(rng.integers(1, 5))]
        strides = [int(rng.integers(1, 4)), int(rng.integers(1, 4))]
        same = bool(rng.integers(0, 2))
        if not same and (kernel[0] > height or kernel[1] > width):
            continue
        padding = "same" if same else "valid"
        if rng.integers(0, 3) == 0:
            layers.append(keras.layers.MaxPooling2D(kernel, strides, padding))
            described.append(("pool", *kernel, *strides, same))
        else:
            channels = int(rng.integers(1, 5))
            layers.append(keras.layers.Conv2D(channels, kernel, strides, padding, activation="relu"))
            described.append(("conv", channels, *kernel, *strides, same))
        size = lambda n, k, s: -(-n // s) if same else (n - k) // s + 1
        height, width = size(height, kernel[0], strides[0]), size(width, kernel[1], strides[1])
    layers.append(keras.layers.Flatten())
    described.append(("flatten",))
    if rng.integers(0, 2):
        layers.append(keras.layers.Dense(3, activation="relu"))
        described.append(("dense", 3, 1))
    layers.append(keras.layers.Dense(4))
    described.append(("dense", 4, 0))
    model = keras.Sequential(layers)
    model.set_weights([rng.integers(-2, 3, weights.shape).astype("float32") for weights in model.get_weights()])
    sample = rng.integers(-3, 4, shape).astype("float32")
    output = numpy.asarray(model(sample[None]))[0]
    assert abs(output).max() < 2**24
    for layer in described:
        write(*layer)
    write("genome", *numpy.concatenate([weights.ravel() for weights in model.get_weights()]))
    write("sample", *sample.ravel())
    write("output", *output)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.txt"), "w") as file:
    file.write("\n".join(lines) + "\n")
