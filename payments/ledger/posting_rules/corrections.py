"""
Opening balances (P43), and why P02, P19 and P44 have no function here.

A correction is the exact negation of a stored transaction, so only the ledger can make it:
``ledger.reverse(tx, txn_id, kind="invoice.void")`` for P02 (once per issue, credit, exemption and
coverage change of the invoice), ``kind="refund.cancel"`` for P19 (of P12, P15 or P16), and no kind
for P44. Key: the kind and the id of the reversed transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of

_OPENING = "3000"


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What an account held when the hospital began: debit positive, credit negative."""

    account: str
    amount: Money
    subject: Subject | None = None


def opened(*, go_live: UUID, balances: Sequence[OpeningBalance]) -> Entry:
    """P43: every balance against 3000. Key: the go-live."""
    return entry(
        "opening",
        f"opening:{go_live}",
        fingerprint_of(
            "opening", go_live, *(f"{one.account}:{one.amount.dong}" for one in balances)
        ),
        *(_posting(one) for one in balances),
    )


def _posting(one: OpeningBalance) -> Posting:
    if one.amount < ZERO:
        return Posting(_OPENING, one.account, -one.amount, credit_subject=one.subject)
    return Posting(one.account, _OPENING, one.amount, debit_subject=one.subject)
