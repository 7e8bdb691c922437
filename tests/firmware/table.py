"""One table of what every target printed; fails where a hash differs or a limit is exceeded.

    python3 table.py FOLDER LIMITS

FOLDER has a file of key=value lines for each target. LIMITS has lines "target key limit".
"""

import pathlib
import sys

HASHES = ["evolution", "math", "int8_logits", "int8_classes", "f32_logits", "adaptation"]
FIGURES = ["code", "flash", "static_ram", "evolution_ram", "adaptation_ram", "right_before", "right_after", "int8_stack", "int8_instructions",
           "f32_stack", "f32_instructions"]


def read(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def main():
    folder, limits = map(pathlib.Path, sys.argv[1:])
    results = {path.name: read(path) for path in sorted(folder.iterdir())}
    wrong = []
    print("| target | " + " | ".join(HASHES) + " |")
    print("|---" * (len(HASHES) + 1) + "|")
    for name, values in results.items():
        print(f"| {name} | " + " | ".join(values.get(key, "") for key in HASHES) + " |")
    for key in HASHES:
        found = {values[key] for values in results.values() if key in values}
        if len(found) != 1:
            wrong.append(f"{key}: {len(found)} different hashes")
    for name, values in results.items():
        missing = [key for key in HASHES[:4] if key not in values]
        if missing:
            wrong.append(f"{name} printed no {', '.join(missing)}")

    boards = {name: values for name, values in results.items() if "flash" in values}
    print("\n| board | " + " | ".join(FIGURES) + " |")
    print("|---" + "|---:" * len(FIGURES) + "|")
    for name, values in boards.items():
        print(f"| {name} | " + " | ".join(values.get(key, "") for key in FIGURES) + " |")
    for line in limits.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, key, limit = line.rsplit(maxsplit=2)
        got = results.get(name, {}).get(key)
        if got is None:
            wrong.append(f"{name}: no {key}, which has a limit")
        elif int(got) > int(limit):
            wrong.append(f"{name}: {key} is {got}, more than {limit}")
    for message in wrong:
        print(message, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
