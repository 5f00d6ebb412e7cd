"""An insured visit on the desk: card and category, the split, then the settlement and its code."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.covering import noting, opening, queries, settling
from payments.covering.model import ClaimSent, InvoiceReduced, SplitChanged
from payments.identity.permissions import Permission
from payments.insurance.coverage.refusals import (
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
)
from payments.intents.plans import CODE_MAX
from payments.intents.service import open_intent
from payments.invoicing import queries as invoicing
from payments.invoicing.status import IllegalStep
from payments.kernel.errors import InvalidField, VienphiError
from payments.web import forms
from payments.web import place as places
from payments.web.addresses import url_for
from payments.web.cashier import place
from payments.web.cashier.card_panel import card_panel
from payments.web.cashier.charged import charged
from payments.web.cashier.insured_form import read, typed
from payments.web.cashier.insured_page import InsuredPage, page_of
from payments.web.cashier.till import open_here
from payments.web.cashier.trays import trays
from payments.web.cashier.views import cashier
from payments.web.codes import collecting_channel
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires

#: What the person at the desk can do something about on the same page.
_SHOWN = (
    InvalidField,
    CategoryVisitTypeMismatch,
    CodeUnknown,
    OtherSourceNotBelowCost,
    ClaimSent,
    InvoiceReduced,
    IllegalStep,
)


@cashier.get("/desk/insured/<uuid:encounter_id>")
@requires(Permission.COLLECT)
def insured(encounter_id: UUID) -> str:
    return render(_page(encounter_id, None))


@cashier.post("/desk/insured/<uuid:encounter_id>")
@requires(Permission.ISSUE)
def note_insured(encounter_id: UUID) -> AnyResponse:
    try:
        facts = read(request.form, now=runtime().clock.now())
        reason = request.form.get("reason", "")
        noting.note(runtime(), scope(), encounter_id, facts, reason=reason)
    except _SHOWN as error:
        return Response(render(_page(encounter_id, error)), 422)
    return redirect(url_for("cashier.insured", encounter_id=encounter_id), 303)


@cashier.post("/desk/insured/<uuid:encounter_id>/settle")
@requires(Permission.ISSUE)
def settle_insured(encounter_id: UUID) -> AnyResponse:
    seen = forms.amount(request.form.get("seen", ""), "seen", wrong="insured_seen")
    try:
        invoice = settling.settle(runtime(), scope(), encounter_id, seen=seen)
    except SplitChanged as error:
        _split_again(encounter_id)
        return Response(render(_page(encounter_id, error)), 409)
    if request.form.get("do") == "cash":
        return redirect(url_for("cashier.cash", invoice_id=invoice), 303)
    show_code(invoice, f"settle:{encounter_id}")
    return redirect(url_for("cashier.show", invoice_id=invoice), 303)


@cashier.post("/desk/invoices/<uuid:invoice_id>/insured")
@requires(Permission.ISSUE)
def adopt_insured(invoice_id: UUID) -> AnyResponse:
    encounter = opening.adopt(runtime(), scope(), invoice_id)
    return redirect(url_for("cashier.insured", encounter_id=encounter), 303)


def show_code(invoice: UUID, key: str) -> None:
    """Show a code at once; without one the page of the invoice says why."""
    with runtime().database.reading(scope()) as tx:
        due = invoicing.invoice(tx, runtime().keys, invoice).due
        channel = collecting_channel(tx, runtime(), due)
    if channel is not None and due and due <= CODE_MAX:
        made = open_intent(runtime(), scope(), invoice=invoice, channel=channel, key=key)
        places.show(made.id)


def _split_again(encounter: UUID) -> None:
    """A day or a rule has passed since the page was made: compute anew what it shows."""
    with runtime().database.reading(scope()) as tx:
        facts = queries.view(tx, runtime().keys, encounter).facts
    if facts is not None:
        noting.note(runtime(), scope(), encounter, facts)


def _page(encounter: UUID, error: VienphiError | None) -> InsuredPage:
    with runtime().database.reading(scope()) as tx:
        view = queries.view(tx, runtime().keys, encounter)
        amounts = None
        if view.invoice is not None:
            amounts = invoicing.invoice(tx, runtime().keys, view.invoice)
        shift = open_here(tx)
        side = trays(tx, runtime())
        light = place.light(tx, places.here(tx))
        can_show_code = collecting_channel(tx, runtime()) is not None
        card_check = card_panel(tx, runtime().keys, encounter)
        later = charged(tx, view.invoice)
    return page_of(
        view,
        amounts,
        typed(request.form, view, card_check.known),
        today=runtime().clock.now(),
        failed_field=str(getattr(error, "field", "") or "form") if error else "",
        failure=explain(error) if error else "",
        shift=shift,
        trays=side,
        light=light,
        can_show_code=can_show_code,
        card_check=card_check,
        charged=later,
    )
