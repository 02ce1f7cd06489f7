"""The processes, and what is written down about them."""

import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "EndToEnd"))

from harness import BINARIES, ROOT, free_port  # noqa: E402

import machines  # noqa: E402

CRASH_POINTS = {
    # How many passages there may be until it strikes.
    "before-commit": 120, "after-commit": 120, "before-publish": 40, "after-publish": 40, "after-confirm": 40,
    "before-ack": 60, "after-ack": 60, "during-recovery": 1, "during-checkpoint": 1,
}


def now():
    return int(time.time() * 1e6)


class Log:
    """What the nemesis did and what came of it, with times: both seconds since the start and microseconds of the day's
    clock, as in the journal."""

    def __init__(self, path):
        self.file = open(path, "w", buffering=1)
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.counts = Counter()

    def add(self, what, count=None):
        with self.lock:
            self.file.write(f"{time.monotonic() - self.began:9.3f} {now()} {what}\n")
            if count:
                self.counts[count] += 1


class Child:
    """A process that is started again whenever it ends, until `rest`."""

    def __init__(self, arena, name):
        self.arena, self.name = arena, name
        self.process = None
        self.since = 0.0
        self.not_before = 0.0
        self.resting = True
        # Microseconds: when it was killed, and when it was started.
        self.deaths, self.births = [], []
        self.lock = threading.RLock()
        self.log = arena.directory / f"{name}.log"

    def environment(self):
        return {}

    def spawn(self):
        with self.lock:
            with open(self.log, "ab") as log:
                self.births.append(now())
                self.process = subprocess.Popen(
                    self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.arena.directory,
                    env={**os.environ, **self.environment()})
            self.since = time.monotonic()

    def begin(self):
        self.resting = False
        self.spawn()

    def watch(self):
        with self.lock:
            if self.resting or self.process is None:
                return
            code = self.process.poll()
            if code is None:
                return
            if code is not None and self.not_before == 0:
                self.deaths.append(now())
                self.ended(code)
                self.not_before = time.monotonic() + self.arena.dice.choice([0, 0, 0.05, 0.3])
            if time.monotonic() >= self.not_before:
                self.not_before = 0
                self.spawn()

    def ended(self, code):
        pass

    def kill(self, kind):
        """Only what is alive; whether there was something to kill."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                return False
            self.process.kill()
            self.arena.log.add(f"kill {self.name} {self.process.pid}", kind)
            return True

    def signal(self, number):
        with self.lock:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(number)

    def rest(self):
        with self.lock:
            self.resting = True
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGCONT)
                self.process.terminate()
                try:
                    self.process.wait(20)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait(10)


class Orchestrator(Child):
    def __init__(self, arena):
        super().__init__(arena, "orchestrator")
        self.port = free_port()
        self.database = arena.volume / "baton.db"
        self.armed = None

    def command(self, port=None):
        return [
            str(BINARIES / "baton"), "server", "--database", str(self.database), "--amqp-url",
            self.arena.proxied_url, "--listen", f"127.0.0.1:{port or self.port}", "--logs", "off", "--log-level",
            "notice",
        ]

    def environment(self):
        variables = self.arena.shim_variables()
        self.armed = None
        dice = self.arena.dice
        if self.arena.arms and dice.random() < self.arena.arms:
            point = dice.choice(list(CRASH_POINTS))
            self.armed = f"{point}:{dice.randint(1, CRASH_POINTS[point])}"
            variables["BATON_CRASH_AT"] = self.armed
        return variables

    def ended(self, code):
        recent = self.arena.log
        if code == -signal.SIGKILL:
            if self.was_killed:
                self.was_killed = False
            elif self.armed:
                recent.add(f"orchestrator crashed at {self.armed}", f"crash point {self.armed.split(':')[0]}")
            else:
                recent.add("orchestrator died in a write or sync", "killed in a write or sync")
        else:
            # It has no business to end by itself; a full or broken disk at the moment of its start is a reason.
            recent.add(f"orchestrator ended with {code}", f"orchestrator ended with status {code}")
            self.arena.ends.append((now(), code))

    was_killed = False

    def kill(self, kind):
        with self.lock:
            self.was_killed = super().kill(kind)
            return self.was_killed


class TortureWorker(Child):
    def __init__(self, arena, number):
        super().__init__(arena, f"worker-{number}")
        self.number = number
        self.records = arena.directory / "records" / f"{self.name}.tsv"

    def command(self):
        url = self.arena.proxied_url if self.number % 2 else self.arena.broker_url
        return [
            str(BINARIES / "torture-worker"), "--amqp-url", url, "--prefix", "baton", "--records", str(self.records),
            "--name", self.name, "--activities", ",".join(machines.ACTIVITIES), "--functions",
            ",".join(machines.FUNCTIONS), "--prefetch", "5",
        ]

    def ended(self, code):
        if code != -signal.SIGKILL:
            self.arena.log.add(f"{self.name} ended with {code}", f"worker ended with status {code}")


class Volume:
    """The file system of the database: a small one of its own where we may mount one, so that it can be full."""

    def __init__(self, path, megabytes):
        self.path = path
        path.mkdir()
        self.is_mounted = os.geteuid() == 0 and sys.platform == "linux" and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        self.ballast = path / "ballast"

    def fill(self):
        with open(self.ballast, "wb") as file:
            space = os.statvfs(self.path)
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, space.f_bavail * space.f_frsize))
            except OSError:
                pass
            try:
                file.seek(0, os.SEEK_END)
                for size in (1 << 16, 1 << 12):
                    while True:
                        file.write(b"\0" * size)
                        file.flush()
            except OSError:
                pass

    def clear(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.path)], check=False)


class Arena:
    def __init__(self, directory, broker, proxy, seed, workers, megabytes):
        self.directory = Path(directory)
        (self.directory / "records").mkdir()
        self.log = Log(self.directory / "events.log")
        self.seed = seed
        self.dice = random.Random(seed)
        self.broker, self.proxy = broker, proxy
        self.broker_url = f"amqp://guest:guest@127.0.0.1:{broker.port}?heartbeat=4"
        self.proxied_url = f"amqp://guest:guest@127.0.0.1:{proxy.port}?heartbeat=4"
        self.disk = Volume(self.directory / "volume", megabytes)
        self.volume = self.disk.path
        self.arms = 0.0
        # When the orchestrator ended by itself.
        self.ends = []
        self.faults = self._shim()
        self.orchestrator = Orchestrator(self)
        self.workers = [TortureWorker(self, number) for number in range(workers)]
        self.children = [self.orchestrator, *self.workers]
        self.isOver = threading.Event()

    # The preloaded library

    def _shim(self):
        if sys.platform != "linux":
            return None
        library = self.directory / "io_faults.so"
        done = subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "io_faults.c"), "-ldl"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            self.log.add(f"no faults of writes and syncs: {done.stdout}")
            return None
        path = self.directory / "io_faults"
        path.write_bytes(bytes(8))
        self.shim = {"LD_PRELOAD": str(library), "BATON_IO_FAULTS": str(path)}
        with open(path, "r+b") as file:
            return mmap.mmap(file.fileno(), 8)

    def shim_variables(self):
        return dict(self.shim) if self.faults else {}

    def set_io_fault(self, mode, argument=0):
        if self.faults:
            self.faults[0:8] = struct.pack("ii", 0, 0)
            self.faults[0:8] = struct.pack("ii", mode, argument)

    # Life

    def begin(self):
        for child in self.children:
            child.begin()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while not self.isOver.wait(0.02):
            for child in self.children:
                child.watch()

    def end(self):
        self.isOver.set()
        for child in self.children:
            child.rest()
