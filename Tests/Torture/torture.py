"""Starts everything, lets the nemesis loose on it, and looks at what is left. See README.md."""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pika

from arena import Arena, BINARIES, ROOT, free_port
from checker import Checker
from express import Express
from harness import Broker
from load import REPLIES, Load, running
from nemesis import CHEAP, DEAR, Nemesis
from proxy import Proxy

KILLS = ("kill -9 of", "crash point", "killed in a write")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=10, help="of harm, over all rounds")
    add("--round", type=float, default=4, help="minutes; then everything has to come to its end, and is checked")
    add("--seed", type=int, default=None)
    add("--kills", type=int, default=None, help="stop after that many kills")
    add("--kills-per-second", type=float, default=3)
    add("--orchestrator-share", type=float, default=0.2, help="of the kills")
    add("--crash-points", type=float, default=0.3, help="the share of starts with one armed")
    add("--starts-per-second", type=float, default=12)
    add("--express-per-second", type=float, default=1, help="starts by each of four clients")
    add("--max-open", type=int, default=250, help="executions at once")
    add("--workers", type=int, default=6)
    add("--pause", type=float, default=3, help="seconds between faults, about")
    add("--dear-pause", type=float, default=40, help="seconds between faults of the broker, about; 0 for none")
    add("--patience", type=float, default=150, help="seconds without an end until what runs is called stuck")
    add("--megabytes", type=int, default=512, help="of the database's file system")
    add("--only", default=None, help="faults, separated by commas; see nemesis.py")
    add("--no-crash-points", action="store_true")
    add("--keep", action="store_true", help="keep the files of rounds that went well, too")
    add("--dir", default=None)
    return parser.parse_args()


def drain(arena, patience):
    """Until nothing runs; gives up when nothing has ended for that long."""
    began = changed = time.monotonic()
    least = None
    while True:
        count = running(arena.orchestrator.database)
        if count == 0:
            return time.monotonic() - began
        if count is not None and (least is None or count < least):
            least, changed = count, time.monotonic()
        if time.monotonic() - changed > patience:
            return None
        time.sleep(0.3)


