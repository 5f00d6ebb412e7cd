"""The empty desk: who, which services; then an invoice and its code with one key."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from payments.catalogue import queries as catalogue
from payments.covering.opening import open_insured
from payments.identity.permissions import Permission
from payments.intents.plans import CODE_MAX
from payments.intents.service import open_intent
from payments.invoicing import queries as invoicing
from payments.invoicing import service
from payments.invoicing.model import NAME_MAX, QUANTITY_MAX, LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest
from payments.kernel.errors import InvalidField
from payments.patients.model import Person
from payments.web import forms, parts
from payments.web import place as places
from payments.web.cashier import place
from payments.web.cashier.pages import DeskPage
from payments.web.cashier.services import (
    QUANTITY,
    SEARCH_LETTERS_MAX,
    Form,
    listed,
    picked,
    untouched,
)
from payments.web.cashier.till import open_here
from payments.web.cashier.trays import trays
from payments.web.cashier.views import cashier
from payments.web.codes import collecting_channel, why_none
from payments.web.current import explain, runtime, scope
from payments.web.pages import new_form_key, render
from payments.web.problem import explained
from payments.web.security import requires

_FILE_LETTERS_MAX: Final = 30


@cashier.get("/desk")
@requires(Permission.COLLECT)
def desk() -> str:
    places.moved_on()
    return render(_page(MultiDict(), None))


@cashier.post("/desk/invoices")
@requires(Permission.ISSUE)
def issue() -> AnyResponse | str:
    if request.form.get("do") == "search":
        return render(_page(request.form, None))
    asked = _read(request.form)
    if request.form.get("do") == "insured":
        encounter = open_insured(runtime(), scope(), asked.patient, asked.lines, key=asked.key)
        return redirect(url_for("cashier.insured", encounter_id=encounter), 303)
    invoice = service.issue(runtime(), scope(), asked)
    if request.form.get("do") == "cash":
        # No code is shown to somebody who holds out notes.
        return redirect(url_for("cashier.cash", invoice_id=invoice), 303)
    _show_code(invoice, asked.key)
    return redirect(url_for("cashier.show", invoice_id=invoice), 303)


@cashier.errorhandler(InvalidField)
def again(error: InvalidField) -> AnyResponse:
    """Show the form again as it was typed, with the failure beside its field."""
    if request.endpoint != "cashier.issue" or error.field == forms.KEY_FIELD:
        return explained(error)
    return Response(render(_page(request.form, error)), 422)


def of_patient(patient: Person) -> DeskPage:
    """Give the empty desk for somebody who is known: only the services are to be picked."""
    return _page(MultiDict(), None, patient)


def _show_code(invoice: UUID, key: str) -> None:
    with runtime().database.reading(scope()) as tx:
        due = invoicing.invoice(tx, runtime().keys, invoice).due
        channel = collecting_channel(tx, runtime(), due)
    if channel is not None and due and due <= CODE_MAX:
        made = open_intent(runtime(), scope(), invoice=invoice, channel=channel, key=f"desk:{key}")
        places.show(made.id)


def _read(form: Form) -> IssueRequest:
    key = forms.form_key(form.get(forms.KEY_FIELD, ""))
    name = forms.line_of_text(
        form.get("name", ""), "name", letters_max=NAME_MAX, wrong="patient_name"
    )
    birth_year = forms.whole(form.get("birth_year", ""), "birth_year", wrong="birth_year_digits")
    file_number = forms.line_of_text(
        form.get("file_number", "").upper(),
        "file_number",
        letters_max=_FILE_LETTERS_MAX,
        wrong="file_number",
    )
    lines = tuple(
        LineRequest(code, _quantity(form, code, line))
        for line, code in enumerate(picked(form), start=1)
    )
    return IssueRequest(PatientRequest(name.upper(), birth_year, file_number), lines, key)


def _quantity(form: Form, code: str, line: int) -> int:
    typed = form.get(f"{QUANTITY}{code}", "1")
    number = forms.whole(typed, "quantity", wrong="quantity", line=line, most=QUANTITY_MAX)
    if not 1 <= number <= QUANTITY_MAX:
        raise InvalidField("quantity", "quantity", line=line, most=QUANTITY_MAX)
    return number


def _page(form: Form, error: InvalidField | None, patient: Person | None = None) -> DeskPage:
    with runtime().database.reading(scope()) as tx:
        items = catalogue.services(tx)
        channel = collecting_channel(tx, runtime())
        why = "" if channel else why_none(tx, runtime())
        side = trays(tx, runtime())
        shift = open_here(tx)
        light = place.light(tx, places.here(tx))
    services = listed(items, form, error) if form else untouched(items)
    return DeskPage(
        name=form.get("name", "")[:NAME_MAX],
        birth_year=form.get("birth_year", "")[:4],
        file_number=form.get("file_number", "")[:_FILE_LETTERS_MAX],
        search=form.get("q", "")[:SEARCH_LETTERS_MAX],
        # What somebody typed is drawn for them; the empty list is the same for every desk.
        services=parts.drawn(services) if form else parts.kept(services),
        chosen=tuple(row for row in services.rows if row.is_chosen),
        # The same key again: what failed made nothing, and a repeat must stay a repeat.
        key=form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=error.field if error else "",
        failure=explain(error) if error else "",
        can_show_code=channel is not None,
        why_no_code=why,
        trays=side,
        patient=patient,
        shift=shift,
        light=light,
    )
