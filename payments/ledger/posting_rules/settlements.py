"""A gateway pays what it has captured: P20, P20b, P21, P22 and P27."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import Movement, WrongParts, nothing_below_zero

#: Payments of one transaction; each makes at most two postings, and corrections come on top.
PAYMENTS_MAX: Final = 90


@dataclass(frozen=True, slots=True)
class SettledPayment:
    """A line of the report: *gross* was captured, the gateway keeps *fee*."""

    line: int
    payment: UUID
    gross: Money
    fee: Money = ZERO


@dataclass(frozen=True, slots=True)
class Correction:
    """
    P22: a refund (negative) or another sum of a payment that the gateway nets in the settlement.

    A corrected fee says ``is_fee``: negative when more is kept, positive when some is given back.
    """

    line: int
    payment: UUID
    amount: Money
    is_fee: bool = False


Line = SettledPayment | Correction


def settled(
    *, adapter: str, bank_account: str, batch: str, settlement: UUID, lines: Sequence[Line]
) -> Iterator[Entry]:
    """
    P20, P22: the net is on its way (1020), fees are cost, every sum of the report is one posting.

    Yields one entry per 90 lines, each within the ledger's limit of postings per transaction. Key:
    channel, batch and the number of the first line.

    Raises:
        WrongParts: a fee is larger than its payment.
    """
    for start in range(0, len(lines), PAYMENTS_MAX):
        part = lines[start : start + PAYMENTS_MAX]
        postings = [
            posting
            for line in part
            for posting in _postings(adapter, f"1020:{bank_account}", settlement, line)
        ]
        yield entry(
            "settle",
            f"settle:{adapter}:{batch}:{part[0].line}",
            fingerprint_of("settle", adapter, batch, *(_facts(line) for line in part)),
            *postings,
        )


def settlement_credited(*, movement: Movement, settlement: UUID, amount: Money) -> Entry:
    """P20b: the bank credits the batch; 1020 comes to zero. Key: the bank line."""
    bank_account = movement.account.partition(":")[2]
    return entry(
        "settle.credit",
        movement.key,
        movement.fingerprint(amount),
        Posting(
            movement.account,
            f"1020:{bank_account}",
            amount,
            movement.subject,
            Subject("settlement", settlement),
        ),
    )


def fee_billed(*, adapter: str, fee_invoice: str, amount: Money) -> Entry:
    """P21, first half: the gateway's monthly bill. Key: the number of its fee invoice."""
    return entry(
        "fee.bill",
        f"fee.bill:{adapter}:{fee_invoice}",
        fingerprint_of("fee.bill", adapter, fee_invoice, amount),
        Posting(f"5000:{adapter}", f"2400:{adapter}", amount),
    )


def fee_paid(*, adapter: str, fee_invoice: str, movement: Movement, amount: Money) -> Entry:
    """P21, second half: the bill is paid from *movement*. Key: the number of the fee invoice."""
    return entry(
        "fee.pay",
        f"fee.pay:{adapter}:{fee_invoice}",
        fingerprint_of("fee.pay", adapter, fee_invoice, amount),
        Posting(f"2400:{adapter}", movement.account, amount, credit_subject=movement.subject),
    )


def balance_topped_up(*, movement: Movement, adapter: str, parts: Mapping[UUID, Money]) -> Entry:
    """
    P27: we pay what the gateway is short of.

    *parts* are the payments whose disputes or refunds emptied the balance, with what of each: 1200
    is zero by payment. Key: the bank line.
    """
    nothing_below_zero(**{str(payment): part for payment, part in parts.items()})
    amount = sum(parts.values(), ZERO)
    return entry(
        "settle.topup",
        movement.key,
        movement.fingerprint(-amount),
        *(
            Posting(
                f"1200:{adapter}",
                movement.account,
                part,
                Subject("payment", payment),
                movement.subject,
            )
            for payment, part in parts.items()
        ),
    )


def _postings(adapter: str, transit: str, settlement: UUID, line: Line) -> Iterator[Posting]:
    clearing, fees = f"1200:{adapter}", f"5000:{adapter}"
    payment, batch = Subject("payment", line.payment), Subject("settlement", settlement)
    match line:
        case SettledPayment(gross=gross, fee=fee):
            nothing_below_zero(gross=gross, fee=fee)
            if fee > gross:
                raise WrongParts(f"line {line.line}: a fee of {fee} is more than {gross}")
            yield Posting(transit, clearing, gross - fee, batch, payment)
            yield Posting(fees, clearing, fee, credit_subject=payment)
        case Correction(amount=amount, is_fee=True):
            # The gateway's net changes, the payment's own clearing does not.
            if amount < ZERO:
                yield Posting(fees, transit, -amount, credit_subject=batch)
            else:
                yield Posting(transit, fees, amount, debit_subject=batch)
        case Correction(amount=amount):
            if amount < ZERO:
                yield Posting(clearing, transit, -amount, payment, batch)
            else:
                yield Posting(transit, clearing, amount, batch, payment)


def _facts(line: Line) -> str:
    match line:
        case SettledPayment():
            return f"{line.line}:{line.gross.dong}:{line.fee.dong}"
        case Correction():
            return f"{line.line}:{line.amount.dong}"
