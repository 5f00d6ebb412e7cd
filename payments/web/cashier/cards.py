"""The card of one visit: what the portal says, asking it again, entering the card by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.card_checks import service
from payments.card_checks.model import NoCard, Reason
from payments.card_checks.service import Entered, patient_of
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.patients import queries as patients
from payments.web.addresses import url_for
from payments.web.cashier.card_panel import CardPanel, card_panel
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

#: What a person can do something about on the same page.
_SHOWN: Final = (InvalidField, NoCard)
_FIELDS: Final = ("card", "valid_from", "valid_to", "facility", "reason", "note")
_LETTERS_MAX: Final = 200
_FACILITY_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class CardPage:
    template: ClassVar[str] = "cashier/card_check.html"

    patient_name: str
    card: CardPanel
    hand_address: str
    reasons: tuple[ReasonChoice, ...]
    #: What was typed, where it was wrong.
    typed: Mapping[str, str]
    failure: str


@cashier.get("/desk/visits/<uuid:encounter_id>/card")
@requires(Permission.ISSUE)
def card_check(encounter_id: UUID) -> str:
    return render(_page(encounter_id))


@cashier.post("/desk/visits/<uuid:encounter_id>/card/ask")
@requires(Permission.ISSUE)
def ask_card(encounter_id: UUID) -> AnyResponse:
    """Put the question and go back at once: the worker asks."""
    typed = request.form.get("card", "")[:_LETTERS_MAX]
    try:
        with runtime().database.transaction(scope()) as tx:
            service.ask(tx, runtime().keys, encounter_id, card=typed)
    except _SHOWN as error:
        return Response(render(_page(encounter_id, explain(error))), 422)
    page = "insured" if request.form.get("back") == "insured" else "card_check"
    return redirect(url_for(f"cashier.{page}", encounter_id=encounter_id), 303)


@cashier.post("/desk/visits/<uuid:encounter_id>/card/by-hand")
@requires(Permission.ISSUE)
def enter_card(encounter_id: UUID) -> AnyResponse:
    typed = {name: request.form.get(name, "").strip()[:_LETTERS_MAX] for name in _FIELDS}
    try:
        entered = _entered(typed)
        with runtime().database.transaction(scope()) as tx:
            service.enter_by_hand(tx, runtime().keys, encounter_id, entered)
    except _SHOWN as error:
        return Response(render(_page(encounter_id, explain(error), typed)), 422)
    return redirect(url_for("cashier.card_check", encounter_id=encounter_id), 303)


def _entered(typed: Mapping[str, str]) -> Entered:
    """Read the form. Raises InvalidField."""
    facility = typed["facility"]
    if not (facility.isascii() and facility.isdigit() and len(facility) == _FACILITY_DIGITS):
        raise InvalidField("facility", "card_facility")
    if typed["reason"] not in list(Reason):
        raise InvalidField("reason", "card_reason")
    return Entered(
        typed["card"],
        _day(typed, "valid_from"),
        _day(typed, "valid_to"),
        facility,
        Reason(typed["reason"]),
        note=typed["note"],
    )


def _day(typed: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(typed[name])
    except ValueError as error:
        raise InvalidField(name, "day_form") from error


def _page(encounter: UUID, failure: str = "", typed: Mapping[str, str] | None = None) -> CardPage:
    with runtime().database.reading(scope()) as tx:
        person = patients.person(tx, runtime().keys, patient_of(tx, encounter))
        panel = card_panel(tx, runtime().keys, encounter)
    return CardPage(
        patient_name=person.name,
        card=panel,
        hand_address=url_for("cashier.enter_card", encounter_id=encounter),
        reasons=tuple(ReasonChoice(one, words(f"card.reason.{one.value}")) for one in Reason),
        typed=dict.fromkeys(_FIELDS, "") if typed is None else typed,
        failure=failure,
    )
