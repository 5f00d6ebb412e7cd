"""A split that changes after the issue, whole: P37 or P38 with the rounding of P45."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.invoices import rounding
from payments.ledger.posting_rules.money import RECEIVABLE, WrongParts


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much each payer owes more (negative: less) than before; the whole stays the same."""

    patient: Money
    fund: Money
    others: Money = ZERO


def coverage_changed(
    *,
    event: UUID,
    invoice: UUID,
    claim: UUID,
    agency: str,
    shift: Shift,
    other_payer: str = "",
) -> Entry:
    """
    P37 where the patient owes less, P38 where more; P45 takes what rounding leaves on 1300.

    What the patient has paid too much stays on 1300 until a refund is approved (P16). Key: the
    coverage event.

    Raises:
        WrongParts: the parts change by more than rounding explains, or another payer has no name.
    """
    if shift.others and not other_payer:
        raise WrongParts("another payer's part needs the payer")
    owed, claimed = Subject("invoice", invoice), Subject("claim", claim)
    left = shift.patient + shift.fund + shift.others
    kind = "coverage.withdraw" if shift.patient > ZERO else "coverage.grow"
    return entry(
        kind,
        f"{kind}:{event}",
        fingerprint_of(kind, event, shift.patient, shift.fund, shift.others),
        _moved(f"1400:{agency}", claimed, owed, shift.fund),
        *([_moved(f"1500:{other_payer}", owed, owed, shift.others)] if shift.others else []),
        rounding(RECEIVABLE, owed, left),
    )


def _moved(account: str, payer: Subject, owed: Subject, amount: Money) -> Posting:
    """Move *amount* from the patient to the payer of *account*, or back where it is below zero."""
    if amount < ZERO:
        return Posting(RECEIVABLE, account, -amount, owed, payer)
    return Posting(account, RECEIVABLE, amount, payer, owed)
