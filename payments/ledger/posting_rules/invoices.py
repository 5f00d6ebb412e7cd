"""What is owed: P01 to P04, P26, P41 and the rounding of an encounter's parts (P45)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import (
    RECEIVABLE,
    ROUNDING,
    WrongParts,
    nothing_below_zero,
)

#: Patient, fund and two other payers, each rounded by itself: more is an error, not rounding.
ROUNDING_MAX: Final = Money(4)
PATIENT: Final = "patient"
BHYT: Final = "bhyt"
OTHER: Final = "other"


class RevenueMode(StrEnum):
    """Whether the hospital recognises revenue here or in its own accounting software."""

    RECOGNISED = "recognised"
    CLEARING = "clearing"


@dataclass(frozen=True, slots=True)
class Revenue:
    """What one department earned from one class of payer (``patient``, ``bhyt``, ``other``)."""

    department: str
    payer_class: str
    amount: Money

    def account(self, mode: RevenueMode) -> str:
        if mode is RevenueMode.CLEARING:
            return f"3900:{self.department}"
        return f"4000:{self.department}:{self.payer_class}"


@dataclass(frozen=True, slots=True)
class _Receivable:
    payer_class: str
    account: str
    subject: Subject
    amount: Money


def invoice_issued(
    *,
    invoice: UUID,
    version: int,
    patient: Money,
    fund: Money = ZERO,
    fund_agency: str = "",
    claim: UUID | None = None,
    other: Money = ZERO,
    other_payer: str = "",
    revenue: Sequence[Revenue],
    vat: Money = ZERO,
    mode: RevenueMode = RevenueMode.RECOGNISED,
) -> Entry:
    """
    P01: each payer owes its part to the departments; *vat* is in the patient's part.

    P45 takes the few đồng by which the rounded parts differ from the revenue. Key: invoice id and
    version.

    Raises:
        WrongParts: a part and its revenue differ by more than rounding, or a part has no debtor.
    """
    nothing_below_zero(patient=patient, fund=fund, other=other, vat=vat)
    postings: list[Posting] = []
    parts = _receivables(invoice, patient, fund, fund_agency, claim, other, other_payer)
    owing = {part.payer_class for part in parts}
    postings += _owed_by_nobody([one for one in revenue if one.payer_class not in owing], mode)
    for part in parts:
        lines = [line for line in revenue if line.payer_class == part.payer_class]
        tax = vat if part.payer_class == PATIENT else ZERO
        postings += [
            Posting(part.account, line.account(mode), line.amount, debit_subject=part.subject)
            for line in lines
        ]
        postings.append(Posting(part.account, "2500", tax, debit_subject=part.subject))
        left = part.amount - tax - sum((line.amount for line in lines), ZERO)
        postings.append(rounding(part.account, part.subject, left))
    return entry(
        "invoice.issue",
        f"invoice.issue:{invoice}:{version}",
        fingerprint_of("invoice", invoice, version, patient, fund, other),
        *postings,
    )


def invoice_credited(
    *,
    credit_note: UUID,
    invoice: UUID,
    revenue: Sequence[Revenue],
    fund_agency: str = "",
    claim: UUID | None = None,
    other_payer: str = "",
    mode: RevenueMode = RevenueMode.RECOGNISED,
) -> Entry:
    """
    P03: less is owed, by the patient and, where *revenue* says so, by the fund and other payers.

    A part that is already paid must not stay on 1300: ``refunds.refund_approved`` moves it in the
    same commit. Key: the credit note.

    Raises:
        WrongParts: a payer class of *revenue* has no debtor.
    """
    total = sum((line.amount for line in revenue), ZERO)
    owed = {
        part.payer_class: part
        for part in _receivables(
            invoice,
            _of(revenue, PATIENT),
            _of(revenue, BHYT),
            fund_agency,
            claim,
            _of(revenue, OTHER),
            other_payer,
        )
    }
    return entry(
        "invoice.credit",
        f"invoice.credit:{credit_note}",
        fingerprint_of("credit", credit_note, invoice, total),
        *(
            Posting(
                line.account(mode),
                owed[line.payer_class].account,
                line.amount,
                credit_subject=owed[line.payer_class].subject,
            )
            for line in revenue
            if line.amount
        ),
    )


def invoice_exempted(*, decision: UUID, invoice: UUID, programme: str, amount: Money) -> Entry:
    """P04: a programme gives up what the patient owes. Key: the decision."""
    owed = Subject("invoice", invoice)
    return entry(
        "invoice.exempt",
        f"invoice.exempt:{decision}",
        fingerprint_of("exempt", decision, invoice, amount),
        Posting(f"4090:{programme}", RECEIVABLE, amount, owed, owed),
    )


def bad_debt(*, decision: UUID, invoice: UUID, amount: Money) -> Entry:
    """P41: what cannot be collected. Key: the decision."""
    owed = Subject("invoice", invoice)
    return entry(
        "invoice.baddebt",
        f"invoice.baddebt:{decision}",
        fingerprint_of("baddebt", decision, invoice, amount),
        Posting("5210", RECEIVABLE, amount, owed, owed),
    )


def rounding(receivable: str, subject: Subject, left: Money) -> Posting:
    """
    P45: what is *left* of a rounded part beside its revenue; goes into the causing transaction.

    Raises:
        WrongParts: it is too much to come from rounding.
    """
    if abs(left) > ROUNDING_MAX:
        raise WrongParts(f"{left.dong} đồng on {receivable} are more than rounding explains")
    if left < ZERO:
        return Posting(ROUNDING, receivable, -left, credit_subject=subject)
    return Posting(receivable, ROUNDING, left, debit_subject=subject)


def _owed_by_nobody(lines: Sequence[Revenue], mode: RevenueMode) -> list[Posting]:
    """
    P45 also of a payer whose hundredths round to no đồng, while a department earned one.

    Raises:
        WrongParts: it is too much to come from rounding: somebody owes it.
    """
    left = sum((line.amount for line in lines), ZERO)
    if left > ROUNDING_MAX:
        raise WrongParts(f"nobody owes {left.dong} đồng of revenue")
    return [Posting(ROUNDING, line.account(mode), line.amount) for line in lines]


def _receivables(
    invoice: UUID,
    patient: Money,
    fund: Money,
    fund_agency: str,
    claim: UUID | None,
    other: Money,
    other_payer: str,
) -> list[_Receivable]:
    """List who owes what; a payer without an amount is left out."""
    owed = Subject("invoice", invoice)
    parts = [_Receivable(PATIENT, RECEIVABLE, owed, patient)]
    if fund:
        if claim is None or not fund_agency:
            raise WrongParts("the fund's part needs its agency and a claim")
        parts.append(_Receivable(BHYT, f"1400:{fund_agency}", Subject("claim", claim), fund))
    if other:
        if not other_payer:
            raise WrongParts("another payer's part needs the payer")
        parts.append(_Receivable(OTHER, f"1500:{other_payer}", owed, other))
    return parts


def _of(revenue: Sequence[Revenue], payer_class: str) -> Money:
    return sum((line.amount for line in revenue if line.payer_class == payer_class), ZERO)
