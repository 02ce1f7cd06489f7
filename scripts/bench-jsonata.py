#!/usr/bin/env python3
"""Baton's JSONata beside jsonatapy, in turns on the same machine: bench-jsonata.py BATON FOLDER TURNS

Each turn measures all cases with `baton eval --bench` and then with jsonatapy (`pip install jsonatapy`), if it can be
imported; of all turns the best rate counts. Where there is Node, its JSON.parse tells how fast this machine is compared
to the one that the reference's rates were measured on, and the last column takes that into account.
"""

import json
import math
import pathlib
import shutil
import subprocess
import sys
import time

ROUNDS = 9

NODE = """
const text = require('fs').readFileSync(process.argv[1], 'utf8');
let best = 0;
for (let round = 0; round < 20; round++) {
  const start = process.hrtime.bigint();
  let count = 0, elapsed;
  do { JSON.parse(text); count++; elapsed = Number(process.hrtime.bigint() - start) / 1e9; } while (elapsed < 0.05);
  best = Math.max(best, count / elapsed);
}
console.log(best);
"""

# JSON.parse on the machine of the reference's rates, per second.
REFERENCE_READS = {"dataset5": 248_500, "library": 188_400, "orders": 2_030}


def rate(work, seconds):
    """How often some work is done in a second."""
    start = time.perf_counter()
    count, batch, elapsed = 0, 1, 0.0
    while elapsed < seconds:
        for _ in range(batch):
            work()
        count += batch
        elapsed = time.perf_counter() - start
        if elapsed < seconds / 20:
            batch *= 2
    return count / elapsed


def peer(cases, folder):
    """Rates of jsonatapy by case: parses and evaluations. The document is converted beforehand."""
    import jsonatapy

    rates = {}
    for case in cases:
        source = case["expr"]
        expression = jsonatapy.compile(source)
        if case.get("data"):
            text = (folder / "data" / f"{case['data']}.json").read_text()
            document = jsonatapy.JsonataData.from_json(text)
        else:
            document = jsonatapy.JsonataData(None)
        arguments = (document, case["bindings"]) if case.get("bindings") else (document,)
        evaluations = max(rate(lambda: expression.evaluate_with_data(*arguments), 0.12) for _ in range(ROUNDS))
        parses = max(rate(lambda: jsonatapy.compile(source), 0.04) for _ in range(ROUNDS))
        rates[case["name"]] = (parses, evaluations)
    return rates


def own(baton, folder):
    output = subprocess.run(
        [baton, "eval", "--bench", str(folder), "--output", "json"], check=True, capture_output=True, text=True
    ).stdout
    return {case["name"]: case for case in json.loads(output)}


def machine(folder):
    """This machine's speed by document, compared to that of the reference's rates; 1 without Node."""
    factors = dict.fromkeys(REFERENCE_READS, 1.0)
    if shutil.which("node"):
        for name, reads in REFERENCE_READS.items():
            path = folder / "data" / f"{name}.json"
            output = subprocess.run(["node", "-e", NODE, str(path)], check=True, capture_output=True, text=True).stdout
            factors[name] = float(output) / reads
    return factors


def mean(numbers):
    numbers = [number for number in numbers if number == number]
    return math.exp(sum(map(math.log, numbers)) / len(numbers)) if numbers else float("nan")


def main():
    baton, folder, turns = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    cases = json.loads((folder / "cases.json").read_text())
    try:
        import jsonatapy  # noqa: F401
        has_peer = True
    except ImportError:
        has_peer = False
        print("jsonatapy cannot be imported, so there is nothing to compare with but the reference.", file=sys.stderr)
    factors = machine(folder)
    mine, theirs = {}, {}
    for turn in range(turns):
        print(f"turn {turn + 1} of {turns}", file=sys.stderr)
        for name, case in own(baton, folder).items():
            known = case["speedup"] is not None
            reference = case["evalPerSecond"] / case["speedup"] if known else float("nan")
            best = mine.setdefault(name, dict(case, reference=reference))
            for key in ("parsePerSecond", "evalPerSecond"):
                best[key] = max(best[key], case[key])
            best["ok"] = best["ok"] and case["ok"]
            best.setdefault("ratios", []).append(case["scaledSpeedup"] if known else float("nan"))
        if has_peer:
            for name, (parses, evaluations) in peer(cases, folder).items():
                before = theirs.get(name, (0, 0))
                theirs[name] = (max(before[0], parses), max(before[1], evaluations))
        for document, factor in machine(folder).items():
            factors[document] = max(factors[document], factor)

    lines = [("case", "document", "parse/s", "jsonatapy", "×", "eval/s", "jsonatapy", "×", "× jsonata-js", "by parse")]
    lines.append(("---", "---") + ("--:",) * 8)
    ratios = {"parse": [], "eval": [], "reference": [], "scaled": []}
    for case in cases:
        name = case["name"]
        result = mine[name]
        parses, evaluations = result["parsePerSecond"], result["evalPerSecond"]
        reference = evaluations / result["reference"] / factors[case.get("data") or "dataset5"]
        scaled = sorted(result["ratios"])[len(result["ratios"]) // 2]
        ratios["reference"].append(reference)
        ratios["scaled"].append(scaled)
        peers = ("", "", "", "")
        if has_peer:
            peer_parses, peer_evaluations = theirs[name]
            ratios["parse"].append(parses / peer_parses)
            ratios["eval"].append(evaluations / peer_evaluations)
            peers = (f"{peer_parses:,.0f}", f"{parses / peer_parses:.2f}", f"{peer_evaluations:,.0f}",
                     f"{evaluations / peer_evaluations:.2f}")
        lines.append((name + ("" if result["ok"] else " (WRONG)"), case.get("data") or "none", f"{parses:,.0f}",
                      *peers[:2], f"{evaluations:,.0f}", *peers[2:], f"{reference:.1f}", f"{scaled:.1f}"))
    lines.append(("geometric mean", "", "", "", f"{mean(ratios['parse']):.2f}", "", "", f"{mean(ratios['eval']):.2f}",
                  f"{mean(ratios['reference']):.1f}", f"{mean(ratios['scaled']):.1f}"))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print("\nThis machine's JSON.parse, reference's = 1: "
          + ", ".join(f"{name} {factor:.2f}" for name, factor in factors.items()))


main()
