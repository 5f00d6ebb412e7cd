"""Opens insured visits: of a patient with services, or of an invoice whose card is found later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.catalogue.insured import Insured, insured_on
from payments.catalogue.queries import priced
from payments.covering import checking, repository
from payments.covering.holding import hold
from payments.covering.model import InsuredLine, InsuredVisit, InvoiceReduced
from payments.encounters.service import open_visit
from payments.insurance.claim_ids import agency_of, claim_id, ma_lk_of
from payments.invoicing.model import (
    LineRequest,
    NoInvoice,
    PatientRequest,
    checked,
    priced_lines,
)
from payments.invoicing.rows import INVOICE, INVOICE_LINE
from payments.invoicing.status import Document, IllegalStep
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.patients.service import register
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Of a service that the list says nothing about, nothing is insured (PHAM_VI 2).
_UNKNOWN: Final = Insured(None, 0, 0, "2", "XML3")


def open_insured(
    runtime: Runtime,
    scope: Scope,
    patient: PatientRequest,
    lines: Sequence[LineRequest],
    *,
    key: str,
) -> UUID:
    """
    Open an insured visit of *patient* with what was ordered, at today's prices; nothing is owed.

    A repeat of *key* gives the same encounter. The settlement invoice is issued when it closes.

    Raises:
        InvalidField: names the field or line that is wrong; nothing is kept.
    """
    today = HospitalDay.of(runtime.clock.now())
    who = checked(patient, this_year=today.date.year)

    def work(tx: UnitOfWork) -> UUID:
        known = repository.encounter_of_key(tx, key)
        if known is not None:
            return known
        codes = {line.service_code for line in lines}
        priced_ones = priced_lines(lines, priced(tx, codes))
        told = insured_on(tx, codes, today)
        person = register(
            tx, runtime.keys, file_number=who.file_number, name=who.name, birth_year=who.birth_year
        )
        now = tx.now()
        made = _visit(tx, open_visit(tx, person), now)
        insured = [
            InsuredLine(
                one.item.code,
                one.item.name,
                one.item.department_code,
                one.quantity,
                one.item.price,
                *_facts(told, one.item.code),
                now,
            )
            for one in priced_ones
        ]
        repository.add_visit(tx, made, insured, key)
        checking.ask_noted(tx, runtime.keys, made.encounter)
        audit.append(tx, "insured.opened", f"encounter:{made.encounter}", lines=len(insured))
        return made.encounter

    return runtime.database.run(scope, work)


def adopt(runtime: Runtime, scope: Scope, invoice: UUID) -> UUID:
    """
    Say that the visit of an issued invoice is an insured one: the card was found later.

    Nothing changes yet: the first split does, and says by how much.

    Raises:
        NoInvoice: no such invoice.
        IllegalStep: it is not issued.
        InvoiceReduced: credit notes or programmes have reduced it: its lines are no longer whole.
    """
    with runtime.database.reading(scope) as tx:
        encounter = encounter_of(tx, invoice)

    def work(tx: UnitOfWork) -> UUID:
        if repository.has_visit(tx, encounter):
            return encounter
        held = hold(tx, encounter)
        if held is None or held.document is not Document.ISSUED:
            raise IllegalStep("only an issued invoice is covered")
        if held.credited:
            raise InvoiceReduced()
        lines = _lines_of(tx, invoice)
        made = _visit(tx, encounter, lines[0].ordered_at)
        repository.add_visit(tx, made, lines, f"invoice:{invoice}")
        audit.append(tx, "insured.adopted", f"encounter:{encounter}", invoice=str(invoice))
        return encounter

    return runtime.database.run(scope, work)


def encounter_of(tx: UnitOfWork, invoice: UUID) -> UUID:
    """Name the encounter of *invoice*. Raises NoInvoice."""
    from_row = tx.execute(
        select(INVOICE.c.encounter_id).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice
        )
    ).scalar()
    if from_row is None:
        raise NoInvoice()
    found: UUID = from_row
    return found


def _visit(tx: UnitOfWork, encounter: UUID, came_at: datetime) -> InsuredVisit:
    claim = claim_id(tx.facility, ma_lk_of(encounter))
    return InsuredVisit(encounter, claim, agency_of(tx.facility), came_at)


def _lines_of(tx: UnitOfWork, invoice: UUID) -> list[InsuredLine]:
    """Read the lines of an invoice with what the fund said of them on the day of the issue."""
    rows = tx.execute(
        select(INVOICE_LINE, INVOICE.c.issued_at)
        .join(
            INVOICE,
            (INVOICE.c.facility_id == INVOICE_LINE.c.facility_id)
            & (INVOICE.c.id == INVOICE_LINE.c.invoice_id),
        )
        .where(INVOICE_LINE.c.facility_id == tx.facility, INVOICE_LINE.c.invoice_id == invoice)
        .order_by(INVOICE_LINE.c.line)
    ).all()
    day = HospitalDay.of(rows[0].issued_at)
    told = insured_on(tx, {row.service_code for row in rows}, day)
    return [
        InsuredLine(
            row.service_code,
            row.description,
            row.department_code,
            row.quantity,
            vnd(row.unit_price),
            *_facts(told, row.service_code),
            row.issued_at,
        )
        for row in rows
    ]


def _facts(told: Mapping[str, Insured], code: str) -> tuple[Money | None, int, int, str, str]:
    known = told.get(code, _UNKNOWN)
    return known.fund_price, known.rate, known.group, known.scope, known.table
