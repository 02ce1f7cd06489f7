#!/usr/bin/env python3
"""Counts what a step costs in instructions and allocations, and holds that against budgets.json.

usage: budgets.py [--update] BINARY

Each piece of work of `baton-bench` runs under callgrind, once and then twice as often; the difference, by step, is free
of what starting up costs, and of clocks: it is the same on an idle machine and on a busy one.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BUDGETS = pathlib.Path(__file__).with_name("budgets.json")
ALLOCATORS = {"malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign"}
# How far a new budget lies above what was measured: other versions of the C library and of SQLite need a little more.
HEADROOM = 1.12
TIMES = {"json": 5, "journal": 50, "engine": 2}
OTHERWISE = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write what is measured, with headroom, as new budgets")
    parser.add_argument("binary", help="baton-bench, built for release")
    options = parser.parse_args()

    budgets = json.loads(BUDGETS.read_text()) if BUDGETS.exists() else {}
    counts, units = works(options.binary)
    names = list(counts) if options.update else [name for name in budgets if name in counts]
    gone = [] if options.update else [name for name in budgets if name not in counts]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # Older valgrinds give up on debug information that is newer than they are.
        binary = f"{folder}/baton-bench"
        subprocess.run(["strip", "--strip-debug", "-o", binary, options.binary], check=True)
        costs = dict(zip(names, pool.map(lambda name: cost(binary, name, counts[name]), names)))

    exceeded = bool(gone)
    print(f"{'':<20} {'of one':<12} {'instructions':>13} {'budget':>10}   {'allocations':>11} {'budget':>8}")
    for name, measured in costs.items():
        budget = {key: above(value) for key, value in measured.items()} if options.update else budgets[name]
        budgets[name] = budget
        over = [key for key in measured if measured[key] > budget[key]]
        exceeded |= bool(over)
        print(f"{name:<20} {units[name]:<12} {measured['instructions']:>13,.0f} {budget['instructions']:>10,.0f}   "
              f"{measured['allocations']:>11,.1f} {budget['allocations']:>8,.1f}"
              + (f"   exceeded: {', '.join(over)}" if over else ""))
    for name in gone:
        print(f"{name:<20} has a budget, but baton-bench does not know it")
    if options.update:
        kept = {name: budgets[name] for name in names}
        BUDGETS.write_text(json.dumps(kept, indent=4, sort_keys=True) + "\n")
        print(f"written to {BUDGETS}")
    elif exceeded:
        print("A step costs more than it may. Find out why (callgrind_annotate), or, where it is worth it, raise the\n"
              "budgets with 'make budgets UPDATE=1' and say in the commit what is bought with it.")
    return 1 if exceeded else 0


def above(value):
    """A budget that the same program keeps for sure, with three digits that mean something."""
    return float(f"{value * HEADROOM + 0.05:.3g}")


def works(binary):
    """For each piece of work, by its name: the steps that one call does, and what a step is."""
    counts, units = {}, {}
    for line in subprocess.run([binary, "--list"], check=True, capture_output=True, text=True).stdout.splitlines():
        name, count, unit, *_ = line.split("\t")
        unit = unit.removesuffix("/s").removesuffix("s")
        # A kilobyte is nearer to a step than a megabyte.
        counts[name], units[name] = (float(count) * 1000, "kB") if unit == "MB" else (float(count), unit)
    return counts, units


def cost(binary, name, steps):
    times = TIMES.get(name.split("/")[0], OTHERWISE)
    once, twice = count(binary, name, times), count(binary, name, 2 * times)
    return {key: max(0, twice[key] - once[key]) / (times * steps) for key in once}


def count(binary, name, times):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        # Hash tables are seeded by chance otherwise, and take now a step more, now one less.
        environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", binary, "--times", str(times), name]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode != 0 or not out.exists():
            sys.exit(f"'{' '.join(command)}' failed:\n{done.stdout}{done.stderr}")
        return read(out)


def read(profile):
    """The totals of a profile, in the format of https://valgrind.org/docs/manual/cl-format.html."""
    names, called, allocations, instructions = {}, None, 0, 0
    for line in profile.open():
        if line.startswith("cfn="):
            number, name = re.match(r"cfn=(\(\d+\))(?: (.*))?", line).groups()
            names.setdefault(number, name)
            called = names[number]
        elif line.startswith("calls="):
            if called in ALLOCATORS:
                allocations += int(line[6:].split()[0])
        elif line.startswith("fn="):
            number, name = re.match(r"fn=(\(\d+\))(?: (.*))?", line).groups()
            if name:
                names[number] = name
        elif line.startswith(("summary:", "totals:")):
            instructions = int(line.split()[1])
    return {"instructions": instructions, "allocations": allocations}


if __name__ == "__main__":
    sys.exit(main())
