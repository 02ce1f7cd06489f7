"""What a handler may know of the task that it works on."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


async def _nowhere(value: Any) -> None:
    pass


@dataclass(frozen=True)
class TaskContext:
    """What a handler may know of its task, and how it reports progress."""

    #: The same for every delivery of this attempt, and different for a retry by the workflow. Delivery is at least once:
    #: who remembers the keys of what was done does nothing twice.
    idempotency_key: str = "test-attempt"
    #: Completes the task from elsewhere, by the HTTP API or by an answer over AMQP.
    token: str = "test-token"
    #: ARN of the execution.
    execution: str = "arn:aws:states:local:123456789012:execution:test:test"
    #: ARN of the state machine.
    state_machine: str = "arn:aws:states:local:123456789012:stateMachine:test"
    #: Name of the state that waits for this task.
    state: str = "Test"
    #: 0 for the first try, then counting the workflow's retries.
    attempt: int = 0
    #: Whether the broker has delivered this attempt before, perhaps to a worker that died over it.
    redelivered: bool = False
    #: When the workflow gives the task up; the handler is cancelled soon after. None where it has no limit.
    deadline: datetime | None = None
    #: The silence, in seconds, after which the workflow takes the worker for dead; heartbeats are sent by themselves.
    heartbeat: float | None = None
    #: W3C trace context of the execution.
    traceparent: str | None = None
    logger: logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.LoggerAdapter(logging.getLogger("baton_worker.test"), {}))
    report: Callable[[Any], Awaitable[None]] = field(default=_nowhere, repr=False)

    async def progress(self, value: Any) -> None:
        """Sends a heartbeat with a JSON value that says how far the work has come.

        Returns once the broker has it, or cannot be reached: progress that is lost is not an error. Values over 262,144
        bytes are not sent.
        """
        await self.report(value)

    @classmethod
    def test(cls, **values: Any) -> TaskContext:
        """A context for tests, and for calls of a handler outside of a worker."""
        return cls(**values)
