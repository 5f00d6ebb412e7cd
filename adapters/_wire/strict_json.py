"""JSON from the network, read so that two programs cannot understand one text differently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

#: A notification is about 1 KB; a Casso v1 call with hundreds of transactions stays below this.
BODY_MAX_BYTES: Final = 256 * 1024
#: 2^53 - 1: beyond it, JavaScript reads a neighbouring number (RFC 8259, section 6).
_WHOLE_MAX: Final = 9_007_199_254_740_991
_DIGITS_MAX: Final = 40
_EXPONENT_MAX: Final = 30
_DEPTH_MAX: Final = 12

Json = None | bool | int | Decimal | str | list["Json"] | dict[str, "Json"]


def loads(body: bytes, *, size_max_bytes: int = BODY_MAX_BYTES) -> Json:
    """
    Read *body*. A number with a point is a Decimal, never a float.

    Raises:
        ValueError: too long, not UTF-8, not JSON, NaN, an unsafe number, a name twice, too deep.
    """
    if len(body) > size_max_bytes:
        raise ValueError(f"longer than {size_max_bytes} bytes")
    try:
        value: Json = json.loads(
            body.decode(),
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    _check_depth(value, _DEPTH_MAX)
    return value


def object_of(value: Json) -> Mapping[str, Json]:
    """Give *value* as an object. Raises ValueError when it is none."""
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def list_of(value: Json) -> list[Json]:
    """Give *value* as a list. Raises ValueError when it is none."""
    if not isinstance(value, list):
        raise ValueError("not a JSON array")
    return value


def _whole(literal: str) -> int:
    if len(literal) > _DIGITS_MAX or abs(int(literal)) > _WHOLE_MAX:
        raise ValueError("a number outside of what every program can hold")
    return int(literal)


def _decimal(literal: str) -> Decimal:
    if len(literal) > _DIGITS_MAX:
        raise ValueError("a number with too many digits")
    try:
        number = Decimal(literal)
    except InvalidOperation as error:
        raise ValueError("a number outside of what every program can hold") from error
    # 1e999999 is nine characters here and a million once it is written out.
    if abs(number.adjusted()) > _EXPONENT_MAX:
        raise ValueError("a number outside of what every program can hold")
    return number


def _refuse_constant(literal: str) -> Json:
    raise ValueError(f"{literal} is no JSON")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    # Of two equal names some programs believe the first, some the last.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _check_depth(value: Json, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not left:
        raise ValueError("nested too deep")
    for child in value.values() if isinstance(value, dict) else value:
        _check_depth(child, left - 1)
