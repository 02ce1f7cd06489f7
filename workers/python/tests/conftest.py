"""A loop whose clock jumps to the next timer, and a broker that is a list."""

from __future__ import annotations

import asyncio
import json
import selectors
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from baton_worker._protocol import Envelope


class _Selector(selectors.DefaultSelector):
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0 if timeout is not None else 5)
        if not ready:
            if timeout is None:
                raise AssertionError("nothing is left to wait for")
            self.loop.elapsed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self.elapsed = 0.0
        super().__init__(selector)

    def time(self) -> float:
        return self.elapsed


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # a coroutine that nobody awaited
            with asyncio.Runner(loop_factory=VirtualLoop) as runner:
                return runner.run(coroutine)

    return run


class FakeDelivery:
    def __init__(self, redelivered: bool = False) -> None:
        self.redelivered = redelivered
        self.acknowledged_at: float | None = None

    async def acknowledge(self) -> None:
        assert self.acknowledged_at is None, "acknowledged twice"
        self.acknowledged_at = now()


class FakeBroker:
    """Keeps what was published, with the time; confirms it while it is up."""

    def __init__(self) -> None:
        self.is_up = True
        self.published: list[tuple[float, str, Any]] = []
        self.envelopes: list[tuple[str, Envelope]] = []
        self.capacities: list[int] = []
        self.receive: Any = None
        self.cancelled: Any = None
        self.is_consuming = self.is_closed = False

    async def publish(self, envelope: Envelope, queue: str) -> bool:
        await asyncio.sleep(0)
        if self.is_up:
            self.envelopes.append((queue, envelope))
            body = json.loads(envelope.body) if envelope.body else None
            self.published.append((now(), envelope.type or "", body))
        return self.is_up

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.published]

    def start(self, receive: Any, cancelled: Any) -> None:
        self.receive, self.cancelled, self.is_consuming = receive, cancelled, True

    async def set_capacity(self, capacity: int, source: Any) -> None:
        self.capacities.append(capacity)

    async def stop_consuming(self) -> None:
        self.is_consuming = False

    async def close(self) -> None:
        self.is_closed = True


def now() -> float:
    return round(asyncio.get_running_loop().time(), 3)


def envelope(body: Any = None, **headers: Any) -> Envelope:
    return Envelope(
        type="task", correlation_id="token", message_id="attempt", reply_to="results",
        headers={"baton-protocol": 1, **{name.replace("_", "-"): value for name, value in headers.items()}},
        body=body if isinstance(body, bytes) else json.dumps(body).encode())
