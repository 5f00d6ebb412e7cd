"""
Stack traces for logs: where it failed and of which kind, never the failure's own words.

A database quotes the whole row that it refuses, a library the text that it could not read: names,
numbers and links of patients. Kinds, states and places are enough to find a mistake.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from payments.kernel.errors import VienphiError


def described(error: BaseException) -> str:
    """Write *error* and what it came from, the first cause first, as Python does."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    return "\n".join(line for one in reversed(chain) for line in _lines(one))


def write(_kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
    """Tell of a failure that nobody caught; for ``sys.excepthook``."""
    print(described(error), file=sys.stderr)


def _lines(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield f"{type(error).__module__}.{type(error).__qualname__}{_facts(error)}"


def _facts(error: BaseException) -> str:
    """Give what of a failure is never a value: our code, the database's state and constraint."""
    if isinstance(error, VienphiError):
        return f" ({error.code})"
    state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    diagnosis: Any = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    told = [str(fact) for fact in (state, constraint) if fact]
    return f" ({', '.join(told)})" if told else ""
