"""How Baton recovers: a benchmark of the real binaries, a private RabbitMQ node and real files.

    scripts/bench-recovery.sh [CASE...] [--minutes 60] [--scale 1.0] [--folder DIR] [--port PORT]

Prints a table of figures, each with its bar and verdict, and writes it as JSON. Exit status 1 where a bar was missed.
"""

import argparse
import inspect
import json
import sys
import time
from pathlib import Path

import cases
from stage import ROOT, Broker, Report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(cases.ALL)}; all without")
    parser.add_argument("--minutes", type=float, default=60, help="how long the soak takes")
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of executions")
    parser.add_argument("--folder", type=Path, default=ROOT / ".baton" / "recovery")
    parser.add_argument("--port", type=int, help="the broker's, where it should not be just any")
    parser.add_argument("--rate", type=float, help="executions per second of the soak")
    options = parser.parse_args()
    unknown = set(options.cases) - set(cases.ALL)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}: there are {', '.join(cases.ALL)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    chosen = options.cases or list(cases.ALL)
    broker = Broker(options.folder / f"broker-{chosen[0]}")
    broker.port = options.port or broker.port
    broker.start()
    began = time.time()
    try:
        for name in chosen:
            case = cases.ALL[name]
            print(f"{name}: {(case.__doc__ or '').strip()}", flush=True)
            extra = {}
            defaults = {key: value.default for key, value in inspect.signature(case).parameters.items()}
            if options.scale != 1:
                for key in ("executions", "count"):
                    if key in defaults:
                        extra[key] = int(defaults[key] * options.scale)
                if "sizes" in defaults:
                    extra["sizes"] = (1_000, int(defaults["sizes"][-1] * options.scale))
            if name == "soak":
                extra["minutes"] = options.minutes
                if options.rate:
                    extra["rate"] = options.rate
            case(report, options.folder, broker, **extra)
    finally:
        broker.kill()
        result = {
            "machine": cases.machine_description(), "began": began, "seconds": time.time() - began,
            "figures": report.rows}
        path = options.folder / f"{'-'.join(chosen) if options.cases else 'all'}.json"
        path.write_text(json.dumps(result, indent=1))
    report.print()
    print(f"\n{result['machine']}; {result['seconds']:.0f} s; {path}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
