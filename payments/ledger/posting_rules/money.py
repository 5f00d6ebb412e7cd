"""Where money arrives and leaves: account, key and fingerprint of one movement (decision 11)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from payments.kernel.errors import Rejected
from payments.kernel.money import Money
from payments.ledger.model import CURRENCY, KEY_MAX, Subject, fingerprint_of

RECEIVABLE: Final = "1300"
SAFE: Final = "1010"
DEPOSITS: Final = "2000"
REFUNDS: Final = "2100"
SUSPENSE: Final = "2200"
OTHER_INCOME: Final = "4900"
ROUNDING: Final = "5310"
#: Names the bank lines that have no row of their own when they are posted.
_BANK_LINES: Final = UUID("5b0c5f9e-6f0e-5d1e-9c1b-3f8f0a1d2c4b")


class WrongParts(Rejected):
    """The parts of one fact do not sum to the whole: stopped before it is posted."""

    code = "wrong-parts"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of money at a till, a bank or a gateway, whatever it turns out to pay for."""

    account: str
    key: str
    external_id: str
    subject: Subject

    def fingerprint(self, amount: Money) -> bytes:
        """Hash money account, currency, amount and external id: what every witness tells alike."""
        return fingerprint_of(self.account, CURRENCY, amount, self.external_id)


def bank(bank_account: str, external_id: str, credit: UUID | None = None) -> Movement:
    """Name a line of a bank account; *credit* is our ``bank_credit`` row of it, if there is one."""
    return Movement(
        f"1100:{bank_account}",
        _key(f"bank:{bank_account}", external_id),
        external_id,
        Subject("bank_credit", credit or bank_line(bank_account, external_id)),
    )


def gateway(adapter: str, transaction: str, payment: UUID) -> Movement:
    """Name a capture of a gateway; *adapter* is the channel: adapter and merchant account."""
    return Movement(
        f"1200:{adapter}",
        _key(f"gw:{adapter}", transaction),
        transaction,
        Subject("payment", payment),
    )


def cash(till: str, receipt: UUID, shift: UUID) -> Movement:
    """Name the notes that a till took for a receipt."""
    return Movement(
        f"1000:{till}", _key("cash", str(receipt)), str(receipt), Subject("shift", shift)
    )


def bank_line(bank_account: str, external_id: str) -> UUID:
    """Make the id of a bank line that has no row: the same line gives the same id."""
    return uuid5(_BANK_LINES, f"{bank_account}:{external_id}")


def _key(prefix: str, external_id: str) -> str:
    key = f"{prefix}:{external_id}"
    if len(key) <= KEY_MAX:
        return key
    # Money is not refused because a bank writes long references.
    return f"{prefix}:sha256:{hashlib.sha256(external_id.encode()).hexdigest()}"


def nothing_below_zero(**parts: Money) -> None:
    """
    Refuse a negative part.

    Raises:
        WrongParts: names the part.
    """
    for name, part in parts.items():
        if part < Money(0):
            raise WrongParts(f"{name} is {part.dong} đồng: a part is never negative")
