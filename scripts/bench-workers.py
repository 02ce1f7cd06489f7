#!/usr/bin/env python3
"""How throughput grows with the number of worker processes, on a task that sleeps 20 ms, one at a time per process.

    bench-workers.py [--language go] [--processes 1 2 4 8] [--tasks 200] [--amqp-url URL]

Run it in the tests' environment (.baton/venv/bin/python). Without a URL it starts a broker of its own. The orchestrator
is played by a stand-in that publishes all tasks at once, so that the workers are what is measured.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "EndToEnd"))
from fleet import LANGUAGES, PolyglotWorker  # noqa: E402
from harness import BINARIES, Broker  # noqa: E402
from protocol import StandIn  # noqa: E402

# Beside those in other languages the one that the Swift SDK's tests use; BATON_BIN_DIR says where it is built.
WORKERS = {**LANGUAGES, "swift": lambda folder: ["env", "BATON_ACTIVITY=greet", str(BINARIES / "check-worker")]}
TASK = {"check": "sleep", "name": "x", "seconds": 0.02}


def measure(command, url, folder, processes, tasks):
    prefix = f"bench-{time.monotonic_ns()}"
    orchestrator = StandIn(url, prefix)
    workers = [
        PolyglotWorker(command, url, prefix, folder / "worker.log", prefetch=1, identity=f"w{n}").start()
        for n in range(processes)]
    try:
        # All of them have to be there before the clock starts.
        orchestrator.wait(
            "the workers consume",
            lambda: orchestrator.channel.queue_declare(
                orchestrator.queue, passive=True).method.consumer_count == processes, timeout=60)
        warm = [orchestrator.send(TASK) for _ in range(processes * 5)]
        for token in warm:
            orchestrator.outcome(token)
        orchestrator.answers.clear()
        count = tasks * processes
        began = time.monotonic()
        for _ in range(count):
            orchestrator.send(TASK)
        orchestrator.wait("all are answered", lambda: len(orchestrator.answers) >= count, timeout=300)
        return count / (orchestrator.answers[-1][0] - began)
    finally:
        for worker in workers:
            worker.stop()
        orchestrator.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", choices=WORKERS, default="go")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--amqp-url")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    command = WORKERS[options.language](folder)
    broker = None
    if options.amqp_url is None:
        broker = Broker(folder / "broker")
        broker.start()
    try:
        first = None
        for processes in options.processes:
            rate = measure(command, options.amqp_url or broker.url, folder, processes, options.tasks)
            first = first or rate / processes
            print(f"{options.language}: {processes} processes  {rate:7.1f} tasks/s  x{rate / first:.2f}", flush=True)
    finally:
        if broker:
            broker.stop()


if __name__ == "__main__":
    main()
