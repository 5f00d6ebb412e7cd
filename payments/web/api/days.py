"""The statement of a day: totals that are the ledger's, or no answer."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from payments.kernel.errors import NotFound
from payments.statements import day as collection
from payments.tokens.model import TokenScope
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Day, Strict, money, parsed_day
from payments.web.current import runtime, scope


class DayStatementDocument(Strict):
    """What moved on the hospital's bank accounts on one day, held against the ledger."""

    day = Day(required=True, metadata={"description": "Calendar day in Vietnam."})
    received = money("Sum of all movements.")
    applied = money("What of it paid invoices.")
    suspense = money("What of it waits for a person.")
    lines = fields.Integer(required=True, metadata={"description": "Number of movements."})


@operation(
    "GET",
    "/days/<day>/statement",
    TokenScope.STATEMENTS_READ,
    Says(DayStatementDocument, path={"day": {"type": "string", "format": "date"}}),
)
def read_day_statement(day: str) -> Any:
    """
    Read the totals of a day.

    503 with the code totals-differ means that payments and ledger disagree: no figure is given.
    """
    try:
        wanted = parsed_day(day)
    except ValidationError as error:
        raise NotFound(f"{day} is no day") from error
    with runtime().database.reading(scope()) as tx:
        told = collection.read(tx, wanted)
    return {
        "day": wanted,
        "received": told.received,
        "applied": told.applied,
        "suspense": told.suspense,
        "lines": len(told.lines),
    }
