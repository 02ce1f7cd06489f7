"""What the worker can do: yours goes here. A handler takes the input and the task's headers, and returns the output."""

import asyncio


class Failure(Exception):
    """Fails the task; Retry and Catch match the error."""

    def __init__(self, error, cause=""):
        super().__init__(error, cause)


async def greet(person, task):
    if not isinstance(person, dict) or not person.get("name"):
        raise Failure("Greeting.NoName", "a greeting needs a name")
    await asyncio.sleep(person.get("seconds", 0))  # some greetings take their time; a cancellation ends the wait
    return {"text": f"Hello, {person['name']}!"}


async def check(task, message):
    """For `baton worker check`."""
    if task["check"] == "fail":
        raise Failure(task["error"], task["cause"])
    await asyncio.sleep(task.get("seconds", 0))
    return task


HANDLERS = {"greet": greet, "check": check}
