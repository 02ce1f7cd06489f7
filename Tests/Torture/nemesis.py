"""Does harm, at random, by a seed."""

import random
import signal
import subprocess
import threading
import time

import pika

from arena import Orchestrator, free_port, now
from harness import ROOT

import machines

# How often each fault is chosen, and what it costs the machine: `dear` ones start Erlang programs or brokers.
CHEAP = {
    "pause_worker": 8, "pause_orchestrator": 6, "delete_queue": 6, "purge_queue": 3, "proxy_delay": 4, "proxy_cut": 5,
    "proxy_half_open": 3, "proxy_corrupt": 4, "disk_full": 5, "write_errors": 4, "sync_errors": 4, "no_space": 3,
    "slow_syncs": 3, "die_in_a_write": 6, "die_before_a_sync": 4, "die_in_a_checkpoint": 3, "second_orchestrator": 3,
}
DEAR = {
    "restart_broker": 4, "kill_broker": 4, "wipe_broker": 4, "close_connections": 4, "memory_alarm": 4,
    "results_queue_deleted": 2, "everything_at_once": 1,
}

# They are the orchestrator's affair; who takes over a dead worker's task need not care.
UNDISTURBING = {
    "pause_orchestrator", "disk_full", "write_errors", "sync_errors", "no_space", "slow_syncs", "die_in_a_write",
    "die_before_a_sync", "die_in_a_checkpoint", "second_orchestrator",
}


