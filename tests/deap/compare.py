"""Compares tinyevo with DEAP on the tutorial's recipe: is evolution as good in both?

Made with Python 3.11, DEAP 1.4.4, NumPy 2.4.6:

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt

Then, with the folder of MNIST's four IDX files (gzipped or not) in --data or TINYEVO_DATA, and
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 for times that can be compared:

    .venv/bin/python compare.py run --seeds 64-69          makes deap.csv, seed by seed; an
                                                           interrupted run resumes
    .venv/bin/python compare.py table --ours DIR...        reads our runs' history.csv
    .venv/bin/python compare.py all --tinyevo BINARY       runs what is missing, and ours

`table` and `all` print a Markdown table of the best accuracy in the population at generations 10, 50
and 100. They exit with 1 if the spreads over seeds do not overlap or the medians differ by 0.05 or
more.

The recipe: a 784-128(ReLU)-10(softmax) network, 25 individuals of 101,770 weights uniform in
[-1, 1); fitness 1 / accuracy on the 10,000 test images, pixels / 255, minimised; selTournament of 5;
pairs mated with probability 0.6, both children become the mean; individuals mutated with
probability 0.3 by mutGaussian with mu 0, sigma 0.1, indpb 0.25; DEAP's eaSimple and HallOfFame(1).
Genomes are float64, as DEAP's are; the network computes in float32, as Keras does.

deap.csv has a row a generation: seed, generation, best_accuracy (the best in the population of that
generation, not the best ever), evaluations (up to and including that generation).
"""

import argparse
import csv
import gzip
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import numpy
    from deap import algorithms, base, creator, tools
except ImportError as error:
    requirements = pathlib.Path(__file__).with_name("requirements.txt")
    raise SystemExit(f"{error}: pip install -r {requirements}, best into a virtual environment")

CSV = pathlib.Path(__file__).with_name("deap.csv")
COLUMNS = ["seed", "generation", "best_accuracy", "evaluations"]
MILESTONES = (10, 50, 100)
LARGEST_DIFFERENCE = 0.05

POPULATION = 25
INPUTS, HIDDEN, CLASSES = 784, 128, 10
GENES = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES


# The data and the network


def read_idx(folder, name, header):
    """The bytes after the header of an IDX file, gzipped or not."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.exists():
            opened = gzip.open(path) if path.suffix == ".gz" else path.open("rb")
            with opened as file:
                return numpy.frombuffer(file.read(), numpy.uint8, offset=header)
    raise SystemExit(f"no {name}.gz in {folder}")


class Evaluator:
    """1 / accuracy of a genome on the test images; keeps the time that it took."""

    def __init__(self, folder):
        pixels = read_idx(folder, "t10k-images-idx3-ubyte", 16).reshape(-1, INPUTS)
        self.images = pixels.astype(numpy.float32) / numpy.float32(255)
        self.labels = read_idx(folder, "t10k-labels-idx1-ubyte", 8)
        self.seconds = 0.0

    def __call__(self, genome):
        start = time.perf_counter()
        correct = int(numpy.count_nonzero(self.classes(genome) == self.labels))
        self.seconds += time.perf_counter() - start
        # With none correct, as tinyevo: as if half a sample were.
        return (len(self.labels) / (correct or 0.5),)

    def classes(self, genome):
        weights = numpy.asarray(genome, numpy.float32)
        kernel_1, bias_1, kernel_2, bias_2 = numpy.split(
            weights, numpy.cumsum([INPUTS * HIDDEN, HIDDEN, HIDDEN * CLASSES])
        )
        hidden = self.images @ kernel_1.reshape(INPUTS, HIDDEN)
        hidden += bias_1
        numpy.maximum(hidden, 0, out=hidden)
        # The softmax does not change which class is the largest.
        return (hidden @ kernel_2.reshape(HIDDEN, CLASSES) + bias_2).argmax(axis=1)


# DEAP


def mean_crossover(a, b):
    """The tutorial's: both children become the mean. In place, so that they stay individuals."""
    a += b
    a /= 2
    b[:] = a
    return a, b


