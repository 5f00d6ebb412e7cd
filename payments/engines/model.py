"""What a relation is: its text, the tables that it reads, the columns that it answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from payments.kernel.errors import Rejected, Unavailable


class Kind(StrEnum):
    """What may stand in a column."""

    #: Text of 1 to 300 letters.
    NAME = "name"
    #: The same, or nothing.
    TEXT = "text"
    #: Whole đồng, with its sign.
    DONG = "dong"
    #: Đồng with at most two decimals; a hundredth of a đồng is the unit of its whole number.
    HUNDREDTHS = "hundredths"
    #: The same, or nothing.
    HUNDREDTHS_OR_NOTHING = "hundredths_or_nothing"
    #: A whole number that is no money (a month as 202609), or nothing.
    NUMBER_OR_NOTHING = "number_or_nothing"

    @property
    def is_text(self) -> bool:
        return self in (Kind.NAME, Kind.TEXT)

    @property
    def may_be_empty(self) -> bool:
        return self in (Kind.TEXT, Kind.HUNDREDTHS_OR_NOTHING, Kind.NUMBER_OR_NOTHING)

    @property
    def is_hundredths(self) -> bool:
        return self in (Kind.HUNDREDTHS, Kind.HUNDREDTHS_OR_NOTHING)


@dataclass(frozen=True, slots=True)
class Column:
    """*title* is its name in files, where that is a word of SQL; an *is_optional* one may lack."""

    name: str
    kind: Kind
    title: str = ""
    is_optional: bool = False

    @property
    def shown(self) -> str:
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One input of a relation, and the columns that its file must have; others are not read."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """
    A SQL file in the common subset of the four engines.

    *parted_by* is a column of every input: rows of different values never meet, so that an engine
    may run the relation over parts of the lines. *answer* are its columns, the verdict first.
    """

    text: str
    inputs: tuple[Table, ...]
    parted_by: str
    answer: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use: *megabytes* of memory; *scratch* is a folder that is emptied after it."""

    megabytes: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Job:
    """One run: checked Parquet files by table, and one-row tables of settings (``amount``)."""

    relation: Relation
    files: Mapping[str, Path]
    limits: Limits
    settings: Mapping[str, int] = field(default_factory=dict)

    @property
    def statement(self) -> str:
        return self.relation.text.rstrip().rstrip(";")


class EngineMissing(Unavailable):
    """An engine that was asked for is not installed; *engine* and *needs* say what to install."""

    code = "engine-missing"


class EngineFailed(Unavailable):
    """The engine gave up: no room on the disk, less memory than it needs, a sum too large."""

    code = "engine-failed"


class BadMemory(Rejected):
    """A memory limit is a number with MB or GB, and at least 100 MB."""

    code = "bad-memory"


def quoted(name: str | Path) -> str:
    """Write a path or text as a literal of SQL."""
    return "'" + str(name).replace("'", "''") + "'"


def names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)
