"""``/tam-ung/<token>``: where a family pays an advance from afar; nothing here is clinical."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from flask import Response, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from payments.channels.service import payee
from payments.invoicing.model import NoInvoice
from payments.kernel.money import Money
from payments.patients import queries as patients
from payments.patients.service import masked
from payments.stays import codes, repository
from payments.stays.codes import CodeRequest
from payments.stays.model import Stay, StayClosed
from payments.stays.status import State
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.codes import collecting_channel, drawn
from payments.web.current import runtime, scope, words
from payments.web.pages import new_form_key, render
from payments.web.patient import guesses
from payments.web.patient.views import patient
from payments.web.security import public

#: 128 random bits as base64: what is of another shape is not looked up.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class FamilyCode:
    picture: Markup
    code: str
    holder: str
    account: str
    amount: Money | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class FamilyPage:
    template: ClassVar[str] = "patient/family.html"

    token: str
    number: str
    patient: str
    advance: Money
    own: Money | None
    is_open: bool
    code: FamilyCode | None
    key: str
    help_phone: str


@patient.get("/tam-ung/<token>")
@public
def family(token: str) -> AnyResponse:
    with runtime().database.reading(scope()) as tx:
        page = _page(tx, _of(tx, token))
    return guesses.remembering(Response(render(page)), token)


@patient.post("/tam-ung/<token>")
@public
def family_code(token: str) -> AnyResponse:
    """Show a code for any amount; an open one stays the same."""
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        stay = _of(tx, token)
        channel = collecting_channel(tx, runtime())
    if channel is not None and stay.is_open:
        asked = CodeRequest(stay.encounter, channel, None, f"family:{key}")
        try:
            codes.show_code(runtime(), scope(), asked)
        except StayClosed:
            # Settled at this very moment: the page says so.
            return redirect(url_for("patient.family", token=token), 303)
    return redirect(url_for("patient.family", token=token), 303)


def _of(tx: UnitOfWork, token: str) -> Stay:
    """Read the stay of a link. Raises NoInvoice, as every link that opens nothing."""
    found = repository.of_token(tx, token) if _TOKEN.fullmatch(token) else None
    if found is None or found.state is State.CLOSED_DECEASED:
        raise NoInvoice()
    return found


def _page(tx: UnitOfWork, stay: Stay) -> FamilyPage:
    person = patients.person(tx, runtime().keys, stay.patient)
    cost = repository.cost(tx, stay.encounter)
    code = codes.newest(tx, stay.encounter) if stay.is_open else None
    return FamilyPage(
        token=stay.token,
        number=stay.number,
        patient=masked(person.name),
        advance=repository.deposit_of(tx, stay.encounter),
        own=None if cost is None else cost.own,
        is_open=stay.is_open,
        code=None if code is None else _code(tx, code),
        key=new_form_key(),
        help_phone=runtime().settings.help_phone,
    )


def _code(tx: UnitOfWork, code: codes.DepositCode) -> FamilyCode:
    to = payee(tx, code.account)
    label = words("deposit.code.picture", code=code.code)
    picture = drawn(code.payload, label)
    return FamilyCode(picture, code.code, to.holder, to.account, code.amount, code.expires_at)
