"""The life of a task, by a clock that jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from conftest import FakeBroker, FakeDelivery, envelope, now

from baton_worker import TaskContext, TaskFailure, WorkerConfiguration
from baton_worker._protocol import Task
from baton_worker._run import Ending, TaskRun

START = datetime(2026, 7, 13, 11, 0, tzinfo=timezone.utc)
Run = Callable[[Any], Any]


class Case:
    def __init__(self, handler: Any, body: Any = None, lease: float = 600, **headers: Any) -> None:
        self.broker, self.delivery = FakeBroker(), FakeDelivery()
        self.released: list[int] = []
        self.run = TaskRun(
            Task.decode(envelope(body, **headers)), self.delivery, handler,
            WorkerConfiguration("w", identity="w-1", lease=lease), self.broker, released=self.released.append,
            wall_time=lambda: START)

    async def execute(self) -> tuple[Ending, TaskFailure | None]:
        return await self.run.execute()


def sleeping(seconds: float, result: Any = "done") -> Any:
    async def handler(value: Any, context: TaskContext) -> Any:
        await asyncio.sleep(seconds)
        return result

    return handler


def test_a_quick_task_is_answered_with_one_message(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(0.2, {"a": [1]}))
        assert (await case.execute())[0] is Ending.SUCCESS
        assert case.broker.published == [(0.2, "success", {"a": [1]})]
        queue, message = case.broker.envelopes[0]
        assert (queue, message.correlation_id) == ("results", "token")
        assert message.headers == {"baton-protocol": 1, "baton-worker": "w-1", "baton-duration-ms": 200}
        assert case.delivery.acknowledged_at == 0.2

    run(test())


def test_heartbeats_at_a_third(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(7.5), baton_heartbeat_seconds="6")
        await case.execute()
        assert case.broker.published == [
            (0.25, "started", None), (2, "heartbeat", None), (4, "heartbeat", None), (6, "heartbeat", None),
            (7.5, "success", "done")]
        assert case.delivery.acknowledged_at == 7.5

    run(test())


def test_past_the_lease_heartbeats_alone_keep_it(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(15), lease=9)
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(9.1)
        assert case.delivery.acknowledged_at == 9
        assert case.released == [1]
        copy = FakeDelivery()
        await case.run.take_copy(copy)
        assert copy.acknowledged_at == 9.1
        await ended
        assert case.broker.kinds == ["started", "heartbeat", "heartbeat", "success"]
        assert case.released == [1, -1]

    run(test())


def test_a_lease_is_kept_until_the_broker_knows(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(20), lease=9)
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(8)
        case.broker.is_up = False
        await asyncio.sleep(2)
        case.broker.is_up = True
        await ended
        assert case.delivery.acknowledged_at == 14

    run(test())


@pytest.mark.parametrize("error, expected", [
    (TaskFailure("Billing.CardDeclined", "no"), {"error": "Billing.CardDeclined", "cause": "no"}),
    (ValueError("odd"), {"error": "ValueError", "cause": "odd"}),
    (TaskFailure("x" * 300, "é" * 40_000), {"error": "x" * 256, "cause": "é" * 32_768}),
])
def test_failures(run: Run, error: Exception, expected: Any) -> None:
    async def handler(value: Any, context: TaskContext) -> Any:
        raise error

    async def test() -> None:
        case = Case(handler)
        assert (await case.execute())[0] is Ending.FAILURE
        assert case.broker.published == [(0, "failure", expected)]
        assert case.delivery.acknowledged_at == 0

    run(test())


@pytest.mark.parametrize("output, error", [
    (float("nan"), "InvalidOutput"), ({1, 2}, "InvalidOutput"), ("\ud800", "InvalidOutput"),
    ("x" * 262_143, "States.DataLimitExceeded"), ("x" * 262_142, None),
])
def test_outputs(run: Run, output: Any, error: str | None) -> None:
    async def test() -> None:
        case = Case(sleeping(0, output))
        _, failure = await case.execute()
        assert (failure.error if failure else None) == error

    run(test())


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"NaN", b"[" * 100_000])
def test_input_that_is_not_json(run: Run, body: bytes) -> None:
    async def test() -> None:
        case = Case(sleeping(0), body)
        _, failure = await case.execute()
        assert failure is not None and failure.error == "InvalidInput"

    run(test())


def test_a_cancellation_is_not_answered(run: Run) -> None:
    async def test() -> None:
        seen: list[str] = []

        async def handler(value: Any, context: TaskContext) -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        case = Case(handler)
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(1)
        case.run.cancel()
        assert (await ended)[0] is Ending.CANCELLED
        assert (seen, case.broker.kinds, case.delivery.acknowledged_at) == (["cancelled"], ["started"], 1)

    run(test())


def test_the_deadline(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(100), baton_deadline="2026-07-13T11:00:10.000Z")
        assert (await case.execute())[0] is Ending.TIMEOUT
        assert case.broker.published[-1][:2] == (12, "failure")
        assert case.broker.published[-1][2]["error"] == "States.Timeout"

    run(test())


def test_an_answer_is_repeated_until_it_is_confirmed(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(0))
        case.broker.is_up = False
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(20)
        assert case.delivery.acknowledged_at is None
        case.broker.is_up = True
        assert (await ended)[0] is Ending.SUCCESS
        assert case.broker.kinds == ["success"] and case.delivery.acknowledged_at == now() < 25

    run(test())


def test_stopping_hands_back_what_the_broker_still_has(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(100))
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(1)
        case.run.stop()
        assert (await ended)[0] is Ending.HANDED_BACK
        assert (case.delivery.acknowledged_at, case.broker.kinds) == (None, ["started"])

    run(test())


def test_stopping_past_the_lease_fails_the_task(run: Run) -> None:
    async def test() -> None:
        case = Case(sleeping(100), lease=3)
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(4)
        case.run.stop()
        assert (await ended)[0] is Ending.FAILURE
        assert case.broker.published[-1][2]["error"] == "Worker.Stopped"

    run(test())


def test_a_copy_is_acknowledged_with_the_task(run: Run) -> None:
    async def test() -> None:
        case, copy = Case(sleeping(2)), FakeDelivery(redelivered=True)
        ended = asyncio.create_task(case.execute())
        await asyncio.sleep(1)
        await case.run.take_copy(copy)
        assert copy.acknowledged_at is None
        await ended
        assert copy.acknowledged_at == case.delivery.acknowledged_at == 2

    run(test())


def test_progress_and_context(run: Run) -> None:
    async def test() -> None:
        contexts: list[TaskContext] = []

        async def handler(value: Any, context: TaskContext) -> Any:
            contexts.append(context)
            await asyncio.sleep(1)
            await context.progress({"done": 1})
            await context.progress("x" * 300_000)
            await asyncio.sleep(1.5)
            return value

        case = Case(
            handler, {"n": 1}, baton_heartbeat_seconds=3, baton_attempt="2", baton_state="S", baton_execution="arn:e",
            baton_state_machine="arn:m", traceparent="00-1")
        await case.execute()
        assert case.broker.published[1:] == [
            (1, "heartbeat", {"done": 1}), (2, "heartbeat", None), (2.5, "success", {"n": 1})]
        context = contexts[0]
        assert (context.idempotency_key, context.token, context.attempt) == ("attempt", "token", 2)
        assert (context.execution, context.state_machine, context.state) == ("arn:e", "arn:m", "S")
        assert (context.heartbeat, context.traceparent, context.redelivered) == (3, "00-1", False)
        await context.progress("too late")
        assert case.broker.kinds[-1] == "success"

    run(test())
