"""The checker of `make torture` finds what it is there to find."""

import json
import sqlite3
import sys
from collections import Counter
from types import SimpleNamespace

import pytest

from harness import ROOT

ARN = "arn:aws:states:us-east-1:000000000000:execution:chain:h1"
EXPRESS = "arn:aws:states:us-east-1:000000000000:express:again:x1:id"


@pytest.fixture
def checker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "Tests" / "Torture"))
    module = __import__("checker")
    express = __import__("express")
    yield lambda arena, load, nemesis, change: module.Checker(arena, load, one_express(express, arena, change), nemesis)
    for name in ("checker", "machines", "express", "arena", "load"):
        sys.modules.pop(name, None)


def one_express(module, arena, change):
    """One Express execution that succeeded at its second attempt, and was answered."""
    express = module.Express(arena, rate=0, patience=60)
    output = json.dumps({"a": {"effect": "effect11", "state": "A"}})
    express.ended.append(("again", {"executionArn": EXPRESS, "status": "SUCCEEDED", "output": output}))
    if change:
        change(express)
    return express


def event(identifier, kind, **fields):
    return {"id": identifier, "previous": 0, "time": 1, "scope": 0, "type": kind, **fields}


def attempt(kind, number):
    """What a worker writes down of the Express execution."""
    remark = {"D": "first", "E": f"effect{number}", "F": "Torture.Again"}[kind]
    return f"{kind}\t{number}\tm{number}\tx1:id\tA\t{number - 10}\t{remark}"


def world(tmp_path):
    """One execution of three tasks, as it should be: rows, records, and what a client knows."""
    steps = [[event(1, "ExecutionStarted")]]
    effects = {}
    for task, state in enumerate("ABC", start=1):
        effect = {"effect": f"effect{task}", "state": state}
        effects[state.lower()] = effect
        steps.append([event(task * 2, "ActivityScheduled", task=task)])
        steps.append([event(task * 2 + 1, "ActivitySucceeded", task=task, resource="x", output=effect)])
    steps.append([event(8, "ExecutionSucceeded", output=effects)])
    records = [
        f"{kind}\t{task}\tm{task}\tchain:h1\t{state}\t0\t{f'effect{task}' if kind == 'E' else 'first'}"
        for task, state in enumerate("ABC", start=1) for kind in "DE"
    ] + [attempt("D", 10), attempt("F", 10), attempt("D", 11), attempt("E", 11)]
    return SimpleNamespace(
        steps=steps, records=records, executions=[("h1", ARN, "SUCCEEDED", {"delay": 0, **effects})],
        answered={("chain", "h1"): ARN}, tasks=0)


def judge(checker, world, tmp_path, change_express=None):
    path = tmp_path / "baton.db"
    with sqlite3.connect(path) as rows:
        rows.executescript("""
            CREATE TABLE state_machines (number INTEGER PRIMARY KEY, name TEXT);
            INSERT INTO state_machines VALUES (1, 'chain');
            CREATE TABLE executions (key INTEGER PRIMARY KEY, state_machine INTEGER, name TEXT, arn TEXT, status TEXT,
                input TEXT, output TEXT, error TEXT, map_run INTEGER);
            CREATE TABLE journal (execution INTEGER, sequence INTEGER, time INTEGER, events TEXT);
            CREATE TABLE tasks (number INTEGER); CREATE TABLE timers (timer INTEGER); CREATE TABLE outbox (number INTEGER);
            """)
        for name, arn, status, output in world.executions:
            rows.execute(
                "INSERT INTO executions VALUES (NULL, 1, ?, ?, ?, '{\"delay\": 0}', ?, NULL, NULL)",
                (name, arn, status, json.dumps(output)))
        for sequence, events in enumerate(world.steps):
            rows.execute("INSERT INTO journal VALUES (1, ?, ?, ?)", (sequence, sequence, json.dumps(events)))
        for _ in range(world.tasks):
            rows.execute("INSERT INTO tasks VALUES (1)")
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "worker-0.tsv").write_text("\n".join(world.records) + "\n")
    child = SimpleNamespace(database=path, births=[0], deaths=[])
    result = checker(
        SimpleNamespace(directory=tmp_path, orchestrator=child, workers=[], log=SimpleNamespace(counts=Counter())),
        SimpleNamespace(answered=world.answered, asked={key: {} for key in world.answered}, offered={}, refused=[]),
        SimpleNamespace(problems=[], outages=[], wipes=[], disturbances=[], strikes=[]),
        change_express)
    result.run()
    print(result.table())
    return result


