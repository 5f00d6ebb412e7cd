"""Who paid and how, of ledger transactions: payment, receipt, shift, patient, departments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import Select, null, select

from payments.einvoicing.rows import E_INVOICE, E_INVOICE_SOURCE
from payments.encounters.rows import ENCOUNTER
from payments.intents.rows import INTENT
from payments.invoicing.rows import INVOICE, INVOICE_LINE
from payments.patients.rows import PATIENT
from payments.receipts.rows import CASH_PAYMENT, PAYMENT, RECEIPT
from payments.refunds.rows import PAYBACK, REFUND
from payments.shifts.rows import SHIFT
from payments.statements.files.entries import asked, of_facility, subjects
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rows of a page have beside the ledger, each by its id."""

    payments: Mapping[UUID, Found[Any]]
    patients: Mapping[UUID, Found[Any]]
    departments: Mapping[UUID, str]
    people: Mapping[str, str]
    #: Numbers of e-invoices by the payment, oldest first: a replaced one stays.
    einvoices: Mapping[UUID, str]


def circumstances(tx: UnitOfWork, txns: Sequence[UUID], names: Mapping[str, str]) -> Circumstances:
    """Look up what a page of transactions has beside the ledger; *names* are of the staff."""
    refunded = _refunded(tx, txns)
    payments = {row.txn_id: row for row in asked(tx, _asking(tx), PAYMENT.c.txn_id, txns)}
    by_id = {row.id: row for row in asked(tx, _asking(tx), PAYMENT.c.id, refunded.values())}
    payments |= {txn: by_id[payment] for txn, payment in refunded.items() if payment in by_id}
    invoices = {txn: row.invoice_id for txn, row in payments.items() if row.invoice_id}
    patients, departments = _patients(tx, txns, invoices)
    numbers = _einvoices(tx, [row.id for row in payments.values()])
    return Circumstances(payments, patients, departments, names, numbers)


def _einvoices(tx: UnitOfWork, payments: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(E_INVOICE_SOURCE.c.payment_id, E_INVOICE.c.number)
        .join(
            E_INVOICE,
            of_facility(
                E_INVOICE, E_INVOICE_SOURCE, E_INVOICE.c.root_id == E_INVOICE_SOURCE.c.e_invoice_id
            ),
        )
        .where(E_INVOICE_SOURCE.c.facility_id == tx.facility, E_INVOICE.c.number.is_not(None))
        .order_by(E_INVOICE.c.issued_at, E_INVOICE.c.id)
    )
    numbers: dict[UUID, list[str]] = defaultdict(list)
    for row in asked(tx, statement, E_INVOICE_SOURCE.c.payment_id, payments):
        numbers[row.payment_id].append(row.number)
    return {payment: "; ".join(found) for payment, found in numbers.items()}


def _refunded(tx: UnitOfWork, txns: Sequence[UUID]) -> dict[UUID, UUID]:
    """Find the payment that a refund's transaction gives back."""
    wanted = subjects(tx, "refund", txns)
    payment_of = {
        row.id: row.payment_id
        for table in (REFUND, PAYBACK)
        for row in asked(
            tx,
            select(table.c.id, table.c.payment_id).where(table.c.facility_id == tx.facility),
            table.c.id,
            wanted.values(),
        )
    }
    return {txn: payment_of[one] for txn, one in wanted.items() if one in payment_of}


def _asking(tx: UnitOfWork) -> Select[Any]:
    return (
        select(
            PAYMENT.c.id, PAYMENT.c.txn_id, PAYMENT.c.method, PAYMENT.c.flags,
            PAYMENT.c.invoice_id, RECEIPT.c.number.label("receipt"), RECEIPT.c.series,
            INTENT.c.channel, SHIFT.c.id.label("shift_id"), SHIFT.c.cash_point, SHIFT.c.cashier,
        )
        .outerjoin(RECEIPT, of_facility(RECEIPT, PAYMENT, RECEIPT.c.payment_id == PAYMENT.c.id))
        .outerjoin(INTENT, of_facility(INTENT, PAYMENT, INTENT.c.id == PAYMENT.c.intent_id))
        .outerjoin(
            CASH_PAYMENT,
            of_facility(CASH_PAYMENT, PAYMENT, CASH_PAYMENT.c.payment_id == PAYMENT.c.id),
        )
        .outerjoin(SHIFT, of_facility(SHIFT, CASH_PAYMENT, SHIFT.c.id == CASH_PAYMENT.c.shift_id))
        .where(PAYMENT.c.facility_id == tx.facility)
    )  # fmt: skip


def _patients(
    tx: UnitOfWork, txns: Sequence[UUID], invoices: Mapping[UUID, UUID]
) -> tuple[dict[UUID, Found[Any]], dict[UUID, str]]:
    """Find whose money it is, by the invoice or by the visit whose advance it is."""
    by_invoice = {
        row.invoice_id: row
        for row in asked(
            tx,
            select(
                INVOICE.c.id.label("invoice_id"), INVOICE.c.number.label("invoice"),
                INVOICE.c.covered, PATIENT.c.file_number, PATIENT.c.name_sealed,
            )
            .join(
                ENCOUNTER, of_facility(ENCOUNTER, INVOICE, ENCOUNTER.c.id == INVOICE.c.encounter_id)
            )
            .join(PATIENT, of_facility(PATIENT, ENCOUNTER, PATIENT.c.id == ENCOUNTER.c.patient_id))
            .where(INVOICE.c.facility_id == tx.facility),
            INVOICE.c.id,
            invoices.values(),
        )
    }  # fmt: skip
    visits = subjects(tx, "encounter", [txn for txn in txns if txn not in invoices])
    by_visit = {
        row.encounter_id: row
        for row in asked(
            tx,
            select(
                ENCOUNTER.c.id.label("encounter_id"), PATIENT.c.file_number,
                PATIENT.c.name_sealed, null().label("invoice"),
                null().label("covered"),
            )
            .join(PATIENT, of_facility(PATIENT, ENCOUNTER, PATIENT.c.id == ENCOUNTER.c.patient_id))
            .where(ENCOUNTER.c.facility_id == tx.facility),
            ENCOUNTER.c.id,
            visits.values(),
        )
    }  # fmt: skip
    found = {txn: by_visit[visit] for txn, visit in visits.items() if visit in by_visit}
    found |= {txn: by_invoice[one] for txn, one in invoices.items() if one in by_invoice}
    departments = _departments(tx, list(invoices.values()))
    return found, {txn: departments.get(one, "") for txn, one in invoices.items()}


def _departments(tx: UnitOfWork, invoices: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(INVOICE_LINE.c.invoice_id, INVOICE_LINE.c.department_code)
        .where(INVOICE_LINE.c.facility_id == tx.facility)
        .distinct()
    )
    codes: dict[UUID, set[str]] = defaultdict(set)
    for row in asked(tx, statement, INVOICE_LINE.c.invoice_id, invoices):
        codes[row.invoice_id].add(row.department_code)
    return {invoice: "; ".join(sorted(found)) for invoice, found in codes.items()}
