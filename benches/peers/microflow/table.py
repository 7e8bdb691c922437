"""The table of what run measured; fails where tinyevo takes more than MicroFlow, or an engine's classes
depend on the board.

    python3 table.py FOLDER

FOLDER has a file of key=value lines for each "BOARD LEVEL ENGINE IMAGES", and `floats`.
"""

import pathlib
import sys

BOARDS = {"microbit": "Cortex-M0 (micro:bit)", "mps2-an386": "Cortex-M4F", "virt": "RV32imac"}
LEVELS = ["3", "s"]
ENGINES = {"none": "no engine", "tinyevo": "tinyevo", "microflow": "MicroFlow", "microflow-floats": "MicroFlow, floats in"}


def figures(values):
    """Flash, RAM (statics and the deepest stack, with the image) and instructions."""
    return int(values["flash"]), int(values["static_ram"]) + int(values["stack"]), int(values["instructions"])


def main():
    results = {
        path.name: dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
        for path in pathlib.Path(sys.argv[1]).iterdir()
    }
    print("\n| | | flash | static RAM + stack | instructions | flash, `s` | static RAM + stack, `s` | instructions, `s` |")
    print("|---|---|" + "---:|" * 6)
    wrong = []
    for board, title in BOARDS.items():
        for engine, name in ENGINES.items():
            cells = [title, name]
            for level in LEVELS:
                values = results[f"{board} {level} {engine} some"]
                measured = figures(values)
                ours = figures(results[f"{board} {level} tinyevo some"])
                flash, _, instructions = measured
                cells += [f"{flash:,}", f"{values['static_ram']} + {int(values['stack']):,}", f"{instructions:,}"]
                if engine.startswith("microflow") and any(a > b for a, b in zip(ours, measured)):
                    wrong.append(f"{title}, opt-level {level}: tinyevo takes {ours}, {name} {measured}")
            print("| " + " | ".join(cells) + " |")
    print()
    for board, title in BOARDS.items():
        counts = [f"{int(results[f'{board} {level} tinyevo dense']['instructions']):,}" for level in LEVELS]
        print(f"{title}, tinyevo, the same digits without a zero pixel: {counts[0]} instructions; {counts[1]}, `s`")
    floats = results["floats"]
    print(f"\nRight of {floats['images']} images: {floats['right']} in floats", end="")
    for engine in list(ENGINES)[1:]:
        print(f", {results[f'virt 3 {engine} all']['right']} {ENGINES[engine]}", end="")
        classes = {results[f"{board} {level} {engine} some"]["classes"] for board in BOARDS for level in LEVELS}
        if len(classes) != 1:
            wrong.append(f"{ENGINES[engine]} gives other classes on other boards")
    print()
    for message in wrong:
        print(message, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
