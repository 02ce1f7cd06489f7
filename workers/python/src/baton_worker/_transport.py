"""Tasks and answers over AMQP: two connections, both made again when they are lost."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue

from ._configuration import WorkerConfiguration, WorkerConfigurationError
from ._protocol import Envelope, recreated

logger = logging.getLogger("baton_worker")

#: What a broken connection may raise, wherever it is used.
BROKEN = (aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError, OSError, asyncio.TimeoutError, RuntimeError)
QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}


@dataclass(frozen=True)
class Source:
    """Whose tasks a handler takes."""

    kind: str  # activity or function
    name: str

    def queue(self, prefix: str) -> str:
        return f"{prefix}.{self.kind}.{self.name}"

    @property
    def routing_key(self) -> str:
        return f"{self.kind}.{self.name}"


class AMQPDelivery:
    def __init__(self, message: AbstractIncomingMessage) -> None:
        self._message = message

    @property
    def redelivered(self) -> bool:
        return bool(self._message.redelivered)

    @property
    def envelope(self) -> Envelope:
        message = self._message
        return Envelope(
            type=message.type, correlation_id=message.correlation_id, message_id=message.message_id,
            reply_to=message.reply_to, headers=message.headers or {}, body=message.body)

    async def acknowledge(self) -> None:
        """On a channel that is gone there is nothing to acknowledge: the broker has taken the task back."""
        try:
            await _unless_cancelled_by_the_library(self._message.ack())
        except BROKEN:
            logger.debug("a task could not be acknowledged; it will come again")


@dataclass
class _Consumer:
    channel: AbstractChannel
    queue: AbstractQueue
    tag: str | None = None
    prefetch: int = 0


Receive = Callable[[Source, Envelope, AMQPDelivery], None]


class Transport:
    def __init__(self, configuration: WorkerConfiguration, capacities: Mapping[Source, int]) -> None:
        self._configuration = configuration
        self._capacities = dict(capacities)
        self._consumers: dict[Source, _Consumer] = {}
        self._answers: AbstractChannel | None = None
        self._is_stopping = False
        self._is_closing = False
        self._adjusting = asyncio.Lock()
        self._receive: Receive = lambda source, envelope, delivery: None
        self._cancelled: Callable[[str], None] = lambda token: None
        self._tasks: list[asyncio.Task[None]] = []
        self._connections: dict[str, AbstractConnection] = {}

    def start(self, receive: Receive, cancelled: Callable[[str], None]) -> None:
        self._receive, self._cancelled = receive, cancelled
        for purpose, use in (("answers", self._use_for_answers), ("tasks", self._use_for_tasks)):
            self._tasks.append(asyncio.create_task(self._keep(purpose, use)))

    async def close(self) -> None:
        self._is_stopping = self._is_closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections.values()):
            try:
                await asyncio.wait_for(connection.close(), 5)
            except BROKEN:
                pass

    # Connections

    async def _keep(self, purpose: str, use: Callable[[AbstractConnection], Awaitable[None]]) -> None:
        """Connects, uses the connection until it is lost, and connects again."""
        pause = 0.1
        while True:
            try:
                connection = await aio_pika.connect(
                    self._configuration.amqp_url, timeout=10,
                    client_properties={"connection_name": f"{self._configuration.identity} ({purpose})"})
                self._connections[purpose] = connection
                pause = 0.1
                try:
                    await use(connection)
                finally:
                    if not self._is_stopping:
                        await connection.close()
            except asyncio.CancelledError:
                if self._is_closing:
                    raise
                logger.warning("the connection for %s was lost, trying again", purpose)  # so says aiormq, at times
            except BROKEN as error:
                logger.warning("no connection for %s, trying again: %r", purpose, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, 3)

    async def _use_for_answers(self, connection: AbstractConnection) -> None:
        closed = asyncio.Event()
        connection.close_callbacks.add(lambda *_: closed.set())
        self._answers = await connection.channel(on_return_raises=True)
        try:
            while not closed.is_set() and not self._answers.is_closed:
                await _at_most(closed.wait(), 1)
        finally:
            self._answers = None

    async def _use_for_tasks(self, connection: AbstractConnection) -> None:
        closed = asyncio.Event()
        connection.close_callbacks.add(lambda *_: closed.set())
        try:
            other = await connection.channel()
            await other.declare_exchange(
                f"{self._configuration.prefix}.control", aio_pika.ExchangeType.FANOUT, durable=True)
            await other.close()
        except aiormq.exceptions.ChannelAccessRefused:
            pass  # it is there, or will be, once the orchestrator is
        await self._listen_to_control(await connection.channel())
        self._consumers = {}
        for source in self._capacities:
            self._consumers[source] = await self._declare(connection, source)
        async with self._adjusting:
            for source in self._capacities:
                await self._adjust(source)
        # A consumer ends without its connection where somebody deletes the queue; aio-pika says nothing of that.
        while not closed.is_set() and all(self._is_alive(consumer) for consumer in list(self._consumers.values())):
            await _at_most(closed.wait(), 1)

    def _is_alive(self, consumer: _Consumer) -> bool:
        if consumer.channel.is_closed:
            return False
        underlay: Any = getattr(consumer.channel, "_channel", None)
        consumers = getattr(getattr(underlay, "channel", underlay), "consumers", None)
        return consumer.tag is None or consumers is None or consumer.tag in consumers

    async def _declare(self, connection: AbstractConnection, source: Source) -> _Consumer:
        prefix = self._configuration.prefix
        name = source.queue(prefix)
        channel = await connection.channel()
        # First of all, while anybody can still see that the queue is missing: should this end before it is declared,
        # the next to come gives notice again.
        if not await _exists(connection, name):
            await self._give_notice(connection, name)
        queue = await channel.declare_queue(name, durable=True, arguments=QUORUM)
        try:
            other = await connection.channel()
            await other.declare_exchange(f"{prefix}.tasks", aio_pika.ExchangeType.DIRECT, durable=True)
            await queue.bind(f"{prefix}.tasks", source.routing_key)
            await other.close()
        except aiormq.exceptions.ChannelAccessRefused:
            logger.debug("%s may not bind its queue; the orchestrator does", self._configuration.identity)
        return _Consumer(channel, queue)

    async def _give_notice(self, connection: AbstractConnection, queue: str) -> None:
        """Whatever the queue held is lost, and only we know; where it is new nothing was, and the notice does no harm."""
        logger.info("the queue %s is not there and will be declared", queue)
        channel = await connection.channel(on_return_raises=True)
        start = f"{self._configuration.prefix}.start"
        try:
            await channel.default_exchange.publish(_message(recreated(queue)), start, mandatory=True)
        except aio_pika.exceptions.DeliveryError:  # that queue is not there either
            await channel.declare_queue(start, durable=True, arguments=QUORUM)
            await channel.default_exchange.publish(_message(recreated(queue)), start, mandatory=True)
        await channel.close()

    async def _listen_to_control(self, channel: AbstractChannel) -> None:
        async def take(message: AbstractIncomingMessage) -> None:
            if message.type == "cancel" and message.correlation_id:
                self._cancelled(message.correlation_id)

        control = f"{self._configuration.prefix}.control"
        queue = await channel.declare_queue(f"{control}.{uuid.uuid4()}", exclusive=True, auto_delete=True)
        await queue.bind(control)
        await queue.consume(take, no_ack=True)

    # Tasks

    async def set_capacity(self, capacity: int, source: Source) -> None:
        """How many more tasks may come; those that the broker has handed out already stay."""
        self._capacities[source] = capacity
        async with self._adjusting:
            try:
                await self._adjust(source)
            except BROKEN:
                pass  # the next connection starts with the new capacity

    async def _adjust(self, source: Source) -> None:
        consumer, capacity = self._consumers.get(source), self._capacities[source]
        if consumer is None or consumer.prefetch == capacity or self._is_stopping:
            return
        consumer.prefetch = capacity
        if consumer.tag is not None:
            tag, consumer.tag = consumer.tag, None
            await consumer.queue.cancel(tag)
        if capacity > 0:  # 0 would mean any number
            await consumer.channel.set_qos(capacity)

            async def take(message: AbstractIncomingMessage) -> None:
                delivery = AMQPDelivery(message)
                self._receive(source, delivery.envelope, delivery)

            consumer.tag = str(await consumer.queue.consume(take))

    async def stop_consuming(self) -> None:
        self._is_stopping = True
        async with self._adjusting:
            for consumer in self._consumers.values():
                tag, consumer.tag = consumer.tag, None
                if tag is not None:
                    try:
                        await consumer.queue.cancel(tag)
                    except BROKEN:
                        pass

    # Answers

    async def publish(self, envelope: Envelope, queue: str) -> bool:
        channel = self._answers
        if channel is None:
            return False
        try:
            await _unless_cancelled_by_the_library(
                channel.default_exchange.publish(_message(envelope), queue, mandatory=True, timeout=30))
            return True
        except aio_pika.exceptions.DeliveryError as error:
            logger.warning("the broker refused a message for %s: %r", queue, error)
        except BROKEN as error:
            logger.debug("a message for %s was not confirmed: %r", queue, error)
        return False


def check_url(url: str) -> None:
    if not url.startswith(("amqp://", "amqps://")):
        raise WorkerConfigurationError(f"{url} is no AMQP URL; it has to begin with amqp:// or amqps://")


def _message(envelope: Envelope) -> aio_pika.Message:
    return aio_pika.Message(
        envelope.body, type=envelope.type, correlation_id=envelope.correlation_id, message_id=envelope.message_id,
        reply_to=envelope.reply_to, headers=dict(envelope.headers),
        content_type="application/json" if envelope.body else None,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT)


async def _exists(connection: AbstractConnection, queue: str) -> bool:
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, passive=True)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return False
    await channel.close()
    return True


async def _unless_cancelled_by_the_library(awaitable: Coroutine[Any, Any, Any]) -> None:
    """aiormq may end what waits on a lost connection with a CancelledError: that is no cancellation of ours."""
    job = asyncio.ensure_future(awaitable)
    await asyncio.wait({job})
    if job.cancelled():
        raise ConnectionError("the connection was lost")
    job.result()


async def _at_most(awaitable: Awaitable[Any], seconds: float) -> None:
    try:
        await asyncio.wait_for(awaitable, seconds)
    except asyncio.TimeoutError:
        pass
