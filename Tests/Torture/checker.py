"""Looks at what is left: the database, the workers' own records, the broker. Trusts none of them alone."""

import bisect
import json
import sqlite3
from collections import Counter, defaultdict

import machines
from express import is_express

ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED", "ExecutionAborted": "ABORTED",
        "ExecutionTimedOut": "TIMED_OUT"}
TASK_ENDS = ("Succeeded", "Failed", "TimedOut")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def effects_in(value):
    """Every effect in an output, wherever it is."""
    if isinstance(value, dict):
        if isinstance(value.get("effect"), str):
            yield value["effect"], value.get("state")
        for member in value.values():
            yield from effects_in(member)
    elif isinstance(value, list):
        for element in value:
            yield from effects_in(element)


class Records:
    """What the workers wrote down themselves."""

    def __init__(self, folder):
        self.deliveries = defaultdict(list)  # message: [(time, worker)]
        self.ends = defaultdict(list)  # message: [time], effects and failures
        self.effects = {}  # effect: (execution, state, message)
        self.begun = {}  # message: (execution, state)
        self.counts = Counter()
        for path in sorted(folder.glob("*.tsv")):
            for line in path.read_text().splitlines():
                kind, time, message, execution, state, attempt, remark = line.split("\t")
                self.counts[kind] += 1
                self.counts["of Express"] += kind in "EF" and is_express(execution)
                if kind == "D":
                    self.begun[message] = (execution, state)
                    self.deliveries[message].append((int(time), path.stem))
                elif kind in "EF":
                    self.ends[message].append(int(time))
                    if kind == "E":
                        assert remark not in self.effects, f"two effects are called {remark}"
                        self.effects[remark] = (execution, state, message)
        self.redelivered = sum(len(times) - 1 for times in self.deliveries.values())
        self.per_attempt = Counter(
            Counter(message for _, _, message in self.effects.values()).values())


