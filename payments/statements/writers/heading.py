"""What every form of a file says of itself, and where its bytes go."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.money import Money
from payments.statements.model import Column, Row, Span, Statement, Sums, Value
from payments.words import catalogue


class Sink(Protocol):
    """Takes the bytes of a file in their order."""

    def write(self, content: bytes, /) -> int: ...


class Tap:
    """Hands bytes on until it is shut."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.is_shut = False

    def write(self, content: bytes, /) -> int:
        return len(content) if self.is_shut else self._sink.write(content)

    def flush(self) -> None:
        """What takes the bytes keeps them, or stores them when they are enough."""


class Writer(Protocol):
    def row(self, cells: Row) -> None: ...

    def close(self, sums: Sums) -> None: ...

    def drop(self) -> None:
        """Let go of what is held: the file is not to be made, and nothing more is written."""


@dataclass(frozen=True, slots=True)
class Heading:
    statement: Statement
    span: Span
    hospital: str
    facility: int
    made_by: str
    made_at: datetime
    is_trial: bool

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.statement.columns

    @property
    def title(self) -> str:
        return self.statement.title

    @property
    def period(self) -> str:
        if self.statement.is_of_now:
            return f"{self.made_at.astimezone(HOSPITAL_ZONE):%H:%M %d/%m/%Y}"
        return str(self.span)


class Digest:
    """
    The hash of the rows, the same for every form of one file.

    SHA-256 over the cells as plain text, each ended by a unit separator, each row by a line feed.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, row: Row) -> None:
        self._hash.update(("\x1f".join(plain(value) for value in row) + "\x1f\n").encode())

    def hex(self) -> str:
        return self._hash.hexdigest()


def plain(value: Value) -> str:
    """Write a value as CSV and JSON have it: ISO days, hospital time, whole đồng."""
    match value:
        case None:
            return ""
        case str():
            return value
        case Money(dong=dong):
            return str(dong)
        case datetime():
            return f"{value.astimezone(HOSPITAL_ZONE):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def total_title(rows: int) -> str:
    return catalogue.say("statement.total", "vi", {"rows": rows})
