"""Milliseconds for an individual on 10,000 images in NumPy, on all cores of its BLAS.

    TINYEVO_DATA=DIR python3 benches/peers/numpy_peer.py
"""

import peer

peer.environment("numpy", "numpy")

import numpy


def main():
    images, labels = peer.mnist()
    random = numpy.random.default_rng(64)
    genome = random.uniform(-1, 1, peer.GENES).astype(numpy.float32)
    sizes = numpy.cumsum([peer.INPUTS * peer.HIDDEN, peer.HIDDEN, peer.HIDDEN * peer.CLASSES])
    hidden = numpy.empty((peer.IMAGES, peer.HIDDEN), numpy.float32)
    logits = numpy.empty((peer.IMAGES, peer.CLASSES), numpy.float32)

    def accuracy():
        kernel_1, bias_1, kernel_2, bias_2 = numpy.split(genome, sizes)
        # Into buffers that are there already: NumPy at its best.
        numpy.matmul(images, kernel_1.reshape(peer.INPUTS, peer.HIDDEN), out=hidden)
        numpy.add(hidden, bias_1, out=hidden)
        numpy.maximum(hidden, 0, out=hidden)
        numpy.matmul(hidden, kernel_2.reshape(peer.HIDDEN, peer.CLASSES), out=logits)
        numpy.add(logits, bias_2, out=logits)
        return numpy.count_nonzero(logits.argmax(axis=1) == labels) / peer.IMAGES

    seconds = peer.measure(accuracy, 40)
    peer.report("NumPy", version=numpy.__version__, milliseconds_per_individual=1e3 * seconds)


if __name__ == "__main__":
    main()
