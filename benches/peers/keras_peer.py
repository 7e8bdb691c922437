"""Seconds for a generation of the tutorial itself: DEAP's eaSimple, and Keras for each evaluation.

    TINYEVO_DATA=DIR python3 benches/peers/keras_peer.py

One generation of 25 individuals, as the tutorial has it: lists as individuals, set_weights and
predict to evaluate one. How many are evaluated again is chance; so the time is scaled to the mean,
17.58 (0.7032 of 25, see tests/fixtures/operators.json).
"""

import os
import random
import time

import peer

peer.environment("keras", "tensorflow-cpu", "deap", "numpy")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy
from deap import algorithms, base, creator, tools

POPULATION = 25
EVALUATIONS = 0.7032 * POPULATION


def main():
    images, labels = peer.mnist()
    random.seed(64)
    model = keras.Sequential(
        [
            keras.Input((peer.INPUTS,)),
            keras.layers.Dense(peer.HIDDEN, activation="relu"),
            keras.layers.Dense(peer.CLASSES, activation="softmax"),
        ]
    )
    shapes = [weights.shape for weights in model.get_weights()]
    spent = []

    def evaluate(individual):
        start = time.perf_counter()
        weights, at = [], 0
        for shape in shapes:
            size = int(numpy.prod(shape))
            weights.append(numpy.reshape(individual[at : at + size], shape))
            at += size
        model.set_weights(weights)
        classes = model.predict(images, verbose=0).argmax(axis=1)
        accuracy = numpy.mean(classes == labels)
        spent.append(time.perf_counter() - start)
        return (1 / max(accuracy, 0.5 / peer.IMAGES),)

    def mean(a, b):
        for index, (x, y) in enumerate(zip(a, b)):
            a[index] = b[index] = (x + y) / 2
        return a, b

    creator.create("FitnessMin", base.Fitness, weights=(-1.0,))
    creator.create("Individual", list, fitness=creator.FitnessMin)
    toolbox = base.Toolbox()
    toolbox.register("weight", random.uniform, -1, 1)
    toolbox.register("individual", tools.initRepeat, creator.Individual, toolbox.weight, peer.GENES)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", evaluate)
    toolbox.register("select", tools.selTournament, tournsize=5)
    toolbox.register("mate", mean)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=0.1, indpb=0.25)

    population = toolbox.population(POPULATION)
    for individual in population:
        individual.fitness.values = evaluate(individual)
    spent.clear()
    start = time.perf_counter()
    algorithms.eaSimple(population, toolbox, cxpb=0.6, mutpb=0.3, ngen=1, verbose=False)
    operators = time.perf_counter() - start - sum(spent)
    individual = sum(spent) / len(spent)
    peer.report(
        "Keras and DEAP",
        version=keras.__version__,
        milliseconds_per_individual=1e3 * individual,
        seconds_per_generation=individual * EVALUATIONS + operators,
    )


if __name__ == "__main__":
    main()
