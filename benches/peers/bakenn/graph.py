"""tinyevo's integers as BakeNN's graph: the same weights, biases and scales.

An activation of tinyevo, 0 to 255, is BakeNN's code from -128 on. BakeNN pools behind ReLU, tinyevo before it, which
gives the same. BakeNN's logits have 8 bits; their scale is chosen on training images, as is usual.
"""

import numpy
from bakenn.ir import DType, FlattenOp, Layout, LinearOp, PerAxisQParams, PerTensorQParams, QuantizedGraph, TensorType
from bakenn.ir.ops.conv import Conv2DOp
from bakenn.ir.ops.pool import MaxPool2DOp
from bakenn.ir.types import normalize_scale_float32

import tev

ACTIVATIONS = PerTensorQParams(1.0, -128)
# BakeNN's layouts of weights and of a map, by the kind of layer, and the axes of tinyevo's weights in that order.
LAYOUTS = {tev.DENSE: (Layout.OI, Layout.NC, (1, 0)), tev.CONVOLUTION: (Layout.OHWI, Layout.NHWC, (3, 0, 1, 2))}


class Graph:
    def __init__(self, name, shape, largest):
        """`largest` is the magnitude of the logit that gets the code 127."""
        self.name, self.largest = name, largest
        self.values, self.constants, self.operations = {}, {}, []
        self.last = "input"
        self.value("input", (1, *shape), Layout.NHWC, ACTIVATIONS)

    def value(self, name, shape, layout, scale, kind=DType.INT8):
        self.values[name] = TensorType(tuple(shape), kind, layout, scale)
        return name

    def behind(self, operation, shape, layout, scale=ACTIVATIONS, **more):
        """Puts an operation behind the last one."""
        name = f"layer{len(self.operations)}"
        output = self.value(f"{name}.output", shape, layout, scale)
        self.operations.append(operation(name=name, input=self.last, output=output, **more))
        self.last = output

    def flat(self):
        shape = self.values[self.last].shape
        if len(shape) == 4:
            self.behind(FlattenOp, (1, int(numpy.prod(shape))), Layout.NC)

    def pooling(self, layer):
        rows, columns, down, right = layer.window
        shape = windows(self.values[self.last].shape, layer.window, self.values[self.last].shape[3])
        self.behind(MaxPool2DOp, shape, Layout.NHWC, kernel=(rows, columns), stride=(down, right))

    def weighted(self, layer, is_last):
        """A dense layer or a convolution."""
        layout, map_layout, axes = LAYOUTS[layer.kind]
        weights = numpy.ascontiguousarray(layer.weights.transpose(axes))
        name = f"weights{len(self.operations)}"
        scales = [normalize_scale_float32(float(ratio)) for ratio in layer.ratios]
        zeros = (0,) * len(scales)
        input_scale = self.values[self.last].qparams.scale
        biases = [normalize_scale_float32(input_scale * scale) for scale in scales]
        own = self.value(name, weights.shape, layout, PerAxisQParams(scales, zeros, 0))
        bias = self.value(f"{name}.bias", layer.bias.shape, Layout.C, PerAxisQParams(biases, zeros, 0), DType.INT32)
        self.constants |= {own: weights, bias: layer.bias}
        scale = PerTensorQParams(self.largest / 127, 0) if is_last else ACTIVATIONS
        if layer.kind == tev.DENSE:
            self.behind(LinearOp, (1, len(scales)), map_layout, scale, weight=own, bias=bias)
        else:
            shape = windows(self.values[self.last].shape, layer.window, len(scales))
            more = {"stride": layer.window[2:], "weight": own, "bias": bias}
            self.behind(Conv2DOp, shape, map_layout, scale, **more)

    def finished(self):
        return QuantizedGraph(
            self.name, self.values, self.constants, tuple(self.operations), ("input",), (self.last,)
        )


def windows(shape, window, channels):
    """The shape of the map of a window's places."""
    rows, columns, down, right = window
    return (1, (shape[1] - rows) // down + 1, (shape[2] - columns) // right + 1, channels)


def graph(name, shape, layers, largest):
    made = Graph(name, shape, largest)
    for layer in layers:
        if layer.kind == tev.POOLING:
            made.pooling(layer)
        elif layer.kind == tev.CONVOLUTION:
            made.weighted(layer, is_last=False)
        else:
            made.flat()
            if layer.kind == tev.DENSE:
                made.weighted(layer, is_last=layer is layers[-1])
    return made.finished()
