"""Puts together what a patient's page shows of one invoice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from payments.intents import queries as intents
from payments.intents.queries import IntentView
from payments.invoicing.queries import InvoiceView
from payments.kernel.money import ZERO
from payments.patients.service import masked
from payments.qr import apps, drawing
from payments.qr.banks import table
from payments.receipts import proving
from payments.receipts import queries as receipts
from payments.receipts.model import Flag
from payments.receipts.queries import PaymentView
from payments.storage.unit_of_work import UnitOfWork
from payments.web import chips, codes
from payments.web.chips import Chip
from payments.web.current import runtime, words
from payments.web.offers import Offer, name_of, offers
from payments.web.patient import ways
from payments.web.patient.pages import PayPage, ReceivedRow, StepRow
from payments.web.patient.states import State, Step, is_twice, state_of, step_of, was_replaced
from payments.web.plans import Asked, asked_of
from payments.words.formats import vnd

_METHODS: Final = {"bank": "pay.bank_transfer", "cash": "pay.cash", "gateway": "pay.gateway"}
_STEPS: Final = {
    Step.ASKED: "pay.step.asked",
    Step.BANK: "pay.step.bank",
    Step.HOSPITAL: "pay.step.hospital",
}
#: What a patient is told of a payment; the rest is finance's own.
_TOLD: Final = {Flag.LATE, Flag.DUPLICATE}


def page_of(tx: UnitOfWork, invoice: InvoiceView, *, not_opened: str = "") -> PayPage:
    """
    Read codes and payments of *invoice*, and decide what its page shows.

    *not_opened* is the channel that was chosen and is not open.
    """
    newest, before = intents.latest_two(tx, invoice.id)
    payments = receipts.of_invoice(tx, invoice.id)
    state = state_of(invoice, newest)
    is_asked = state in (State.DUE, State.REST)
    code = codes.card(runtime(), newest) if is_asked else None
    asked = asked_of(tx, invoice)
    found = offers(tx, runtime(), asked.amount) if invoice.due else ()
    return PayPage(
        token=invoice.pay_token,
        version=invoice.version,
        state=state.value,
        said=_said(state, invoice, asked, is_replaced=was_replaced(newest, before)),
        number=invoice.number,
        patient=masked(invoice.patient_name),
        issued_at=invoice.issued_at,
        owed=invoice.owed,
        total=invoice.total,
        covered=invoice.covered,
        paid=invoice.paid,
        due=invoice.due,
        suspense=sum((payment.waiting for payment in payments), ZERO),
        is_twice=is_twice(payments),
        chips=_chips(state, invoice, asked, payments),
        code=code,
        is_replaced=was_replaced(newest, before),
        can_show_code=code is None
        and bool(invoice.due)
        and not asked.is_large
        and codes.channel_of(found, asked.amount) is not None,
        asked=asked,
        apps=_apps(newest) if newest is not None and code and code.picture else (),
        ways=ways.open_of(found),
        shut=ways.shut_of(found),
        not_opened=_name_in(found, not_opened),
        steps=_steps(state, step_of(state, payments)) if code or state is State.PAID else (),
        received=tuple(
            ReceivedRow(
                payment.shown,
                payment.received_at,
                _METHODS.get(payment.method, ""),
                payment.receipt_number,
                payment.id if _is_provable(tx, payment) else None,
            )
            for payment in payments
        ),
        proof=_proof(payments) if state is State.PAID else None,
        help_phone=runtime().settings.help_phone,
    )


def _is_provable(tx: UnitOfWork, payment: PaymentView) -> bool:
    return payment.receipt_number is not None and proving.is_provable(tx, payment.id)


def _name_in(found: Sequence[Offer], slug: str) -> str:
    """Name *slug* where it is a way to pay that is shut: an address may say anything."""
    return next((name_of(slug) for one in found if one.slug == slug and not one.is_open), "")


def _said(state: State, invoice: InvoiceView, asked: Asked, *, is_replaced: bool) -> str:
    match state:
        case State.DUE:
            return words("pay.replaced") if is_replaced else words("status.pending")
        case State.REST if asked.plan is not None:
            return asked.plan.progress
        case State.REST:
            return words("status.underpaid", amount=vnd(invoice.due))
        case State.EXPIRED | State.NEW:
            return words("status.expired" if state is State.EXPIRED else "status.pending")
        case State.PAID:
            return words("pay.said_paid", amount=vnd(invoice.paid))
        case State.NOTHING:
            return words("pay.nothing_due")
        case State.CANCELLED:
            return words("pay.cancelled")


def _chips(
    state: State, invoice: InvoiceView, asked: Asked, payments: Sequence[PaymentView]
) -> tuple[Chip, ...]:
    if state is State.EXPIRED:
        return (Chip("off", "clock", words("status.expired")),)
    if state is State.NOTHING:
        return ()
    told: dict[str, Chip] = {}
    for payment in payments:
        for flag in sorted(payment.flags & _TOLD):
            told[flag] = chips.of_flag(flag, payment)
    if state is State.REST and asked.plan is not None:
        return (Chip("wait", "half", asked.plan.progress), *told.values())
    return (chips.of_invoice(invoice), *told.values())


def _steps(state: State, on: Step | None) -> tuple[StepRow, ...]:
    if on is None:
        return tuple(StepRow(key, "past") for key in _STEPS.values())
    order = list(_STEPS)
    here = order.index(on)
    looks = ["past" if n < here else "on" if n == here else "later" for n in range(len(order))]
    return tuple(StepRow(_STEPS[step], look) for step, look in zip(order, looks, strict=True))


def _apps(intent: IntentView) -> tuple[apps.BankApp, ...]:
    settings = runtime().settings
    bank = table(settings.banks_file).get(intent.payee.bin)
    transfer = apps.Transfer(
        intent.payee.account,
        intent.payee.bin,
        bank.code if bank is not None else "",
        intent.amount.dong,
        intent.code,
    )
    return apps.links(apps.table(settings.bank_apps_file), transfer)


def _proof(payments: Sequence[PaymentView]) -> Markup | None:
    numbers = [one.receipt_number for one in payments if one.receipt_number]
    if not numbers:
        return None
    return _drawn(numbers[-1], words("pay.proof_label", number=numbers[-1]))


@lru_cache(maxsize=256)
def _drawn(number: str, label: str) -> Markup:
    # The drawing escapes the label and writes nothing else of ours but squares.
    return Markup(drawing.svg(number, label))  # noqa: S704
