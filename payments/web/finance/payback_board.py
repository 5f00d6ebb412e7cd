"""Puts the page of payments back together: who may do what next with each."""

from __future__ import annotations

from typing import Final

from flask import url_for

from payments.identity import queries as identity
from payments.identity.permissions import Permission
from payments.qr.banks import table
from payments.reconciliation import resolving
from payments.refunds import file_repository, move_queries, payback_repository, paying_back
from payments.refunds.file_repository import FileView
from payments.refunds.paybacks import PAYABLE, Payback, State
from payments.web.chips import Chip
from payments.web.current import current, runtime, scope, words
from payments.web.finance.payback_pages import FileRow, PaybackRow, PaybacksPage

_SHOWN_MAX: Final = 50
_FILES_MAX: Final = 20
_LOOKS: Final = {
    State.REQUESTED: ("wait", "clock"),
    State.APPROVED: ("wait", "ask"),
    State.NAMED: ("warn", "ask"),
    State.READY: ("wait", "clock"),
    State.LISTED: ("wait", "file"),
    State.PAID: ("ok", "check"),
    State.REFUSED: ("off", "stop"),
}
_UNPAID: Final = frozenset({State.APPROVED, State.NAMED, State.READY})


def page_of(number: str, *, failure: str = "") -> PaybacksPage:
    may_ask, may_approve = _may(Permission.REFUND), _may(Permission.APPROVE_REFUND)
    with runtime().database.reading(scope()) as tx:
        invoice = resolving.invoice_of_number(tx, number) if number else None
        payments = () if invoice is None else move_queries.payments_of(tx, invoice)
        newest = payback_repository.newest(tx, limit=_SHOWN_MAX)
        ready = len(payback_repository.ready(tx, tx.now()))
        stands = file_repository.numbers_of(tx, [one.id for one in newest])
        files = file_repository.newest(tx, limit=_FILES_MAX) if may_approve else ()
        people = {f"user:{one.id}": one.name for one in identity.users(tx)}
    return PaybacksPage(
        number=number,
        is_unknown=bool(number) and invoice is None,
        payments=payments,
        rows=tuple(
            _row(one, stands.get(one.id), may_ask=may_ask, may_approve=may_approve)
            for one in newest
        ),
        files=tuple(_file_row(one, people) for one in files),
        ready=ready if may_approve else 0,
        may_ask=may_ask,
        failure=failure,
    )


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def _file_row(one: FileView, people: dict[str, str]) -> FileRow:
    waits = one.file.lines - one.paid - one.taken_out
    look, icon = ("wait", "clock") if waits else ("ok", "check")
    text = words("payback.file.waits", n=waits) if waits else words("payback.file.done")
    return FileRow(
        id=one.file.id,
        number=one.file.number,
        sha256=one.file.sha256,
        lines=one.file.lines,
        total=one.file.total,
        made_by=people.get(one.file.made_by, one.file.made_by),
        made_at=one.file.made_at,
        downloads=one.file.downloads,
        taken_out=one.taken_out,
        chip=Chip(look, icon, text),
    )


def _row(
    one: Payback, stands: tuple[int, str] | None, *, may_ask: bool, may_approve: bool
) -> PaybackRow:
    look, icon = _LOOKS[one.state]
    is_own = one.requested_by == scope().actor
    is_request, is_named = one.state is State.REQUESTED, one.state is State.NAMED
    is_listed = one.state is State.LISTED
    is_own_file = stands is not None and stands[1] == scope().actor
    has_link = one.state in (State.APPROVED, State.NAMED) and may_ask
    cools = one.state is State.READY and one.ready_at is not None
    now = runtime().clock.now()
    return PaybackRow(
        id=one.id,
        amount=one.amount,
        reason=one.reason,
        requested_at=one.requested_at,
        code=one.code,
        chip=Chip(look, icon, words(f"payback.state.{one.state}")),
        link=_link(one) if has_link else "",
        account=_account(one),
        ready_at=one.ready_at if cools and one.ready_at and one.ready_at > now else None,
        may_approve=is_request and may_approve and not is_own,
        may_turn_down=is_request and (may_approve or (may_ask and is_own)),
        may_pass=is_named and may_approve and not is_own,
        may_send_back=one.state in _UNPAID and may_ask,
        may_close=one.state in PAYABLE and may_ask,
        file=stands[0] if is_listed and stands is not None else None,
        may_take_out=is_listed and may_approve and not is_own_file,
        is_own_file=is_listed and may_approve and is_own_file,
        may_come_back=one.state is State.PAID and may_ask,
        is_own=(is_request or is_named) and may_approve and is_own,
    )


def _link(one: Payback) -> str:
    token = paying_back.token_of(runtime(), one)
    return runtime().settings.public_url + url_for("patient.claim", token=token)


def _account(one: Payback) -> str:
    if not one.account_last4:
        return ""
    known = table(runtime().settings.banks_file).get(one.bank)
    return f"{known.short_name if known else one.bank} …{one.account_last4}"
