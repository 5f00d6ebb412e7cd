"""Exemptions: a programme gives up what the patient still owes (P04), by a person's decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from payments import audit
from payments.invoicing import repository
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.rows import EXEMPTION
from payments.invoicing.service import KeyReusedForOther, checked_reason
from payments.invoicing.telling import tell_credited
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import ensure_account, post
from payments.ledger.posting_rules.invoices import invoice_exempted
from payments.storage.columns import mine, new_id
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork


class Programme(StrEnum):
    """Under what an amount is given up: the reason's code, and its account 4090."""

    POOR = "POOR"
    MERIT = "MERIT"
    CHILD = "CHILD"
    STAFF = "STAFF"
    BOARD = "BOARD"


@dataclass(frozen=True, slots=True)
class Decision:
    """*reason* is the paper or the person that decided, in a few words without a name."""

    programme: str
    amount: Money
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Exemption:
    programme: Programme
    amount: Money
    reason: str
    made_at: datetime


_OF_INVOICE: Final = Prepared(
    select(EXEMPTION)
    .where(mine(EXEMPTION), EXEMPTION.c.invoice_id == bindparam("invoice"))
    .order_by(EXEMPTION.c.made_at, EXEMPTION.c.id)
)
_OF_KEY: Final = Prepared(
    select(EXEMPTION).where(mine(EXEMPTION), EXEMPTION.c.idem_key == bindparam("key"))
)
_ADD: Final = insert(EXEMPTION)


def exempt(tx: UnitOfWork, invoice: Invoice, decision: Decision) -> Invoice:
    """
    Take *decision* off what a locked invoice still owes; a repeat of its key changes nothing.

    It counts among what is credited, so that every sum of what is owed holds; what is paid already
    is not given up here: that is a refund.

    Raises:
        InvalidField: no such programme, or an amount that is not within what is due.
        KeyReusedForOther: the key was used for another decision.
    """
    reason = checked_reason(decision.reason)
    known = _OF_KEY.first(tx, key=decision.key)
    if known is not None:
        if (known.invoice_id, known.amount) != (invoice.id, decision.amount.dong):
            raise KeyReusedForOther()
        return invoice
    programme = _programme(decision.programme)
    due = amount_due(invoice)
    if not ZERO < decision.amount <= due:
        raise InvalidField("amount", "exempt_amount", most=due)
    made = new_id()
    ensure_account(tx, f"4090:{programme.value}")
    entry = invoice_exempted(
        decision=made, invoice=invoice.id, programme=programme.value, amount=decision.amount
    )
    booked = post(tx, entry, effective_at=tx.now(), source="cashier")
    tx.write(
        _ADD,
        {
            "facility_id": tx.facility,
            "id": made,
            "invoice_id": invoice.id,
            "programme": programme.value,
            "amount": decision.amount.dong,
            "reason": reason,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
            "idem_key": decision.key,
            "txn_id": booked.txn_id,
        },
    )
    exempted = replace(invoice, credited=invoice.credited + decision.amount)
    repository.save(tx, exempted)
    audit.append(
        tx,
        "invoice.exempted",
        f"invoice:{invoice.id}",
        amount=decision.amount.dong,
        programme=programme.value,
        reason=reason,
    )
    after = replace(exempted, version=invoice.version + 1)
    tell_credited(tx, invoice, after)
    return after


def exemptions(tx: UnitOfWork, invoice: UUID) -> tuple[Exemption, ...]:
    """List what was given up of an invoice, first first."""
    return tuple(
        Exemption(Programme(row.programme), vnd(row.amount), row.reason, row.made_at)
        for row in _OF_INVOICE.all(tx, invoice=invoice)
    )


def _programme(code: str) -> Programme:
    try:
        return Programme(code)
    except ValueError as error:
        raise InvalidField("programme", "exempt_programme") from error
