"""Money that arrives for an invoice or for nobody yet: P05 to P10; the bank's own lines: P42."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from payments.kernel.money import Money
from payments.ledger.model import Entry, Posting, Subject, entry
from payments.ledger.posting_rules import money
from payments.ledger.posting_rules.money import (
    OTHER_INCOME,
    RECEIVABLE,
    SUSPENSE,
    Movement,
    WrongParts,
)

UNMATCHED: Final = "pay.unmatched"


def transfer_received(
    *,
    bank_account: str,
    external_id: str,
    credit: UUID,
    received: Money,
    applied: Money,
    invoice: UUID | None,
    payer: str = "",
) -> Entry:
    """
    P05, P08, P09, P10: a transfer; what *applied* does not use of *received* waits in suspense.

    An institution (*payer*) pays its own part, on 1500. Key: the bank's transaction id, by account.

    Raises:
        WrongParts: more is applied than was received, or something without an invoice.
    """
    movement = money.bank(bank_account, external_id, credit)
    receivable = f"1500:{payer}" if payer else RECEIVABLE
    return _received("pay.bank", movement, received, applied, invoice, movement.subject, receivable)


def gateway_captured(
    *,
    adapter: str,
    transaction: str,
    payment: UUID,
    received: Money,
    applied: Money,
    invoice: UUID | None,
) -> Entry:
    """
    P06, P08, P09, P10: a capture of a gateway or wallet; the excess waits in suspense.

    Key: the gateway's capture id, by adapter and merchant account.

    Raises:
        WrongParts: more is applied than was received, or something without an invoice.
    """
    movement = money.gateway(adapter, transaction, payment)
    return _received("pay.gateway", movement, received, applied, invoice, movement.subject)


def cash_received(
    *, till: str, receipt: UUID, shift: UUID, received: Money, invoice: UUID
) -> Entry:
    """P07: notes at the desk, never more than is due, for change is given. Key: the receipt."""
    movement = money.cash(till, receipt, shift)
    return entry(
        "pay.cash",
        movement.key,
        movement.fingerprint(received),
        Posting(
            movement.account, RECEIVABLE, received, movement.subject, Subject("invoice", invoice)
        ),
    )


def bank_other(
    *, bank_account: str, external_id: str, amount: Money, credit: UUID | None = None
) -> Entry:
    """
    P42: interest (positive *amount*), a bank fee (negative) or another movement of no patient.

    Key: the bank's transaction id, by account.
    """
    movement = money.bank(bank_account, external_id, credit)
    if amount < Money(0):
        posting = Posting(
            f"5000:{bank_account}", movement.account, -amount, credit_subject=movement.subject
        )
    else:
        posting = Posting(movement.account, OTHER_INCOME, amount, debit_subject=movement.subject)
    return entry("bank.other", movement.key, movement.fingerprint(amount), posting)


def _received(
    kind: str,
    movement: Movement,
    received: Money,
    applied: Money,
    invoice: UUID | None,
    owner: Subject,
    receivable: str = RECEIVABLE,
) -> Entry:
    money.nothing_below_zero(received=received, applied=applied)
    if applied > received or (applied and invoice is None):
        raise WrongParts(f"{applied} of {received} cannot be applied to invoice {invoice}")
    postings = []
    if invoice is not None:
        postings.append(
            Posting(
                movement.account, receivable, applied, movement.subject, Subject("invoice", invoice)
            )
        )
    postings.append(
        Posting(movement.account, SUSPENSE, received - applied, movement.subject, owner)
    )
    return entry(
        kind if applied else UNMATCHED, movement.key, movement.fingerprint(received), *postings
    )
