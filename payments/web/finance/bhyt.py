"""The insurer's board: a quarter from what was asked to what came, and what was refused of it."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, Rejected
from payments.kernel.money import Money
from payments.settlement import advancing, assessed_lines, charging, receiving, refusing, settling
from payments.settlement import writing_off as bearing
from payments.settlement.model import agency_of, period_id
from payments.settlement.settling import Notice
from payments.web import forms
from payments.web.current import explain, runtime, scope
from payments.web.finance.bhyt_board import board_page, claim_page
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires


@finance.get("/finance/bhyt")
@requires(Permission.SEE_FINANCE)
def bhyt() -> str:
    return render(board_page(request.args.get("period", "")))


@finance.get("/finance/bhyt/claims/<uuid:claim>")
@requires(Permission.SEE_FINANCE)
def bhyt_claim(claim: UUID) -> str:
    return render(claim_page(claim))


@finance.post("/finance/bhyt/refusals/<uuid:refusal>")
@requires(Permission.RESOLVE)
def bhyt_refusal(refusal: UUID) -> AnyResponse:
    """Explain, appeal, note the answer, ask who bears it or turn that down."""
    form = request.form
    reason, asked = form.get("reason", ""), (runtime(), scope(), refusal)
    try:
        match form.get("do", ""):
            case "explain":
                refusing.explain(*asked, reason)
            case "appeal":
                refusing.appeal(*asked, reason)
            case "decide":
                refusing.decide(*asked, _won(form.get("won", "")), reason)
            case "ask_write_off":
                bearing.ask_write_off(*asked, reason)
            case "ask_charge":
                charging.ask_charge(*asked, reason)
            case "turn_down":
                bearing.turn_down(*asked, reason)
            case _:
                raise InvalidField("do", "bhyt_step")
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


@finance.post("/finance/bhyt/refusals/<uuid:refusal>/write-off")
@requires(Permission.APPROVE_REFUND)
def bhyt_write_off(refusal: UUID) -> AnyResponse:
    try:
        bearing.write_off(runtime(), scope(), refusal)
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


@finance.post("/finance/bhyt/refusals/<uuid:refusal>/charge")
@requires(Permission.APPROVE_REFUND)
def bhyt_charge(refusal: UUID) -> AnyResponse:
    """Let the patient owe it: the second person's decision."""
    try:
        charging.charge(runtime(), scope(), refusal)
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


@finance.post("/finance/bhyt/orphans/<uuid:batch>/<int:line>")
@requires(Permission.RESOLVE)
def bhyt_orphan(batch: UUID, line: int) -> AnyResponse:
    try:
        assessed_lines.close_orphan(runtime(), scope(), batch, line, request.form.get("reason", ""))
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


@finance.post("/finance/bhyt/notice")
@requires(Permission.RESOLVE)
def bhyt_notice() -> AnyResponse:
    form = request.form
    try:
        notice = Notice(
            form.get("number", ""),
            _day(form.get("day", "")),
            forms.amount(form.get("total", ""), "total", wrong="bhyt_amount"),
        )
        settling.settle(runtime(), scope(), _quarter(), notice)
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


@finance.post("/finance/bhyt/money")
@requires(Permission.RESOLVE)
def bhyt_money() -> AnyResponse:
    """Say that a transfer in suspense is the insurer's advance, or its payment."""
    form = request.form
    try:
        credit = forms.identifier(form.get("credit", ""), "credit", wrong="bhyt_transfer")
        reason = form.get("reason", "")
        match form.get("do", ""):
            case "advance":
                advancing.advance(runtime(), scope(), _quarter(), credit, reason)
            case "payment":
                receiving.receive(runtime(), scope(), _quarter(), credit, reason)
            case _:
                raise InvalidField("do", "bhyt_step")
    except (Rejected, Conflict) as error:
        return _refused(error)
    return _back()


def _quarter() -> UUID:
    facility = scope().facility
    return period_id(facility, agency_of(facility), request.form.get("period", ""))


def _won(text: str) -> Money:
    return forms.amount(text, "won", wrong="bhyt_amount")


def _day(text: str) -> HospitalDay:
    try:
        return HospitalDay.parse(text)
    except ValueError as error:
        raise InvalidField("day", "bhyt_day") from error


def _claim() -> UUID | None:
    try:
        return UUID(request.form.get("claim", ""))
    except ValueError:
        return None


def _refused(error: Rejected | Conflict) -> AnyResponse:
    """Show the page that the form stood in, with what stands in the way."""
    claim, said = _claim(), explain(error)
    page = (
        board_page(request.form.get("period", ""), said)
        if claim is None
        else claim_page(claim, said)
    )
    return Response(render(page), 409 if isinstance(error, Conflict) else 422)


def _back() -> AnyResponse:
    claim = _claim()
    if claim is not None:
        return redirect(url_for("finance.bhyt_claim", claim=claim), 303)
    return redirect(url_for("finance.bhyt", period=request.form.get("period", "")), 303)
