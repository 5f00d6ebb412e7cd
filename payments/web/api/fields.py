"""Kinds of values in the documents of the API: money, days, numbers of an address."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_dump, validate

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import DONG_MAX, Money, vnd

VND: Final = "VND"
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Strict(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        unknown = RAISE
        ordered = True


class MoneyDocument(Strict):
    """Whole đồng with its currency; negative where a balance may be."""

    amount = fields.Integer(required=True, strict=True, metadata={"format": "int64"})
    currency = fields.String(required=True, validate=validate.OneOf([VND]))

    @pre_dump
    def _tell(self, money: Money, **_: object) -> dict[str, object]:
        return {"amount": money.dong, "currency": VND}


class AmountDocument(Strict):
    """Whole đồng with its currency, one at least."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, DONG_MAX),
        metadata={"format": "int64"},
    )
    currency = fields.String(required=True, validate=validate.OneOf([VND]))

    @post_load
    def _read(self, told: dict[str, Any], **_: object) -> Money:
        return vnd(told["amount"])


class QueryNumber(fields.Integer):
    """A whole number in an address: digits only, no sign, no blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class Day(fields.Date):
    """A day of the hospital, ``2026-11-24``."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return None if value is None else str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        return parsed_day(value)


def parsed_day(value: object) -> HospitalDay:
    """Read a day in its one form. Raises ValidationError."""
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError
        day = HospitalDay.parse(value)
    except ValueError:
        raise ValidationError("Not a day: write 2026-11-24.") from None
    if not 2000 <= day.date.year <= 2100:
        raise ValidationError("Not a day from 2000 to 2100.")
    return day


def money(description: str) -> fields.Nested:
    return fields.Nested(MoneyDocument, required=True, metadata={"description": description})


def moment(description: str, *, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        format="iso",
        default_timezone=UTC,
        required=True,
        allow_none=allow_none,
        metadata={"description": description},
    )


def identifier(description: str, *, allow_none: bool = False) -> fields.UUID:
    return fields.UUID(required=True, allow_none=allow_none, metadata={"description": description})


def text(
    description: str, *, allow_none: bool = False, example: str | None = None
) -> fields.String:
    told: dict[str, Any] = {"description": description}
    if example is not None:
        told["example"] = example
    return fields.String(required=True, allow_none=allow_none, metadata=told)
