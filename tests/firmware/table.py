"""One table of what every target printed; fails where a hash differs from the desktop's or from the
golden one, is missing, or where a limit is exceeded.

    python3 table.py FOLDER DESKTOP GOLDEN LIMITS

FOLDER has a file of key=value lines for each target, DESKTOP is the name of the one that the others
are compared with. GOLDEN has lines "back-end scenario hash", LIMITS lines "target key limit", where
a limit ">=NUMBER" is the least.
"""

import pathlib
import sys

# The hashes that a target prints, by the features that it was built with. To these come, for "algorithms",
# all golden hashes that no other feature has.
HASHES = {
    "scenarios": ["evolution", "math"],
    "algorithms": [],
    "champion": ["int8_logits", "int8_classes", "cnn_logits", "cnn_classes", "micro_logits", "micro_classes"],
    "floats": ["f32_logits"],
    "adaptation": ["adaptation"],
    "nothing": ["nothing_genome", "nothing_classes"],
}
FIGURES = ["code", "flash", "static_ram", "evolution_ram", "evolution_instructions", "adaptation_ram",
           "right_before", "right_after", "int8_stack", "int8_instructions", "cnn_stack", "cnn_instructions", "micro_stack", "micro_instructions", "f32_stack",
           "f32_instructions"]
# What micromath is compared by, on boards that run nothing else.
GAINS = ["code", "evolution_instructions", "math_instructions", "evolution_ram"]


def lines(path):
    text = path.read_text().splitlines()
    return [line for line in text if line.strip() and not line.startswith("#")]


def table(header, rows):
    print("\n| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def check_hashes(results, desktop, golden):
    """The table of hashes, and what is wrong with them."""
    wrong, rows = [], []
    keys = [key for group in HASHES.values() for key in group]
    for name, values in results.items():
        features = values["features"].split(",")
        before = len(wrong)
        for key in (key for feature in features for key in HASHES.get(feature, [])):
            promised = golden.get((values["backend"], key), results[desktop].get(key))
            got = values.get(key, "nothing")
            if got != promised:
                wrong.append(f"{name}: {key} is {got}, not {promised}")
        equal = "yes" if len(wrong) == before else "NO"
        rows.append([name, *(values.get(key, "") for key in keys), equal])
    table(["target", *keys, "equal"], rows)
    return wrong


def check_limits(results, limits):
    """What is beyond its limit, or was not measured."""
    wrong = []
    for name, key, limit in (line.rsplit(maxsplit=2) for line in limits):
        got = results.get(name, {}).get(key)
        if got is None:
            wrong.append(f"{name}: no {key}, which has a limit")
        elif limit.startswith(">="):
            if int(got) < int(limit[2:]):
                wrong.append(f"{name}: {key} is {got}, less than {limit[2:]}")
        elif int(got) > int(limit):
            wrong.append(f"{name}: {key} is {got}, more than {limit}")
    return wrong


def cost(boards, names):
    """RAM and instructions of each algorithm."""
    for board, values in boards.items():
        if any(f"{name}_ram" in values for name in names):
            yield [board, *(values.get(f"{name}_{unit}", "") for name in names for unit in ("ram", "instructions"))]


def gains(boards):
    """What micromath saves, beside the same firmware without it."""
    for name, values in boards.items():
        exact = boards.get(name.removesuffix(" micromath"))
        if exact is None or exact is values or GAINS[1] not in values:
            continue
        change = lambda key: f"{exact[key]} -> {values[key]} ({100 * int(values[key]) / int(exact[key]) - 100:+.1f} %)"
        yield [name, *map(change, GAINS)]


def main():
    folder, golden, limits = (pathlib.Path(sys.argv[index]) for index in (1, 3, 4))
    results = {
        path.name: dict(line.split("=", 1) for line in lines(path) if "=" in line)
        for path in sorted(folder.iterdir())
    }
    golden = {tuple(line.split()[:2]): line.split()[2] for line in lines(golden)}
    plain = {key for group in HASHES.values() for key in group}
    algorithms = [key for key in dict.fromkeys(key for _, key in golden) if key not in plain]
    HASHES["algorithms"] = algorithms
    wrong = check_hashes(results, sys.argv[2], golden)
    boards = {name: values for name, values in results.items() if "flash" in values}
    table(["board", *FIGURES], ([name, *(values.get(key, "") for key in FIGURES)] for name, values in boards.items()))
    table(["what micromath saves", *GAINS], gains(boards))
    names = [*algorithms, "nothing"]
    header = [f"{name} {unit}" for name in names for unit in ("RAM", "instructions")]
    table(["board", *header], cost(boards, names))
    wrong += check_limits(results, lines(limits))
    for message in wrong:
        print(message, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