def make_toolbox(evaluator):
    if not hasattr(creator, "Individual"):
        creator.create("FitnessMin", base.Fitness, weights=(-1.0,))
        # For arrays, DEAP's creator makes a class whose deep copies own their genes.
        creator.create("Individual", numpy.ndarray, fitness=creator.FitnessMin)
    toolbox = base.Toolbox()
    toolbox.register("weight", random.uniform, -1, 1)
    toolbox.register("individual", tools.initRepeat, creator.Individual, toolbox.weight, GENES)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", evaluator)
    toolbox.register("select", tools.selTournament, tournsize=5)
    toolbox.register("mate", mean_crossover)
    toolbox.register("mutate", tools.mutGaussian, mu=0, sigma=0.1, indpb=0.25)
    return toolbox


def evolve(seed, generations, evaluator):
    """One run of DEAP; returns its rows of deap.csv, the last one's hall of fame checked."""
    random.seed(seed)
    toolbox = make_toolbox(evaluator)
    population = toolbox.population(POPULATION)
    # Arrays have no single truth value for `==`, the default.
    hall_of_fame = tools.HallOfFame(1, similar=numpy.array_equal)
    stats = tools.Statistics(lambda individual: individual.fitness.values[0])
    for name in ("avg", "std", "min", "max"):
        stats.register(name, getattr(numpy, {"avg": "mean"}.get(name, name)))
    _, log = algorithms.eaSimple(
        population, toolbox, cxpb=0.6, mutpb=0.3, ngen=generations, stats=stats,
        halloffame=hall_of_fame, verbose=False,
    )
    assert hall_of_fame[0].fitness.values[0] == min(log.select("min"))
    evaluations = numpy.cumsum(log.select("nevals")).tolist()
    return [
        {
            "seed": seed,
            "generation": record["gen"],
            # Accuracies are whole numbers of 10,000 images.
            "best_accuracy": f"{1 / record['min']:.4f}",
            "evaluations": evaluations[record["gen"]],
        }
        for record in log
    ]


def read_rows(path):
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    """Writes beside the file and renames, so that there is never half of one."""
    new = path.with_suffix(".new")
    with new.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    new.replace(path)


def run(seeds, generations, folder, path):
    """Adds the seeds that are missing, or too short, to the CSV file."""
    evaluator = None
    for seed in seeds:
        rows = read_rows(path)
        if any((row["seed"], row["generation"]) == (str(seed), str(generations)) for row in rows):
            print(f"seed {seed}: there already", flush=True)
            continue
        evaluator = evaluator or Evaluator(folder)
        evaluator.seconds = 0.0
        start = time.perf_counter()
        new = evolve(seed, generations, evaluator)
        total = time.perf_counter() - start
        write_rows(path, [row for row in rows if row["seed"] != str(seed)] + new)
        share = 1 / (generations + 1)
        print(
            f"seed {seed}: accuracy {new[-1]['best_accuracy']}, "
            f"{new[-1]['evaluations']} evaluations; seconds per generation: {total * share:.3f}, "
            f"of them {evaluator.seconds * share:.3f} evaluation, "
            f"{(total - evaluator.seconds) * share:.3f} the rest",
            flush=True,
        )


# The comparison


def run_ours(binary, seeds, generations, folder, out):
    """Runs tinyevo for the seeds; returns the folders of the runs."""
    folders = []
    for seed in seeds:
        folders.append(out / f"seed-{seed}")
        start = time.perf_counter()
        subprocess.run(
            [binary, "evolve", "--preset", "tutorial", "--data", folder, "--quiet",
             "--generations", str(generations), "--seed", str(seed), "--out", folders[-1]],
            check=True, stdout=subprocess.DEVNULL,
        )
        seconds = (time.perf_counter() - start) / (generations + 1)
        print(f"tinyevo, seed {seed}: {seconds:.4f} seconds per generation", flush=True)
    return folders


