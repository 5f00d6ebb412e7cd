"""Takes a statement file from a form: shown first, then whole, or refused line by line."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import UnreadableStatement
from payments.bank.statement_text import SIZE_MAX_BYTES
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.reconciliation import maps
from payments.reconciliation.importing import Imported, take_in
from payments.web.current import explain, runtime, scope, words
from payments.web.finance.board import Asked, day_page
from payments.web.finance.days import day_of
from payments.web.finance.statement_preview import MAP_FIELDS, statement_page, unpack
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

#: The file, and the form around it; or the file that was shown and comes back.
_BODY_MAX_BYTES: Final = SIZE_MAX_BYTES + 64 * 1024


@finance.post("/finance/day/<date>/statement")
@requires(Permission.IMPORT_STATEMENT, body_max_bytes=_BODY_MAX_BYTES)
def take_statement(date: str) -> AnyResponse:
    day = day_of(date)
    account = request.form.get("account", "")
    try:
        content = _content()
    except InvalidField as error:
        return _refused(Asked(day, failure=explain(error)))
    if not content:
        return _refused(Asked(day, failure=words("finance.no_file")))
    if not account:
        return _refused(Asked(day, failure=words("finance.no_account")))
    match request.form.get("do", "take"):
        case "preview":
            return Response(render(statement_page(day, account, content)))
        case "map":
            return _mapped(day, account, content)
    try:
        told = take_in(runtime(), scope(), account, content)
    except UnreadableStatement as error:
        return _refused(Asked(day, problems=error.problems))
    return redirect(_address(told, date), 303)


def _content() -> bytes:
    """Give the file that was chosen, or the one that was shown and comes back."""
    sent = request.files.get("file")
    content = sent.read() if sent is not None else b""
    carried = request.form.get("carried", "")
    return unpack(carried) if carried and not content else content


def _mapped(day: HospitalDay, account: str, content: bytes) -> AnyResponse:
    """Save the map as the person filled it in, and show the file once more by it."""
    told = {name: request.form.get(f"map_{name}", "") for name in MAP_FIELDS}
    given = ColumnMap(**told, newest_first=request.form.get("map_newest_first") == "1")
    try:
        with runtime().database.transaction(scope()) as tx:
            maps.save(tx, account, given)
    except InvalidField as error:
        return Response(render(statement_page(day, account, content, given, explain(error))), 422)
    return Response(render(statement_page(day, account, content)))


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
