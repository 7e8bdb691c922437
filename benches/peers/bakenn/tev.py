"""Reads a champion of integers from a `.tev` file; core/src/tev/mod.rs says how it is made up."""

import dataclasses
import pathlib
import struct

import numpy

INTEGERS, PACKED = 1, 2
DENSE, CONVOLUTION, POOLING, FLATTEN = range(4)


@dataclasses.dataclass
class Layer:
    """A layer; `weights` are [in][out] or [height][width][in][out], those of a pooling or flattening are None.

    Of an output the sum, with the bias, times `multipliers / 2^shifts` is what the next layer takes, 0 to 255.
    """

    kind: int
    window: tuple = ()
    weights: numpy.ndarray = None
    bias: numpy.ndarray = None
    multipliers: numpy.ndarray = None
    shifts: numpy.ndarray = None

    @property
    def ratios(self):
        return self.multipliers / 2.0**self.shifts


class Reader:
    def __init__(self, data):
        self.data, self.offset = data, 0

    def words(self, count):
        return self.array(count, "<i4")

    def array(self, count, kind):
        values = numpy.frombuffer(self.data, kind, count, self.offset)
        self.offset += values.nbytes
        return values

    def align(self):
        self.offset += -self.offset % 4


def read(path):
    """The shape of an image, (height, width, channels), and the layers."""
    reader = Reader(pathlib.Path(path).read_bytes())
    magic, version, kind, count = struct.unpack("<4s3I", reader.array(16, "u1"))
    if (magic, version) != (b"TEVO", 2) or kind not in (INTEGERS, PACKED):
        raise SystemExit(f"{path} holds no integers of version 2: tinyevo export --int8 --format bin writes them")
    shape = tuple(map(int, reader.words(3)))
    layers, described = [], []
    for _ in range(count):
        layer, about = describe(reader, path)
        layers.append(layer)
        described.append(about)
    inputs = shape
    for layer, (units, shift) in zip(layers, described):
        inputs = numbers(reader, layer, kind, inputs, units, shift)
    return shape, layers


def describe(reader, path):
    """A layer without its numbers, its number of outputs, and the shift of its bias."""
    (kind,) = reader.words(1)
    if kind == FLATTEN:
        return Layer(kind), (0, 0)
    _, same, form, shift = reader.array(4, "u1")
    if kind != DENSE and same:
        raise SystemExit(f"{path}: this script knows no padding")
    if form > 1:
        raise SystemExit(f"{path}: this script knows no packed formats but int8")
    units = 0 if kind == POOLING else int(reader.words(1)[0])
    window = () if kind == DENSE else tuple(map(int, reader.array(4, "u1")))
    return Layer(kind, window), (units, int(shift))


def numbers(reader, layer, kind, inputs, units, shift):
    """Reads the numbers of a layer behind `inputs`; the shape of its output."""
    height, width, channels = inputs
    if layer.kind == FLATTEN:
        return (1, 1, height * width * channels)
    outputs = (1, 1, units)
    kernel = (height * width * channels, units)
    if layer.kind != DENSE:
        rows, columns, down, right = layer.window
        outputs = ((height - rows) // down + 1, (width - columns) // right + 1, units or channels)
        kernel = (rows, columns, channels, units)
    if layer.kind == POOLING:
        return outputs
    if kind == PACKED:
        scales = reader.array(4 * units, "u1").reshape(units, 4)
        layer.bias = scales[:, :2].copy().view("<i2")[:, 0].astype(numpy.int32) << shift
        layer.multipliers, layer.shifts = scales[:, 2].astype(numpy.int32), scales[:, 3].astype(numpy.int32)
    layer.weights = reader.array(int(numpy.prod(kernel)), "i1").reshape(kernel)
    reader.align()
    if kind == INTEGERS:
        layer.bias, layer.multipliers = reader.words(units), reader.words(units)
        layer.shifts = numpy.full(units, reader.words(1)[0])
    return outputs