def play(options, broker, seed, minutes, directory):
    directory.mkdir(parents=True)
    proxy = Proxy(free_port(), broker.port)
    arena = Arena(directory, broker, proxy, seed, options.workers, options.megabytes)
    nemesis = Nemesis(
        arena, options.kills_per_second, options.orchestrator_share, options.pause, options.dear_pause)
    load = Load(arena, options.starts_per_second, options.max_open)
    express = Express(arena, options.express_per_second, options.patience)
    checker = Checker(arena, load, express, nemesis)
    try:
        arena.begin()
        load.prepare()
        express.prepare()
        arena.arms = 0 if options.no_crash_points else options.crash_points
        load.begin()
        express.begin()
        nemesis.begin()
        nemesis.stop.wait(minutes * 60)
        nemesis.end()
        arena.arms = 0
        # One that was started without anything armed; whatever preceded it.
        arena.orchestrator.kill("kill -9 of an orchestrator")
        load.finish_starting()
        express.finish_starting()
        express.calm()
        seconds = drain(arena, options.patience)
        express.settle()
        arena.log.add(f"drained in {seconds} s")
        if seconds is None:
            report_stuck(arena)
        # What is left of doubled deliveries is answered and ignored.
        time.sleep(1)
        load.over.set()
        arena.end()
        checker.run()
        checked = subprocess.run(
            [str(BINARIES / "baton"), "check", "--database", str(arena.orchestrator.database)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        if checked.returncode:
            checker.wrong.append(f"baton check: {checked.stdout[-600:]}")
        checker.replies(replies(broker))
        dead = dead_letters(broker)
        print(f"seed {seed}: {minutes:.1f} minutes of harm, drained in "
              f"{'vain' if seconds is None else f'{seconds:.1f} s'}, in baton.dead: {dead}")
        print(checker.table(), flush=True)
    finally:
        load.stop.set()
        express.stop.set()
        load.over.set()
        arena.end()
        if checker.counts and checker.failed():
            shutil.copytree(arena.volume, directory / "database", dirs_exist_ok=True)
        arena.disk.unmount()
    return arena, checker


def report_stuck(arena):
    """What may help to find out why."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{arena.orchestrator.port}/metrics", timeout=5) as answer:
            (arena.directory / "stuck-metrics.txt").write_bytes(answer.read())
        queues = "list_queues name messages_ready messages_unacknowledged consumers state".split()
        done = subprocess.run(
            [str(ROOT / "scripts" / "broker.sh"), "ctl", "--dir", str(arena.broker.directory), *queues],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=90)
        (arena.directory / "stuck-queues.txt").write_bytes(done.stdout)
    except (OSError, subprocess.SubprocessError) as error:
        arena.log.add(f"cannot look: {error!r}")


def replies(broker):
    """(correlation, type) of every outcome that was sent to who started executions by messages."""
    found = []
    try:
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        channel = connection.channel()
        while True:
            method, properties, _ = channel.basic_get(REPLIES, auto_ack=True)
            if method is None:
                break
            found.append((properties.correlation_id, properties.type))
        connection.close()
    except (pika.exceptions.AMQPError, OSError):
        pass
    return found


def dead_letters(broker):
    """How many are in baton.dead, by reason. What expired unread is there as well."""
    reasons = Counter()
    try:
        connection = pika.BlockingConnection(pika.URLParameters(broker.url))
        channel = connection.channel()
        while True:
            method, properties, _ = channel.basic_get("baton.dead")
            if method is None:
                break
            headers = properties.headers or {}
            reason = headers.get("baton-dead-reason") or headers.get("x-first-death-reason") or "?"
            reasons[f"{reason} ({headers.get('x-first-death-queue', '?')})"] += 1
        connection.close()
    except (pika.exceptions.AMQPError, OSError) as error:
        reasons[repr(error)] += 1
    return dict(reasons)


def main():
    options = arguments()
    for name in ("baton", "torture-worker"):
        if not (BINARIES / name).exists():
            sys.exit(f"there is no {name} in {BINARIES}: build it, or set BATON_BIN_DIR")
    if options.only:
        chosen = set(options.only.split(","))
        for faults in (CHEAP, DEAR):
            for name in set(faults) - chosen:
                faults[name] = 0 if len(set(faults) & chosen) else faults[name]
        if not set(CHEAP) & chosen:
            options.pause = 1e9
        if not set(DEAR) & chosen:
            options.dear_pause = 0
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    base = Path(options.dir) if options.dir else Path(tempfile.mkdtemp(prefix="baton-torture-"))
    base.mkdir(parents=True, exist_ok=True)
    print(f"SEED={seed}; files are in {base}", flush=True)
    # Also where the shell that started this ignores interrupts.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    broker = Broker(base / "broker")
    kills, failures, began, rounds, harmed = 0, [], time.monotonic(), 0, 0.0
    try:
        while harmed < options.minutes - 0.01:
            broker.start()
            minutes = min(options.round, options.minutes - harmed)
            directory = base / f"seed-{seed + rounds}"
            arena, checker = play(options, broker, seed + rounds, minutes, directory)
            harmed += minutes
            here = sum(n for what, n in arena.log.counts.items() if what.startswith(KILLS))
            kills += here
            rounds += 1
            print(f"  kills: {here}, in sum {kills} in {rounds} rounds and "
                  f"{(time.monotonic() - began) / 60:.1f} minutes", flush=True)
            if checker.failed():
                failures.append(arena.seed)
            elif not options.keep:
                shutil.rmtree(directory, ignore_errors=True)
            if options.kills and kills >= options.kills:
                break
            # The next round finds an empty broker.
            broker.stop()
            shutil.rmtree(base / "broker" / "data", ignore_errors=True)
    finally:
        broker.stop()
    if failures:
        print(f"FAILED with the seeds {failures}; see {base}")
        sys.exit(1)
    print(f"nothing was lost, stuck or doubled: {kills} kills, seeds {seed} to {seed + rounds - 1}")
    if not options.keep and not options.dir:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
