"""The discharge on the stay's own page: settle, give back by two people, close a deceased's."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.discharging import service
from payments.discharging.service import Settle
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.refunds import cash_returns
from payments.web.addresses import url_for
from payments.web.cashier.stays import tried
from payments.web.cashier.views import cashier
from payments.web.current import runtime, scope
from payments.web.security import requires

_DIGITS_MAX = 15


@cashier.post("/desk/stays/<uuid:encounter>/settle")
@requires(Permission.COLLECT)
def settle_stay(encounter: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        asked = Settle(
            encounter,
            _seen(),
            request.form.get("reason", ""),
            by_link="by_link" in request.form,
        )
        service.settle(runtime(), scope(), asked)
        return _back(encounter)

    return tried(encounter, work, "reason")


@cashier.post("/desk/stays/<uuid:encounter>/deceased")
@requires(Permission.CREDIT)
def close_deceased(encounter: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        document = request.form.get("document", "")
        service.close_deceased(runtime(), scope(), encounter, document)
        return _back(encounter)

    return tried(encounter, work, "document")


@cashier.post("/desk/stays/<uuid:encounter>/returns/<uuid:cash_return>/approve")
@requires(Permission.CREDIT)
def approve_cash_return(encounter: UUID, cash_return: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        cash_returns.approve(runtime(), scope(), cash_return)
        return _back(encounter)

    return tried(encounter, work)


@cashier.post("/desk/stays/<uuid:encounter>/returns/<uuid:cash_return>/turn-down")
@requires(Permission.CREDIT)
def turn_down_cash_return(encounter: UUID, cash_return: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        cash_returns.turn_down(runtime(), scope(), cash_return)
        return _back(encounter)

    return tried(encounter, work)


@cashier.post("/desk/stays/<uuid:encounter>/returns/<uuid:cash_return>/pay")
@requires(Permission.COLLECT)
def pay_cash_return(encounter: UUID, cash_return: UUID) -> AnyResponse:
    def work() -> AnyResponse:
        cash_returns.pay_out(runtime(), scope(), cash_return)
        return _back(encounter)

    return tried(encounter, work)


def _seen() -> int:
    """Read the balance that the page showed, with its sign. Raises InvalidField."""
    typed = request.form.get("seen", "")
    digits = typed.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX):
        raise InvalidField("seen", "form_key")
    return int(typed)


def _back(encounter: UUID) -> AnyResponse:
    return redirect(url_for("cashier.stay", encounter=encounter), 303)
