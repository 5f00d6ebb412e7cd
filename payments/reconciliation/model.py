"""The verdicts of a comparison, and what a day comes to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money


class Verdict(StrEnum):
    """*here* is our ledger, *there* the bank."""

    MATCHED = "matched"
    WITHIN_TOLERANCE = "within_tolerance"
    AMOUNT_DIFFERS = "amount_differs"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DUPLICATE_HERE = "duplicate_here"
    DUPLICATE_THERE = "duplicate_there"


class Source(StrEnum):
    """Who speaks for the bank: its statement, or the feeds until the statement has come."""

    STATEMENT = "statement"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class SideLine:
    """One line of one side; *ref* names the movement alike on both, *amount* has its sign."""

    line_id: str
    ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the ledger and the bank's line of it; either may be missing."""

    verdict: Verdict
    ref: str
    ledger_line: str | None
    ledger_amount: Money | None
    bank_line: str | None
    bank_amount: Money | None

    @property
    def name(self) -> str:
        """Name the finding so that the next run over the same day knows it again."""
        return f"{self.verdict}:{self.ledger_line or '-'}:{self.bank_line or '-'}"

    @property
    def difference(self) -> Money:
        """What the bank has more than the ledger."""
        return (self.bank_amount or ZERO) - (self.ledger_amount or ZERO)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Both sides of one account and day."""

    account: str
    day: HospitalDay
    source: Source
    ledger: tuple[SideLine, ...]
    bank: tuple[SideLine, ...]

    def sha256(self) -> bytes:
        """Hash what is compared: the same inputs give the same findings."""
        told = [
            self.account,
            str(self.day),
            self.source.value,
            *map(_told, (self.ledger, self.bank)),
        ]
        return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs of one account and day. The difference is theirs to the last đồng."""

    inputs: Inputs
    pairs: tuple[Pair, ...]

    @property
    def ledger_total(self) -> Money:
        return sum((line.amount for line in self.inputs.ledger), ZERO)

    @property
    def bank_total(self) -> Money:
        return sum((line.amount for line in self.inputs.bank), ZERO)

    @property
    def difference(self) -> Money:
        return self.bank_total - self.ledger_total

    @property
    def findings(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.verdict is not Verdict.MATCHED)

    @property
    def counts(self) -> Mapping[Verdict, int]:
        found = Counter(pair.verdict for pair in self.pairs)
        return {verdict: found[verdict] for verdict in Verdict}


def _told(side: Sequence[SideLine]) -> list[list[str | int]]:
    return [[line.line_id, line.ref, line.amount.dong] for line in sorted(side, key=_by_id)]


def _by_id(line: SideLine) -> str:
    return line.line_id
