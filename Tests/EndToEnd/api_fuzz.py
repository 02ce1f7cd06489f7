"""Sends random requests, valid and nearly valid, made from the service model, and checks every answer against it.

    api_fuzz.py --port PORT [--requests 3000] [--seed N] [--connections 4]

Fails on a status of 500 and above, an error that the operation does not have, an answer that the model does not allow,
a request that is not answered within 30 seconds, and a server that is not alive at the end. The seed is printed; each
connection draws from a generator of its own, so one connection repeats exactly, several only nearly.
"""

import argparse
import collections
import json
import random
import sys
import threading
import time
import traceback

from service_model import OPERATIONS, Connection, answer_problems, operation

ROLE = "arn:aws:iam::000000000000:role/fuzz"
PREFIX = "arn:aws:states:us-east-1:000000000000"

STRINGS = [
    "", "a", "A-b_c.1", "7", "\u00e4\u00f6\u00fc", "e\u0301", "\u65e5\u672c\u8a9e", "\U0001f600", "a b", "a/b", "a:b",
    "\x00", "\x1f", "\x7f", "\ufffe", "'\"\\", "%s%n", "../../etc/passwd", "${x}", "{}", "[]", "null", "arn:",
    "arn:aws:states:us-east-1:000000000000:stateMachine:", "INITIAL", "aws:key", "a" * 80, "a" * 81, "a" * 256,
    "a" * 257, "a" * 1025, "arn:aws-cn:states:cn-north-1:1:stateMachine:m", "arn:aws:iam::1:role/r",
]
JSON_TEXTS = [
    "{}", "[]", "1", "1.50", "1e400", '"text"', "null", "true", ' {"a" : [1, {"b": null}]} ', '{"a":1,"a":2}', "{",
    '{"a":', "not json", "'", "", "[" * 2000, '"' + "x" * 10_000 + '"', '{"\\u0000":"\\ud800"}',
]
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
DEFINITIONS = [
    PASS,
    {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"a": 1}, "Assign": {"x.$": "$.a"}, "End": True}}},
    {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {
        "Type": "Pass", "Output": "{% $states.input %}", "End": True}}},
    {"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": f"{PREFIX}:activity:fuzz", "TimeoutSeconds": 60, "End": True}}},
    {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}},
    {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}},
    {"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "S"}], "Default": "S"},
        "S": {"Type": "Succeed"}}},
    {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.list", "End": True, "ItemProcessor": PASS}}},
    {"StartAt": "X", "States": {"P": {"Type": "Pass", "End": True}}},
    {"StartAt": "P", "States": {"P": {"Type": "Nonsense"}}},
    {"States": {}}, {}, [], None, 7, "text",
]


DESTRUCTIVE = {"DeleteStateMachine", "DeleteActivity", "DeleteStateMachineAlias", "DeleteStateMachineVersion"}


class Pool:
    """What answers brought, for later requests to name."""

    def __init__(self):
        self.lock = threading.Lock()
        self.values = collections.defaultdict(lambda: collections.deque(maxlen=200))

    def add(self, answer):
        with self.lock:
            self._add(answer)

    def _add(self, value):
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, str) and (key.endswith("Arn") or key in ("taskToken", "nextToken", "revisionId")):
                    self.values[key].append(item)
                else:
                    self._add(item)
        elif isinstance(value, list):
            for item in value[:20]:
                self._add(item)

    def draw(self, key, generator):
        with self.lock:
            values = self.values.get(key)
            return generator.choice(values) if values else None


class Requests:
    """Makes requests: each member right most of the time, and wrong in some way now and then."""

    def __init__(self, generator, pool):
        self.random = generator
        self.pool = pool
        # How much goes wrong in the request being made.
        self.mischief = 0.0

    def make(self, name):
        self.mischief = self.random.choice([0.0, 0.0, 0.0, 0.05, 0.3])
        shape = operation(name).input_shape
        return self.structure(shape, optional=self.random.choice([0.1, 0.4, 0.9]))

    def structure(self, shape, optional):
        value = {}
        for name, member in shape.members.items():
            required = name in shape.required_members
            if required and self.random.random() < self.mischief / 3:
                continue
            if required or self.random.random() < optional:
                value[name] = self.value(name, member, optional)
        if self.random.random() < self.mischief:
            value[self.random.choice(STRINGS)] = self.anything()
        return value

    def value(self, name, shape, optional):
        if self.random.random() < self.mischief:
            return self.anything()
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, optional)
        if kind == "list":
            return [self.value(name, shape.member, optional) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "long"):
            low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 1000)
            if name == "weight":
                return self.random.choice([100, 100, 50, 0])
            return self.random.choice([low, high, self.random.randint(low, high), low - 1, high + 1, 2**63 - 1])
        if kind in ("float", "double"):
            return self.random.choice([0, 1, 33.3, 100, 100.1, -1, 1e300])
        return self.string(name, shape)

    def string(self, name, shape):
        if shape.enum:
            return self.random.choice(shape.enum)
        if name.endswith("Arn") or name in ("taskToken", "nextToken", "revisionId"):
            if name == "roleArn":
                return ROLE
            if name == "logGroupArn":
                return "arn:aws:logs:us-east-1:000000000000:log-group:fuzz:*"
            known = self.random.choice([
                name, name, name, "stateMachineVersionArn", "stateMachineAliasArn", "stateMachineArn", "executionArn",
                "activityArn"]) if name != "nextToken" else name
            if name in ("resourceArn", "stateMachineArn"):
                known = self.random.choice(["stateMachineArn", "stateMachineArn", known])
            return self.pool.draw(known, self.random) or f"{PREFIX}:stateMachine:fuzz"
        if name == "definition":
            return self.definition()
        if name in ("input", "output", "result", "variables", "context", "mapItemReaderData"):
            return self.random.choice(JSON_TEXTS)
        if name in ("name", "stateName"):
            return self.random.choice([f"fuzz{self.random.randint(0, 60)}", "fuzz", self.random.choice(STRINGS)])
        if name in ("key", "TagKey"):
            return self.random.choice(["k", "key", f"k{self.random.randint(0, 80)}", self.random.choice(STRINGS)])
        return self.random.choice(STRINGS)

    def definition(self):
        definition = self.random.choice(DEFINITIONS[:8] if self.random.random() < 0.8 else DEFINITIONS)
        text = json.dumps(definition)
        if self.random.random() < 0.3 and isinstance(definition, dict):
            text = json.dumps({**definition, "Comment": str(self.random.randint(0, 9))})
        if self.random.random() < 0.05 and text:
            place = self.random.randrange(len(text))
            text = text[:place] + self.random.choice(["", '"', "{", "\\", "\x00", "9"]) + text[place + 1:]
        return text

    def anything(self):
        return self.random.choice([
            None, True, False, 0, -1, 2**31, 2**63, 1.5, "", [], {}, [None], {"a": {}}, [[[[]]]], "x" * 5000,
            self.random.choice(STRINGS)])


