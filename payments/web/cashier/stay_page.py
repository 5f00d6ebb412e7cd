"""Puts the page of a stay together: every figure of one reading."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import request, url_for

from payments.discharging.queries import settling
from payments.identity.permissions import Permission
from payments.patients import queries as patients
from payments.refunds import cash_returns, payback_repository
from payments.refunds.cash_returns import CashReturn
from payments.refunds.cash_returns import State as Returned
from payments.refunds.paybacks import Payback
from payments.stays import codes, moving, repository
from payments.stays.codes import DepositCode
from payments.stays.model import Deposit, Stay
from payments.stays.queries import untold_of
from payments.stays.status import State
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.cashier.stay_pages import BillRow, DepositCodeCard, ReturnRow, StayPage
from payments.web.chips import Chip
from payments.web.codes import drawn
from payments.web.current import current, runtime, scope, words
from payments.web.pages import new_form_key

_LETTERS_MAX: Final = 20
_STATES: Final = {
    State.OPEN: ("wait", "clock"),
    State.DISCHARGED: ("ok", "check"),
    State.CLOSED_DECEASED: ("off", "stop"),
}
_LEVELS: Final = {0: ("ok", "check"), 80: ("warn", "half"), 100: ("bad", "alert")}


def page_of(encounter: UUID, failed_field: str = "", failure: str = "") -> StayPage:
    """Read a stay for the screen. Raises NoStay."""
    keys = runtime().keys
    with runtime().database.reading(scope()) as tx:
        stay = repository.read(tx, encounter)
        person = patients.person(tx, keys, stay.patient)
        now = settling(tx, encounter)
        deposits = repository.deposits(tx, encounter)
        cost = repository.cost(tx, encounter)
        advance = repository.deposit_of(tx, encounter)
        elsewhere = moving.elsewhere(tx, stay.patient, but=encounter) if stay.is_open else ()
        code = codes.newest(tx, encounter) if stay.is_open else None
        is_untold = encounter in untold_of(tx)
        returns = _returns(tx, encounter, deposits)
    return StayPage(
        encounter=encounter,
        number=stay.number,
        patient_id=person.id,
        patient_name=person.name,
        file_number=person.file_number,
        department=stay.department,
        admitted_at=stay.admitted_at,
        chip=_chip(_STATES[stay.state], f"stay.state.{stay.state}"),
        level=_chip(_LEVELS[stay.watch_level], f"stay.level.{stay.watch_level}"),
        is_open=stay.is_open,
        is_deceased=stay.state is State.CLOSED_DECEASED,
        heir_document=stay.heir_document,
        cost=cost,
        advance=advance,
        deposits=deposits,
        elsewhere=tuple((one.encounter, one.amount) for one in elsewhere),
        is_untold=is_untold,
        link=link_of(stay),
        code=None if code is None else card(code),
        ladder=now.ladder,
        bills=tuple(BillRow(one.id, one.number, bill.due) for one, bill in now.bills),
        returns=returns,
        amount=request.form.get("amount", "")[:_LETTERS_MAX],
        reason=request.form.get("reason", words("discharge.reason.usual"))[:200],
        key=request.form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=failed_field,
        failure=failure,
    )


def link_of(stay: Stay) -> str:
    """Give the family's link; "" for a patient who died: nothing is asked of that family."""
    if stay.state is State.CLOSED_DECEASED:
        return ""
    return runtime().settings.public_url + url_for("patient.family", token=stay.token)


def card(code: DepositCode) -> DepositCodeCard:
    label = words("deposit.code.picture", code=code.code)
    return DepositCodeCard(drawn(code.payload, label), code.code, code.amount, code.expires_at)


def _returns(
    tx: UnitOfWork, encounter: UUID, deposits: tuple[Deposit, ...]
) -> tuple[ReturnRow, ...]:
    notes = tuple(_of_notes(one) for one in cash_returns.of_encounter(tx, encounter))
    links = payback_repository.of_deposits(tx, [one.payment for one in deposits])
    return notes + tuple(_of_link(one) for one in links)


def _of_notes(one: CashReturn) -> ReturnRow:
    session = current().session
    is_head = session is not None and session.user.may(Permission.CREDIT)
    is_asked = one.state is Returned.REQUESTED
    return ReturnRow(
        one.id,
        one.amount,
        _return_chip(one.state.value, "discharge.return.cash"),
        may_approve=is_asked and is_head and one.requested_by != scope().actor,
        may_pay=one.state is Returned.APPROVED,
    )


def _of_link(one: Payback) -> ReturnRow:
    chip = _return_chip(one.state.value, "discharge.return.link")
    return ReturnRow(None, one.amount, chip, may_approve=False, may_pay=False)


def _return_chip(state: str, way: str) -> Chip:
    look = {"paid": "ok", "refused": "off"}.get(state, "wait")
    icon = {"paid": "check", "refused": "stop"}.get(state, "clock")
    return Chip(look, icon, f"{words(f'discharge.return.{state}')} · {words(way)}")


def _chip(how: tuple[str, str], key: str) -> Chip:
    return Chip(how[0], how[1], words(key))