class Nemesis:
    def __init__(self, arena, kills_per_second, share, pause, dear_pause):
        self.arena = arena
        self.kills_per_second, self.share, self.pause, self.dear_pause = kills_per_second, share, pause, dear_pause
        self.stop = threading.Event()
        self.threads = []
        # Broker faults do not overlap: two of them are one of the other kind.
        self.broker_lock = threading.Lock()
        # Of the broker: when it was gone and when it took connections again, in microseconds.
        self.wipes, self.outages = [], []
        # When a worker or a connection was in a state in which it could not take what it was given.
        self.disturbances = []
        self.strikes = []  # (fault, began, ended)
        self.problems = []

    def begin(self):
        seed = self.arena.seed
        for body, dice in (
            (self._kill, random.Random(seed + 1)), (self._cheap, random.Random(seed + 2)),
            (self._dear, random.Random(seed + 3)),
        ):
            thread = threading.Thread(target=body, args=(dice,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(180)
            if thread.is_alive():
                self.problems.append("a nemesis thread did not end")
        self.arena.set_io_fault(0)
        self.arena.disk.clear()
        self.arena.proxy.delay = 0
        for child in self.arena.children:
            child.signal(signal.SIGCONT)

    # Kills

    def _kill(self, dice):
        began, count = time.monotonic(), 0
        while not self.stop.is_set():
            due = began + (count + dice.random()) / self.kills_per_second
            if self.stop.wait(max(0.0, due - time.monotonic())):
                return
            count += 1
            # What has just been started is left alone for a moment, so that it comes to something; how long, differs.
            if dice.random() < self.share:
                victims, age = [self.arena.orchestrator], dice.choice([0.05, 0.3, 0.6, 1.0, 2.0])
            else:
                victims, age = list(self.arena.workers), dice.choice([0.1, 0.5, 1.5])
            old = [victim for victim in victims if time.monotonic() - victim.since > age]
            if old:
                victim = dice.choice(old)
                kind = "orchestrator" if isinstance(victim, Orchestrator) else "worker"
                victim.kill(f"kill -9 of {'an ' if kind == 'orchestrator' else 'a '}{kind}")

    # Faults

    def _cheap(self, dice):
        self._play(CHEAP, dice, self.pause)

    def _dear(self, dice):
        if self.dear_pause:
            self._play(DEAR, dice, self.dear_pause)

    def _play(self, faults, dice, pause):
        while not self.stop.wait(pause * (0.5 + dice.random())):
            name = dice.choices(list(faults), faults.values())[0]
            self.strike(name, dice)

    def strike(self, name, dice):
        began = now()
        self.arena.log.add(f"{name} begins", name.replace("_", " "))
        try:
            getattr(self, name)(dice)
        except Exception as error:  # noqa: BLE001 - a fault that fails is no failure
            self.arena.log.add(f"{name} failed: {error!r}", f"({name} could not be done)")
        self.arena.log.add(f"{name} ends")
        self.strikes.append((name, began, now()))
        if name not in UNDISTURBING:
            # A connection that is half open is noticed by heartbeats: of four seconds, by their second absence.
            self.disturbances.append((began, now() + (12_000_000 if name == "proxy_half_open" else 2_000_000)))

    def _hold(self, seconds):
        self.stop.wait(seconds)

    def pause_worker(self, dice):
        worker = dice.choice(self.arena.workers)
        worker.signal(signal.SIGSTOP)
        self._hold(dice.uniform(0.3, 7))
        worker.signal(signal.SIGCONT)

    def pause_orchestrator(self, dice):
        self.arena.orchestrator.signal(signal.SIGSTOP)
        if dice.random() < 0.3:
            self.second_orchestrator(dice)
        self._hold(dice.choice([0.2, 1, 3, 11]))
        self.arena.orchestrator.signal(signal.SIGCONT)

    def second_orchestrator(self, dice):
        """Has to be refused, whatever the first is doing; unless the first is dead just now, which is also fine."""
        first = self.arena.orchestrator
        process = first.process
        if process.poll() is not None or time.monotonic() - first.since < 2:
            return
        second = subprocess.Popen(
            first.command(free_port()), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=self.arena.directory)
        deadline = time.monotonic() + 20
        while second.poll() is None and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if second.poll() is None:
            second.kill()
        text, _ = second.communicate()
        if process.poll() is not None:
            return
        if second.returncode != 5 or "in use by another Baton" not in text:
            self.problems.append(f"a second orchestrator ended with {second.returncode}: {text[-500:]}")

    def _channel(self):
        connection = pika.BlockingConnection(
            pika.URLParameters(self.arena.broker_url.replace("?", "/?socket_timeout=5&blocked_connection_timeout=5&")))
        return connection, connection.channel()

    def _task_queue(self, dice):
        queues = [f"activity.{name}" for name in machines.ACTIVITIES + machines.OTHER_ACTIVITIES]
        return "baton." + dice.choice(queues + [f"function.{name}" for name in machines.FUNCTIONS])

    def delete_queue(self, dice):
        with self.broker_lock:
            connection, channel = self._channel()
            queue = dice.choice([self._task_queue(dice), self._task_queue(dice), "baton.start"])
            self.arena.log.add(f"queue {queue} is deleted")
            channel.queue_delete(queue)
            connection.close()

    def results_queue_deleted(self, dice):
        with self.broker_lock:
            connection, channel = self._channel()
            channel.queue_delete("baton.results.0")
            connection.close()

    def purge_queue(self, dice):
        """A broker tells nobody of a purge. Whoever does that has to say so, as docs/operation.md describes."""
        with self.broker_lock:
            connection, channel = self._channel()
            channel.confirm_delivery()
            queue = self._task_queue(dice)
            self.arena.log.add(f"queue {queue} is purged")
            channel.queue_purge(queue)
            channel.queue_declare("baton.start", durable=True, arguments={"x-queue-type": "quorum"})
            channel.basic_publish(
                "", "baton.start", b"",
                pika.BasicProperties(type="recreated", delivery_mode=2, headers={"baton-queue": queue}))
            connection.close()

    def proxy_delay(self, dice):
        self.arena.proxy.delay = dice.choice([0.005, 0.05, 0.4])
        self._hold(dice.uniform(1, 5))
        self.arena.proxy.delay = 0

    def proxy_cut(self, dice):
        self.arena.proxy.cut()

    def proxy_half_open(self, dice):
        self.arena.proxy.half_open()

    def proxy_corrupt(self, dice):
        self.arena.proxy.corrupt()

    def disk_full(self, dice):
        if not self.arena.disk.is_mounted:
            return self.no_space(dice)
        self.arena.disk.fill()
        self._hold(dice.uniform(0.5, 5))
        self.arena.disk.clear()

    def _io_fault(self, dice, mode, argument, longest=4.0):
        self.arena.set_io_fault(mode, argument)
        self._hold(dice.uniform(0.3, longest))
        self.arena.set_io_fault(0)

    def write_errors(self, dice):
        self._io_fault(dice, 1, dice.choice([3, 30, 100]))

    def sync_errors(self, dice):
        self._io_fault(dice, 2, dice.choice([5, 50, 100]))

    def no_space(self, dice):
        self._io_fault(dice, 3, 0)

    def slow_syncs(self, dice):
        self._io_fault(dice, 4, dice.choice([20, 300, 1500]))

    def die_in_a_write(self, dice):
        self._io_fault(dice, 5, dice.randint(1, 300))

    def die_before_a_sync(self, dice):
        self._io_fault(dice, 6, dice.randint(1, 60))

    def die_in_a_checkpoint(self, dice):
        self._io_fault(dice, 7, dice.randint(1, 200), longest=20.0)

    # The broker

    def _ctl(self, *arguments):
        subprocess.run(
            [str(ROOT / "scripts" / "broker.sh"), "ctl", "--dir", str(self.arena.broker.directory), "-q", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, timeout=90)

    def restart_broker(self, dice):
        with self.broker_lock:
            gone = now()
            self._ctl("stop_app")
            self._hold(dice.uniform(0, 3))
            self._ctl("start_app")
            self.outages.append((gone, now()))

    def kill_broker(self, dice):
        with self.broker_lock:
            gone = now()
            self.arena.broker.kill()
            self._hold(dice.uniform(0, 3))
            self.arena.broker.start()
            self.outages.append((gone, now()))

    def wipe_broker(self, dice):
        with self.broker_lock:
            gone = now()
            self.arena.broker.wipe()
            self.wipes.append((gone, now()))
            self.outages.append((gone, now()))

    def close_connections(self, dice):
        with self.broker_lock:
            self._ctl("close_all_connections", "--vhost", "/", "torture")

    def memory_alarm(self, dice):
        with self.broker_lock:
            self._ctl("set_vm_memory_high_watermark", "0.00001")
            self._hold(dice.uniform(1, 5))
            self._ctl("set_vm_memory_high_watermark", "0.4")

    def everything_at_once(self, dice):
        """The machine is switched off and on again."""
        for child in self.arena.children:
            child.kill("kill -9 of everything")
        self.wipe_broker(dice) if dice.random() < 0.5 else self.kill_broker(dice)