def histories(folders):
    """The history.csv of each folder, or of each folder in it."""
    for folder in folders:
        found = [folder / "history.csv"]
        if not found[0].exists():
            found = sorted(folder.glob("*/history.csv"))
        if not found:
            raise SystemExit(f"no history.csv in {folder} or one folder below")
        yield from found


def by_generation(rows, column):
    """Accuracies of all runs at each milestone that there is."""
    accuracies = {generation: [] for generation in MILESTONES}
    for row in rows:
        if int(row["generation"]) in accuracies:
            accuracies[int(row["generation"])].append(float(row[column]))
    return accuracies


def spread(values):
    return f"{min(values):.4f} | {statistics.median(values):.4f} | {max(values):.4f}"


def table(folders, path):
    """Prints the comparison; returns whether the two agree."""
    paths = list(histories(folders))
    ours = by_generation((row for file in paths for row in read_rows(file)), "accuracy")
    deap = by_generation(read_rows(path), "best_accuracy")
    print("| generation | by | runs | min | median | max | difference of medians | spreads overlap |")
    print("|---:|---|---:|---:|---:|---:|---:|---|")
    agree = True
    for generation in MILESTONES:
        mine, theirs = ours[generation], deap[generation]
        if not mine or not theirs:
            print(f"generation {generation} is missing in {'ours' if theirs else path.name}",
                  file=sys.stderr)
            agree = False
            continue
        difference = statistics.median(mine) - statistics.median(theirs)
        overlap = min(mine) <= max(theirs) and min(theirs) <= max(mine)
        agree = agree and overlap and abs(difference) < LARGEST_DIFFERENCE
        print(f"| {generation} | tinyevo | {len(mine)} | {spread(mine)} | {difference:+.4f} "
              f"| {'yes' if overlap else 'no'} |")
        print(f"| {generation} | DEAP | {len(theirs)} | {spread(theirs)} | | |")
    return agree


# The command line


def seed_list(text):
    """"64-66,70" is 64, 65, 66, 70."""
    seeds = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds.extend(range(int(first), int(last or first) + 1))
    return seeds


def data_folder(given):
    folder = given or os.environ.get("TINYEVO_DATA")
    if not folder:
        raise SystemExit("say where MNIST is: --data DIR or TINYEVO_DATA")
    return pathlib.Path(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    run_parser = commands.add_parser("run", help="run DEAP")
    table_parser = commands.add_parser("table", help="compare runs that there are")
    all_parser = commands.add_parser("all", help="run DEAP and tinyevo, and compare")
    for one in (run_parser, all_parser):
        one.add_argument("--seeds", type=seed_list, default=seed_list("64-69"), metavar="64-69")
        one.add_argument("--generations", type=int, default=100)
        one.add_argument("--data", help="folder of MNIST's IDX files [default: TINYEVO_DATA]")
    for one in (run_parser, table_parser, all_parser):
        one.add_argument("--csv", type=pathlib.Path, default=CSV, help="DEAP's runs")
    table_parser.add_argument("--ours", type=pathlib.Path, nargs="+", required=True, metavar="DIR")
    all_parser.add_argument("--tinyevo", type=pathlib.Path, required=True, metavar="BINARY")
    args = parser.parse_args()

    if args.command == "table":
        sys.exit(0 if table(args.ours, args.csv) else 1)
    folder = data_folder(args.data)
    run(args.seeds, args.generations, folder, args.csv)
    if args.command == "all":
        with tempfile.TemporaryDirectory() as out:
            binary = args.tinyevo.resolve()
            runs = run_ours(binary, args.seeds, args.generations, folder, pathlib.Path(out))
            agree = table(runs, args.csv)
        sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
