"""A worker that does what the protocol warns of, so that `baton worker check` has something to find."""

import json
import os
import time

import pika

prefix, activity = os.environ["BATON_PREFIX"], os.environ["BATON_ACTIVITY"]
connection = pika.BlockingConnection(pika.URLParameters(os.environ["BATON_AMQP_URL"]))
channel = connection.channel()
queue = f"{prefix}.activity.{activity}"


def on_task(_, method, properties, body):
    try:
        task = json.loads(body)
    except ValueError:
        # Against the protocol: nobody is told, and its workflow waits.
        return
    if task["check"] == "sleep":
        time.sleep(task["seconds"])  # no heartbeats
    kind, answer = "success", task
    if task["check"] == "fail":
        kind, answer = "failure", task["error"]  # no object
    channel.basic_publish(
        "", properties.reply_to, json.dumps(answer).encode(),
        pika.BasicProperties(type=kind, correlation_id=properties.correlation_id))


channel.exchange_declare(f"{prefix}.tasks", "direct", durable=True)
channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
channel.queue_bind(queue, f"{prefix}.tasks", f"activity.{activity}")
channel.basic_consume(queue, on_task, auto_ack=True)  # a killed worker loses what it had
channel.start_consuming()
