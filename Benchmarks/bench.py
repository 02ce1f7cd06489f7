#!/usr/bin/env python3
"""Measures Baton beside what broker and disk allow, and prints a table with verdicts; also as JSON.

usage: bench.py [--quick] [--curves] [--json FILE] [WORK...]
"""

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import time

import curves
import works
from stage import ROOT, STATE, Broker, build_tools


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="works: " + "; ".join(f"{name}: {work.__doc__.split('.')[0].strip()}"
                                     for name, work in works.NAMES.items()))
    parser.add_argument("works", nargs="*", metavar="WORK", choices=[[], *works.NAMES], help="which; all without")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller repetitions: two minutes")
    parser.add_argument("--curves", action="store_true", help="draw how it grows, into docs/performance, instead")
    parser.add_argument("--json", default=str(STATE / "results.json"), metavar="FILE")
    options = parser.parse_args()

    if options.curves:
        with Broker() as broker:
            measured = curves.draw(works.Setting(build_tools(), broker, works.QUICK if options.quick else works.FULL))
        (STATE / "curves.json").write_text(json.dumps({"machine": machine(), **measured}, indent=1))
        print(f"drawn below {curves.FOLDER}; the figures are in {STATE / 'curves.json'}")
        return 0

    began = time.monotonic()
    rows = []
    tools = build_tools()
    print(f"{'':<58} {'min':>9} {'median':>9} {'max':>9} {'':<15} {'bar':<14} verdict")
    with Broker() as broker:
        setting = works.Setting(tools, broker, works.QUICK if options.quick else works.FULL)
        for name in options.works or works.NAMES:
            measure(name, setting, rows)
    with open(options.json, "w") as file:
        json.dump({"machine": machine(), "quick": options.quick, "rows": [row.as_json() for row in rows]}, file,
                  indent=1)
    missed = [row.name for row in rows if row.verdict in ("MISSED", "failed")]
    print(f"{len(rows) - len(missed)} of {len(rows)} rows are as they should be; {time.monotonic() - began:.0f} s; "
          f"all figures are in {options.json}")
    return 1 if missed else 0


def measure(name, setting, rows):
    began = time.monotonic()
    try:
        for row in works.NAMES[name](setting):
            rows.append(row)
            print(line(row), flush=True)
    except Exception as error:  # noqa: BLE001: the other works are still worth knowing
        rows.append(works.Row(name, "", [], remark=str(error)))
        print(f"{name:<58} failed: {error}", flush=True)
    print(f"  ({name} took {time.monotonic() - began:.0f} s)", file=sys.stderr)


def line(row):
    if not row.values:
        return f"{row.name:<58} failed: {row.remark}"
    figures = " ".join(f"{figure(value):>9}" for value in
                       (min(row.values), statistics.median(row.values), max(row.values)))
    return (f"{row.name:<58} {figures} {row.unit:<15} {row.bar:<14} {row.verdict:<8}"
            + (f" {row.remark}" if row.remark else "")).rstrip()


def figure(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def machine():
    def said(*command):
        try:
            return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout.strip()
        except OSError:
            return ""
    return {"cores": os.cpu_count(), "system": platform.platform(), "sqlite": sqlite3.sqlite_version,
            "commit": said("git", "rev-parse", "--short", "HEAD"), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


if __name__ == "__main__":
    sys.exit(main())
