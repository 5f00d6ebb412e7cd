"""Decides what a second screen shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from payments.desks.model import Shown
from payments.intents import queries as intents
from payments.invoicing import queries as invoicing
from payments.invoicing.queries import InvoiceView
from payments.kernel.money import ZERO, Money
from payments.patients.service import masked
from payments.storage.unit_of_work import UnitOfWork
from payments.web import codes
from payments.web.codes import CodeCard
from payments.web.current import runtime, words
from payments.web.display.pages import NowPart
from payments.web.patient.states import State, state_of, was_replaced
from payments.web.plans import asked_of
from payments.words.formats import vnd

#: Digits of the account: enough to compare, not to copy.
_LAST: Final = 4
#: What is asked of the payer, and how the screen says it aloud.
_SAID: Final = {
    "due": "display.said.due",
    "replaced": "display.said.replaced",
    "rest": "display.said.rest",
}


def version_of(tx: UnitOfWork, shown: Shown) -> str:
    """Name what *shown* looks like: it changes with the desk's choice and with the invoice."""
    if shown.intent is None:
        return str(shown.version)
    return f"{shown.version}.{intents.invoice_of(tx, shown.intent).version}"


def now_of(tx: UnitOfWork, shown: Shown, *, done: str) -> NowPart:
    """
    Read what *shown* looks like now; of a payment that the screen has *done* showing, nothing.

    The version is read first: what changes while the rest is read is asked for again.
    """
    version = version_of(tx, shown)
    if shown.intent is None:
        return _part(shown, version, "idle")
    invoice_id = intents.invoice_of(tx, shown.intent).id
    invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
    newest, before = intents.latest_two(tx, invoice_id)
    state = state_of(invoice, newest)
    if state is State.PAID:
        return _paid(shown, version, invoice, is_done=done == str(shown.version))
    code = codes.card(runtime(), newest) if state in (State.DUE, State.REST) else None
    if code is not None and not code.picture:
        # A transfer at the bank's counter: there is nothing to scan.
        return _part(shown, version, "ask", said=words("display.ask"))
    if code is not None:
        is_new = was_replaced(newest, before)
        look = "rest" if state is State.REST else "replaced" if is_new else "due"
        plan = asked_of(tx, invoice).plan
        if plan is None:
            return _asking(shown, version, invoice, code, look)
        # A part that was agreed on is neither a rest nor another amount than the one before.
        facts = {"n": plan.now, "of": len(plan.parts), "amount": vnd(code.amount)}
        part = words("plan.now", **facts)
        return replace(_asking(shown, version, invoice, code, "due"), part=part, said=part)
    # The cashier knows what can be done: a new code, or nothing, for nothing is due any more.
    if state in (State.EXPIRED, State.REST):
        return _part(shown, version, "expired", said=words("status.expired"))
    return _part(shown, version, "ask", said=words("display.ask"))


def _paid(shown: Shown, version: str, invoice: InvoiceView, *, is_done: bool) -> NowPart:
    if is_done:
        return _part(shown, version, "idle")
    said = words("display.said.paid", amount=vnd(invoice.paid))
    return _part(shown, version, "paid", invoice.paid, number=invoice.number, said=said)


def _asking(shown: Shown, version: str, invoice: InvoiceView, code: CodeCard, look: str) -> NowPart:
    return NowPart(
        version=version,
        showing=shown.version,
        state=look,
        amount=code.amount,
        code=code,
        account_end=code.account[-_LAST:],
        patient=masked(invoice.patient_name),
        number=invoice.number,
        said=words(_SAID[look], amount=vnd(code.amount)),
    )


def _part(
    shown: Shown,
    version: str,
    state: str,
    amount: Money = ZERO,
    *,
    number: str = "",
    said: str = "",
) -> NowPart:
    return NowPart(version, shown.version, state, amount, None, "", "", number, said)
