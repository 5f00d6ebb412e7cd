"""Stays at the desk: admit, take advances, bring one along, tell the family."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.catalogue.history import departments
from payments.identity.permissions import Permission
from payments.intents.service import AboveCodeLimit
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import Money
from payments.patients import queries as patients
from payments.receipts import service as receipts
from payments.refunds.advances import HeirDocumentNeeded
from payments.refunds.cash_returns import TooLittleInDrawer
from payments.refunds.model import SamePerson
from payments.shifts.model import NoShift
from payments.stays import codes, depositing, moving, repository, service, watching
from payments.stays.model import DEPOSIT_MAX, HasStay, NothingToMove
from payments.stays.queries import open_stays
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.stay_page import page_of
from payments.web.cashier.stay_pages import AdmitPage, SlipPage, StaysPage
from payments.web.cashier.views import cashier
from payments.web.codes import collecting_channel
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import new_form_key, render
from payments.web.security import requires

_UNFIT = (
    InvalidField,
    NoShift,
    NothingToMove,
    AboveCodeLimit,
    SamePerson,
    TooLittleInDrawer,
    HeirDocumentNeeded,
)


class NoSlip(NotFound):
    """There is no advance of that number at this stay."""

    code = "no-slip"


@cashier.get("/desk/stays")
@requires(Permission.COLLECT)
def stays() -> str:
    with runtime().database.reading(scope()) as tx:
        return render(StaysPage(open_stays(tx, runtime().keys)))


@cashier.get("/desk/patients/<uuid:patient_id>/stay")
@requires(Permission.COLLECT)
def admission(patient_id: UUID) -> AnyResponse | str:
    """Offer to admit a patient, or show the stay that is open."""
    with runtime().database.reading(scope()) as tx:
        person = patients.person(tx, runtime().keys, patient_id)
        known = repository.open_of(tx, patients.records_of(tx, person.id))
    if known is not None:
        return redirect(url_for("cashier.stay", encounter=known.encounter), 303)
    return render(_admit_page(patient_id))


@cashier.post("/desk/patients/<uuid:patient_id>/stay")
@requires(Permission.ISSUE)
def admit_to_stay(patient_id: UUID) -> AnyResponse:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        person = patients.person(tx, runtime().keys, patient_id)
    department = request.form.get("department", "")[:20]
    asked = service.Admission(person.id, department, f"desk:{key}")
    try:
        made = service.admit(runtime(), scope(), asked)
    except InvalidField as error:
        return Response(render(_admit_page(patient_id, explain(error))), 422)
    except HasStay as error:
        return Response(render(_admit_page(patient_id, explain(error))), 409)
    return redirect(url_for("cashier.stay", encounter=made.encounter), 303)


@cashier.get("/desk/stays/<uuid:encounter>")
@requires(Permission.COLLECT)
def stay(encounter: UUID) -> str:
    return render(page_of(encounter))


@cashier.post("/desk/stays/<uuid:encounter>/cash")
@requires(Permission.COLLECT)
def take_advance(encounter: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
        asked = depositing.DepositRequest(encounter, _amount(), f"advance:{key}")
        payment = depositing.take_cash(runtime(), scope(), asked)
        # At once, for the payer waits for the slip; if this fails, the worker's job does it.
        receipts.number(runtime(), scope(), payment)
        return redirect(url_for("cashier.advance_slip", encounter=encounter, payment=payment), 303)

    return tried(encounter, work, "amount")


@cashier.post("/desk/stays/<uuid:encounter>/code")
@requires(Permission.COLLECT)
def show_advance_code(encounter: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
        amount = _amount() if request.form.get("amount", "").strip() else None
        with runtime().database.reading(scope()) as tx:
            channel = collecting_channel(tx, runtime(), amount)
        if channel is None:
            page = page_of(encounter, "amount", words("deposit.no_channel"))
            return Response(render(page), 422)
        asked = codes.CodeRequest(encounter, channel, amount, f"advance:{key}")
        codes.show_code(runtime(), scope(), asked)
        return _back(encounter)

    return tried(encounter, work, "amount")


@cashier.post("/desk/stays/<uuid:encounter>/bring/<uuid:source>")
@requires(Permission.COLLECT)
def bring_advance(encounter: UUID, source: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        moving.bring(runtime(), scope(), encounter, source)
        return _back(encounter)

    return tried(encounter, work)


@cashier.post("/desk/stays/<uuid:encounter>/told")
@requires(Permission.COLLECT)
def family_told(encounter: UUID) -> AnyResponse:
    watching.told_family(runtime(), scope(), encounter)
    return _back(encounter)


@cashier.get("/desk/stays/<uuid:encounter>/slips/<uuid:payment>")
@requires(Permission.COLLECT)
def advance_slip(encounter: UUID, payment: UUID) -> str:
    with runtime().database.reading(scope()) as tx:
        found = repository.read(tx, encounter)
        person = patients.person(tx, runtime().keys, found.patient)
        deposits = repository.deposits(tx, encounter)
        balance = repository.deposit_of(tx, encounter)
    chosen = next((one for one in deposits if one.payment == payment), None)
    if chosen is None:
        raise NoSlip()
    return render(
        SlipPage(encounter, found.number, person.name, person.file_number, chosen, balance)
    )


def tried(encounter: UUID, work: Callable[[], AnyResponse], field: str = "") -> AnyResponse:
    """Do what a button of a stay's page asks; the page says in words why it could not be done."""
    try:
        return work()
    except _UNFIT as error:
        return Response(render(page_of(encounter, field, explain(error))), 422)
    except Conflict as error:
        return Response(render(page_of(encounter, field, explain(error))), 409)


def _back(encounter: UUID) -> AnyResponse:
    return redirect(url_for("cashier.stay", encounter=encounter), 303)


def _amount() -> Money:
    typed = request.form.get("amount", "")
    return forms.amount(typed, "amount", wrong="deposit_amount", most=DEPOSIT_MAX)


def _admit_page(patient_id: UUID, failure: str = "") -> AdmitPage:
    with runtime().database.reading(scope()) as tx:
        person = patients.person(tx, runtime().keys, patient_id)
        found = departments(tx)
    return AdmitPage(
        patient_id,
        person.name,
        person.file_number,
        found,
        request.form.get("department", "")[:20],
        request.form.get(forms.KEY_FIELD) or new_form_key(),
        failure,
    )
