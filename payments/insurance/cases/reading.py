"""Reads one case from its JSON; what it holds is read by its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from payments.insurance.cases import fields
from payments.kernel.errors import InvalidField


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its name, its kind, and all its keys, of which those of its kind are read."""

    id: str | int
    kind: str
    keys: Mapping[str, object]


def read_case(line: bytes) -> object:
    """
    Read one line of JSON; numbers keep their text, a key stands once.

    Raises:
        InvalidField: it is no JSON, or not of a form that can be trusted.
    """
    try:
        return json.loads(
            line.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except UnicodeDecodeError as error:
        raise InvalidField("case", "file_not_utf8", byte=error.start) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InvalidField("case", "case_json") from error


def case_of(value: object) -> Case:
    """Read the name and the kind. Raises InvalidField."""
    if not isinstance(value, dict):
        raise InvalidField("case", "case_object")
    for key in ("id", "kind"):
        if value.get(key) is None:
            raise InvalidField(key, "case_missing")
    name = id_of(value)
    if name is None:
        raise InvalidField("id", "case_text")
    return Case(name, fields.code(value["kind"], ("", "kind")), value)


def id_of(value: object) -> str | int | None:
    """Give the name of a case that may be no case at all."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if type(found) in (str, int) and len(str(found)) <= 200 else None


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number of JSON")


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidField(fields.shown(twice), "case_key_twice")
    return found
