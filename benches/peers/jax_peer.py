"""Milliseconds for an individual on 10,000 images in JAX, compiled, vmap over a population of 25.

    TINYEVO_DATA=DIR python3 benches/peers/jax_peer.py
"""

import peer

peer.environment("jax", "jax[cpu]", "numpy")

import jax
import jax.numpy as jnp
import numpy

POPULATION = 25


def main():
    images, labels = map(jnp.asarray, peer.mnist())
    random = numpy.random.default_rng(64)
    draw = random.uniform(-1, 1, (POPULATION, peer.GENES)).astype(numpy.float32)
    population = jnp.asarray(draw)
    sizes = numpy.cumsum([peer.INPUTS * peer.HIDDEN, peer.HIDDEN, peer.HIDDEN * peer.CLASSES])

    def accuracy(genome):
        kernel_1, bias_1, kernel_2, bias_2 = jnp.split(genome, sizes)
        hidden = jax.nn.relu(images @ kernel_1.reshape(peer.INPUTS, peer.HIDDEN) + bias_1)
        logits = hidden @ kernel_2.reshape(peer.HIDDEN, peer.CLASSES) + bias_2
        return (logits.argmax(axis=1) == labels).mean()

    accuracies = jax.jit(jax.vmap(accuracy))
    seconds = peer.measure(lambda: accuracies(population).block_until_ready(), 5) / POPULATION
    peer.report("JAX", version=jax.__version__, milliseconds_per_individual=1e3 * seconds)


if __name__ == "__main__":
    main()
