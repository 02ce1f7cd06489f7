"""A worker in Python with pika, from the worker protocol alone: worker.py [ACTIVITY...]"""

import json, os, signal, sys, time, uuid
from concurrent.futures import ThreadPoolExecutor

import pika
from handlers import HANDLERS, Failure

env = os.environ.get
URL, PREFIX = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
PREFETCH, LEASE = int(env("BATON_WORKER_PREFETCH", "10")), float(env("BATON_WORKER_LEASE", "600"))
DRAIN, NAME = float(env("BATON_WORKER_DRAIN_TIMEOUT", "25")), env("BATON_WORKER_IDENTITY", f"python-pika:{os.getpid()}")
pool, tasks, stop_by = ThreadPoolExecutor(PREFETCH), {}, None  # tasks: by token, what is not answered yet


class Task:
    """The handler has a thread of its own; everything else happens in the connection's, as pika wants it."""

    def __init__(self, properties, body, handler, wake):
        self.properties, self.headers, self.id = properties, properties.headers or {}, properties.message_id
        self.interval = min(float(self.headers.get("baton-heartbeat-seconds", LEASE)), LEASE) / 3
        self.beat_at, self.lease_end = time.monotonic() + self.interval, time.monotonic() + LEASE
        self.cancelled, self.channel = False, None
        self.future = pool.submit(self.run, body, handler)
        self.future.add_done_callback(wake)

    def run(self, body, handler):
        try:
            if str(self.headers.get("baton-protocol", 1)) != "1":
                raise Failure("InvalidTask", f"protocol version {self.headers['baton-protocol']}; this worker speaks 1")
            return "success", handler(json.loads(body), self)
        except Exception as error:
            kind = "InvalidInput" if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError)) else type(error).__name__
            error, cause = error.args if isinstance(error, Failure) else (kind, str(error))
            return "failure", {"error": error[:256], "cause": cause[:32768]}

    def hold(self, channel, tag):
        self.release(channel)  # of two copies of a task one is enough
        self.channel, self.tag = channel, tag

    def release(self, channel):
        if self.channel is channel:  # on a new channel the tag means nothing: the broker has taken the task back
            channel.basic_ack(self.tag)
        self.channel = None

    def publish(self, channel, kind, body=b""):  # returns when the broker has confirmed it
        channel.basic_publish("", self.properties.reply_to, body, pika.BasicProperties(
            type=kind, correlation_id=self.properties.correlation_id, delivery_mode=2,
            content_type="application/json", headers={"baton-protocol": 1, "baton-worker": NAME}), mandatory=True)

    def step(self, channel, now):  # does what is due; true when the task is answered
        if self.future.done():
            kind, value = self.future.result()
            self.publish(channel, kind, json.dumps(value).encode())
            self.release(channel)
            return True
        if now >= self.beat_at or (self.channel and now >= self.lease_end):
            self.publish(channel, "heartbeat")
            self.beat_at = now + self.interval
            if now >= self.lease_end:
                self.release(channel)  # from now on heartbeats alone keep the task


def serve(connection, activities):
    channel = connection.channel()
    wake = lambda _: connection.is_open and connection.add_callback_threadsafe(lambda: None)

    def on_task(handler, method, properties, body):
        token = properties.correlation_id
        if not (token and properties.reply_to):  # nobody to answer: the broker's policies see to it
            return channel.basic_reject(method.delivery_tag, requeue=False)
        tasks[token] = tasks.get(token) or Task(properties, body, handler, wake)
        tasks[token].hold(channel, method.delivery_tag)

    def on_control(_, method, properties, body):
        if task := tasks.pop(properties.correlation_id, None):
            task.cancelled = True  # for the handler to see; nothing is answered
            task.release(channel)

    channel.confirm_delivery()
    channel.add_on_cancel_callback(lambda _: connection.close())  # the queue was deleted: connect and declare again
    for activity in activities:
        channel.queue_declare(f"{PREFIX}.activity.{activity}", durable=True, arguments={"x-queue-type": "quorum"})
    try:
        other = connection.channel()
        other.exchange_declare(f"{PREFIX}.tasks", "direct", durable=True)
        other.exchange_declare(f"{PREFIX}.control", "fanout", durable=True)
        for activity in activities:
            other.queue_bind(f"{PREFIX}.activity.{activity}", f"{PREFIX}.tasks", f"activity.{activity}")
    except pika.exceptions.ChannelClosedByBroker as error:
        if error.reply_code != 403:  # a user who may not leaves it to the orchestrator
            raise
    control = channel.queue_declare(f"{PREFIX}.control.{uuid.uuid4()}", exclusive=True).method.queue
    channel.queue_bind(control, f"{PREFIX}.control")
    channel.basic_consume(control, on_control, auto_ack=True)
    channel.basic_qos(prefetch_count=PREFETCH)
    consumers = []
    for activity in activities:
        take = lambda _, *task, do=HANDLERS[activity]: on_task(do, *task)
        consumers.append(channel.basic_consume(f"{PREFIX}.activity.{activity}", take))
    while channel.is_open and not (stop_by and (not tasks or time.monotonic() > stop_by)):
        while stop_by and consumers:
            channel.basic_cancel(consumers.pop())
        connection.process_data_events(time_limit=0.2)
        for token in [token for token, task in tasks.items() if task.step(channel, time.monotonic())]:
            del tasks[token]


def stop(*_):
    global stop_by
    stop_by = time.monotonic() + DRAIN


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stop_by or (tasks and time.monotonic() < stop_by):
        try:
            with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
                serve(connection, sys.argv[1:] or ["greet"])
        except (pika.exceptions.AMQPError, OSError) as error:
            print("connecting again after", repr(error), file=sys.stderr, flush=True)
            time.sleep(1)
    for task in tasks.values():
        task.cancelled = True
