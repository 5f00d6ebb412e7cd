"""Writes an event in the commit that causes it: one insert, whether anybody asked or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, literal, select
from sqlalchemy.types import TypeEngine

from payments.events.model import Amounts, Kind, Reference
from payments.events.rows import EVENT, INVOICE_REFERENCE
from payments.storage.columns import mine, new_id
from payments.storage.unit_of_work import UnitOfWork

_GIVEN: Final = (
    "id",
    "kind",
    "invoice_id",
    "number",
    "document",
    "payment",
    "version",
    "total",
    "credited",
    "paid",
    "refunded",
    "due",
    "occurred_at",
)


def _typed(name: str) -> TypeEngine[object]:
    return EVENT.c[name].type


#: The next sequence of the invoice is found by the insert itself. Whoever writes holds the invoice,
#: so no two find the same.
_APPEND: Final = insert(EVENT).from_select(
    ["facility_id", "state", "sequence", *_GIVEN],
    select(
        bindparam("mine", type_=_typed("facility_id")),
        literal("new", _typed("state")),
        func.coalesce(func.max(EVENT.c.sequence), 0) + 1,
        *(bindparam(f"new_{name}", type_=_typed(name)) for name in _GIVEN),
    ).where(mine(EVENT), EVENT.c.invoice_id == bindparam("new_invoice_id")),
)
_REFER: Final = insert(INVOICE_REFERENCE)


def append(tx: UnitOfWork, kind: Kind, amounts: Amounts) -> None:
    """Note that *kind* happened to an invoice that this transaction holds or has just made."""
    tx.write(
        _APPEND,
        {
            "mine": tx.facility,
            "new_id": new_id(),
            "new_kind": kind.value,
            "new_invoice_id": amounts.invoice,
            "new_number": amounts.number,
            "new_document": amounts.document,
            "new_payment": amounts.payment,
            "new_version": amounts.version,
            "new_total": amounts.total,
            "new_credited": amounts.credited,
            "new_paid": amounts.paid,
            "new_refunded": amounts.refunded,
            "new_due": amounts.due,
            "new_occurred_at": tx.now(),
        },
    )


def refer(tx: UnitOfWork, invoice: UUID, references: Sequence[Reference]) -> None:
    """Keep which orders of other programs *invoice* bills: its events name them."""
    tx.execute(
        _REFER,
        [
            {
                "facility_id": tx.facility,
                "invoice_id": invoice,
                "source": one.source,
                "number": one.number,
                "line": one.line,
            }
            for one in references
        ],
    )
