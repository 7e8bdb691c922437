"""Checks that Keras says the same classes as tinyevo for all MNIST test images, with an exported .keras file.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6
    TINYEVO_DATA=DIR KERAS_BACKEND=jax python tests/python/keras_check.py target/release/tinyevo CHAMPION...

Each champion of floats is exported as .keras and .npz; Keras loads the first, NumPy computes the network from the second (see
check.py), and `tinyevo evaluate` measures the champion itself. It prints how many classes are the same and the three accuracies,
and exits with 1 if any differ.
"""

import gzip
import os
import pathlib
import subprocess
import sys
import tempfile

import check
import keras
import numpy


def mnist(name):
    path = pathlib.Path(os.environ["TINYEVO_DATA"]) / name
    zipped = path.with_name(f"{name}.gz")
    data = path.read_bytes() if path.exists() else gzip.decompress(zipped.read_bytes())
    return numpy.frombuffer(data, "uint8")


def main(tinyevo, champions):
    images = mnist("t10k-images-idx3-ubyte")[16:].reshape(10_000, 784)
    labels = mnist("t10k-labels-idx1-ubyte")[8:]
    failed = False
    print(f"Keras {keras.__version__}, {keras.backend.backend()}, NumPy {numpy.__version__}")
    for champion in champions:
        with tempfile.TemporaryDirectory() as folder:
            files = {end: f"{folder}/champion.{end}" for end in ("keras", "npz")}
            for end, path in files.items():
                command = [tinyevo, "export", champion, "--format", end, "--out", path]
                subprocess.run(command, check=True, capture_output=True)
            model = keras.models.load_model(files["keras"])
            x = images.reshape(-1, *model.input_shape[1:]).astype("float32") / numpy.float32(255)
            by_keras = model.predict(x, batch_size=1000, verbose=0).argmax(axis=1)
            by_numpy = check.in_parts(lambda part: check.logits(files["npz"], part).argmax(axis=1), images)
        data = ["--data", os.environ["TINYEVO_DATA"]]
        run = subprocess.run([tinyevo, "evaluate", champion, *data], check=True, capture_output=True, text=True)
        (line,) = [line for line in run.stdout.splitlines() if line.startswith("accuracy: ")]
        own = line.removeprefix("accuracy: ")
        same = int((by_keras == by_numpy).sum())
        accuracy = [f"{100 * (classes == labels).mean():.2f} %" for classes in (by_keras, by_numpy)]
        print(f"{champion}: {same} of 10000 classes are the same; accuracy {own} by tinyevo, {accuracy[0]} by Keras, {accuracy[1]} by NumPy")
        failed |= same != 10_000 or set(accuracy) != {own}
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
