"""The worker protocol, version 1, without any AMQP client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ._failure import TaskFailure

VERSION = 1
BODY_BYTES = 262_144
TOKEN_LENGTH = 1_024
ERROR_LENGTH = 256
CAUSE_LENGTH = 32_768


class MalformedMessage(Exception):
    """A message that cannot be what its place says it is; the text says why."""


@dataclass
class Envelope:
    """A message as the protocol sees it: AMQP's properties."""

    type: str | None = None
    correlation_id: str | None = None
    message_id: str | None = None
    reply_to: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    persistent: bool = True


@dataclass
class Task:
    """One attempt of one task."""

    token: str
    message_id: str
    reply_to: str
    execution: str
    state_machine: str
    state: str
    attempt: int
    heartbeat: float | None
    deadline: datetime | None
    traceparent: str | None
    body: bytes

    @classmethod
    def decode(cls, envelope: Envelope) -> Task:
        """Reads a task; its body is not looked at, since a task whose input cannot be read can be answered.

        Raises MalformedMessage.
        """
        check_version(envelope.headers)
        if envelope.type not in (None, "", "task"):
            raise MalformedMessage(f"type {envelope.type} where a task was expected")
        token, reply_to = envelope.correlation_id, envelope.reply_to
        if not token:
            raise MalformedMessage("no correlation_id (the task token)")
        if len(token) > TOKEN_LENGTH:
            raise MalformedMessage(f"correlation_id is longer than {TOKEN_LENGTH} characters")
        if not reply_to:
            raise MalformedMessage("no reply_to")
        headers = envelope.headers
        heartbeat = _number(headers, "baton-heartbeat-seconds")
        if heartbeat is not None and heartbeat <= 0:
            raise MalformedMessage("header baton-heartbeat-seconds is not positive")
        deadline = None
        if text := headers.get("baton-deadline"):
            try:
                deadline = datetime.fromisoformat(str(text))
            except ValueError:
                raise MalformedMessage("header baton-deadline is not an RFC 3339 time") from None
            if deadline.tzinfo is None:
                raise MalformedMessage("header baton-deadline has no time zone")
        traceparent = headers.get("traceparent")
        return cls(
            token=token, message_id=envelope.message_id or token, reply_to=reply_to,
            execution=str(headers.get("baton-execution") or ""),
            state_machine=str(headers.get("baton-state-machine") or ""), state=str(headers.get("baton-state") or ""),
            attempt=_number(headers, "baton-attempt") or 0, heartbeat=heartbeat, deadline=deadline,
            traceparent=None if traceparent is None else str(traceparent), body=envelope.body)


def answer(kind: str, token: str, worker: str, body: bytes = b"", seconds: float | None = None) -> Envelope:
    """To be published to the default exchange with the task's ``reply_to`` as routing key.

    ``seconds``: how long the worker had the task.
    """
    headers: dict[str, Any] = {"baton-protocol": VERSION, "baton-worker": worker}
    if seconds is not None:
        headers["baton-duration-ms"] = round(seconds * 1000)
    return Envelope(type=kind, correlation_id=token, headers=headers, body=body)


def failure_body(failure: TaskFailure) -> bytes:
    text = json.dumps({"error": failure.error[:ERROR_LENGTH], "cause": failure.cause[:CAUSE_LENGTH]})
    return text.encode()


def recreated(queue: str) -> Envelope:
    """To be published to the default exchange with the start queue as routing key."""
    return Envelope(type="recreated", headers={"baton-protocol": VERSION, "baton-queue": queue})


def check_version(headers: Mapping[str, Any]) -> None:
    version = headers.get("baton-protocol")
    if version is None:
        return
    if str(version) != str(VERSION):
        raise MalformedMessage(f"protocol version {version} is not known, this is {VERSION}")


def parse(body: bytes) -> Any:
    """JSON as RFC 8259 has it. Raises TaskFailure."""

    def constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    try:
        return json.loads(body, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise TaskFailure.invalid_input(f"the input is not JSON: {error}") from None


def serialize(value: Any) -> bytes:
    """Raises TaskFailure for what is not JSON or too large."""
    try:
        body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TaskFailure("InvalidOutput", f"the output cannot be written as JSON: {error}") from None
    if len(body) > BODY_BYTES:
        raise TaskFailure(
            "States.DataLimitExceeded",
            f"the handler's output has {len(body)} bytes, at most {BODY_BYTES} are allowed")
    return body


def _number(headers: Mapping[str, Any], name: str) -> int | None:
    value = headers.get(name)
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        raise MalformedMessage(f"header {name} is not a number") from None
