"""
Rows and tables in which nothing is odd: one expression for each, asked before anything else.

Nearly all are of this kind. What an expression does not know is not wrong: a table that has its
fields in another order, a comment or an attribute is parsed as XML, and a row with 29 February or
an unknown day of birth is looked at field by field. Only ``Field.wrong`` says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

from payments.claims.fields import Field, registry

#: No XML document may hold it.
_END: Final = "\x1f"
_ANY: Final = f"[^{_END}]"
#: What stands for itself between two tags. Line ends and references (&) a parser reads as others.
_LETTER: Final = "[^<&>\x00-\x1f\ufffe\uffff]"
_BLANKS: Final = "[ \t\r\n]*+"
_HEAD: Final = '(?:<[?]xml version="1[.]0" encoding="(?i:utf-8)"(?: standalone="(?:yes|no)")?[?]>)?'
_DAY: Final = (
    "[12][0-9]{3}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_TIME: Final = f"{_DAY}(?:[01][0-9]|2[0-3])[0-5][0-9]"
_FORMS: Final = MappingProxyType(
    {
        "number": "[0-9]++(?:[.][0-9]*+)?",
        "day": _DAY,
        "days": f"{_DAY}(?:;{_DAY})*+",
        "time": _TIME,
        "day_or_time": f"(?:{_TIME}|{_DAY})",
        "birth": _TIME,
    }
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The fields of a table, and the expressions up to its rows, of a row, and after them."""

    names: tuple[str, ...]
    head: re.Pattern[str]
    row: re.Pattern[str]
    tail: re.Pattern[str]


def usual_rows(
    table: str, shape: tuple[str, str, str], text: str, rows_max: int
) -> list[dict[str, str]] | None:
    """
    Read a document of *table* that is plain in every letter; None for any other.

    The rows are those that a parser of XML gives and ``Field.wrong`` has nothing against: the
    expressions know well-formed documents only, with every field in its order and form. *shape*
    names root, list and row; without a list the root is the one row.
    """
    layout = _layout(table, shape)
    most = rows_max if shape[1] else 1
    found = layout.head.match(text)
    place = found.end() if found else -1
    rows: list[dict[str, str]] = []
    while found and len(rows) <= most:
        place = found.end()
        found = layout.row.match(text, place)
        if found:
            rows.append(dict(zip(layout.names, found.groups(""), strict=True)))
    is_whole = place >= 0 and len(rows) <= most and layout.tail.fullmatch(text, place) is not None
    return rows if is_whole and (rows or shape[1]) else None


def is_usual(table: str, values: Mapping[str, str]) -> bool:
    """Say whether a row (field → trimmed text) has every field of *table*, each in order."""
    cells, expression = _compiled(table)
    try:
        row = _END.join(cells(values))
    except KeyError:
        return False
    return expression.fullmatch(row) is not None


@cache
def _layout(table: str, shape: tuple[str, str, str]) -> _Layout:
    root, listed, row = shape
    fields = registry()[table]
    outer = [name for name in (root, listed) if name]
    cells = _BLANKS.join(map(_cell, fields.values()))
    return _Layout(
        tuple(fields),
        re.compile(_BLANKS.join([_HEAD, *(f"<{name}>" for name in outer), ""])),
        re.compile(_BLANKS.join([f"<{row}>", cells, f"</{row}>", ""] if row else [cells, ""])),
        re.compile(_BLANKS.join([*(f"</{name}>" for name in reversed(outer)), ""])),
    )


def _cell(field: Field) -> str:
    name = field.name
    # A parser keeps the blanks around a text, and they are trimmed: no text that has any is plain.
    value = f"(?!\\s){_value(field, _LETTER)}(?<!\\s)"
    if field.is_needed:
        return f"<{name}>({value})</{name}>"
    return f"<{name}(?:/>|>((?:{value})?)</{name}>)"


@cache
def _compiled(table: str) -> tuple[Callable[[Any], tuple[str, ...]], re.Pattern[str]]:
    fields = registry()[table]
    cells = (
        _value(field, _ANY) if field.is_needed else f"(?:{_value(field, _ANY)})?"
        for field in fields.values()
    )
    return itemgetter(*fields), re.compile(_END.join(cells))


def _value(field: Field, letter: str) -> str:
    """Write what a cell that is not empty may hold, in texts of *letter*."""
    most = field.letters_max
    if field.form == "text" and not field.values:
        return f"{letter}++" if most is None else f"{letter}{{1,{most}}}+"
    value = "|".join(map(re.escape, sorted(field.values))) if field.values else _FORMS[field.form]
    return f"{'' if most is None else f'(?!{letter}{{{most + 1}}})'}(?:{value})"
