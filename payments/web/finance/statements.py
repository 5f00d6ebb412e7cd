"""Takes a statement file from a form: whole, or refused with every line that is wrong."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.bank.statement_model import UnreadableStatement
from payments.bank.statement_text import SIZE_MAX_BYTES
from payments.identity.permissions import Permission
from payments.reconciliation.importing import Imported, take_in
from payments.web.current import runtime, scope, words
from payments.web.finance.board import Asked, day_page
from payments.web.finance.days import day_of
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

#: The file, and the form around it.
_BODY_MAX_BYTES: Final = SIZE_MAX_BYTES + 64 * 1024


@finance.post("/finance/day/<date>/statement")
@requires(Permission.IMPORT_STATEMENT, body_max_bytes=_BODY_MAX_BYTES)
def take_statement(date: str) -> AnyResponse:
    day = day_of(date)
    sent = request.files.get("file")
    account = request.form.get("account", "")
    content = sent.read() if sent is not None else b""
    if not content:
        return _refused(Asked(day, failure=words("finance.no_file")))
    if not account:
        return _refused(Asked(day, failure=words("finance.no_account")))
    try:
        told = take_in(runtime(), scope(), account, content)
    except UnreadableStatement as error:
        return _refused(Asked(day, problems=error.problems))
    return redirect(_address(told, date), 303)


def _refused(asked: Asked) -> AnyResponse:
    return Response(render(day_page(asked)), 422)


def _address(told: Imported, date: str) -> str:
    return url_for(
        "finance.day",
        date=date if told.last_day is None else str(told.last_day),
        lines=told.lines,
        added=told.added,
        known=told.known,
        repeated=told.repeated,
        kept=told.kept,
        waiting=told.waiting,
    )
