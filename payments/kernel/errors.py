"""
The failures that Vienphi can explain to a caller.

VienphiError
  NotFound       the thing named does not exist, or is not yours to see        404
  Conflict       true a moment ago, no longer (a second payment, a stale form) 409
  Rejected       understood and refused by a rule                              422
  Forbidden      known who you are, and it is not yours to do                  403
  Unavailable    a gateway did not answer; the same call may work later        503

A subclass carries a stable ``code``: the last part of ``/problems/<code>``.
"""

from __future__ import annotations

from typing import Any, ClassVar


class VienphiError(Exception):
    """Root of every failure that is explained to somebody; *extras* are typed facts."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str = "", **extras: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extras = extras


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
    """One named field of the input is wrong; *field* is its name, *line* its line in a file."""

    code = "invalid-field"

    def __init__(self, field: str, detail: str, *, line: int | None = None) -> None:
        super().__init__(detail, field=field, **({} if line is None else {"line": line}))
        self.field = field
        self.line = line
