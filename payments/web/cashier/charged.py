"""What the fund refused later and the patient owes by a decision, in words for the desk."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from payments.insurance.coverage import Rules
from payments.insurance.explaining import article
from payments.kernel.money import ZERO, Money
from payments.settlement.charging import charges_of
from payments.storage.unit_of_work import UnitOfWork
from payments.web.current import language, words
from payments.words.formats import local_time, vnd


@dataclass(frozen=True, slots=True)
class Charged:
    """*amount* is on the patient's part already; *told* says of each decision what and why."""

    amount: Money
    told: tuple[tuple[str, str], ...]


def charged(tx: UnitOfWork, invoice: UUID | None) -> Charged:
    """Read the decisions (P35) about an invoice; none before it is issued."""
    rows = () if invoice is None else charges_of(tx, invoice)
    bases = Rules.shipped().bases
    return Charged(
        sum((one.amount for one in rows), ZERO),
        tuple(
            (
                words("split.charged", amount=vnd(one.amount)),
                words(
                    "split.charged.more",
                    at=local_time(one.at),
                    reason=one.reason,
                    article=article(bases[one.basis], language()),
                ),
            )
            for one in rows
        ),
    )
