"""What stays cost so far, as the hospital's own system tells it: the feed of the top-up watch."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from marshmallow import fields, validate

from payments.kernel.money import vnd
from payments.stays import repository
from payments.stays.model import COST_MAX, Stay
from payments.stays.watching import CostTold, take_cost
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens.model import TokenScope
from payments.web.api import once
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import VND, Strict, moment, money
from payments.web.api.once import Made
from payments.web.current import runtime, scope

EXAMPLE: Final = {
    "stay": "NT26000001",
    "source": "his",
    "told_at": "2026-11-24T00:00:00+00:00",
    "total": {"amount": 4_500_000, "currency": VND},
    "own": {"amount": 900_000, "currency": VND},
}


class CostDocument(Strict):
    """An amount of whole đồng."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, COST_MAX.dong),
        metadata={"format": "int64"},
    )
    currency = fields.String(required=True, validate=validate.OneOf([VND]))


class NewStayCostDocument(Strict):
    """What one stay has cost until a moment."""

    stay = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"description": "The stay's number here, or the id that your system gave it."},
    )
    source = fields.String(
        required=True,
        validate=validate.Regexp(r"^[a-z][a-z0-9-]{1,31}\Z"),
        metadata={"description": "The program's short name; always the same one."},
    )
    told_at = moment("The moment to which the cost is summed; an older one changes nothing.")
    total = fields.Nested(CostDocument, required=True, metadata={"description": "The whole cost."})
    own = fields.Nested(
        CostDocument, required=True, metadata={"description": "Of it, the patient's part."}
    )


class WatchedStayDocument(Strict):
    """The stay against its advance."""

    stay = fields.String(required=True, metadata={"description": "Its number here."})
    level = fields.Integer(
        required=True,
        metadata={"description": "The per cent of the advance that is reached: 0, 80 or 100."},
    )
    advance = money("What is left of the advance.")


@operation(
    "POST",
    "/stays/costs",
    TokenScope.ORDERS_WRITE,
    Says(WatchedStayDocument, body=NewStayCostDocument, example=EXAMPLE, also=(404,)),
)
def take_stay_cost(asked: dict[str, Any]) -> Response:
    """
    Take what a stay has cost so far.

    At 80 % and 100 % of its advance the desk is told, once per crossing. It never stops treatment.
    """
    told = CostTold(
        asked["stay"],
        vnd(asked["total"]["amount"]),
        vnd(asked["own"]["amount"]),
        asked["told_at"],
        asked["source"],
    )
    return once.answered(
        asked, lambda around, _: take_cost(runtime(), scope(), told, around=around), _made
    )


def _made(tx: UnitOfWork, stay: Stay) -> Made:
    advance = repository.deposit_of(tx, stay.encounter)
    watched = {"stay": stay.number, "level": stay.watch_level, "advance": advance}
    return Made(200, f"stay:{stay.encounter}", WatchedStayDocument(), watched)