class Checker:
    def __init__(self, arena, load, express, nemesis):
        self.arena, self.load, self.express, self.nemesis = arena, load, express, nemesis
        self.lost, self.stuck, self.doubled, self.wrong = [], [], [], []
        self.counts = Counter()
        self.journal_times, self.answer_times = [], []

    def run(self):
        self.records = Records(self.arena.directory / "records")
        database = self.arena.orchestrator.database
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
            self.rows = rows
            self.integrity = rows.execute("PRAGMA integrity_check").fetchone()[0]
            if self.integrity != "ok":
                self.wrong.append(f"integrity_check: {self.integrity}")
            self._executions()
            self._journal()
            for table in ("tasks", "timers", "outbox"):
                left = rows.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                if left and not self.stuck:
                    self.wrong.append(f"{left} rows are left in {table}")
        self._recoveries()
        self.express.check(self.records, effects_in)
        self.wrong += self.nemesis.problems
        self.wrong += [f"a start was refused: {refusal}" for refusal in self.load.refused[:5]]

    def _executions(self):
        self.found = {}
        seen = Counter()
        query = ("SELECT e.key, m.name, e.name, e.arn, e.status, e.input, e.output, e.error, e.map_run FROM executions e"
                 " JOIN state_machines m ON m.number = e.state_machine")
        for key, kind, name, arn, status, value, output, error, map_run in self.rows.execute(query):
            self.counts["executions"] += 1
            seen[arn] += 1
            self.found[key] = (kind, name, arn, status, map_run)
            self.counts[status] += 1
            if status == "RUNNING":
                self.stuck.append(arn)
                continue
            if map_run is None:
                self._outcome(kind, name, arn, status, json.loads(value), output, error)
        self.doubled += [f"{count} executions are called {arn}" for arn, count in seen.items() if count > 1]
        for (kind, name), arn in self.load.answered.items():
            if not seen[arn]:
                self.lost.append(f"{arn} was answered and does not exist")
        self.counts["answered"] = len(self.load.answered)
        known = set(self.load.asked) | set(self.load.offered)
        for kind, name, arn, _, map_run in self.found.values():
            is_child = name.startswith(("sync-", "free-")) or map_run is not None
            if not is_child and (kind, name) not in known:
                self.wrong.append(f"nobody started {arn}")
            self.counts["started over AMQP"] += (kind, name) in self.load.offered
            self.counts["children"] += is_child

    def _outcome(self, kind, name, arn, status, value, output, error):
        if status != machines.status(kind):
            self.wrong.append(f"{arn} {status} with {error}")
            return
        if kind == "fail" or output is None:
            if error != "Torture.Fatal":
                self.wrong.append(f"{arn} failed with {error}")
            return
        effects = list(effects_in(json.loads(output)))
        if len(effects) != machines.effects(kind, value) or len(set(effects)) != len(effects):
            self.wrong.append(f"{arn} has the effects {effects}")
        for effect, state in effects:
            record = self.records.effects.get(effect)
            if record is None:
                self.wrong.append(f"{arn} has an effect that no worker had: {effect}")
            elif record[1] != state or (record[0] not in ("", f"{kind}:{name}") and kind not in ("parent", "children")):
                self.wrong.append(f"{arn} has an effect of {record}")

    def _journal(self):
        used = Counter()
        ends, attempts = Counter(), Counter()
        task_ends, task_starts = Counter(), Counter()
        last = {}
        query = "SELECT execution, sequence, time, events FROM journal ORDER BY execution, sequence"
        for key, sequence, time, text in self.rows.execute(query):
            self.journal_times.append(time)
            step, identifier = last.get(key, (None, 0))
            if step is not None and sequence != step + 1:
                self.wrong.append(f"{self.found[key][2]}: step {sequence} follows {step}")
            for event in json.loads(text):
                kind = event["type"]
                if event.get("id") is not None:
                    if event["id"] != identifier + 1:
                        self.wrong.append(f"{self.found[key][2]}: event {event['id']} follows {identifier}")
                    identifier = event["id"]
                if kind in ENDS:
                    ends[key] += 1
                    if ENDS[kind] != self.found[key][3]:
                        self.wrong.append(f"{self.found[key][2]} is {self.found[key][3]} after {kind}")
                elif ends[key]:
                    self.doubled.append(f"{self.found[key][2]} goes on after its end with {kind}")
                if "task" in event and kind.endswith("Scheduled"):
                    task_starts[key, event["task"]] += 1
                    attempts[key] += 1
                    self.counts["attempts"] += 1
                elif kind == "TaskSubmitted" and str(event.get("resource", "")).startswith("invoke"):
                    # A callback's worker has answered; what ends the task is somebody else's answer.
                    self.counts["answers used"] += 1
                elif "task" in event and kind.endswith(TASK_ENDS):
                    task_ends[key, event["task"]] += 1
                    by_worker = not str(event.get("resource", "")).startswith("startExecution")
                    if by_worker and not kind.endswith("TimedOut"):
                        self.answer_times.append(time)
                        self.counts["answers used"] += 1
                    self.counts["timed out"] += kind.endswith("TimedOut")
                    if by_worker:
                        used.update(effect for effect, _ in effects_in(event.get("output")))
            last[key] = (sequence, identifier)
        for key, (kind, name, arn, status, map_run) in self.found.items():
            if status != "RUNNING" and ends[key] != 1:
                (self.doubled if ends[key] > 1 else self.lost).append(f"{arn} has {ends[key]} ends")
            if status != "RUNNING" and map_run is None:
                value = json.loads(self.rows.execute("SELECT input FROM executions WHERE key = ?", (key,)).fetchone()[0])
                expected = machines.attempts(kind, value)
                if expected is not None and attempts[key] != expected:
                    self.wrong.append(f"{arn} made {attempts[key]} attempts instead of {expected}")
        self.doubled += [f"an attempt of {self.found[k][2]} began {n} times" for (k, _), n in task_starts.items() if n > 1]
        self.doubled += [f"an attempt of {self.found[k][2]} ended {n} times" for (k, _), n in task_ends.items() if n > 1]
        self.doubled += [f"effect {effect} was used {n} times" for effect, n in used.items() if n > 1]
        given = self.records.counts["E"] + self.records.counts["F"] - self.records.counts["of Express"]
        self.counts["fenced"] = given - self.counts["answers used"]

    def replies(self, found):
        """Outcomes for who started executions by messages: right ones, and, unless the broker forgot them, all."""
        found = [(correlation, kind) for correlation, kind in found if not self.express.reply(correlation, kind)]
        got = Counter(correlation for correlation, _ in found)
        statuses = {f"{kind}:{name}": status for kind, name, _, status, map_run in self.found.values() if map_run is None}
        for correlation, kind in found:
            expected = "success" if statuses.get(correlation) == "SUCCEEDED" else "failure"
            if kind != expected:
                self.wrong.append(f"{correlation}, {statuses.get(correlation)}, was replied {kind}")
        asked = {f"{kind}:{name}" for kind, name in self.load.offered} & set(statuses)
        if not self.nemesis.wipes:
            self.lost += [f"the outcome of {one} was not replied" for one in asked - set(got) if statuses[one] != "RUNNING"]
        self.counts["replies asked"], self.counts["replies"] = len(asked), len(found)

    # Times

    def _calm(self, time, until):
        """Whether broker, connections and workers were as they should be, all the while."""
        return all(until < gone or time > back for gone, back in self.nemesis.disturbances)

    def _recoveries(self):
        times = sorted(self.journal_times)

        def next_step(after):
            index = bisect.bisect_left(times, after)
            return times[index] if index < len(times) else None

        self.first_steps = []
        orchestrator = self.arena.orchestrator
        births = orchestrator.births[1:]
        for index, born in enumerate(births):
            step = next_step(born)
            dies = next((death for death in orchestrator.deaths if death > born), None)
            if step is not None and (dies is None or step < dies) and self._calm(born, step):
                self.first_steps.append((step - born) / 1e6)
        self.resumed = []
        for gone, back in self.nemesis.wipes:
            deliveries = sorted(time for all in self.records.deliveries.values() for time, _ in all)
            index = bisect.bisect_left(deliveries, back)
            if index < len(deliveries):
                self.resumed.append((deliveries[index] - back) / 1e6)
        self.taken_over = []
        for worker in self.arena.workers:
            for message, deliveries in self.records.deliveries.items():
                for (time, who), (later, other) in zip(deliveries_sorted(deliveries), deliveries_sorted(deliveries)[1:]):
                    if who != worker.name:
                        continue
                    index = bisect.bisect_left(worker.deaths, time)
                    if index == len(worker.deaths):
                        continue
                    death = worker.deaths[index]
                    answered = any(time <= end <= death for end in self.records.ends[message])
                    if not answered and later >= death and self._calm(time, later):
                        self.taken_over.append((later - death) / 1e6)
        self._flow()

    def _flow(self):
        """By fault: how long after its end the first answer to a task was used, and for how long there was none."""
        times = sorted(self.answer_times)
        self.flow = defaultdict(list)
        for name, began, ended in self.nemesis.strikes:
            index = bisect.bisect_left(times, ended)
            if index == len(times):
                continue
            first, last = bisect.bisect_left(times, began), bisect.bisect_right(times, ended + 15_000_000)
            around = times[max(0, first - 1):last + 1]
            silence = max((after - before for before, after in zip(around, around[1:])), default=0)
            self.flow[name].append(((times[index] - ended) / 1e6, silence / 1e6))

    # Telling

    def failed(self):
        return bool(self.lost or self.stuck or self.doubled or self.wrong or self.express.stuck or self.express.wrong)

    def table(self):
        counts, records = self.counts, self.records
        lines = [
            ("executions answered / found / ended", f"{counts['answered']} / {counts['executions']} / "
             f"{counts['executions'] - counts['RUNNING']}"),
            ("  of them started over AMQP, children", f"{counts['started over AMQP']}, {counts['children']}"),
            ("lost / stuck / doubled / wrong", f"{len(self.lost)} / {len(self.stuck) + len(self.express.stuck)} / "
             f"{len(self.doubled)} / {len(self.wrong) + len(self.express.wrong)}"),
            ("attempts scheduled, timed out", f"{counts['attempts']}, {counts['timed out']}"),
            ("tasks dispatched / redelivered", f"{records.counts['D']} / {records.redelivered}"),
            ("answers given / used / fenced", f"{records.counts['E'] + records.counts['F']} / "
             f"{counts['answers used']} / {counts['fenced']}"),
            ("replies asked for / sent", f"{counts['replies asked']} / {counts['replies']}"),
            *self.express.table(),
            ("side effects per attempt", ", ".join(
                f"{effects}: {attempts}" for effects, attempts in sorted(records.per_attempt.items()))),
            ("integrity_check", self.integrity),
        ]
        for name, values in (
            ("orchestrator started again → first step", self.first_steps),
            ("worker died → its task at another", self.taken_over),
            ("broker wiped and back → first delivery", self.resumed),
        ):
            if values:
                lines.append((name, f"p50 {percentile(values, 0.5):.2f} s, p99 {percentile(values, 0.99):.2f} s, "
                              f"slowest {max(values):.2f} s ({len(values)})"))
        for name, times in sorted(self.flow.items()):
            after, silences = zip(*times)
            lines.append((
                f"{name.replace('_', ' ')} → first answer", f"p50 {percentile(after, 0.5):.2f} s, slowest "
                f"{max(after):.2f} s; longest without any {max(silences):.2f} s ({len(times)})"))
        for name, count in sorted(self.arena.log.counts.items(), key=lambda item: -item[1]):
            lines.append((name, str(count)))
        width = max(len(name) for name, _ in lines)
        text = "\n".join(f"  {name:<{width}}  {value}" for name, value in lines)
        for title in ("lost", "stuck", "doubled", "wrong"):
            for item in (getattr(self, title) + getattr(self.express, title, []))[:8]:
                text += f"\n  {title.upper()}: {item}"
        return text


def deliveries_sorted(deliveries):
    return sorted(deliveries)
