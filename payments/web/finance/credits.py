"""One movement on a bank account: what it may be for, and the person's decision."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.bank.model import Direction, State
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO
from payments.matching import repository as matches
from payments.matching.applying import confirm
from payments.receipts.attached import in_suspense, is_a_patients
from payments.reconciliation import income, resolving
from payments.reconciliation.lines import SOURCE
from payments.reconciliation.matching import Suggestion
from payments.reconciliation.suggesting import find, memo_text, suggestions, witnesses
from payments.reconciliation.unmatching import MatchInUse, unmatch
from payments.refunds import move_queries
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.decided import decision_row
from payments.web.finance.pages import CreditPage, SuggestionRow
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.words.formats import vnd


@finance.get("/finance/credits/<uuid:credit>")
@requires(Permission.SEE_FINANCE)
def credit(credit: UUID) -> str:
    return render(_page(credit))


@finance.post("/finance/credits/<uuid:credit>/attach")
@requires(Permission.RESOLVE)
def attach(credit: UUID) -> AnyResponse:
    number = " ".join(request.form.get("number", "").split()).upper()[:30]
    try:
        with runtime().database.reading(scope()) as tx:
            invoice = resolving.invoice_of_number(tx, number)
        if invoice is None:
            raise InvalidField("number", "invoice_number", number=number)
        confirm(runtime(), scope(), credit, invoice, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(credit, failure=explain(error), failed_number=number)), 422)
    if request.form.get("back") == "inbox":
        return redirect(url_for("finance.inbox"), 303)
    return redirect(url_for("finance.credit", credit=credit), 303)


@finance.post("/finance/credits/<uuid:credit>/unmatch/<uuid:match>")
@requires(Permission.RESOLVE)
def take_back(credit: UUID, match: UUID) -> AnyResponse:
    try:
        unmatch(runtime(), scope(), match, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(credit, failure=explain(error))), 422)
    except MatchInUse as error:
        return Response(render(_page(credit, failure=explain(error))), 409)
    return redirect(url_for("finance.credit", credit=credit), 303)


@finance.post("/finance/credits/<uuid:credit>/fee")
@requires(Permission.RESOLVE)
def book_fee(credit: UUID) -> AnyResponse:
    try:
        resolving.book_bank_line(runtime(), scope(), credit, request.form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(credit, failure=explain(error))), 422)
    return redirect(url_for("finance.credit", credit=credit), 303)


@finance.post("/finance/credits/<uuid:credit>/income")
@requires(Permission.RESOLVE)
def take_income(credit: UUID) -> AnyResponse:
    try:
        purpose = income.purpose_of(request.form.get("purpose", ""))
        reason = request.form.get("reason", "")
        income.take_as_income(runtime(), scope(), credit, purpose, reason)
    except InvalidField as error:
        page = _page(credit, failure=explain(error), failed_field=f"income-{error.field}")
        return Response(render(page), 422)
    return redirect(url_for("finance.credit", credit=credit), 303)


def _page(
    credit: UUID, *, failure: str = "", failed_number: str = "", failed_field: str = ""
) -> CreditPage:
    with runtime().database.reading(scope()) as tx:
        found = find(tx, credit)
        left = in_suspense(tx, credit)
        memo = memo_text(tx, runtime().keys, credit)
        told_by = witnesses(tx, credit)
        guesses = suggestions(tx, runtime(), found)
        may_refund = _may(Permission.REFUND)
        free = move_queries.of_credit(tx, credit) if left and may_refund else None
        decided = tuple(decision_row(tx, one) for one in matches.decisions(tx, credit))
        is_nobodys = bool(left) and not is_a_patients(tx, credit)
    is_outgoing = found.direction is Direction.OUT
    return CreditPage(
        id=found.id,
        account=found.account,
        reference=found.reference or found.external_id,
        is_outgoing=is_outgoing,
        amount=found.amount,
        left=left,
        occurred_at=found.occurred_at,
        day=found.day,
        memo=memo,
        witnesses=tuple(source_name(one) for one in told_by),
        suggestions=tuple(SuggestionRow(one, why_of(one)) for one in guesses),
        may_resolve=_may(Permission.RESOLVE),
        may_book=is_outgoing and found.state is State.NEW,
        failure=failure,
        failed_number=failed_number,
        failed_field=failed_field,
        may_be_income=is_nobodys,
        payment=None if free is None else free.payment,
        may_go_back=ZERO if free is None else free.most,
        decisions=decided,
        kinds=tuple((kind.value, words(f"finance.income.{kind}")) for kind in income.KINDS),
    )


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def source_name(source: str) -> str:
    """Name a witness: the bank's statement, or a feed by its channel."""
    return words("recon.statement") if source == SOURCE else source.partition(":")[2]


def why_of(one: Suggestion) -> str:
    return words(f"finance.why.{one.why}", amount=vnd(abs(one.difference)), minutes=one.minutes)
