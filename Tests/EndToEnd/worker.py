"""A worker in Python, by the worker protocol alone: takes tasks, keeps a ledger of what it did, answers, acknowledges.

Its effect is idempotent by the attempt's message id, as a worker's effect has to be; the ledger also counts deliveries.
"""

import argparse
import faulthandler
import json
import signal
import sqlite3
import time

import pika


def open_ledger(path):
    ledger = sqlite3.connect(path, timeout=30, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL")
    ledger.execute("PRAGMA synchronous=NORMAL")
    ledger.execute(
        "CREATE TABLE IF NOT EXISTS effects(message_id TEXT PRIMARY KEY, execution TEXT, state TEXT, input TEXT)")
    ledger.execute("CREATE TABLE IF NOT EXISTS deliveries(message_id TEXT, worker TEXT)")
    return ledger


def serve(options):
    ledger = open_ledger(options.ledger)
    connection = pika.BlockingConnection(pika.URLParameters(options.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=8)

    def handle(_, method, properties, body):
        headers = properties.headers
        execution, state = headers["baton-execution"], headers["baton-state"]
        ledger.execute("INSERT INTO deliveries VALUES (?, ?)", (properties.message_id, options.name))
        if options.delay:
            time.sleep(options.delay)
        value = json.loads(body)
        ledger.execute(
            "INSERT OR IGNORE INTO effects VALUES (?, ?, ?, ?)",
            (properties.message_id, execution, state, body.decode()))
        value.setdefault("done", []).append(state)
        channel.basic_publish(
            "", properties.reply_to, json.dumps(value).encode(),
            pika.BasicProperties(
                correlation_id=properties.correlation_id, type="success", delivery_mode=2,
                content_type="application/json", headers={"baton-worker": options.name}))
        channel.basic_ack(method.delivery_tag)

    for activity in options.activities:
        queue = f"{options.prefix}.activity.{activity}"
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_consume(queue, handle)
    channel.start_consuming()


def main():
    faulthandler.register(signal.SIGUSR1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--amqp-url", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--name", required=True)
    parser.add_argument("activities", nargs="+")
    options = parser.parse_args()
    while True:
        try:
            serve(options)
        except (pika.exceptions.AMQPError, OSError) as error:
            print("connecting again after", repr(error), flush=True)
            time.sleep(0.2)


if __name__ == "__main__":
    main()