def found(result):
    return {kind for kind in ("lost", "stuck", "doubled", "wrong") if getattr(result, kind)}


def drop(world, index):
    del world.steps[index]


TAMPERINGS = {
    "nothing": (lambda w: None, set()),
    "an answered execution is gone": (lambda w: w.answered.update({("chain", "h2"): ARN + "2"}), {"lost"}),
    "it has no end": (lambda w: drop(w, -1), {"lost"}),
    "it still runs": (lambda w: w.executions.__setitem__(0, ("h1", ARN, "RUNNING", {})), {"stuck", "wrong"}),
    "it ends twice": (lambda w: w.steps.append([event(9, "ExecutionSucceeded")]), {"doubled"}),
    "it fails after it succeeded": (lambda w: w.steps.append([event(9, "ExecutionFailed")]), {"doubled", "wrong"}),
    "two have its name": (lambda w: w.executions.append(w.executions[0]), {"doubled", "lost", "wrong"}),
    "an attempt ends twice": (
        lambda w: w.steps.insert(3, [event(None, "ActivityTimedOut", task=1)]), {"doubled"}),
    "an effect is used twice": (
        lambda w: w.steps[4][0].update(output={"effect": "effect1", "state": "A"}), {"doubled"}),
    "an attempt too many": (lambda w: w.steps.insert(3, [event(None, "ActivityScheduled", task=9)]), {"wrong"}),
    "a gap in the journal": (lambda w: w.steps[4].append(event(99, "TaskStateExited")), {"wrong"}),
    "an effect that nobody had": (lambda w: w.records.pop(5), {"wrong"}),
    "an effect of another state": (
        lambda w: w.records.__setitem__(1, w.records[1].replace("\tA\t", "\tB\t")), {"wrong"}),
    "an execution that nobody started": (lambda w: w.answered.clear(), {"wrong"}),
    "a task that is left over": (lambda w: setattr(w, "tasks", 1), {"wrong"}),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_it_is_found(checker, tmp_path, tampering):
    change, expected = TAMPERINGS[tampering]
    subject = world(tmp_path)
    change(subject)
    result = judge(checker, subject, tmp_path)
    assert found(result) == expected
    assert not result.express.wrong and not result.express.stuck


EXPRESS_TAMPERINGS = {
    "another outcome": (None, lambda x: x.ended[0][1].update(status="FAILED"), "wrong"),
    "an effect is used twice": (None, lambda x: x.ended.append(x.ended[0]), "wrong"),
    "an effect that nobody had": (lambda w: w.records.pop(), None, "wrong"),
    "an attempt too many": (lambda w: w.records.append(attempt("D", 12)), None, "wrong"),
    "it was started, and never ends": (
        None, lambda x: x.started.append(("again", EXPRESS.replace("x1", "x2"), 1)), "stuck"),
}


@pytest.mark.parametrize("tampering", EXPRESS_TAMPERINGS)
def test_it_is_found_of_express(checker, tmp_path, tampering):
    change, change_express, expected = EXPRESS_TAMPERINGS[tampering]
    subject = world(tmp_path)
    if change:
        change(subject)
    result = judge(checker, subject, tmp_path, change_express)
    assert getattr(result.express, expected)
    assert not found(result)
