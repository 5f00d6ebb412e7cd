"""Patients at the desk: what they owe, a new one from a card, a card for a known one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.interop.orders import queries as orders
from payments.interop.orders.queries import Standing
from payments.invoicing import queries as invoicing
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.patients import queries as patients
from payments.patients import service
from payments.patients.model import (
    FILE_NUMBER,
    Facts,
    FileNumberTaken,
    plain_phone,
)
from payments.patients.scanning import Birth, ChipCard, HealthCard
from payments.patients.scanning.cards import slashed_birth
from payments.web import forms
from payments.web.cashier import scanned
from payments.web.cashier.desk import of_patient
from payments.web.cashier.people_pages import NewPatientPage, PatientPage
from payments.web.cashier.trays import recent_of
from payments.web.cashier.views import cashier
from payments.web.current import current, explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires

_NAME_LETTERS_MAX: Final = 120
_FIELD_LETTERS_MAX: Final = 30
_BORN_FROM: Final = 1900


@cashier.get("/desk/patients/<uuid:patient_id>")
@requires(Permission.COLLECT)
def patient(patient_id: UUID) -> str:
    with runtime().database.reading(scope()) as tx:
        person = patients.person(tx, runtime().keys, patient_id)
        records = patients.records_of(tx, person.id)
        invoices = invoicing.of_patients(tx, runtime().keys, records)
        # Those of merged records are among them.
        found = orders.of_patient(tx, person.id)
        other_numbers = patients.other_numbers(tx, person.id)
    session = current().session
    can_issue = session is not None and session.user.may(Permission.ISSUE)
    owed = tuple(recent_of(one) for one in invoices if one.due)
    waiting = tuple(one for one in found if one.standing is Standing.OPEN)
    is_new = can_issue and not owed and not waiting
    if is_new and "history" not in request.args:
        # Nothing is open: what comes next is an invoice, and no key is spent on saying so.
        return render(of_patient(person))
    settled = tuple(recent_of(one) for one in invoices if not one.due)
    return render(
        PatientPage(
            person.id,
            person,
            other_numbers,
            owed,
            settled,
            waiting,
            can_issue=can_issue,
            can_merge=session is not None and session.user.may(Permission.MERGE),
        )
    )


@cashier.post("/desk/patients/new")
@requires(Permission.ISSUE)
def new_patient() -> str:
    """Show the form, filled with what was scanned; sent by a form, so that no address tells."""
    sealed = request.form.get(scanned.FIELD, "")
    return render(_form(scanned.read(sealed), {}, sealed))


@cashier.post("/desk/patients")
@requires(Permission.ISSUE)
def admit() -> AnyResponse | str:
    sealed = request.form.get(scanned.FIELD, "")
    told = scanned.read(sealed)
    try:
        file_number, facts = _read(request.form, told)
        made = service.admit(runtime(), scope(), file_number, facts)
    except InvalidField as error:
        page = _form(told, request.form, sealed, failed=(error.field, explain(error)))
        return Response(render(page), 422)
    except FileNumberTaken as error:
        failed = ("file_number", explain(error))
        return Response(render(_form(told, request.form, sealed, failed=failed)), 409)
    return redirect(url_for("cashier.patient", patient_id=made), 303)


@cashier.post("/desk/patients/<uuid:patient_id>/card")
@requires(Permission.ISSUE)
def identify(patient_id: UUID) -> AnyResponse:
    """Note that the scanned card is this patient's: a cashier looked at both."""
    told = scanned.read(request.form.get(scanned.FIELD, ""))
    if not told.name:
        raise scanned.StaleScan("the form holds no scanned card")
    service.identify(runtime(), scope(), patient_id, told)
    return redirect(url_for("cashier.patient", patient_id=patient_id), 303)


def new_patient_of(card: ChipCard | HealthCard) -> NewPatientPage:
    """Fill the form with a whole card that nobody has yet."""
    told = patients.told(card)
    oddities = card.oddities if isinstance(card, ChipCard) else frozenset()
    marks = tuple(f"scan.oddity.{oddity.value}" for oddity in sorted(oddities))
    kind = f"scan.kind.{type(card).__name__}"
    return _form(told, {}, scanned.seal(told), kind=kind, oddities=marks)


def _form(
    told: Facts,
    form: Mapping[str, str],
    sealed: str,
    *,
    failed: tuple[str, str] = ("", ""),
    kind: str = "",
    oddities: tuple[str, ...] = (),
) -> NewPatientPage:
    return NewPatientPage(
        kind=kind,
        name=form.get("name", told.name)[:_NAME_LETTERS_MAX],
        birth=form.get("birth", str(told.birth or ""))[:10],
        file_number=form.get("file_number", "")[:_FIELD_LETTERS_MAX],
        phone=form.get("phone", "")[:_FIELD_LETTERS_MAX],
        identity_last4=told.identity[-4:],
        card_last4=told.card[-4:],
        oddities=oddities,
        scanned=sealed,
        failed_field=failed[0],
        failure=failed[1],
    )


def _read(form: Mapping[str, str], told: Facts) -> tuple[str, Facts]:
    name = forms.line_of_text(
        form.get("name", ""), "name", letters_max=_NAME_LETTERS_MAX, wrong="patient_name"
    )
    birth = _birth(form.get("birth", "").strip())
    file_number = form.get("file_number", "").strip().upper()
    if not FILE_NUMBER.fullmatch(file_number):
        raise InvalidField("file_number", "file_number")
    typed = form.get("phone", "").strip()
    phone = plain_phone(typed)
    if typed and not phone:
        raise InvalidField("phone", "phone")
    return file_number, Facts(name.upper(), birth, told.identity, told.card, phone)


def _birth(typed: str) -> Birth:
    birth = slashed_birth(typed)
    this_year = HospitalDay.of(runtime().clock.now()).date.year
    if birth is None or not _BORN_FROM <= birth.year <= this_year:
        raise InvalidField("birth", "birth")
    return birth
