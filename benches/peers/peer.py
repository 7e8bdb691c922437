"""What the peers share: a virtual environment of their own, MNIST, the network, the clock.

Uses the standard library only, until `environment` has put a peer into its environment.
"""

import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
INPUTS, HIDDEN, CLASSES = 784, 128, 10
GENES = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES
IMAGES = 10_000


def environment(name, *packages):
    """Goes on in the virtual environment `.venv-NAME` beside this file, made if it is not there."""
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    if pathlib.Path(sys.prefix) == folder:
        return
    if not (folder / "ready").exists():
        print(f"making {folder.name}: {' '.join(packages)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "ready").touch()
    os.execv(python, [python, *sys.argv])


def mnist(split="t10k"):
    """The test images (or those of split "train"), divided by 255, and their labels; from the folder in TINYEVO_DATA."""
    import numpy

    folder = os.environ.get("TINYEVO_DATA")
    if not folder:
        raise SystemExit("set TINYEVO_DATA to a folder with MNIST's four IDX files")

    def read(name, header):
        for path in (pathlib.Path(folder, f"{name}.gz"), pathlib.Path(folder, name)):
            if path.exists():
                data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
                return numpy.frombuffer(data, numpy.uint8, offset=header)
        raise SystemExit(f"no {name} in {folder}")

    images = read(f"{split}-images-idx3-ubyte", 16).reshape(-1, INPUTS).astype(numpy.float32)
    return images / numpy.float32(255), read(f"{split}-labels-idx1-ubyte", 8)


def measure(work, repeats):
    """The median seconds of `work`, after one time to warm up."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def report(name, **figures):
    """One line of JSON on standard output, which ratios.py reads."""
    print(json.dumps({"peer": name, **figures}))