class Fuzzer:
    def __init__(self, port, requests, seed, connections):
        self.port = port
        self.seed = seed
        self.shares = [requests // connections + (number < requests % connections) for number in range(connections)]
        self.pool = Pool()
        self.lock = threading.Lock()
        self.failures = []
        self.outcomes = collections.Counter()
        self.unknown = set()
        self.slowest = (0.0, "")

    def run(self):
        self.prepare()
        threads = [threading.Thread(target=self.work, args=(number, share)) for number, share in enumerate(self.shares)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        status, _ = Connection(self.port).call("ListStateMachines", {})
        if status != 200:
            self.failures.append(f"the server answers {status} at the end")
        return self.failures

    def prepare(self):
        connection = Connection(self.port)
        for name, request in [
            ("CreateActivity", {"name": "fuzz"}),
            ("CreateStateMachine", {
                "name": "fuzz", "definition": json.dumps(PASS), "roleArn": ROLE, "publish": True}),
        ]:
            self.pool.add(connection.call(name, request)[1])
        version = self.pool.draw("stateMachineVersionArn", random.Random(0))
        if version:
            self.pool.add(connection.call("CreateStateMachineAlias", {
                "name": "fuzz", "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}]})[1])

    def work(self, number, share):
        generator = random.Random(f"{self.seed}/{number}")
        requests = Requests(generator, self.pool)
        connection = Connection(self.port)
        sent = 0
        while sent < share and len(self.failures) < 20:
            name = generator.choice(OPERATIONS)
            # Else there would soon be nothing left to ask for.
            if name in DESTRUCTIVE and generator.random() < 0.8:
                continue
            # Those make what the others are about.
            if generator.random() < 0.15:
                name = generator.choice(["CreateStateMachine", "StartExecution", "CreateStateMachineAlias"])
            sent += 1
            try:
                self.one(connection, name, requests)
            except Exception:
                self.fail(name, "the fuzzer itself", traceback.format_exc())
        connection.close()

    def one(self, connection, name, requests):
        request = requests.make(name)
        text = json.dumps(request)
        if requests.random.random() < 0.01:
            place = requests.random.randrange(len(text))
            text = text[:place] + text[place + 1:]
        # A worker's poll waits for a minute by right; hanging up is part of the game.
        patience = 0.2 if name == "GetActivityTask" else 30.0
        started = time.monotonic()
        try:
            if name == "GetActivityTask":
                connection = Connection(self.port, timeout=patience)
            status, answer = connection.call(name, text)
        except TimeoutError:
            if name != "GetActivityTask":
                self.fail(name, text, f"no answer within {patience} s")
            return
        except OSError as error:
            self.fail(name, text, f"the connection broke: {error!r}")
            return
        finally:
            if name == "GetActivityTask":
                connection.close()
        duration = time.monotonic() - started
        code = answer.get("__type") if isinstance(answer, dict) else None
        with self.lock:
            self.outcomes[code or "OK"] += 1
            if name != "GetActivityTask" and duration > self.slowest[0]:
                self.slowest = (duration, name)
        if code == "UnknownOperationException":
            self.unknown.add(name)
            return
        found = answer_problems(name, status, answer)
        if found:
            self.fail(name, text, "; ".join(found))
        elif status == 200:
            self.pool.add(answer)

    def fail(self, name, request, what):
        with self.lock:
            self.failures.append(f"{name} {request[:1500]}\n    -> {what[:1500]}")

    def summary(self):
        lines = [f"{count:8} {code}" for code, count in self.outcomes.most_common()]
        lines.append(f"slowest: {self.slowest[1]} with {self.slowest[0]:.2f} s")
        if self.unknown:
            lines.append(f"the server does not have: {', '.join(sorted(self.unknown))}")
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    print(f"{options.requests} requests, seed {options.seed}", flush=True)
    started = time.monotonic()
    fuzzer = Fuzzer(options.port, options.requests, options.seed, options.connections)
    failures = fuzzer.run()
    print(fuzzer.summary())
    print(f"{sum(fuzzer.outcomes.values()) / (time.monotonic() - started):.0f} requests per second")
    for failure in failures[:20]:
        print(f"FAILED {failure}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
