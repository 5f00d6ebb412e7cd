"""How a patient's page stands, decided before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from payments.intents.queries import IntentView
from payments.intents.status import Status
from payments.invoicing.queries import InvoiceView
from payments.invoicing.status import Document
from payments.receipts.model import Flag
from payments.receipts.queries import PaymentView


class State(StrEnum):
    #: A code for the whole amount is open.
    DUE = "due"
    #: Something has come and something is missing.
    REST = "rest"
    #: The last code has ended and nothing has come.
    EXPIRED = "expired"
    #: No code was ever shown.
    NEW = "new"
    PAID = "paid"
    #: The whole amount was credited, or there never was one.
    NOTHING = "nothing"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """How far money has come; each is past, on, or later."""

    ASKED = "asked"
    BANK = "bank"
    HOSPITAL = "hospital"


def state_of(invoice: InvoiceView, newest: IntentView | None) -> State:
    """Decide on the amounts first: a code is only a way to pay them."""
    if invoice.document is Document.CANCELLED:
        return State.CANCELLED
    if not invoice.due:
        return State.PAID if invoice.paid else State.NOTHING
    if invoice.paid:
        return State.REST
    if newest is None:
        return State.NEW
    return State.DUE if newest.is_open else State.EXPIRED


def was_replaced(newest: IntentView | None, before: IntentView | None) -> bool:
    """Say whether the open code stands for one that the payer may still have before them."""
    return (
        newest is not None
        and newest.is_open
        and before is not None
        and before.status is Status.SUPERSEDED
    )


def step_of(state: State, payments: Sequence[PaymentView]) -> Step | None:
    """
    Name the step that is on: the bank while a code is open, the hospital until the receipt has its
    number. None where nobody waits, and where all is done.
    """
    match state:
        case State.DUE | State.REST:
            return Step.BANK
        case State.PAID if any(one.applied and not one.receipt_number for one in payments):
            return Step.HOSPITAL
        case _:
            return None


def is_twice(payments: Sequence[PaymentView]) -> bool:
    """Say whether what is left over came as a second payment."""
    return any(Flag.DUPLICATE in one.flags and one.waiting for one in payments)
