"""Registration, settings, and what the worker does around its tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from conftest import FakeBroker, FakeDelivery, envelope

from baton_worker import TaskContext, TaskFailure, Worker, WorkerConfiguration, WorkerConfigurationError
from baton_worker._transport import Source

Run = Callable[[Any], Any]
GREET = Source("activity", "greet")


def greeter(**settings: Any) -> Worker:
    worker = Worker(WorkerConfiguration("greeter", identity="g", **settings))

    @worker.activity("greet", prefetch=3)
    async def greet(person: Any, context: TaskContext) -> Any:
        if not person.get("name"):
            raise TaskFailure("Greeting.NoName")
        await asyncio.sleep(person.get("seconds", 0))
        return {"text": f"Hello, {person['name']}!"}

    @worker.function("shout")
    def shout(text: str, context: TaskContext) -> str:
        return text.upper()

    return worker


class Serving:
    def __init__(self, worker: Worker) -> None:
        self.broker, self.stops = FakeBroker(), asyncio.Queue[None]()
        self.job = asyncio.create_task(worker._serve(worker._resolve(), self.broker, self.stops))

    def deliver(self, body: Any, token: str = "token", **headers: Any) -> FakeDelivery:
        delivery, message = FakeDelivery(), envelope(body, **headers)
        message.correlation_id = token
        self.broker.receive(GREET, message, delivery)
        return delivery


def test_invoke(run: Run) -> None:
    async def test() -> None:
        worker = greeter()
        assert await worker.invoke(activity="greet", input={"name": "Ada"}) == {"text": "Hello, Ada!"}
        with pytest.raises(TaskFailure, match="Greeting.NoName"):
            await worker.invoke(activity="greet", input={})
        with pytest.raises(TaskFailure, match="UnknownHandler"):
            await worker.invoke(function="greet", input={})

    run(test())
    assert asyncio.run(greeter().invoke(function="shout", input="hello")) == "HELLO"


def test_registration() -> None:
    worker = greeter()
    with pytest.raises(ValueError, match="a handler already"):
        worker.activity("greet")(lambda value, context: value)
    with pytest.raises(ValueError, match="needs a name"):
        worker.activity("")
    with pytest.raises(ValueError, match="prefetch"):
        worker.activity("other", prefetch=0)
    with pytest.raises(WorkerConfigurationError, match="no handlers"):
        Worker("empty").main()


def test_a_copy_is_not_run_again(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter())
        await asyncio.sleep(0)
        first, second = serving.deliver({"name": "A", "seconds": 1}), None
        await asyncio.sleep(0.5)
        second = serving.deliver({"name": "A", "seconds": 1})
        await asyncio.sleep(1)
        assert serving.broker.kinds == ["started", "success"]
        assert first.acknowledged_at == second.acknowledged_at == 1
        serving.stops.put_nowait(None)
        await serving.job
        assert serving.broker.is_closed

    run(test())


def test_draining(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter(drain_timeout=10))
        await asyncio.sleep(0)
        short, long = serving.deliver({"name": "A", "seconds": 5}, "a"), serving.deliver({"name": "B", "seconds": 90}, "b")
        await asyncio.sleep(1)
        serving.stops.put_nowait(None)
        await asyncio.sleep(0.1)
        assert not serving.broker.is_consuming
        await serving.job
        assert (short.acknowledged_at, long.acknowledged_at) == (5, None)
        assert asyncio.get_running_loop().time() == 11

    run(test())


def test_a_second_signal_does_not_wait(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter())
        await asyncio.sleep(0)
        serving.deliver({"name": "A", "seconds": 90})
        await asyncio.sleep(1)
        serving.stops.put_nowait(None)
        serving.stops.put_nowait(None)
        await serving.job
        assert asyncio.get_running_loop().time() == 1

    run(test())


def test_cancellation(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter())
        await asyncio.sleep(0)
        delivery = serving.deliver({"name": "A", "seconds": 90})
        await asyncio.sleep(1)
        serving.broker.cancelled("another")
        serving.broker.cancelled("token")
        await asyncio.sleep(1)
        assert (delivery.acknowledged_at, serving.broker.kinds) == (1, ["started"])
        serving.stops.put_nowait(None)
        await serving.job

    run(test())


def test_what_cannot_be_understood(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter())
        await asyncio.sleep(0)
        later = serving.deliver({"name": "A"}, **{"baton_protocol": "2"})
        delivery, message = FakeDelivery(), envelope({"name": "A"})
        message.reply_to = None
        serving.broker.receive(GREET, message, delivery)
        await asyncio.sleep(1)
        assert later.acknowledged_at is not None and delivery.acknowledged_at is not None
        refusal, dead = serving.broker.envelopes
        assert refusal[0] == "results" and serving.broker.published[0][2]["error"] == "InvalidTask"
        assert dead[0] == "baton.dead"
        assert dead[1].headers["baton-dead-reason"] == "no reply_to"
        assert dead[1].headers["baton-dead-queue"] == "baton.activity.greet"
        serving.stops.put_nowait(None)
        await serving.job

    run(test())


def test_room_after_the_lease(run: Run) -> None:
    async def test() -> None:
        serving = Serving(greeter(lease=2))
        await asyncio.sleep(0)
        serving.deliver({"name": "A", "seconds": 3})
        await asyncio.sleep(4)
        assert serving.broker.capacities == [2, 3]
        serving.stops.put_nowait(None)
        await serving.job

    run(test())


def test_environment() -> None:
    configuration = WorkerConfiguration.from_environment("w", {
        "BATON_AMQP_URL": "amqp://b/", "BATON_PREFIX": "p", "BATON_WORKER_PREFETCH": "3", "BATON_WORKER_LEASE": "7",
        "BATON_WORKER_DRAIN_TIMEOUT": "0", "BATON_WORKER_IDENTITY": "me", "BATON_LOG_LEVEL": "DEBUG"})
    assert configuration == WorkerConfiguration("w", "me", "amqp://b/", "p", 3, 7, 0, "debug")
    assert WorkerConfiguration.from_environment("w", {"BATON_PREFIX": ""}).prefix == "baton"
    assert WorkerConfiguration("w").identity.startswith("w@")


@pytest.mark.parametrize("key, value", [
    ("BATON_WORKER_PREFETCH", "0"), ("BATON_WORKER_PREFETCH", "70000"), ("BATON_WORKER_LEASE", "ten"),
    ("BATON_WORKER_DRAIN_TIMEOUT", "-1"), ("BATON_LOG_LEVEL", "loud"),
])
def test_settings_that_make_no_sense(key: str, value: str) -> None:
    with pytest.raises(WorkerConfigurationError, match=key):
        WorkerConfiguration.from_environment("w", {key: value})
