"""
JSON as Node writes it after sorting: the text that Casso signs.

Checked against Node's ``JSON.stringify``: non-ASCII and ``/`` stay as they are, halves of surrogate
pairs and controls are escaped, ``1.0`` is ``1``, and names that look like array indices come first,
by value.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Final

from adapters._wire.strict_json import Json

_INDEX: Final = re.compile("0|[1-9][0-9]{0,9}")
_INDEX_MAX: Final = 2**32 - 2
_HALF_PAIR: Final = re.compile("[\ud800-\udfff]")
#: ECMA-262, Number::toString: plain digits from 1e-6 up to below 1e21.
_PLAIN_FROM: Final = -6
_PLAIN_BELOW: Final = 21


def canonical(value: Json) -> str:
    """Write *value* with names sorted at every level and without spaces."""
    match value:
        case dict():
            pairs = (
                f"{_text(name)}:{canonical(value[name])}" for name in sorted(value, key=_place)
            )
            return "{" + ",".join(pairs) + "}"
        case list():
            return "[" + ",".join(canonical(child) for child in value) + "]"
        case str():
            return _text(value)
        case Decimal():
            return _number(value)
        case _:
            # None, true, false and whole numbers that JavaScript can hold.
            return json.dumps(value)


def _text(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", written)


def _place(name: str) -> tuple[int, int, bytes]:
    if _INDEX.fullmatch(name) and int(name) <= _INDEX_MAX:
        return 0, int(name), b""
    # JavaScript compares UTF-16 units; Python would compare characters.
    return 1, 0, name.encode("utf-16-be", "surrogatepass")


def _number(value: Decimal) -> str:
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    if not isinstance(exponent, int) or digits == (0,):
        return "0"
    figures = "".join(map(str, digits))
    minus = "-" if sign else ""
    point = len(figures) + exponent
    if exponent >= 0 and point <= _PLAIN_BELOW:
        return minus + figures + "0" * exponent
    if 0 < point <= _PLAIN_BELOW:
        return f"{minus}{figures[:point]}.{figures[point:]}"
    if _PLAIN_FROM < point <= 0:
        return f"{minus}0.{'0' * -point}{figures}"
    power = point - 1
    fraction = f".{figures[1:]}" if figures[1:] else ""
    return f"{minus}{figures[0]}{fraction}e{'+' if power > 0 else ''}{power}"
