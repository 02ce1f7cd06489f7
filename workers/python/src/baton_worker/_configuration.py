"""How a worker runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_URL = "amqp://guest:guest@localhost:5672/"


class WorkerConfigurationError(ValueError):
    """A worker that cannot run as it is configured. The message says what to change."""


@dataclass
class WorkerConfiguration:
    #: What kind of worker this is: ``billing-worker``.
    name: str
    #: Which of them: shown in histories and logs. At first NAME@HOST:PROCESS.
    identity: str = field(default="")
    #: ``amqp://user:password@host:port/vhost``, or ``amqps://``.
    amqp_url: str = DEFAULT_URL
    #: Of every name on the broker; the orchestrator's has to be the same.
    prefix: str = "baton"
    #: How many tasks of each activity and function are worked on at once; from 1 to 65,535.
    prefetch: int = 10
    #: How many seconds a task may stay unacknowledged. Past it, heartbeats alone keep the task; it has to be well below
    #: the broker's consumer timeout.
    lease: float = 600
    #: How many seconds running tasks may still take once the worker has to stop. Then they are cancelled.
    drain_timeout: float = 25
    log_level: str = "info"

    def __post_init__(self) -> None:
        self.identity = self.identity or f"{self.name}@{socket.gethostname()}:{os.getpid()}"

    @classmethod
    def from_environment(cls, name: str, environment: Mapping[str, str] | None = None) -> WorkerConfiguration:
        """Reads ``BATON_AMQP_URL``, ``BATON_PREFIX``, ``BATON_WORKER_IDENTITY``, ``BATON_WORKER_PREFETCH``,
        ``BATON_WORKER_LEASE``, ``BATON_WORKER_DRAIN_TIMEOUT`` (seconds) and ``BATON_LOG_LEVEL``.

        What is absent or empty keeps its default. Raises WorkerConfigurationError for a value that cannot be understood.
        """
        values = os.environ if environment is None else environment

        def number(key: str, default: float, least: int, most: int) -> int:
            text = values.get(key) or str(int(default))
            if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
                raise WorkerConfigurationError(f"{key} is {text}; it has to be a number from {least} to {most}")
            return int(text)

        configuration = cls(
            name=name,
            identity=values.get("BATON_WORKER_IDENTITY", ""),
            amqp_url=values.get("BATON_AMQP_URL") or DEFAULT_URL,
            prefix=values.get("BATON_PREFIX") or "baton",
            prefetch=number("BATON_WORKER_PREFETCH", 10, 1, 65_535),
            lease=number("BATON_WORKER_LEASE", 600, 1, 86_400),
            drain_timeout=number("BATON_WORKER_DRAIN_TIMEOUT", 25, 0, 86_400),
            log_level=(values.get("BATON_LOG_LEVEL") or "info").lower(),
        )
        configuration.validate()
        return configuration

    def validate(self) -> None:
        if not 1 <= self.prefetch <= 65_535:
            raise WorkerConfigurationError(f"prefetch is {self.prefetch}; it has to be a number from 1 to 65535")
        if self.lease <= 0:
            raise WorkerConfigurationError("the lease has to be longer than zero")
        if self.drain_timeout < 0:
            raise WorkerConfigurationError("the drain timeout cannot be negative")
        levels = ("trace", "debug", "info", "notice", "warning", "error", "critical")
        if self.log_level not in levels:
            raise WorkerConfigurationError(
                f"BATON_LOG_LEVEL is {self.log_level}; it has to be one of {', '.join(levels)}")
