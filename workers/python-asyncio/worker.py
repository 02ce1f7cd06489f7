"""A worker in asyncio with aio-pika, from the worker protocol alone: worker.py [ACTIVITY...]"""

import asyncio, json, os, signal, sys, time, uuid

import aio_pika
from handlers import HANDLERS, Failure

env = os.environ.get
URL, PREFIX = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
PREFETCH, LEASE = int(env("BATON_WORKER_PREFETCH", "10")), float(env("BATON_WORKER_LEASE", "600"))
DRAIN, NAME = float(env("BATON_WORKER_DRAIN_TIMEOUT", "25")), env("BATON_WORKER_IDENTITY", f"asyncio:{os.getpid()}")
tasks = {}  # by token: (the handler's task, the deliveries to acknowledge, what follows the handler)
channel = None  # of the connection that there is


async def succeeds(coroutine):
    """Whether it does; one that a lost connection ends is no cancellation of its caller."""
    await asyncio.wait({job := asyncio.ensure_future(coroutine)})
    return not job.cancelled() and not job.exception()


async def answer(task, kind, body=b""):
    """Returns when the broker has confirmed it; tries again while broker or results queue are away."""
    headers, pause = {"baton-protocol": 1, "baton-worker": NAME}, 0.2
    message = aio_pika.Message(body, type=kind, correlation_id=task.correlation_id, headers=headers,
                               delivery_mode=aio_pika.DeliveryMode.PERSISTENT, content_type="application/json")
    while not await succeeds(channel.default_exchange.publish(message, task.reply_to, mandatory=True, timeout=10)):
        await asyncio.sleep(pause)
        pause = min(2 * pause, 5)


async def acknowledge(deliveries):
    while deliveries:  # on a lost connection it fails: the broker has taken the task back, and delivers it again
        await succeeds(deliveries.pop().ack())


async def run(handler, task):
    try:
        if (version := str(task.headers.get("baton-protocol", 1))) != "1":
            raise Failure("InvalidTask", f"protocol version {version}; this worker speaks 1")
        return "success", await handler(json.loads(task.body), task)
    except Exception as error:
        kind = "InvalidInput" if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)) else type(error).__name__
        error, cause = error.args if isinstance(error, Failure) else (kind, str(error))
        return "failure", {"error": error[:256], "cause": cause[:32768]}


async def on_task(handler, task):
    token = task.correlation_id
    if not (token and task.reply_to):  # nobody to answer: the broker's policies see to it
        await task.reject()
    elif token in tasks:  # a copy of what is being worked on is acknowledged with it
        tasks[token][1].append(task)
    else:
        job = asyncio.create_task(run(handler, task))
        tasks[token] = (job, [task], asyncio.create_task(work(job, task)))  # not the channel's: it outlives that


async def work(job, task):
    lease_end = time.monotonic() + LEASE
    interval = min(float(task.headers.get("baton-heartbeat-seconds", LEASE)), LEASE) / 3
    while not (await asyncio.wait({job}, timeout=interval))[0]:
        await answer(task, "heartbeat")
        if time.monotonic() >= lease_end:
            await acknowledge(tasks[task.correlation_id][1])  # from now on heartbeats alone keep the task
    if not job.cancelled():
        kind, value = job.result()
        await answer(task, kind, json.dumps(value).encode())
    await acknowledge(tasks.pop(task.correlation_id)[1])


async def on_control(message):
    if message.correlation_id in tasks:
        tasks[message.correlation_id][0].cancel()


async def serve(connection, activities, stop):
    global channel
    channel = await connection.channel(on_return_raises=True)
    await channel.set_qos(PREFETCH)
    quorum = {"durable": True, "arguments": {"x-queue-type": "quorum"}}
    queues = [await channel.declare_queue(f"{PREFIX}.activity.{name}", **quorum) for name in activities]
    try:
        async with connection.channel() as other:
            await other.declare_exchange(f"{PREFIX}.control", "fanout", durable=True)
            await other.declare_exchange(f"{PREFIX}.tasks", "direct", durable=True)
        for name, queue in zip(activities, queues):
            await queue.bind(f"{PREFIX}.tasks", f"activity.{name}")
    except aio_pika.exceptions.ChannelClosed as error:
        if "ACCESS_REFUSED" not in str(error):  # a user who may not do that leaves it to the orchestrator
            raise
    control = await channel.declare_queue(f"{PREFIX}.control.{uuid.uuid4()}", exclusive=True)
    await control.bind(f"{PREFIX}.control")
    await control.consume(on_control, no_ack=True)
    take = [lambda task, do=HANDLERS[name]: on_task(do, task) for name in activities]
    tags = [await queue.consume(do) for queue, do in zip(queues, take)]
    consumers = (await channel.get_underlay_channel()).consumers
    while not stop.is_set():
        if channel.is_closed or not consumers.keys() >= set(tags):
            return  # connect and declare again: aio-pika says nothing to a consumer whose queue was deleted
        await asyncio.sleep(0.2)
    for queue, tag in zip(queues, tags):
        await queue.cancel(tag)
    stop_by = time.monotonic() + DRAIN
    while tasks and time.monotonic() < stop_by:
        await asyncio.sleep(0.05)


async def main(activities):
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            async with await aio_pika.connect(URL, timeout=10) as connection:
                await serve(connection, activities, stop)
        except (aio_pika.exceptions.AMQPError, OSError, RuntimeError, TimeoutError, asyncio.CancelledError) as error:
            print("connecting again after", repr(error), file=sys.stderr, flush=True)
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["greet"]))
