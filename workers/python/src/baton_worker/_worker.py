"""A process that works on tasks of workflows."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ._configuration import WorkerConfiguration, WorkerConfigurationError
from ._context import TaskContext
from ._failure import TaskFailure
from ._protocol import Envelope, MalformedMessage, Task, answer, failure_body, parse, serialize
from ._run import Call, Delivery, TaskRun
from ._transport import Source, Transport, check_url

logger = logging.getLogger("baton_worker")

#: A handler takes the input and the context. One that is no coroutine function runs in a thread, and cannot be cancelled.
Handler = Callable[[Any, TaskContext], Any]
H = TypeVar("H", bound=Handler)

#: How many seconds cancelled handlers may take, before the broker is told to give their tasks to others.
CANCELLATION_GRACE = 5.0


class _Transport(Protocol):
    def start(
        self, receive: Callable[[Source, Envelope, Any], None], cancelled: Callable[[str], None]
    ) -> None: ...
    async def publish(self, envelope: Envelope, queue: str) -> bool: ...
    async def set_capacity(self, capacity: int, source: Source) -> None: ...
    async def stop_consuming(self) -> None: ...
    async def close(self) -> None: ...


@dataclass
class _Registration:
    call: Call
    prefetch: int | None


class Worker:
    """Takes the tasks of activities and functions, each with its handler.

    A handler may be called twice for the same attempt (see ``TaskContext.idempotency_key``). It raises ``TaskFailure`` to
    name an error; any other exception becomes a failure with the name of its class. While it runs, heartbeats are sent
    for it; when nobody waits for it any more, it is cancelled.
    """

    def __init__(self, configuration: str | WorkerConfiguration) -> None:
        """A name, for a worker that is configured by its environment; or a configuration."""
        self._name = configuration if isinstance(configuration, str) else configuration.name
        self._configuration = None if isinstance(configuration, str) else configuration
        self._handlers: dict[Source, _Registration] = {}

    # Handlers

    def activity(self, name: str, *, prefetch: int | None = None) -> Callable[[H], H]:
        """Decorates the handler of an activity. ``prefetch``: how many tasks at once; None for the worker's own."""
        return self._register(Source("activity", name), prefetch)

    def function(self, name: str, *, prefetch: int | None = None) -> Callable[[H], H]:
        """Decorates the handler of a function: states whose resource is a Lambda function of that name."""
        return self._register(Source("function", name), prefetch)

    def _register(self, source: Source, prefetch: int | None) -> Callable[[H], H]:
        if not source.name:
            raise ValueError("a handler needs a name")
        if prefetch is not None and not 1 <= prefetch <= 65_535:
            raise ValueError("prefetch is out of range")

        def register(handler: H) -> H:
            if source in self._handlers:
                raise ValueError(f"{source.name} has a handler already")
            self._handlers[source] = _Registration(_as_coroutine(handler), prefetch)
            return handler

        return register

    # Running

    def main(self) -> None:
        """Runs the worker, with logging set up, until SIGTERM or SIGINT: all that a program needs to do."""
        configuration = self._resolve()
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        level = {"TRACE": "DEBUG", "NOTICE": "INFO"}.get(configuration.log_level.upper(), configuration.log_level.upper())
        logger.setLevel(level)
        asyncio.run(self.run())

    async def run(self) -> None:
        """Works until SIGTERM or SIGINT, then drains: takes no more tasks, finishes those that run, answers them, and
        returns. After ``drain_timeout``, or at a second signal, running handlers are cancelled; their tasks go to
        another worker.

        An absent broker is no error: the worker goes on trying to reach it. Cancelling the calling task stops without
        draining; nothing is lost, but what was begun will be begun again elsewhere. Raises WorkerConfigurationError.
        """
        configuration = self._resolve()
        check_url(configuration.amqp_url)
        stops: asyncio.Queue[None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, stops.put_nowait, None)
        capacities = {source: item.prefetch or configuration.prefetch for source, item in self._handlers.items()}
        try:
            await self._serve(configuration, Transport(configuration, capacities), stops)
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def _serve(
        self, configuration: WorkerConfiguration, transport: _Transport, stops: asyncio.Queue[None]
    ) -> None:
        running = _Running(configuration, self._handlers, transport)
        transport.start(running.take, running.cancel)
        names = ", ".join(sorted(source.name for source in self._handlers))
        logger.info("%s is working on %s", configuration.identity, names)
        try:
            await stops.get()
            logger.info("stopping; %d tasks are running", running.count)
            await transport.stop_consuming()
            if await running.drain(configuration.drain_timeout, stops):
                return
            logger.warning("cancelling what still runs: %d tasks", running.count)
            running.stop()
            await running.drain(CANCELLATION_GRACE)
        finally:
            await transport.close()
            await running.abandon()
            logger.info("stopped")

    def _resolve(self) -> WorkerConfiguration:
        if not self._handlers:
            raise WorkerConfigurationError("the worker has no handlers")
        configuration = self._configuration or WorkerConfiguration.from_environment(self._name)
        configuration.validate()
        return configuration

    # Testing

    async def invoke(
        self, *, activity: str | None = None, function: str | None = None, input: Any,
        context: TaskContext | None = None,
    ) -> Any:
        """Calls a handler as a task would, without a broker. Raises the TaskFailure that the workflow would see."""
        source = Source("activity", activity) if activity is not None else Source("function", function or "")
        if source not in self._handlers:
            raise TaskFailure("UnknownHandler", f"nothing is registered for {source.name}")
        try:
            value = parse(json.dumps(input).encode())
            return parse(serialize(await self._handlers[source].call(value, context or TaskContext.test())))
        except Exception as error:
            raise TaskFailure.describing(error) from error


