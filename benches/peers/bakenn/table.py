"""The tables of what run measured; fails where an engine's classes depend on the board or its kernels.

    python3 table.py FOLDER

FOLDER has a file of key=value lines for each "NETWORK BOARD LEVEL ENGINE", and `desktop`, what model.py printed.
"""

import pathlib
import sys

NETWORKS = {"dense": "784-128-10", "cnn": "conv:10x5,pool:2,conv:24x5,pool:2,dense:10"}
BOARDS = {"microbit": "Cortex-M0 (micro:bit)", "mps2-an386": "Cortex-M4F"}
LEVELS = ["3", "s"]
ENGINES = {
    "none": "no engine",
    "tinyevo": "tinyevo, Rust",
    "tinyevo-c": "tinyevo, C",
    "bakenn": "BakeNN",
    "bakenn-priority": "BakeNN, own fast kernels",
    "bakenn-cmsis": "BakeNN, CMSIS-NN",
}
PEERS = [engine for engine in ENGINES if engine.startswith("bakenn")]


def read(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def figures(values):
    """Flash, RAM (statics and the deepest stack, with the image) and instructions."""
    return int(values["flash"]), int(values["static_ram"]) + int(values["stack"]), int(values["instructions"])


def rows(results, network):
    print(f"\n`{NETWORKS[network]}`:\n")
    print("| | | flash | static RAM + stack | instructions | flash, `s` | static RAM + stack, `s` | instructions, `s` |")
    print("|---|---|" + "---:|" * 6)
    for board, title in BOARDS.items():
        for engine, name in ENGINES.items():
            cells = [title, name]
            for level in LEVELS:
                values = results[f"{network} {board} {level} {engine}"]
                flash, _, instructions = figures(values)
                memory = f"{int(values['static_ram']):,} + {int(values['stack']):,}"
                cells += [f"{flash:,}", memory, f"{instructions:,}"]
            print("| " + " | ".join(cells) + " |")


def worse(results, network):
    """Where both of tinyevo's take more than one of BakeNN's."""
    for board, title in BOARDS.items():
        for level in LEVELS:
            ours = [figures(results[f"{network} {board} {level} {engine}"]) for engine in ("tinyevo", "tinyevo-c")]
            for engine in PEERS:
                theirs = figures(results[f"{network} {board} {level} {engine}"])
                for what, own, other in zip(("flash", "RAM", "instructions"), zip(*ours), theirs):
                    if min(own) > other:
                        yield f"{title}, opt-level {level}: {ENGINES[engine]} takes {min(own) - other:,} less {what}"


def main():
    folder = pathlib.Path(sys.argv[1])
    results = {path.name: read(path) for path in folder.iterdir()}
    desktop = results["desktop"]
    wrong = []
    for network in NETWORKS:
        rows(results, network)
        print(f"\nRight of 10,000 images: {desktop[f'{network} tinyevo right']} tinyevo", end="")
        for engine in PEERS:
            right, same = (desktop[f"{network} {engine} {what}"] for what in ("right", "same"))
            print(f", {right} {ENGINES[engine]} (the class of tinyevo for {same})", end="")
        print()
        for line in worse(results, network):
            print(line)
        for group in (["tinyevo", "tinyevo-c"], PEERS[:2], PEERS[2:]):
            own = [results[f"{network} {board} {level} {engine}"] for engine in group for board in BOARDS for level in LEVELS]
            if len({values["classes"] for values in own}) != 1:
                wrong.append(f"{NETWORKS[network]}: {', '.join(group)} give several classes for a digit")
            if group[0] == "tinyevo" and own[0]["right"] != own[0]["images"]:
                wrong.append(f"{NETWORKS[network]}: tinyevo's classes are not those of the desktop")
    print("\nBakeNN's kernels:")
    for name, kernels in desktop.items():
        if name.endswith("kernels"):
            print(f"  {name.removesuffix(' kernels')}: {kernels}")
    for message in wrong:
        print(message, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
