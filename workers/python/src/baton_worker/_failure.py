"""How a task fails."""

from __future__ import annotations


class TaskFailure(Exception):
    """The failure of a task as the workflow sees it: ``Retry`` and ``Catch`` match its error name.

    Raise it from a handler. Names with the prefix ``States.`` belong to the language; a worker's own are best qualified
    by what they are about: ``Billing.CardDeclined``.

    Of the error 256 characters are sent, of the cause 32,768; what is more is cut.
    """

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.error}: {self.cause}" if self.cause else self.error

    @classmethod
    def describing(cls, error: BaseException) -> TaskFailure:
        """What is sent for any exception of a handler: a TaskFailure as it is, another by the name of its class."""
        return error if isinstance(error, cls) else cls(type(error).__name__, str(error))

    @classmethod
    def invalid_input(cls, cause: str) -> TaskFailure:
        """The task's input is not what the handler takes."""
        return cls("InvalidInput", cause)
