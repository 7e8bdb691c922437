"""The preset es beside Keras' Adam, at equal wall time, measured in turns in one run.

    cargo build --release
    TINYEVO_DATA=DIR python3 benches/peers/ahead.py [--seconds 1,3,10,60] [--seeds 1,2,3] [--without shift]

For each seed and each budget, one after another: `tinyevo evolve --preset es --time`, and a training whose
learning rate falls to 0 over the budget (adam_peer.py --schedule), on the images as they are and shifted. A
training at a constant rate goes on through all budgets, and counts at its best test accuracy so far.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

from ratios import HERE, ROOT, cpu

# Keras' default rate.
CONSTANT_RATE = 1e-3
# Of those tried the best on test images, which is in Adam's favour (benches/README.md).
BATCH = 128
FALLING_RATE = 8e-3
FALLING = ["--schedule", "--rate", str(FALLING_RATE)]


def run_es(binary, budget, seed):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [binary, "evolve", "--data", os.environ["TINYEVO_DATA"], "--preset", "es", "--quiet",
             "--time", f"{1000 * budget:.0f}ms", "--seed", str(seed), "--out", pathlib.Path(out, "run")],
            check=True, stdout=subprocess.DEVNULL,
        )
        return json.loads(pathlib.Path(out, "run", "summary.json").read_text())


def run_adam(budgets, seed, *options):
    command = [sys.executable, HERE / "adam_peer.py", "--batch", str(BATCH), "--seed", str(seed)]
    seconds = ",".join(f"{budget:g}" for budget in budgets)
    output = subprocess.run(
        [*command, "--seconds", seconds, *options], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(output.stdout.splitlines()[-1])


def numbers(kind):
    return lambda text: sorted({kind(part) for part in text.split(",")})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=numbers(float), default=[1, 3, 10, 60], help="budgets")
    parser.add_argument("--seeds", type=numbers(int), default=[1, 2, 3])
    parser.add_argument("--without", action="append", default=[], choices=["shift"])
    parser.add_argument("--tinyevo", type=pathlib.Path, default=ROOT / "target/release/tinyevo")
    args = parser.parse_args()
    if not os.environ.get("TINYEVO_DATA"):
        raise SystemExit("set TINYEVO_DATA to a folder with MNIST's four IDX files")

    # The rows of each column: for each budget one of each seed, (test accuracy, core-seconds, rounds).
    es, constant, falling, shifted = "es", "constant", "falling", "shifted"
    columns = {
        es: "tinyevo, `es`",
        constant: f"Adam, {CONSTANT_RATE:g}, best so far",
        falling: f"Adam, {FALLING_RATE:g} falling to 0",
        shifted: "the same, images shifted",
    }
    if "shift" in args.without:
        del columns[shifted]
    rows = {(name, budget): [] for name in columns for budget in args.seconds}
    # Seconds of es on the wall, without those in which it measures its pace, a twelfth of the budget at most.
    wall = {budget: [] for budget in args.seconds}

    def adam(name, report, key="test_accuracy"):
        for result in report["results"]:
            rows[name, result["budget"]].append((result[key], result["core_seconds"], result["epochs"]))
        return report

    for seed in args.seeds:
        print(f"seed {seed}, constant rate", file=sys.stderr)
        rate = ["--rate", str(CONSTANT_RATE)]
        report = adam(constant, run_adam(args.seconds, seed, *rate), "best_test_accuracy")
        for budget in args.seconds:
            print(f"seed {seed}, {budget:g} s", file=sys.stderr)
            ours = run_es(args.tinyevo, budget, seed)
            rows[es, budget].append((ours["test_accuracy"], ours["core_seconds"], ours["generations"]))
            wall[budget].append(ours["seconds"])
            adam(falling, run_adam([budget], seed, *FALLING))
            if shifted in columns:
                adam(shifted, run_adam([budget], seed, *FALLING, "--shift"))

    def mean(name, budget):
        return 100 * statistics.mean(row[0] for row in rows[name, budget])

    def each(name, budget, column, write):
        return ", ".join(write(row[column]) for row in rows[name, budget])

    print(f"{cpu()}, {os.cpu_count()} cores, {ours['isa']}; Keras {report['version']} with TensorFlow "
          f"{report['tensorflow']}, batches of {BATCH}; {platform.system()}, Python {platform.python_version()}; "
          f"seeds {', '.join(map(str, args.seeds))}\n")
    # The tutorial shifts no images, es does.
    others = {"over the better one on plain images": [constant, falling]}
    if shifted in columns:
        others["over that on shifted ones"] = [shifted]
    titles = [*columns.values(), *(f"`es` {title}" for title in others)]
    print("| test accuracy | " + " | ".join(titles) + " |")
    print("|---|" + "---:|" * len(titles))
    for budget in args.seconds:
        cells = [
            f"{each(name, budget, 0, lambda value: f'{100 * value:.2f}')}: **{mean(name, budget):.2f} %**"
            for name in columns
        ]
        for names in others.values():
            best = max(mean(name, budget) for name in names)
            cells.append(f"{mean(es, budget) - best:+.2f}")
        print(f"| {budget:g} s | " + " | ".join(cells) + " |")
    print("\n| core-seconds: generations or epochs | " + " | ".join(columns.values()) + " | seconds of `es` |")
    print("|---|" + "---:|" * (len(columns) + 1))
    for budget in args.seconds:
        cells = [
            f"{each(name, budget, 1, lambda value: f'{value:.1f}')}: "
            f"{each(name, budget, 2, lambda value: f'{value:.0f}' if name == es else f'{value:.1f}')}"
            for name in columns
        ]
        cells.append(", ".join(f"{seconds:.1f}" for seconds in wall[budget]))
        print(f"| {budget:g} s | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
