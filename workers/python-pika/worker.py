"""A worker in Python with pika, from the worker protocol alone: worker.py [ACTIVITY...]"""

import json, os, signal, sys, time, uuid
from concurrent.futures import ThreadPoolExecutor

import pika
from handlers import HANDLERS, Failure

env, now = os.environ.get, time.monotonic
URL, PREFIX = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
PREFETCH, LEASE = int(env("BATON_WORKER_PREFETCH", "10")), float(env("BATON_WORKER_LEASE", "600"))
DRAIN, NAME = float(env("BATON_WORKER_DRAIN_TIMEOUT", "25")), env("BATON_WORKER_IDENTITY", f"python-pika:{os.getpid()}")
pool, tasks, stop_by = ThreadPoolExecutor(PREFETCH), {}, None  # tasks: by token, what is not answered yet


class Task:
    """The handler has a thread of its own; everything else happens in the connection's, as pika wants it."""

    def __init__(self, properties, body, handler):
        self.properties, self.headers, self.id = properties, properties.headers or {}, properties.message_id
        self.interval = min(float(self.headers.get("baton-heartbeat-seconds", LEASE)), LEASE) / 3
        self.beat_at, self.lease_end = now() + self.interval, now() + LEASE
        self.copies, self.cancelled = [], False
        self.outcome = pool.submit(self.run, body, handler)

    def run(self, body, handler):
        try:
            if (version := str(self.headers.get("baton-protocol", 1))) != "1":
                raise Failure("InvalidTask", f"protocol version {version}; this worker speaks 1")
            return "success", handler(json.loads(body), self)
        except Exception as error:
            kind = "InvalidInput" if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)) else type(error).__name__
            error, cause = error.args if isinstance(error, Failure) else (kind, str(error))
            return "failure", {"error": error[:256], "cause": cause[:32768]}

    def publish(self, channel, kind, body=b""):  # returns when the broker has confirmed it
        channel.basic_publish("", self.properties.reply_to, body, pika.BasicProperties(
            type=kind, correlation_id=self.properties.correlation_id, delivery_mode=2,
            content_type="application/json", headers={"baton-protocol": 1, "baton-worker": NAME}), mandatory=True)

    def acknowledge(self, channel):
        while self.copies:
            on, tag = self.copies.pop()
            if on is channel:  # on a new channel the tag means nothing: the broker has taken the task back
                channel.basic_ack(tag)

    def step(self, channel):  # does what is due
        if self.outcome.done():
            kind, value = self.outcome.result()
            self.publish(channel, kind, json.dumps(value).encode())
            del tasks[self.properties.correlation_id]
            self.acknowledge(channel)
        elif now() >= self.beat_at:
            self.publish(channel, "heartbeat")
            self.beat_at = now() + self.interval
            if now() >= self.lease_end:
                self.acknowledge(channel)  # from now on heartbeats alone keep the task


def serve(connection, activities):
    def on_task(handler, method, properties, body):
        token = properties.correlation_id
        if not (token and properties.reply_to):  # nobody to answer: the broker's policies see to it
            return channel.basic_reject(method.delivery_tag, requeue=False)
        if token not in tasks:
            tasks[token] = Task(properties, body, handler)
            tasks[token].outcome.add_done_callback(wake)
        tasks[token].copies.append((channel, method.delivery_tag))

    def on_control(_, method, properties, body):
        if task := tasks.pop(properties.correlation_id, None):
            task.cancelled = True  # for the handler to see; nothing is answered
            task.acknowledge(channel)

    wake = lambda _: connection.is_open and connection.add_callback_threadsafe(lambda: None)  # ends the wait below
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=PREFETCH)
    channel.add_on_cancel_callback(lambda _: connection.close())  # the queue was deleted: connect and declare again
    for activity in activities:
        channel.queue_declare(f"{PREFIX}.activity.{activity}", durable=True, arguments={"x-queue-type": "quorum"})
    try:
        other = connection.channel()
        other.exchange_declare(f"{PREFIX}.control", "fanout", durable=True)
        other.exchange_declare(f"{PREFIX}.tasks", "direct", durable=True)
        for activity in activities:
            other.queue_bind(f"{PREFIX}.activity.{activity}", f"{PREFIX}.tasks", f"activity.{activity}")
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != 403:  # a user who may not do that leaves it to the orchestrator
            raise
    control = channel.queue_declare(f"{PREFIX}.control.{uuid.uuid4()}", exclusive=True).method.queue
    channel.queue_bind(control, f"{PREFIX}.control")
    channel.basic_consume(control, on_control, auto_ack=True)
    take = [lambda _, *task, do=HANDLERS[activity]: on_task(do, *task) for activity in activities]
    consumers = [channel.basic_consume(f"{PREFIX}.activity.{name}", do) for name, do in zip(activities, take)]
    while channel.is_open and not (stop_by and (not tasks or now() > stop_by)):
        while stop_by and consumers:
            channel.basic_cancel(consumers.pop())
        connection.process_data_events(time_limit=0.2)
        for task in list(tasks.values()):
            task.step(channel)


def stop(*_):
    global stop_by
    stop_by = now() + DRAIN


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stop_by or (tasks and now() < stop_by):
        try:
            with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
                serve(connection, sys.argv[1:] or ["greet"])
        except (pika.exceptions.AMQPError, OSError) as error:
            print("connecting again after", repr(error), file=sys.stderr, flush=True)
            time.sleep(1)
    for task in tasks.values():
        task.cancelled = True
