"""What gateways pay out: reports in, differences decided, each batch found on the bank account."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.gateway import Unsupported
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Unavailable
from payments.ledger.model import Subject
from payments.ledger.queries import subject_balance
from payments.payouts import booking, crediting, landing, queries, repository, taking
from payments.payouts.model import CreditUnfit, NoPayoutLine, ReportUnfit, Verdict
from payments.payouts.queries import Batch
from payments.payouts.reporting import reporters
from payments.payouts.repository import Kept
from payments.payouts.taking import Taken
from payments.reconciliation import maps
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.days import day_of
from payments.web.finance.payout_pages import BatchRow, LineRow, PayoutPage, PayoutsPage
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

#: A report of a large hospital's day has some megabytes.
_FILE_MAX_BYTES: Final = 20 * 1024 * 1024
_BODY_MAX_BYTES: Final = _FILE_MAX_BYTES + 64 * 1024
_LOOKS: Final = {
    Verdict.MATCHED: ("ok", "check"),
    Verdict.FEE_DIFFERS: ("warn", "half"),
    Verdict.AMOUNT_DIFFERS: ("warn", "half"),
    Verdict.MISSING_HERE: ("odd", "ask"),
    Verdict.PAID_OUT_BEFORE: ("odd", "twin"),
    Verdict.UNEXPLAINED: ("odd", "ask"),
}


@finance.get("/finance/payouts")
@requires(Permission.SEE_FINANCE)
def payouts() -> str:
    return render(_page())


@finance.post("/finance/payouts")
@requires(Permission.IMPORT_STATEMENT, body_max_bytes=_BODY_MAX_BYTES)
def take_report() -> AnyResponse:
    sent = request.files.get("file")
    form = request.form
    try:
        told = taking.take_in(
            runtime(),
            scope(),
            form.get("channel", ""),
            day_of(form.get("day", "")),
            account=form.get("account", ""),
            content=(sent.read() if sent is not None else b"") or None,
        )
    except InvalidField as error:
        return Response(render(_page(failure=explain(error), failed_line=error.line)), 422)
    except (ReportUnfit, Unsupported) as error:
        return Response(render(_page(failure=explain(error))), 422)
    except Unavailable as error:
        return Response(render(_page(failure=explain(error))), 503)
    return redirect(_address(told), 303)


@finance.get("/finance/payouts/<uuid:payout>")
@requires(Permission.SEE_FINANCE)
def payout(payout: UUID) -> str:
    return render(_payout_page(payout))


@finance.post("/finance/payouts/<uuid:payout>/credit/<uuid:credit>")
@requires(Permission.RESOLVE)
def confirm_payout(payout: UUID, credit: UUID) -> AnyResponse:
    try:
        crediting.confirm(runtime(), scope(), payout, credit)
    except CreditUnfit as error:
        return Response(render(_payout_page(payout, failure=explain(error))), 409)
    return redirect(url_for("finance.payout", payout=payout), 303)


@finance.post("/finance/payouts/<uuid:payout>/lines/<int:number>")
@requires(Permission.RESOLVE)
def accept_line(payout: UUID, number: int) -> AnyResponse:
    try:
        booking.accept(runtime(), scope(), payout, number, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_payout_page(payout, failure=explain(error))), 422)
    except NoPayoutLine as error:
        return Response(render(_payout_page(payout, failure=explain(error))), 409)
    return redirect(url_for("finance.payout", payout=payout), 303)


@finance.post("/finance/payouts/<uuid:payout>/again")
@requires(Permission.IMPORT_STATEMENT)
def judge_again(payout: UUID) -> AnyResponse:
    taking.again(runtime(), scope(), payout)
    return redirect(url_for("finance.payout", payout=payout), 303)


@finance.post("/finance/payouts/payments/<uuid:payment>/credit/<uuid:credit>")
@requires(Permission.RESOLVE)
def confirm_landing(payment: UUID, credit: UUID) -> AnyResponse:
    try:
        landing.confirm(runtime(), scope(), payment, credit)
    except CreditUnfit as error:
        return Response(render(_page(failure=explain(error))), 409)
    return redirect(url_for("finance.payouts"), 303)


def _address(told: Taken) -> str:
    return url_for("finance.payouts", added=told.added, repeated=told.repeated, kept=told.kept)


def _page(*, failure: str = "", failed_line: int | None = None) -> PayoutsPage:
    with runtime().database.reading(scope()) as tx:
        rows = tuple(BatchRow(one, _chip_of(one)) for one in queries.batches(tx))
        telling = reporters(tx, runtime())
        clearings = tuple(queries.clearing(tx, one.channel) for one in telling)
        direct = {one.channel for one in telling if one.lands_directly}
        landed = tuple(
            found
            for one in clearings
            if one.channel in direct
            for found in landing.landings(tx, one.lying)
        )
        accounts = maps.accounts(tx)
    return PayoutsPage(
        rows=rows,
        landings=landed,
        clearings=tuple(one for one in clearings if one.lying or one.balance),
        reporters=telling,
        accounts=accounts,
        yesterday=str(HospitalDay.of(runtime().clock.now()).plus(-1)),
        may_import=_may(Permission.IMPORT_STATEMENT),
        may_resolve=_may(Permission.RESOLVE),
        notice=_notice(),
        failure=failure,
        failed_line=failed_line,
    )


def _payout_page(payout: UUID, *, failure: str = "") -> PayoutPage:
    with runtime().database.reading(scope()) as tx:
        batch = queries.batch(tx, payout)
        lines = queries.lines(tx, payout)
        found = crediting.candidates(tx, repository.get(tx, payout))
        left = subject_balance(tx, "1020", Subject("settlement", payout))
    may_resolve = _may(Permission.RESOLVE)
    return PayoutPage(
        batch=batch,
        chip=_chip_of(batch),
        rows=tuple(_row(one, may_resolve=may_resolve) for one in lines),
        shown_max=queries.LINES_SHOWN_MAX,
        candidates=found,
        on_its_way=left,
        may_resolve=may_resolve,
        failure=failure,
    )


def _row(one: Kept, *, may_resolve: bool) -> LineRow:
    look, icon = _LOOKS[one.verdict]
    if one.decided_by is not None:
        look, icon = "ok", "check"
    return LineRow(
        number=one.number,
        kind=words(f"payout.kind.{one.line.kind}"),
        name=one.line.reference or one.line.transaction,
        gross=one.line.gross,
        kept=one.line.fee + one.line.tax,
        net=one.line.net,
        at=one.line.occurred_at,
        chip=Chip(look, icon, words(f"payout.verdict.{one.verdict}")),
        reason=one.reason,
        may_accept=may_resolve and one.verdict in booking.ACCEPTABLE and one.decided_by is None,
    )


def _chip_of(batch: Batch) -> Chip:
    if batch.open_lines:
        return Chip("odd", "ask", words("payout.state.open", n=batch.open_lines))
    if batch.credit is None:
        return Chip("wait", "clock", words("payout.state.waiting"))
    if batch.fee_lines:
        return Chip("warn", "half", words("payout.state.fees", n=batch.fee_lines))
    return Chip("ok", "check", words("payout.state.done"))


def _notice() -> str:
    told = {name: request.args.get(name, "") for name in ("added", "repeated", "kept")}
    if not all(text.isascii() and text.isdigit() and len(text) < 8 for text in told.values()):
        return ""
    return words("payout.taken", **{name: int(text) for name, text in told.items()})


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)