class _Running:
    """The tasks that are being worked on, by token."""

    def __init__(
        self, configuration: WorkerConfiguration, handlers: dict[Source, _Registration], transport: _Transport
    ) -> None:
        self._configuration, self._handlers, self._transport = configuration, handlers, transport
        self._runs: dict[str, TaskRun] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._released = dict.fromkeys(handlers, 0)

    @property
    def count(self) -> int:
        return len(self._runs)

    def take(self, source: Source, envelope: Envelope, delivery: Delivery) -> None:
        try:
            task = Task.decode(envelope)
        except MalformedMessage as error:
            return self._spawn(self._refuse(source, envelope, delivery, str(error)))
        known = self._runs.get(task.token)
        if known is not None:
            return self._spawn(known.take_copy(delivery))
        run = TaskRun(
            task, delivery, self._handlers[source].call, self._configuration, self._transport,
            released=lambda change: self._release(source, change))
        self._runs[task.token] = run
        self._spawn(self._work(source, run))

    async def _work(self, source: Source, run: TaskRun) -> None:
        try:
            ending, failure = await run.execute()
        finally:
            if self._runs.get(run.task.token) is run:
                del self._runs[run.task.token]
        level = logging.DEBUG if failure is None else logging.INFO
        logger.log(level, "%s: %s %s", source.name, ending.value, failure or "")

    async def _refuse(self, source: Source, envelope: Envelope, delivery: Delivery, reason: str) -> None:
        """What cannot be understood is answered where it says whom to answer, and otherwise kept in the dead queue."""
        logger.warning("a task cannot be understood: %s", reason)
        prefix = self._configuration.prefix
        if envelope.correlation_id and envelope.reply_to:
            body = failure_body(TaskFailure("InvalidTask", reason))
            message = answer("failure", envelope.correlation_id, self._configuration.identity, body)
            done = await self._transport.publish(message, envelope.reply_to)
        else:
            dead = {**envelope.headers, "baton-dead-reason": reason, "baton-dead-queue": source.queue(prefix)}
            envelope.headers = dead
            done = await self._transport.publish(envelope, f"{prefix}.dead")
        if done:
            await delivery.acknowledge()

    def cancel(self, token: str) -> None:
        if token in self._runs:
            self._runs[token].cancel()

    def stop(self) -> None:
        for run in self._runs.values():
            run.stop()

    async def drain(self, seconds: float, stops: asyncio.Queue[None] | None = None) -> bool:
        """Whether all tasks have ended before the time was over or somebody grew impatient."""
        deadline = asyncio.get_running_loop().time() + seconds
        impatience = asyncio.ensure_future(stops.get() if stops else asyncio.Event().wait())
        try:
            while self._jobs and not impatience.done():
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await asyncio.wait({*self._jobs, impatience}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            impatience.cancel()
        return not self._jobs

    async def abandon(self) -> None:
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)

    def _release(self, source: Source, change: int) -> None:
        """A task of that source is not the broker's any more, but still ours: it takes up room."""
        self._released[source] += change
        capacity = self._handlers[source].prefetch or self._configuration.prefetch
        self._spawn(self._transport.set_capacity(max(0, capacity - self._released[source]), source))

    def _spawn(self, work: Awaitable[None]) -> None:
        job: asyncio.Task[None] = asyncio.ensure_future(work)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)


def _as_coroutine(handler: Handler) -> Call:
    if inspect.iscoroutinefunction(handler):
        return handler

    async def call(value: Any, context: TaskContext) -> Any:
        return await asyncio.to_thread(handler, value, context)

    return call
