"""The ratio table: tinyevo against its peers, measured in turns in one run.

    cargo build --release
    TINYEVO_DATA=DIR python3 benches/peers/ratios.py [--rounds 5] [--without keras]

Each round runs tinyevo and every peer one after another; a ratio is the median of the rounds'
ratios, so that what the machine does meanwhile falls on all of them. The peers make their virtual
environments themselves, which needs a network the first time.
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

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = {"numpy": "NumPy", "jax": "JAX", "keras": "Keras and DEAP"}
GENERATIONS = 40


def run_peer(name):
    script = HERE / f"{name}_peer.py"
    output = subprocess.run([sys.executable, script], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def run_ours(binary):
    """Milliseconds for an individual on all cores, and seconds for a generation of the tutorial."""
    bench = [binary, "bench", "--data", os.environ["TINYEVO_DATA"], "--hidden", "128", "--json"]
    output = subprocess.run(
        [*bench, "--rounds", "3"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    report = json.loads(output.stdout)
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [binary, "evolve", "--data", os.environ["TINYEVO_DATA"], "--preset", "tutorial",
             "--quiet", "--generations", str(GENERATIONS), "--out", pathlib.Path(out, "run")],
            check=True, stdout=subprocess.DEVNULL,
        )
        summary = json.loads(pathlib.Path(out, "run", "summary.json").read_text())
    return {
        "report": report,
        "milliseconds_per_individual": 1e3 * report["images"] / report["networks"][0]["images_per_second"],
        "seconds_per_generation": summary["seconds"] / GENERATIONS,
    }


def cpu():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", action="append", default=[], choices=PEERS)
    parser.add_argument("--tinyevo", type=pathlib.Path, default=ROOT / "target/release/tinyevo")
    args = parser.parse_args()
    if not os.environ.get("TINYEVO_DATA"):
        raise SystemExit("set TINYEVO_DATA to a folder with MNIST's four IDX files")
    names = [name for name in PEERS if name not in args.without]

    ours, peers = [], {name: [] for name in names}
    for number in range(args.rounds):
        print(f"round {number + 1} of {args.rounds}", file=sys.stderr)
        ours.append(run_ours(args.tinyevo))
        for name in names:
            peers[name].append(run_peer(name))

    def middle(rows, key):
        return statistics.median(row[key] for row in rows)

    def ratio(rows, key):
        return statistics.median(row[key] / own[key] for row, own in zip(rows, ours))

    network = [own["report"]["networks"][0] for own in ours]
    print(f"{cpu()}, {os.cpu_count()} cores, {ours[0]['report']['isa']}; {platform.system()}, "
          f"Python {platform.python_version()}; medians of {args.rounds} rounds\n")
    print("| 784-128-10 on 10,000 MNIST images, all cores | time | tinyevo is faster by |")
    print("|---|---:|---:|")
    each = "milliseconds_per_individual"
    print(f"| tinyevo, an individual | {middle(ours, each):.2f} ms | |")
    for name in names:
        rows = peers[name]
        print(f"| {PEERS[name]} {rows[0]['version']}, an individual | {middle(rows, each):.1f} ms "
              f"| {ratio(rows, each):.3g} |")
    generation = "seconds_per_generation"
    print(f"| tinyevo, a generation of the tutorial | {1e3 * middle(ours, generation):.0f} ms | |")
    if "keras" in names:
        rows = peers["keras"]
        print(f"| Keras and DEAP, a generation | {middle(rows, generation):.2f} s "
              f"| {ratio(rows, generation):.0f} |")
    print("\n| one core | |\n|---|---:|")
    print(f"| tinyevo, an individual | {middle(network, each):.2f} ms |")
    print(f"| times faster than dense (crate matrixmultiply) | {middle(network, 'times_dense'):.2f} |")
    print(f"| share of the sparse roofline | {middle(network, 'share_of_sparse_roofline'):.2f} |")
    print(f"| speed-up by all cores | {middle(network, 'thread_scaling'):.2f} |")
    print(f"| cross-entropy over accuracy, time | {middle(network, 'cross_entropy_over_accuracy'):.2f} |")


if __name__ == "__main__":
    main()
