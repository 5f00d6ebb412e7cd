"""
The failures that Vienphi can explain to a caller.

VienphiError
  NotFound       the thing named does not exist, or is not yours to see        404
  Conflict       true a moment ago, no longer (a second payment, a stale form) 409
  Rejected       understood and refused by a rule                              422
  Forbidden      known who you are, and it is not yours to do                  403
  Unavailable    a gateway did not answer; the same call may work later        503

A subclass carries a stable ``code``: the last part of ``/problems/<code>``, and the key of its
sentence in the tables of ``payments.words``, which only the edges read: pages, problem documents,
the command line. What is raised holds facts, never a sentence that a person reads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


class VienphiError(Exception):
    """
    Root of every failure that is explained to somebody; *extras* are typed facts.

    *detail* is English, for logs and for whoever runs the server; no page shows it.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str = "", **extras: Any) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.extras = extras

    @property
    def wording(self) -> str:
        """Name the sentence that explains it."""
        return f"error.{self.code}"


class NotFound(VienphiError):
    code = "not-found"


class Conflict(VienphiError):
    code = "conflict"


class Rejected(VienphiError):
    code = "rejected"


class Forbidden(VienphiError):
    code = "forbidden"


class Unavailable(VienphiError):
    code = "unavailable"


class InvalidField(Rejected):
    """
    One named field of the input is wrong; *field* is its name, *line* its line in a file.

    *key* says what is wrong with it, and names the sentence ``invalid.<key>``.
    """

    code = "invalid-field"

    def __init__(self, field: str, key: str, *, line: int | None = None, **facts: Any) -> None:
        super().__init__("", field=field, **({} if line is None else {"line": line}), **facts)
        self.args = (f"{field}: {key}",)
        self.field = field
        self.key = key
        self.line = line

    @property
    def wording(self) -> str:
        return f"invalid.{self.key}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One of several things that are wrong with a file; *line* is None for the whole of it."""

    line: int | None
    field: str
    key: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def wording(self) -> str:
        return f"invalid.{self.key}"
