"""
Decides about changes that came after the invoice: a program proposes, a person confirms.

A credit reduces the invoice by a linked note and never edits it; a supplement is an invoice of its
own. Either is one commit with the decision, so that it is made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Update, select, update

from payments import audit
from payments.events.model import Reference
from payments.events.writing import refer
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.interop.orders import bills
from payments.interop.orders.issuing import line_of
from payments.interop.orders.model import Billed, Change, ChangeState
from payments.interop.orders.rows import ORDER_CHANGE, ORDER_LINE
from payments.invoicing import credit_notes
from payments.invoicing import repository as invoices
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, checked_reason, issue_priced
from payments.kernel.errors import Conflict, NotFound
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

_REASON: Final = "HIS đổi chỉ định {number}/{line}"


class ChangeDecided(Conflict):
    """Somebody decided about this change already, or a newer version of the order came."""

    code = "change-decided"


@dataclass(frozen=True, slots=True)
class _Draft:
    id: UUID
    order: UUID
    source: str
    number: str
    line: int
    kind: Change
    #: What a credit reduces, what a supplement adds; *invoice* is the one to be credited.
    entry: Billed
    ordered_on: Any
    patient: PatientRequest

    @property
    def key(self) -> str:
        return f"order-change:{self.id}"


def confirm(runtime: Runtime, scope: Scope, change: UUID) -> UUID:
    """
    Make the credit note or the supplementary invoice; returns the invoice that it is on.

    Raises:
        NotFound: there is no such change.
        ChangeDecided: it is no draft any more.
        IllegalStep, InvalidField: the invoice was cancelled, or has less left than is to be taken
            off; as ``credit_notes.credit`` says.
    """
    with runtime.database.reading(scope) as tx:
        draft = _draft(tx, runtime, change)
        if draft.kind is Change.SUPPLEMENT:
            entry = draft.entry
            line = line_of(
                tx, entry.service_code, draft.ordered_on, entry.unit_price.dong, entry.quantity
            )
    if draft.kind is Change.CREDIT:
        runtime.database.run(scope, lambda tx: _credit(tx, runtime, draft))
        return draft.entry.invoice
    request = IssueRequest(
        draft.patient, (LineRequest(draft.entry.service_code, draft.entry.quantity),), draft.key
    )
    return issue_priced(
        runtime, scope, request, [line], also=lambda tx, made: _supplement(tx, draft, made)
    )


def dismiss(runtime: Runtime, scope: Scope, change: UUID, reason: str) -> None:
    """
    Leave the bill as it is, for a *reason*.

    Raises:
        NotFound, ChangeDecided, InvalidField: no such draft, decided before, no reason.
    """
    cleaned = checked_reason(reason)
    with runtime.database.transaction(scope) as tx:
        draft = _draft(tx, runtime, change)
        _decide(tx, draft, ChangeState.DISMISSED, cleaned)


def _credit(tx: UnitOfWork, runtime: Runtime, draft: _Draft) -> None:
    entry = draft.entry
    held = invoices.lock(tx, entry.invoice)
    active = intents.lock_active(tx, entry.invoice)
    amount = entry.unit_price * entry.quantity
    reason = _REASON.format(number=draft.number, line=draft.line)
    if amount:
        amounts = {entry.department_code: amount}
        credited = credit_notes.credit(tx, held, amounts, reason=reason, key=draft.key)
        due_changed(tx, runtime, credited, active)
    _decide(tx, draft, ChangeState.CONFIRMED, reason)
    taken_off = Billed(
        entry.invoice,
        entry.service_code,
        entry.department_code,
        entry.unit_price,
        -entry.quantity,
    )
    bills.bill(tx, draft.order, taken_off)
    if not bills.billed(tx, draft.order):
        # Nothing of it is billed any more: ordered again, it is open on the desk again.
        tx.execute(_line(tx, draft.order).values(invoice_id=None))


def _supplement(tx: UnitOfWork, draft: _Draft, made: UUID) -> None:
    _decide(tx, draft, ChangeState.CONFIRMED, "")
    entry = draft.entry
    bills.bill(
        tx,
        draft.order,
        Billed(made, entry.service_code, entry.department_code, entry.unit_price, entry.quantity),
    )
    # Where its bill was credited whole before, this invoice is the one that it stands on.
    tx.execute(_line(tx, draft.order).where(bills.is_free()).values(invoice_id=made))
    refer(tx, made, [Reference(draft.source, draft.number, draft.line)])


def _decide(tx: UnitOfWork, draft: _Draft, state: ChangeState, reason: str) -> None:
    # The line first, as a newer version of it does: the two wait for each other here.
    tx.execute(_line(tx, draft.order).values(changed_at=tx.now()))
    decided = tx.execute(
        update(ORDER_CHANGE)
        .where(
            ORDER_CHANGE.c.facility_id == tx.facility,
            ORDER_CHANGE.c.id == draft.id,
            ORDER_CHANGE.c.state == ChangeState.DRAFT.value,
        )
        .values(state=state.value, reason=reason, decided_at=tx.now(), decided_by=tx.scope.actor)
    )
    if decided.rowcount != 1:
        raise ChangeDecided(number=draft.number)
    audit.append(tx, f"order_change.{state.value}", f"order_change:{draft.id}", reason=reason)


def _line(tx: UnitOfWork, order: UUID) -> Update:
    return update(ORDER_LINE).where(
        ORDER_LINE.c.facility_id == tx.facility, ORDER_LINE.c.id == order
    )


def _draft(tx: UnitOfWork, runtime: Runtime, change: UUID) -> _Draft:
    row: Row[Any] | None = tx.execute(
        select(
            ORDER_CHANGE,
            ORDER_LINE.c.source,
            ORDER_LINE.c.number,
            ORDER_LINE.c.line,
            ORDER_LINE.c.ordered_on,
            PATIENT.c.file_number,
            PATIENT.c.name_sealed,
            PATIENT.c.birth_year,
        )
        .join(
            ORDER_LINE,
            (ORDER_LINE.c.facility_id == ORDER_CHANGE.c.facility_id)
            & (ORDER_LINE.c.id == ORDER_CHANGE.c.order_id),
        )
        .join(
            PATIENT,
            (PATIENT.c.facility_id == ORDER_LINE.c.facility_id)
            & (PATIENT.c.id == ORDER_LINE.c.patient_id),
        )
        .where(ORDER_CHANGE.c.facility_id == tx.facility, ORDER_CHANGE.c.id == change)
    ).first()
    if row is None:
        raise NotFound("there is no such change")
    if row.state != ChangeState.DRAFT.value:
        raise ChangeDecided(number=row.number)
    entry = Billed(
        row.invoice_id,
        row.service_code,
        row.department_code,
        vnd(row.unit_price),
        row.quantity,
    )
    name = name_of(runtime.keys, row.name_sealed)
    return _Draft(
        row.id,
        row.order_id,
        row.source,
        row.number,
        row.line,
        Change(row.kind),
        entry,
        row.ordered_on,
        PatientRequest(name, row.birth_year, row.file_number),
    )
