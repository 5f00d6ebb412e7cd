"""Payments of the last seconds, for whoever serves the next patient meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from payments.encounters.rows import ENCOUNTER
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.receipts.rows import PAYMENT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: A bank tells of a transfer within this time of its own clock; the index is by that clock.
_TOLD_WITHIN: Final = timedelta(minutes=30)
_SHOWN_MAX: Final = 5
_LATELY: Final = Prepared(
    select(PAYMENT.c.id, PAYMENT.c.invoice_id, PAYMENT.c.applied, PATIENT.c.name_sealed)
    .join(
        INVOICE,
        (INVOICE.c.facility_id == PAYMENT.c.facility_id) & (INVOICE.c.id == PAYMENT.c.invoice_id),
    )
    .join(
        ENCOUNTER,
        (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
        & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
    )
    .join(
        PATIENT,
        (PATIENT.c.facility_id == ENCOUNTER.c.facility_id)
        & (PATIENT.c.id == ENCOUNTER.c.patient_id),
    )
    .where(
        mine(PAYMENT),
        PAYMENT.c.received_at > bindparam("told_since"),
        PAYMENT.c.made_at > bindparam("since"),
        PAYMENT.c.method == "bank",
        PAYMENT.c.applied > 0,
        INVOICE.c.made_by == bindparam("actor"),
    )
    .order_by(PAYMENT.c.made_at.desc(), PAYMENT.c.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class ArrivedLately:
    payment: UUID
    invoice: UUID
    patient_name: str
    applied: Money


def lately(tx: UnitOfWork, keys: Keys, actor: str, *, since: datetime) -> tuple[ArrivedLately, ...]:
    """List transfers that came after *since* for invoices that *actor* made, newest first."""
    rows = _LATELY.all(
        tx, told_since=since - _TOLD_WITHIN, since=since, actor=actor, most=_SHOWN_MAX
    )
    return tuple(
        ArrivedLately(row.id, row.invoice_id, name_of(keys, row.name_sealed), vnd(row.applied))
        for row in rows
    )
