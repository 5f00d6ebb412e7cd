"""Fields of a message as our values; whatever is not exactly of its kind is a ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from adapters._wire.strict_json import Json
from payments.kernel.money import DONG_MAX, Money
from payments.kernel.text import nfc

#: Wire times carry no offset and are Vietnam's. ``Etc/GMT+7`` would be seven hours *behind* UTC.
_WIRE_ZONE: Final = timezone(timedelta(hours=7))
_TIME: Final = re.compile("20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_DIGITS: Final = re.compile("20[0-9]{12}")
_DIGITS_FORMAT: Final = "%Y%m%d%H%M%S"
#: Whole đồng with an optional fraction of nothing: ``250000``, ``250000.00``.
_AMOUNT_TEXT: Final = re.compile(r"([0-9]{1,16})(?:\.0{1,4})?")
#: Bank references hold letters, digits and punctuation; a space inside is seen, a control never.
_KEY: Final = re.compile("[!-~](?:[ -~]{0,98}[!-~])?")
#: What no database and no paper can hold: controls, and halves of surrogate pairs.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TEXT_MAX: Final = 2_000


def need(fields: Mapping[str, Json], name: str) -> Json:
    """Give the field *name*. Raises ValueError naming it when it is missing."""
    if name not in fields:
        raise ValueError(f"{name} is missing")
    return fields[name]


def text(fields: Mapping[str, Json], name: str) -> str:
    """
    Read words for people, such as a memo: composed (NFC), without controls; null is empty.

    A bank's odd character must not cost the payment, so it becomes a space instead of a refusal.
    """
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _TEXT_MAX:
        raise ValueError(f"{name} is no text of at most {_TEXT_MAX} characters")
    return nfc(_UNPRINTABLE.sub(" ", value)).strip()


def key(fields: Mapping[str, Json], name: str) -> str:
    """Read what something is found again by, such as a bank reference; null and "" are ""."""
    value = fields.get(name)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise ValueError(f"{name} is no reference")
    return value


def needed_key(fields: Mapping[str, Json], name: str) -> str:
    """Read a reference that must be there."""
    found = key(fields, name)
    if not found:
        raise ValueError(f"{name} is missing")
    return found


def number(fields: Mapping[str, Json], name: str) -> int:
    """Read a whole number written as a number; ``1.0`` is one, ``"1"`` and ``true`` are none."""
    value = need(fields, name)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if type(value) is not int:
        raise ValueError(f"{name} is no whole number")
    return value


def dong(fields: Mapping[str, Json], name: str) -> Money:
    """Read whole đồng, of either sign, within the limit of the ledger."""
    amount = number(fields, name)
    if abs(amount) > DONG_MAX:
        raise ValueError(f"{name} is more money than there is")
    return Money(amount)


def dong_text(fields: Mapping[str, Json], name: str) -> Money:
    """Read whole đồng written as decimal text, such as ``"250000.00"``."""
    value = need(fields, name)
    written = _AMOUNT_TEXT.fullmatch(value) if isinstance(value, str) else None
    if written is None or int(written[1]) > DONG_MAX:
        raise ValueError(f"{name} is no amount in whole đồng")
    return Money(int(written[1]))


def local_time(fields: Mapping[str, Json], name: str) -> datetime:
    """Read ``yyyy-MM-dd HH:mm:ss`` of Vietnam as UTC."""
    value = need(fields, name)
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError(f"{name} is no time of the form yyyy-MM-dd HH:mm:ss")
    return datetime.strptime(value, _TIME_FORMAT).replace(tzinfo=_WIRE_ZONE).astimezone(UTC)


def as_local(moment: datetime) -> str:
    """Write *moment* as the wire does."""
    return moment.astimezone(_WIRE_ZONE).strftime(_TIME_FORMAT)


def as_local_day(moment: datetime) -> str:
    """Write the Vietnamese calendar day of *moment*: ``2026-11-24``."""
    return moment.astimezone(_WIRE_ZONE).date().isoformat()


def from_digits(fields: Mapping[str, str], name: str) -> datetime:
    """Read ``yyyyMMddHHmmss`` of Vietnam as UTC. Raises ValueError."""
    value = fields.get(name, "")
    if not _DIGITS.fullmatch(value):
        raise ValueError(f"{name} is no time of the form yyyyMMddHHmmss")
    return datetime.strptime(value, _DIGITS_FORMAT).replace(tzinfo=_WIRE_ZONE).astimezone(UTC)


def as_digits(moment: datetime) -> str:
    """Write *moment* as ``yyyyMMddHHmmss`` of Vietnam."""
    return moment.astimezone(_WIRE_ZONE).strftime(_DIGITS_FORMAT)


def epoch_s(fields: Mapping[str, Json], name: str) -> datetime:
    """Read seconds since 1970. Raises ValueError."""
    return _since_1970(number(fields, name), 1, name)


def epoch_ms(fields: Mapping[str, Json], name: str) -> datetime:
    """Read milliseconds since 1970. Raises ValueError."""
    return _since_1970(number(fields, name), 1000, name)


def as_epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _since_1970(value: int, per_second: int, name: str) -> datetime:
    # From 2001 to 2286: a number of another unit is none of these.
    if not 10**9 <= value // per_second < 10**10:
        raise ValueError(f"{name} is no time since 1970")
    whole, rest = divmod(value, per_second)
    return datetime.fromtimestamp(whole, UTC) + timedelta(seconds=rest / per_second)
