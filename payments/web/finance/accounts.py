"""Which accounts of the general ledger ours are: what is missing first, and all that was said."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.statements import accounts_map
from payments.statements.files.entries import people
from payments.statements.model import Span
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.export_pages import AccountRow, AccountsPage
from payments.web.finance.exports import span_of
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires


@finance.get("/finance/accounts")
@requires(Permission.SEE_FINANCE)
def accounts() -> AnyResponse:
    try:
        return Response(render(_page(_asked())))
    except InvalidField as error:
        return Response(render(_page(_this_month(), error)), 422)


@finance.post("/finance/accounts")
@requires(Permission.CLOSE_DAY)
def say_account() -> AnyResponse:
    form = request.form
    try:
        since = span_of(form.get("valid_from", ""), form.get("valid_from", "")).first
        accounts_map.say(
            runtime(), scope(), form.get("code", ""), form.get("gl_account", ""), since
        )
    except InvalidField as error:
        return Response(render(_page(_this_month(), error)), 422)
    return redirect(url_for("finance.accounts"), 303)


def _page(span: Span, failed: InvalidField | None = None) -> AccountsPage:
    today = HospitalDay.of(runtime().clock.now())
    with runtime().database.reading(scope()) as tx:
        missing = accounts_map.unmapped(tx, span)
        known, codes = accounts_map.read(tx), accounts_map.codes(tx)
        said, names = accounts_map.said(tx), people(tx)
    rows = [
        AccountRow(code, _name(code), known.account(code, today.date) or "", code in missing)
        for code in codes
    ]
    user = current().session
    return AccountsPage(
        # What keeps the file from being made comes first.
        tuple(sorted(rows, key=lambda one: (not one.is_missing, one.code))),
        len(missing),
        tuple((one, names.get(one.made_by, one.made_by)) for one in said),
        str(span.first),
        str(span.last),
        today,
        may_say=user is not None and user.user.may(Permission.CLOSE_DAY),
        failure=explain(failed) if failed is not None else "",
        failed_field=failed.field if failed is not None else "",
    )


def _name(code: str) -> str:
    """Name an account by its control, which has words in each language, and its qualifier."""
    control, _, qualifier = code.partition(":")
    return " ".join((words(f"accounts.control.{control}"), qualifier)).strip()


def _asked() -> Span:
    args = request.args
    if "first_day" not in args and "last_day" not in args:
        return _this_month()
    return span_of(args.get("first_day", ""), args.get("last_day", ""))


def _this_month() -> Span:
    today = HospitalDay.of(runtime().clock.now())
    return Span(HospitalDay(today.date.replace(day=1)), today)
