"""The life of one task in a worker: what to send when, and what becomes of it when things go wrong.

The broker's copy of the task is acknowledged after the answer's confirm and not before, so that a worker that dies is
replaced at once; except past the lease, when a confirmed heartbeat takes that copy's place.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from typing import Any, Protocol

from ._configuration import WorkerConfiguration
from ._context import TaskContext
from ._failure import TaskFailure
from ._protocol import BODY_BYTES, Envelope, Task, answer, failure_body, parse, serialize

Call = Callable[[Any, TaskContext], Awaitable[Any]]
logger = logging.getLogger("baton_worker")

#: Before this many seconds a task that is done needs no message but its answer.
STARTED_AFTER = 0.25
#: Seconds after a deadline: the orchestrator's own timer comes first, whatever the clocks do.
DEADLINE_GRACE = 2.0
RETRY_PAUSES = (0.1, 5.0)


class Ending(enum.Enum):
    SUCCESS = "success"
    FAILURE = "failure"
    #: Nobody waits for it any more.
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    #: Left to another worker, by not being acknowledged.
    HANDED_BACK = "handed_back"
    #: Neither answered nor redelivered: the workflow's heartbeat will notice.
    LOST = "lost"


class Delivery(Protocol):
    """The broker's copy of a task."""

    @property
    def redelivered(self) -> bool: ...

    async def acknowledge(self) -> None: ...


class Publisher(Protocol):
    async def publish(self, envelope: Envelope, queue: str) -> bool:
        """Whether the broker has confirmed it."""
        ...


