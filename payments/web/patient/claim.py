"""``/hoan-tien/<token>``: where a payee says to which account her money goes back."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.invoicing.model import NoInvoice
from payments.kernel.errors import InvalidField, VienphiError
from payments.qr.banks import table
from payments.refunds import claiming
from payments.refunds.claiming import NamedTooOften
from payments.refunds.paybacks import (
    AbovePersonLimit,
    IllegalPaybackStep,
    Payback,
    State,
    account_of,
)
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.patient import guesses
from payments.web.patient.claim_page import BankRow, ClaimPage
from payments.web.patient.views import patient
from payments.web.security import public

#: 128 random bits as base64: what is of another shape is not looked up.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_SHOWN_MAX: Final = 70


@patient.get("/hoan-tien/<token>")
@public
def claim(token: str) -> AnyResponse:
    return guesses.remembering(Response(render(_page(_of(token), token))), token)


@patient.post("/hoan-tien/<token>")
@public
def name_account(token: str) -> AnyResponse:
    found = _of(token)
    form = request.form
    try:
        account = account_of(
            form.get("bank", ""),
            form.get("account", "")[:_SHOWN_MAX],
            form.get("holder", "")[: 2 * _SHOWN_MAX],
            table(runtime().settings.banks_file),
        )
        claiming.name_account(runtime(), scope(), token, account)
    except InvalidField as error:
        return Response(render(_page(found, token, error=error, field=error.field)), 422)
    except AbovePersonLimit as error:
        return Response(render(_page(found, token, error=error)), 422)
    except (NamedTooOften, IllegalPaybackStep) as error:
        return Response(render(_page(_of(token), token, error=error)), 409)
    return redirect(url_for("patient.claim", token=token), 303)


def _of(token: str) -> Payback:
    """Read what a link opens. Raises NoInvoice, as every link that opens nothing."""
    if not _TOKEN.fullmatch(token):
        raise NoInvoice()
    with runtime().database.reading(scope()) as tx:
        return claiming.of_link(tx, runtime(), token)


def _page(
    one: Payback, token: str, *, error: VienphiError | None = None, field: str = ""
) -> ClaimPage:
    banks = table(runtime().settings.banks_file)
    may_name = one.state in (State.APPROVED, State.NAMED)
    known = banks.get(one.bank)
    return ClaimPage(
        token=token,
        state=one.state.value,
        amount=one.amount,
        code=one.code,
        may_name=may_name,
        banks=tuple(
            BankRow(code, bank.short_name)
            for code, bank in sorted(banks.items(), key=lambda pair: pair[1].short_name)
        )
        if may_name
        else (),
        bank=request.form.get("bank", ""),
        account=request.form.get("account", "")[:_SHOWN_MAX],
        holder=request.form.get("holder", "")[:_SHOWN_MAX],
        named=f"{known.short_name if known else one.bank} …{one.account_last4}"
        if one.account_last4
        else "",
        failure="" if error is None else explain(error),
        wrong_field=field,
        help_phone=runtime().settings.help_phone,
    )
