"""Greets: python3 examples/greeter.py"""

import asyncio
from typing import Any

from baton_worker import TaskContext, TaskFailure, Worker

worker = Worker("greeter")


@worker.activity("greet")
async def greet(person: Any, context: TaskContext) -> dict[str, str]:
    if not isinstance(person, dict) or not person.get("name"):
        raise TaskFailure("Greeting.NoName", "a greeting needs a name")
    await asyncio.sleep(person.get("seconds", 0))  # some greetings take their time
    return {"text": f"Hello, {person['name']}!"}


@worker.activity("check")
async def check(task: Any, context: TaskContext) -> Any:
    """For `baton worker check`."""
    if task["check"] == "fail":
        raise TaskFailure(task["error"], task["cause"])
    if task["check"] == "sleep":
        await asyncio.sleep(task["seconds"])
    return task


if __name__ == "__main__":
    worker.main()