class TaskRun:
    def __init__(
        self, task: Task, delivery: Delivery, call: Call, configuration: WorkerConfiguration, publisher: Publisher,
        released: Callable[[int], None] = lambda change: None,
        wall_time: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.task = task
        self._deliveries = [delivery]
        self._redelivered = delivery.redelivered
        self._call = call
        self._configuration = configuration
        self._publisher = publisher
        self._released = released
        self._wall_time = wall_time
        self._wake = asyncio.Event()
        self._is_held = True
        self._is_cancelled = self._is_stopped = self._is_over = False
        self._beat_at: float | None = None
        self._taken_at = 0.0

    # What happens to it while it runs

    def cancel(self) -> None:
        """The workflow does not wait any more."""
        self._is_cancelled = True
        self._wake.set()

    def stop(self) -> None:
        """The worker has no more time."""
        self._is_stopped = True
        self._wake.set()

    async def take_copy(self, delivery: Delivery) -> None:
        """The broker has delivered the same attempt again; it goes with the first copy."""
        if self._is_held:
            self._deliveries.append(delivery)
        else:
            await delivery.acknowledge()

    # Its life

    async def execute(self) -> tuple[Ending, TaskFailure | None]:
        """Returns when the task is settled and the handler has ended, with the failure that was answered."""
        job = asyncio.create_task(self._handle())
        try:
            return await self._follow(job)
        finally:
            self._is_over = True
            if not job.done():
                job.cancel()
                await asyncio.wait({job})
            if not self._is_held:
                self._released(-1)

    async def _follow(self, job: asyncio.Task[bytes | TaskFailure]) -> tuple[Ending, TaskFailure | None]:
        now = self._taken_at = self._now()
        started_at: float | None = now + STARTED_AFTER
        lease_ends_at: float | None = now + self._configuration.lease
        self._beat_at = now + self.task.heartbeat / 3 if self.task.heartbeat else None
        deadline: float | None = None
        if self.task.deadline:
            deadline = now + (self.task.deadline - self._wall_time()).total_seconds() + DEADLINE_GRACE
        while True:
            if self._is_cancelled:
                return await self._end_cancelled()
            if job.done():
                return await self._answer(_result(job))
            if self._is_stopped:
                return await self._end_stopped(job)
            now = self._now()
            if deadline is not None and deadline <= now:
                job.cancel()
                timeout = TaskFailure("States.Timeout", "the task's deadline has passed")
                return (await self._answer(timeout, Ending.TIMEOUT))
            if started_at is not None and started_at <= now:
                started_at = None
                await self._publish("started")
            elif lease_ends_at is not None and lease_ends_at <= now:
                confirmed = await self._heartbeat()
                lease_ends_at = None if confirmed else self._now() + RETRY_PAUSES[1]
                if confirmed:
                    self._is_held = False
                    await self._acknowledge()
                    self._released(1)
            elif self._beat_at is not None and self._beat_at <= now:
                await self._heartbeat()
            else:
                timers = (started_at, self._beat_at, lease_ends_at, deadline)
                await self._wait(min(time for time in timers if time is not None) - now, job)

    async def _answer(
        self, result: bytes | TaskFailure, ending: Ending | None = None
    ) -> tuple[Ending, TaskFailure | None]:
        """Repeats the answer until it is confirmed, or nobody waits, or there is no time."""
        failure = result if isinstance(result, TaskFailure) else None
        kind = "failure" if failure else "success"
        body = failure_body(result) if isinstance(result, TaskFailure) else result
        pause, longest = RETRY_PAUSES
        while not await self._publish(kind, body):
            if self._is_stopped:
                return (Ending.HANDED_BACK if self._is_held else Ending.LOST), None
            await self._wait(pause)
            pause = min(pause * 2, longest)
            if self._is_cancelled:
                return await self._end_cancelled()
        if self._is_held:
            await self._acknowledge()
        return ending or (Ending.FAILURE if failure else Ending.SUCCESS), failure

    async def _end_cancelled(self) -> tuple[Ending, TaskFailure | None]:
        if self._is_held:
            await self._acknowledge()
        return Ending.CANCELLED, None

    async def _end_stopped(self, job: asyncio.Task[bytes | TaskFailure]) -> tuple[Ending, TaskFailure | None]:
        job.cancel()
        await asyncio.wait({job})
        if not job.cancelled() and isinstance(job.result(), bytes):
            return await self._answer(job.result())
        # Most likely the cancellation's doing, so it says nothing about the task.
        if self._is_held:
            return Ending.HANDED_BACK, None
        return await self._answer(
            TaskFailure("Worker.Stopped", "the worker was stopped before the task was done"))

    async def _handle(self) -> bytes | TaskFailure:
        try:
            return serialize(await self._call(parse(self.task.body), self._context()))
        except Exception as error:
            if not isinstance(error, TaskFailure):
                logger.exception("the handler of %s failed", self.task.state)
            return TaskFailure.describing(error)

    # Its messages

    @property
    def _heartbeat_interval(self) -> float:
        """Also where the state asks for no heartbeats: then the orchestrator takes the lease for the longest silence."""
        lease = self._configuration.lease
        return min(self.task.heartbeat or lease, lease) / 3

    async def _heartbeat(self, body: bytes = b"") -> bool:
        # From the first one on others have to follow: the workflow now counts on them.
        self._beat_at = self._now() + self._heartbeat_interval
        return await self._publish("heartbeat", body)

    async def _publish(self, kind: str, body: bytes = b"") -> bool:
        seconds = self._now() - self._taken_at if kind in ("success", "failure") else None
        envelope = answer(kind, self.task.token, self._configuration.identity, body, seconds)
        return await self._publisher.publish(envelope, self.task.reply_to)

    async def _acknowledge(self) -> None:
        while self._deliveries:
            await self._deliveries.pop().acknowledge()

    async def _report(self, value: Any) -> None:
        if self._is_over or self._is_cancelled:
            return
        try:
            body = serialize(value)
        except TaskFailure as failure:
            logger.warning("progress of more than %d bytes, or not JSON, is not sent: %s", BODY_BYTES, failure)
            return
        await self._heartbeat(body)
        self._wake.set()

    def _context(self) -> TaskContext:
        task = self.task
        about = {"execution": task.execution, "state": task.state, "attempt": task.attempt}
        return TaskContext(
            idempotency_key=task.message_id, token=task.token, execution=task.execution,
            state_machine=task.state_machine, state=task.state, attempt=task.attempt, redelivered=self._redelivered,
            deadline=task.deadline, heartbeat=task.heartbeat, traceparent=task.traceparent,
            logger=logging.LoggerAdapter(logger, about), report=self._report)

    # Time

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _wait(self, seconds: float, job: asyncio.Task[bytes | TaskFailure] | None = None) -> None:
        """Until something has happened to the task, or its handler has returned, or the time is over."""
        signal = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait(
                {signal, job} if job else {signal}, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            signal.cancel()
        self._wake.clear()


def _result(job: asyncio.Task[bytes | TaskFailure]) -> bytes | TaskFailure:
    if job.cancelled():  # not by us: the handler has given itself up
        return TaskFailure("CancelledError", "the handler was cancelled")
    return job.result()
