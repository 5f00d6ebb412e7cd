"""The page of a day: what differs, each line explained; the day's file; the closing of the day."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments import audit
from payments.identity.permissions import Permission
from payments.inbox import service as inbox
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.reconciliation import applying, closing, exceptions, service
from payments.statements import day as collection
from payments.web.chips import Chip
from payments.web.current import runtime, scope, words
from payments.web.finance.board import SHOWS, Asked, day_page
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires


class NoDay(NotFound):
    """The address names no day of the calendar between 2000 and 2100."""

    code = "no-day"


_COUNTS: Final = ("lines", "added", "known", "repeated", "kept", "waiting")


@finance.get("/finance")
@requires(Permission.SEE_FINANCE)
def show() -> AnyResponse:
    """Open today; the day stands in the address, so that a link means one day."""
    today = HospitalDay.of(runtime().clock.now())
    return redirect(url_for("finance.day", date=str(today)), 303)


@finance.get("/finance/day/<date>")
@requires(Permission.SEE_FINANCE)
def day(date: str) -> str:
    notice, more = _notice()
    asked = Asked(
        day_of(date),
        account=request.args.get("account", ""),
        show=_shown(request.args.get("show", "open")),
        notice=notice,
        notice_more=more,
    )
    return render(day_page(asked))


@finance.get("/finance/day/<date>/collection.csv")
@requires(Permission.EXPORT)
def day_csv(date: str) -> Response:
    wanted = day_of(date)
    with runtime().database.transaction(scope()) as tx:
        told = collection.read(tx, wanted)
        audit.append(
            tx, "day.exported", f"day:{wanted}", lines=len(told.lines), total=told.received.dong
        )
    answer = Response(collection.csv_of(told), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="thu-{wanted}.csv"'
    return answer


@finance.post("/finance/day/<date>/explain")
@requires(Permission.RESOLVE)
def explain(date: str) -> AnyResponse:
    form = request.form
    service.explain(
        runtime(),
        scope(),
        form.get("account", ""),
        day_of(date),
        form.get("finding", ""),
        form.get("reason", ""),
    )
    return _back(date)


@finance.post("/finance/day/<date>/close")
@requires(Permission.CLOSE_DAY)
def close(date: str) -> AnyResponse:
    closing.close_day(runtime(), scope(), day_of(date))
    return redirect(url_for("finance.day", date=date), 303)


@finance.post("/finance/day/<date>/messages/<uuid:message>")
@requires(Permission.RESOLVE)
def try_message(date: str, message: UUID) -> AnyResponse:
    with runtime().database.reading(scope()) as tx:
        exceptions.require_kept_message(tx, message)
    inbox.apply(runtime(), scope(), message)
    return _back(date)


@finance.post("/finance/day/<date>/lines/<uuid:line>")
@requires(Permission.RESOLVE)
def try_line(date: str, line: UUID) -> AnyResponse:
    applying.try_again(runtime(), scope(), line)
    return _back(date)


def day_of(date: str) -> HospitalDay:
    """Read the day of an address. Raises NotFound for what is none, and for days not yet begun."""
    try:
        found = HospitalDay.parse(date)
    except ValueError as error:
        raise NoDay() from error
    if str(found) != date or not 2000 <= found.date.year <= 2100:
        raise NoDay()
    return found


def _shown(show: str) -> str:
    return show if show in SHOWS else SHOWS[0]


def _back(date: str) -> AnyResponse:
    """Go back to the list that the form stood in."""
    if request.form.get("back") == "inbox":
        return redirect(url_for("finance.inbox"), 303)
    account = request.form.get("back_account", "")
    chosen = _shown(request.form.get("show", "open"))
    address = url_for("finance.day", date=str(day_of(date)), account=account, show=chosen)
    return redirect(address, 303)


def _notice() -> tuple[Chip | None, str]:
    """Say what a statement or a run has just done; the counts stand in the address."""
    ruled = [request.args.get(name, type=int) for name in ("ruled", "left", "twice")]
    if all(count is not None and count >= 0 for count in ruled):
        matched, left, twice = ruled
        text = words("rule.run.done", n=matched)
        return Chip("ok", "check", text), words("rule.run.more", left=left, twice=twice)
    counts = {name: request.args.get(name, type=int) for name in _COUNTS}
    if any(count is None or count < 0 for count in counts.values()):
        return None, ""
    text = words("finance.imported", lines=counts["lines"])
    look = ("warn", "alert") if counts["kept"] or counts["waiting"] else ("ok", "check")
    return Chip(*look, text), words("finance.imported.more", **counts)
