"""Credit notes: an issued invoice is reduced by a linked record, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from payments import audit
from payments.invoicing import repository
from payments.invoicing.booking import revenue_parts
from payments.invoicing.model import Invoice
from payments.invoicing.rows import CREDIT_NOTE, CREDIT_NOTE_LINE, INVOICE_LINE
from payments.invoicing.service import checked_reason
from payments.invoicing.status import Document, IllegalStep
from payments.invoicing.telling import tell_credited
from payments.kernel.errors import Conflict, InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import post
from payments.ledger.posting_rules.invoices import invoice_credited
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


class NotIssued(IllegalStep):
    """Only an issued invoice can be reduced."""

    code = "not-issued"


class InsuredInvoice(Conflict):
    """The fund owes a part of it: a new split corrects it, for both parts change at once."""

    code = "insured-invoice"


@dataclass(frozen=True, slots=True)
class CreditNote:
    number: str
    amount: Money
    reason: str
    made_at: datetime


#: Phiếu giảm: a counter within its invoice, so that no series is locked beside the invoice.
_NUMBER = "{invoice}-G{count}"


def credit(
    tx: UnitOfWork, invoice: Invoice, amounts: Mapping[str, Money], *, reason: str, key: str
) -> Invoice:
    """
    Reduce a locked invoice by *amounts* per department (P03); a repeat of *key* changes nothing.

    What is paid beyond the rest stays on 1300 until a refund is approved (decision of the ledger:
    a credit note credits 1300, only an approved refund moves 1300 to 2100).

    Raises:
        IllegalStep: the invoice is not issued.
        InsuredInvoice: the fund owes a part of it.
        InvalidField: no amount, a department that the invoice has not, or an amount that is not
            positive or above what its department still has; it names the department.
    """
    if invoice.document is not Document.ISSUED:
        raise NotIssued()
    if invoice.covered:
        raise InsuredInvoice()
    cleaned = checked_reason(reason)
    if _made_before(tx, key):
        return invoice
    _check(amounts, left(tx, invoice.id))
    if sum(amounts.values(), ZERO) > invoice.owed:
        # A programme has given up a part of it: nobody is credited what nobody owes.
        raise InvalidField("amount", "credit_exempted", most=invoice.owed)
    note = new_id()
    entry = invoice_credited(
        credit_note=note, invoice=invoice.id, revenue=revenue_parts(tx, dict(amounts))
    )
    booked = post(tx, entry, effective_at=tx.now(), source="cashier")
    total = sum(amounts.values(), ZERO)
    _add(tx, invoice, note, amounts, {"reason": cleaned, "txn_id": booked.txn_id, "idem_key": key})
    credited = replace(invoice, credited=invoice.credited + total)
    repository.save(tx, credited)
    audit.append(tx, "invoice.credited", f"invoice:{invoice.id}", amount=total.dong, reason=cleaned)
    after = replace(credited, version=invoice.version + 1)
    tell_credited(tx, invoice, after)
    return after


def left(tx: UnitOfWork, invoice: UUID) -> dict[str, Money]:
    """Say what each department still has on the invoice after earlier credit notes."""
    billed = tx.execute(
        select(INVOICE_LINE.c.department_code, func.sum(INVOICE_LINE.c.amount).label("amount"))
        .where(INVOICE_LINE.c.facility_id == tx.facility, INVOICE_LINE.c.invoice_id == invoice)
        .group_by(INVOICE_LINE.c.department_code)
    )
    kept = {row.department_code: vnd(int(row.amount)) for row in billed}
    credited = tx.execute(
        select(
            CREDIT_NOTE_LINE.c.department_code, func.sum(CREDIT_NOTE_LINE.c.amount).label("amount")
        )
        .join(
            CREDIT_NOTE,
            (CREDIT_NOTE.c.facility_id == CREDIT_NOTE_LINE.c.facility_id)
            & (CREDIT_NOTE.c.id == CREDIT_NOTE_LINE.c.credit_note_id),
        )
        .where(CREDIT_NOTE.c.facility_id == tx.facility, CREDIT_NOTE.c.invoice_id == invoice)
        .group_by(CREDIT_NOTE_LINE.c.department_code)
    )
    for row in credited:
        kept[row.department_code] -= vnd(int(row.amount))
    return kept


def notes(tx: UnitOfWork, invoice: UUID) -> tuple[CreditNote, ...]:
    """List the credit notes of an invoice, first first."""
    rows = tx.execute(
        select(CREDIT_NOTE)
        .where(CREDIT_NOTE.c.facility_id == tx.facility, CREDIT_NOTE.c.invoice_id == invoice)
        .order_by(CREDIT_NOTE.c.made_at, CREDIT_NOTE.c.id)
    )
    return tuple(CreditNote(row.number, vnd(row.amount), row.reason, row.made_at) for row in rows)


def _made_before(tx: UnitOfWork, key: str) -> bool:
    return (
        tx.execute(
            select(CREDIT_NOTE.c.id).where(
                CREDIT_NOTE.c.facility_id == tx.facility, CREDIT_NOTE.c.idem_key == key
            )
        ).first()
        is not None
    )


def _check(amounts: Mapping[str, Money], left: Mapping[str, Money]) -> None:
    if not amounts:
        raise InvalidField("amount", "credit_none")
    for code, amount in amounts.items():
        if code not in left:
            raise InvalidField("department", "credit_department", department=code)
        if not ZERO < amount <= left[code]:
            raise InvalidField("amount", "credit_amount", department=code, most=left[code])


def _add(
    tx: UnitOfWork,
    invoice: Invoice,
    note: UUID,
    amounts: Mapping[str, Money],
    facts: Mapping[str, object],
) -> None:
    earlier = tx.execute(
        select(func.count())
        .select_from(CREDIT_NOTE)
        .where(CREDIT_NOTE.c.facility_id == tx.facility, CREDIT_NOTE.c.invoice_id == invoice.id)
    ).scalar_one()
    tx.execute(
        insert(CREDIT_NOTE),
        {
            "facility_id": tx.facility,
            "id": note,
            "invoice_id": invoice.id,
            "number": _NUMBER.format(invoice=invoice.number, count=earlier + 1),
            "amount": sum(amounts.values(), ZERO).dong,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
            **facts,
        },
    )
    tx.execute(
        insert(CREDIT_NOTE_LINE),
        [
            {
                "facility_id": tx.facility,
                "credit_note_id": note,
                "line": number,
                "department_code": code,
                "amount": amount.dong,
            }
            for number, (code, amount) in enumerate(amounts.items(), start=1)
        ],
    )
