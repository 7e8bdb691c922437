"""Checks that Python programs say the same classes as tinyevo, with the champions that tinyevo exported.

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/python check.py FOLDER

FOLDER, which tests/python.rs makes, holds `images` (bytes, one image after another) and for each champion NAME the files
NAME.npz, NAME.safetensors, NAME.onnx and NAME.classes (a byte for each image, by tinyevo). A champion of measured values has
NAME.values, 32-bit floats, in place of the images. NumPy computes the network from the arrays of NAME.npz, whose comment says
the layers; onnxruntime runs NAME.onnx. The arrays of NAME.safetensors must be those of NAME.npz. Then NAME.plain.npz is
written, as numpy.savez(path, *model.get_weights()) does, for tinyevo to import.

It prints a line for each check, and exits with 1 if a class differs.
"""

import json
import pathlib
import sys
import zipfile

import numpy


def windows(x, size, strides, padding, fill):
    """All windows over rows and columns of [N, rows, columns, channels], with Keras' padding."""
    if padding == "same":
        pads = []
        for side, width, stride in zip(x.shape[1:3], size, strides):
            both = max((-(-side // stride) - 1) * stride + width - side, 0)
            pads.append((both // 2, both - both // 2))
        x = numpy.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    view = numpy.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))
    return view[:, :: strides[0], :: strides[1]]  # [N, rows, columns, channels, height, width]


def activated(x, activation):
    return numpy.maximum(x, 0) if activation == "relu" else x


def inputs(samples, weights):
    """What the network takes of samples [N, ..., channels]: of bytes of images, or of measured values."""
    if "normalisation/low" not in weights:
        return samples.astype("float32") / numpy.float32(255)
    low, high = weights["normalisation/low"], weights["normalisation/high"]
    span = numpy.where(high > low, high - low, numpy.float32(numpy.inf))  # a channel without a range is 0
    steps = numpy.floor(255 * (samples.astype("float32") - low) / span + numpy.float32(0.5))
    return numpy.clip(steps, 0, 255) / numpy.float32(255)


def about(path):
    """What the comment of an .npz file says."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.comment)


def layers(about, weights):
    """The layers; where all are dense, their activations alone are there."""
    if "layers" in about:
        return about["layers"]
    dense = [{"class_name": "Dense", "activation": name} for name in about["activations"]]
    assert 2 * len(dense) == len(weights)
    return dense


def kernels(weights):
    """The kernels and biases among the arrays of an .npz file, in Keras' order."""
    return [array for name, array in weights.items() if not name.startswith("normalisation/")]


def logits(path, samples):
    """The logits of an .npz file by NumPy alone, of images as bytes or of measured values."""
    arrays = dict(numpy.load(path))
    weights = kernels(arrays)
    said = about(path)
    assert said["pixels"] == "divided by 255"
    x = inputs(samples.reshape(-1, *said["input_shape"]), arrays)
    rest = iter(weights)
    for layer in layers(said, weights):
        if layer["class_name"] == "Conv2D":
            kernel, bias = next(rest), next(rest)
            view = windows(x, layer["kernel_size"], layer["strides"], layer["padding"], 0)
            x = numpy.einsum("nyxcij,ijcf->nyxf", view, kernel, optimize=True) + bias
        elif layer["class_name"] == "MaxPooling2D":
            view = windows(x, layer["pool_size"], layer["strides"], layer["padding"], -numpy.inf)
            x = view.max(axis=(4, 5))
        elif layer["class_name"] == "Flatten":
            x = x.reshape(len(x), -1)
        else:
            kernel, bias = next(rest), next(rest)
            x = x.reshape(len(x), -1) @ kernel + bias
        x = activated(x, layer.get("activation"))
    assert next(rest, None) is None
    return x


def onnx_classes(path, samples, shape):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (wanted,) = session.get_inputs()
    sides = wanted.shape[1:]
    assert sides in ([numpy.prod(shape)], shape), sides
    x = samples.reshape(-1, *sides)
    if x.dtype == "uint8":  # measured values go in as they are: the graph normalises them
        x = x.astype("float32") / numpy.float32(255)
    (output,) = session.run(None, {wanted.name: x})
    return output.argmax(axis=1)


def in_parts(classes, samples, size=1000):
    return numpy.concatenate([classes(samples[at : at + size]) for at in range(0, len(samples), size)])


def main(folder):
    import safetensors.numpy

    folder = pathlib.Path(folder)
    failed = False
    for path in sorted(folder.glob("*.classes")):
        name = path.stem
        own = numpy.frombuffer(path.read_bytes(), "uint8")
        values = folder / f"{name}.values"
        file, dtype = (values, "<f4") if values.exists() else (folder / "images", "uint8")
        samples = numpy.frombuffer(file.read_bytes(), dtype).reshape(len(own), -1)
        npz = folder / f"{name}.npz"
        arrays = dict(numpy.load(npz))
        other = safetensors.numpy.load_file(folder / f"{name}.safetensors")
        assert arrays.keys() == other.keys(), (arrays.keys(), other.keys())
        assert all(numpy.array_equal(arrays[key], other[key]) for key in arrays)
        print(f"{name}: safetensors and npz hold the same {len(arrays)} arrays")
        shape = about(npz)["input_shape"]
        programs = {
            "NumPy": lambda part: logits(npz, part).argmax(axis=1),
            "onnxruntime": lambda part: onnx_classes(folder / f"{name}.onnx", part, shape),
        }
        for program, classes in programs.items():
            same = int((in_parts(classes, samples) == own).sum())
            print(f"{name}: {program} says the same class for {same} of {len(own)} samples")
            failed |= same != len(own)
        numpy.savez(folder / f"{name}.plain.npz", *kernels(arrays))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1])
