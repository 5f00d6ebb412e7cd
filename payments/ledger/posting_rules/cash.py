"""Notes and coins between till, safe and bank: P39 and P40."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import SAFE, Movement

_OVER_SHORT = "5300"


def till_closed(*, till: str, shift: UUID, difference: Money) -> Entry:
    """P39: *difference* is counted less expected, negative when short. Key: the shift."""
    account, of = f"1000:{till}", Subject("shift", shift)
    if difference < ZERO:
        posting = Posting(_OVER_SHORT, account, -difference, of, of)
    else:
        posting = Posting(account, _OVER_SHORT, difference, of, of)
    return entry(
        "till.close",
        f"till.close:{shift}",
        fingerprint_of("till.close", shift, difference),
        posting,
    )


def till_to_safe(*, slip: str, till: str, shift: UUID, amount: Money) -> Entry:
    """P40, first leg. Key: the slip and the leg."""
    return _moved(slip, 1, Posting(SAFE, f"1000:{till}", amount, None, Subject("shift", shift)))


def safe_to_transit(*, slip: str, bank_account: str, shift: UUID, amount: Money) -> Entry:
    """P40, second leg: the bag is on its way to the bank. Key: the slip and the leg."""
    return _moved(slip, 2, Posting(f"1020:{bank_account}", SAFE, amount, Subject("shift", shift)))


def transit_to_bank(*, slip: str, movement: Movement, shift: UUID, amount: Money) -> Entry:
    """P40, last leg: the bank has counted it. Key: the slip and the leg."""
    bank_account = movement.account.partition(":")[2]
    return _moved(
        slip,
        3,
        Posting(
            movement.account,
            f"1020:{bank_account}",
            amount,
            movement.subject,
            Subject("shift", shift),
        ),
    )


def _moved(slip: str, leg: int, posting: Posting) -> Entry:
    return entry(
        "cash.move",
        f"cash.move:{slip}:{leg}",
        fingerprint_of("cash.move", slip, leg, posting.amount),
        posting,
    )
