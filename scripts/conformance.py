"""Compares the results of a conformance run with what has to pass: conformance.py check|all|record RESULTS LIST.

A line of LIST is a level (OUTPUT, TYPES or FULL, each containing those before it), a tab and a case.
"""

import json
import sys

LEVELS = ["OUTPUT", "TYPES", "FULL"]


def reached(result: dict) -> str | None:
    """The highest level that a case passed together with all levels below it."""
    level = None
    for name in LEVELS:
        if result.get(name, result.get(name.lower())) is not True:
            break
        level = name
    return level


def main() -> int:
    mode, results_file, list_file = sys.argv[1:]
    with open(results_file, encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    levels = {case: reached(result) for case, result in cases.items()}
    if mode == "record":
        with open(list_file, "w", encoding="utf-8") as file:
            file.writelines(f"{level}\t{case}\n" for case, level in sorted(levels.items()) if level)
    if mode != "check":
        print({name: sum(1 for level in levels.values() if level and LEVELS.index(level) >= index)
               for index, name in enumerate(LEVELS)}, "of", len(levels))
        return 0

    with open(list_file, encoding="utf-8") as file:
        wanted = [line.rstrip("\n").split("\t", 1) for line in file if line.strip()]
    failed = 0
    for level, case in wanted:
        have = levels.get(case)
        if have is None or LEVELS.index(have) < LEVELS.index(level):
            failed += 1
            result = cases.get(case, {})
            details = result.get("error") or next(iter(result.get("differences", {}).values()), ["was not run"])
            print(f"FAILED {case}: has to pass {level}, passed {have}: {details}")
    print(f"conformance: {len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
