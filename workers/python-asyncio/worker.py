"""A worker in asyncio with aio-pika, from the worker protocol alone: worker.py [ACTIVITY...]"""

import asyncio, json, os, signal, sys, time, uuid

import aio_pika
import aiormq
from aio_pika import DeliveryMode, ExchangeType, Message
from handlers import HANDLERS, Failure

env = os.environ.get
URL, PREFIX = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
PREFETCH, LEASE = int(env("BATON_WORKER_PREFETCH", "10")), float(env("BATON_WORKER_LEASE", "600"))
DRAIN, NAME = float(env("BATON_WORKER_DRAIN_TIMEOUT", "25")), env("BATON_WORKER_IDENTITY", f"asyncio:{os.getpid()}")
BROKEN = (aio_pika.exceptions.AMQPError, ConnectionError, asyncio.TimeoutError, RuntimeError)
tasks = {}  # by token: (the handler's task, the deliveries to acknowledge)


async def persistently(attempt, pause=0.2):
    while True:
        try:
            return await attempt()
        except BROKEN as error:  # no connection, or no results queue: the broker or the orchestrator will be back
            print("trying again after", repr(error), file=sys.stderr, flush=True)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 5)


async def acknowledge(deliveries):
    while deliveries:
        try:
            await deliveries.pop().ack()
        except BROKEN:
            pass  # the connection is a new one: the broker has taken the task back, and delivers it again


async def run(handler, message):
    try:
        if (version := str(message.headers.get("baton-protocol", 1))) != "1":
            raise Failure("InvalidTask", f"protocol version {version}; this worker speaks 1")
        return "success", await handler(json.loads(message.body), message)
    except Exception as error:
        kind = "InvalidInput" if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)) else type(error).__name__
        error, cause = error.args if isinstance(error, Failure) else (kind, str(error))
        return "failure", {"error": error[:256], "cause": cause[:32768]}


async def on_task(channel, handler, message):
    token = message.correlation_id
    if not (token and message.reply_to):  # nobody to answer: the broker's policies see to it
        return await message.reject()
    if token in tasks:  # a copy of what is being worked on is acknowledged with it
        return tasks[token][1].append(message)

    async def answer(kind, body=b""):  # returns when the broker has confirmed it
        await persistently(lambda: channel.default_exchange.publish(Message(
            body, type=kind, correlation_id=token, content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT, headers={"baton-protocol": 1, "baton-worker": NAME},
        ), message.reply_to, mandatory=True, timeout=10))

    job, lease_end = asyncio.create_task(run(handler, message)), time.monotonic() + LEASE
    interval = min(float(message.headers.get("baton-heartbeat-seconds", LEASE)), LEASE) / 3
    tasks[token] = (job, [message])
    while not (await asyncio.wait({job}, timeout=interval))[0]:
        await answer("heartbeat")
        if time.monotonic() >= lease_end:
            await acknowledge(tasks[token][1])  # from now on heartbeats alone keep the task
    if not job.cancelled():
        kind, value = job.result()
        await answer(kind, json.dumps(value).encode())
    await acknowledge(tasks.pop(token)[1])


async def on_control(message):
    if message.correlation_id in tasks:
        tasks[message.correlation_id][0].cancel()


async def main(activities):
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # Once it is there, it comes back by itself.
    connection = await persistently(lambda: aio_pika.connect_robust(URL, reconnect_interval=1))
    channel = await connection.channel(on_return_raises=True)
    await channel.set_qos(PREFETCH)
    queues = {name: await channel.declare_queue(
        f"{PREFIX}.activity.{name}", durable=True, arguments={"x-queue-type": "quorum"}) for name in activities}
    try:
        async with connection.channel() as other:
            await other.declare_exchange(f"{PREFIX}.tasks", ExchangeType.DIRECT, durable=True)
            await other.declare_exchange(f"{PREFIX}.control", ExchangeType.FANOUT, durable=True)
        for name, queue in queues.items():
            await queue.bind(f"{PREFIX}.tasks", f"activity.{name}")
    except aiormq.exceptions.ChannelAccessRefused:
        pass  # a user who may not leaves it to the orchestrator
    control = await channel.declare_queue(f"{PREFIX}.control.{uuid.uuid4()}", exclusive=True)
    await control.bind(f"{PREFIX}.control")
    await control.consume(on_control, no_ack=True)
    consumers = []
    for name, queue in queues.items():
        take = lambda message, do=HANDLERS[name]: on_task(channel, do, message)
        consumers.append((queue, await queue.consume(take)))
    await stop.wait()
    for queue, tag in consumers:
        await queue.cancel(tag)
    stop_by = time.monotonic() + DRAIN
    while tasks and time.monotonic() < stop_by:
        await asyncio.sleep(0.05)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["greet"]))
