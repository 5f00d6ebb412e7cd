"""What was told of a card, as the JSON of a sealed column, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from payments.external.portal import CardTold, CopaymentRow, CopaymentTold, NewCard


@dataclass(frozen=True, slots=True)
class Told:
    """The part of an answer that is kept to be read: no name, no birth, no address."""

    valid_from: date | None = None
    valid_to: date | None = None
    registered_facility: str = ""
    area: str = ""
    five_years_from: date | None = None
    new_card: NewCard | None = None
    rows: tuple[CopaymentRow, ...] = ()
    #: What the person who entered it wrote.
    note: str = ""


def of_card(told: CardTold) -> Told:
    return Told(
        told.valid_from,
        told.valid_to,
        told.registered_facility,
        told.area,
        told.five_years_from,
        told.new_card,
    )


def of_copayment(told: CopaymentTold) -> Told:
    return Told(rows=told.rows)


def written(told: Told) -> str:
    """Write *told* for the sealed column."""
    new = told.new_card
    facts: dict[str, Any] = {
        "from": _day(told.valid_from),
        "to": _day(told.valid_to),
        "facility": told.registered_facility,
        "area": told.area,
        "five_years": _day(told.five_years_from),
        "note": told.note,
        "rows": [[_day(row.day), str(row.counted), str(row.so_far)] for row in told.rows],
    }
    if new is not None:
        facts["new"] = {
            "card": new.number,
            "from": _day(new.valid_from),
            "to": _day(new.valid_to),
            "facility": new.registered_facility,
        }
    return json.dumps(facts, ensure_ascii=False)


def read(text: str) -> Told:
    """Read what ``written`` wrote."""
    facts: Mapping[str, Any] = json.loads(text)
    new = facts.get("new")
    return Told(
        _date(facts["from"]),
        _date(facts["to"]),
        facts["facility"],
        facts["area"],
        _date(facts["five_years"]),
        None
        if new is None
        else NewCard(new["card"], _date(new["from"]), _date(new["to"]), new["facility"]),
        tuple(
            CopaymentRow(date.fromisoformat(day), Decimal(counted), Decimal(so_far))
            for day, counted, so_far in facts["rows"]
        ),
        facts["note"],
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
