"""Writes adam.txt: small networks before and after some steps of Keras' Adam, as `fit` makes them.

    pip install keras==3.15.1 jax==0.10.2 && KERAS_BACKEND=jax python adam.py

A line a value: what it is, then numbers. `input` height width channels; `hidden` the hidden layers as tinyevo's
--network has them; `rate` of learning; `batch` images of a step; `pixels`, 0 to 255, which Keras gets divided by 255;
`labels` of 3 classes; `before` and `after`, all weights. Each image is used once, in its order.

The kernels of the last case are so small that its result tells where Adam adds its epsilon. Half of the pixels
are 0, so that many windows have several largest values.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy

BATCH = 4
CASES = [
    ((3, 4, 1), ["dense:5"], 0.05, 1.0),
    ((7, 6, 2), ["conv:3x3", "pool:2"], 0.02, 1.0),
    ((7, 6, 2), ["conv:3x2x3:2x1:same", "pool:2:1", "conv:4x2", "dense:5"], 0.02, 1.0),
    ((6, 5, 1), ["pool:3:2:same", "conv:3x3:2:same", "pool:2:1:same"], 0.02, 1.0),
    ((2, 2, 1), ["dense:3"], 0.01, 1e-3),
]

rng = numpy.random.default_rng(5)
lines = [f"# Keras {keras.__version__}, backend {keras.backend.backend()}; made by adam.py"]


def pair(text):
    numbers = [int(number) for number in text.split("x")]
    return tuple(numbers if len(numbers) == 2 else 2 * numbers)


def layer(text):
    kind, size, *rest = text.split(":")
    if kind == "dense":
        return keras.layers.Dense(int(size), activation="relu")
    padding = "same" if "same" in rest else "valid"
    strides = [pair(part) for part in rest if part != "same"]
    if kind == "pool":
        return keras.layers.MaxPooling2D(pair(size), strides[0] if strides else None, padding)
    filters, size = size.split("x", 1)
    strides = strides[0] if strides else (1, 1)
    return keras.layers.Conv2D(int(filters), pair(size), strides, padding, activation="relu")


def flat(model):
    return numpy.concatenate([weights.ravel() for weights in model.get_weights()])


def write(name, *values):
    lines.append(" ".join([name, *map(str, values)]))


for shape, hidden, rate, scale in CASES:
    layers, maps = [keras.Input(shape)], True
    for text in [*hidden, "dense"]:
        if maps and text.startswith("dense"):
            layers.append(keras.layers.Flatten())
            maps = False
        layers.append(layer(text) if text != "dense" else keras.layers.Dense(3, activation="softmax"))
    model = keras.Sequential(layers)
    kernels = [scale * rng.normal(0, 0.4, weights.shape) for weights in model.get_weights()]
    model.set_weights([weights.astype("float32") for weights in kernels])
    count = 3 * BATCH
    pixels = rng.integers(0, 256, (count, *shape)) * rng.integers(0, 2, (count, *shape))
    if scale < 1:
        pixels = numpy.minimum(pixels, 1)
    labels = rng.integers(0, 3, count)
    write("input", *shape)
    write("hidden", ",".join(hidden))
    write("rate", rate)
    write("batch", BATCH)
    write("pixels", *pixels.ravel())
    write("labels", *labels)
    write("before", *flat(model))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    images = pixels.astype("float32") / numpy.float32(255)
    model.fit(images, labels, batch_size=BATCH, shuffle=False, verbose=0)
    write("after", *flat(model))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "adam.txt"), "w") as file:
    file.write("\n".join(lines) + "\n")
