"""
Rows in which nothing is odd: one expression for each table, asked before any field is looked at.

Nearly all rows are of this kind. What the expression does not know (29 February, an unknown day
of birth) is not wrong: it is looked at field by field, and only ``Field.wrong`` says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

from payments.claims.fields import Field, registry

#: No XML document may hold it.
_END: Final = "\x1f"
_ANY: Final = f"[^{_END}]"
_DAY: Final = (
    "[12][0-9]{3}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)"
)
_TIME: Final = f"{_DAY}(?:[01][0-9]|2[0-3])[0-5][0-9]"
_FORMS: Final = MappingProxyType(
    {
        "text": f"{_ANY}++",
        "number": "[0-9]++(?:[.][0-9]*+)?",
        "day": _DAY,
        "days": f"{_DAY}(?:;{_DAY})*+",
        "time": _TIME,
        "day_or_time": f"(?:{_TIME}|{_DAY})",
        "birth": _TIME,
    }
)


def is_usual(table: str, values: Mapping[str, str]) -> bool:
    """Say whether a row (field → trimmed text) has every field of *table*, each in order."""
    cells, expression = _compiled(table)
    try:
        row = _END.join(cells(values))
    except KeyError:
        return False
    return expression.fullmatch(row) is not None


@cache
def _compiled(table: str) -> tuple[Callable[[Any], tuple[str, ...]], re.Pattern[str]]:
    fields = registry()[table]
    return itemgetter(*fields), re.compile(_END.join(map(_expression, fields.values())))


def _expression(field: Field) -> str:
    value = "|".join(map(re.escape, sorted(field.values))) if field.values else _FORMS[field.form]
    most = "" if field.letters_max is None else f"(?!{_ANY}{{{field.letters_max + 1}}})"
    return f"{most}(?:{value})" if field.is_needed else f"{most}(?:{value})?"
