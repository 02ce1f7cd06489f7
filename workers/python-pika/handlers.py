"""What the worker can do: yours goes here. A handler takes the input and the task, and returns the output."""

import time


class Failure(Exception):
    """Fails the task; Retry and Catch match the error."""

    def __init__(self, error, cause=""):
        super().__init__(error, cause)


def greet(person, task):
    if not isinstance(person, dict) or not person.get("name"):
        raise Failure("Greeting.NoName", "a greeting needs a name")
    until = time.monotonic() + person.get("seconds", 0)  # some greetings take their time
    while time.monotonic() < until and not task.cancelled:
        time.sleep(min(0.1, max(0, until - time.monotonic())))
    return {"text": f"Hello, {person['name']}!"}


def check(task, about):
    """For `baton worker check`."""
    if task["check"] == "fail":
        raise Failure(task["error"], task["cause"])
    until = time.monotonic() + task.get("seconds", 0)
    while time.monotonic() < until and not about.cancelled:
        time.sleep(0.05)
    return task


HANDLERS = {"greet": greet, "check": check}
