"""What happened in the books, in one order without gaps, for programs that follow."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from payments.ledger import feed
from payments.tokens.model import TokenScope
from payments.web.api import cursors
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Strict, identifier, moment, money, text
from payments.web.api.paging import PageQuery, position
from payments.web.current import runtime, scope

_ABOUT = "events"


class SubjectDocument(Strict):
    """Whom an event is about."""

    kind = text("invoice, bank_credit, credit_note …")
    id = identifier("Of that thing.")


class EventDocument(Strict):
    """One sealed fact of the ledger."""

    seq = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "Grows by one; no number is left out.", "format": "int64"},
    )
    id = identifier("Of the fact: take each once.")
    kind = text("What happened.", example="invoice.issue")
    occurred_at = moment("When it happened.")
    sealed_at = moment("When it got its number.")
    amount = money("All that it moved.")
    subjects = fields.List(fields.Nested(SubjectDocument), required=True)


class EventsDocument(Strict):
    """A page of events, oldest first."""

    items = fields.List(fields.Nested(EventDocument), required=True)
    next = fields.String(
        required=True,
        metadata={"description": "Keep it and ask with it again later, also when nothing came."},
    )


@operation(
    "GET", "/events", TokenScope.EVENTS_READ, Says(EventsDocument, query=PageQuery, also=(400,))
)
def list_events(asked: dict[str, Any]) -> Any:
    """
    List what happened, oldest first, from the beginning or from where you stopped.

    A fact appears when it is sealed, a second after its commit. Keep `next` with what you did with
    the page, in one transaction of yours, and no event is lost or taken twice.
    """
    begins = position(asked, _ABOUT)
    after = 0 if begins is None else int(begins[0])
    with runtime().database.reading(scope()) as tx:
        found = feed.facts(tx, after=after, limit=asked["limit"])
    items = [
        {
            "seq": fact.seq,
            "id": fact.id,
            "kind": fact.kind,
            "occurred_at": fact.occurred_at,
            "sealed_at": fact.sealed_at,
            "amount": fact.amount,
            "subjects": [{"kind": kind, "id": subject} for kind, subject in fact.subjects],
        }
        for fact in found
    ]
    cursor = cursors.written(_ABOUT, found[-1].seq if found else after)
    return {"items": items, "next": cursor}, 200, cursors.link(cursor)
