"""The ledger's values: an entry is one business fact, a posting moves one amount."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import DONG_MAX, Money

CURRENCY: Final = "VND"
SUBJECT_TYPES: Final = (
    "invoice",
    "encounter",
    "payment",
    "refund",
    "claim",
    "claim_period",
    "bank_credit",
    "settlement",
    "dispute",
    "shift",
)
SOURCES: Final = ("cashier", "webhook", "statement", "job", "migration", "finance")
#: One transaction holds at most this many postings; more are split into parts.
POSTINGS_MAX: Final = 200
KEY_MAX: Final = 200
MEMO_MAX: Final = 200


class KeyReused(Conflict):
    """One idempotency key, two facts: what is stored under the key is about other money."""

    code = "ledger-key-reused"


class AlreadyReversed(Conflict):
    code = "already-reversed"


class BadEntry(Rejected):
    """An entry that the ledger never takes: no postings, a wrong amount, account or subject."""

    code = "bad-entry"


class Overdrawn(Conflict):
    """More would leave a guarded account than its subject has there (I12)."""

    code = "subject-overdrawn"


class UnknownTransaction(NotFound):
    code = "unknown-transaction"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the money of a control account belongs to: the sub-ledger of one side of a posting."""

    type: str
    id: UUID

    def __post_init__(self) -> None:
        if self.type not in SUBJECT_TYPES:
            raise BadEntry(f"{self.type!r} is no subject of the ledger")


@dataclass(frozen=True, slots=True)
class Posting:
    """
    One positive *amount* from account *credit* to account *debit*: balanced by construction.

    Accounts are codes: ``2200``, or ``<control>:<qualifier>`` such as ``1100:0071000123456``.
    """

    debit: str
    credit: str
    amount: Money
    debit_subject: Subject | None = None
    credit_subject: Subject | None = None
    department: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.amount.dong <= DONG_MAX:
            raise BadEntry(f"a posting moves 1 to {DONG_MAX} đồng, not {self.amount.dong}")
        if self.debit == self.credit:
            raise BadEntry(f"a posting moves money between two accounts, not within {self.debit}")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One business fact, ready to be posted; made by the functions of ``posting_rules``.

    *fingerprint* is a SHA-256 over the facts that every source of this fact gives alike, never over
    what was decided about it: the statement that repeats a webhook compares equal.
    """

    kind: str
    key: str
    postings: tuple[Posting, ...]
    fingerprint: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= KEY_MAX:
            raise BadEntry(f"an idempotency key has 1 to {KEY_MAX} characters")
        if len(self.fingerprint) != hashlib.sha256().digest_size:
            raise BadEntry("a fingerprint is a SHA-256")


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an entry; *replayed* when the same fact was already in the ledger."""

    txn_id: UUID
    replayed: bool
    booked_on: HospitalDay


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One side of a posting as lists show it: debit positive, credit negative."""

    txn_id: UUID
    kind: str
    key: str
    account: str
    amount: Money
    effective_at: datetime
    subject_type: str | None
    subject_id: UUID | None


def entry(kind: str, key: str, fingerprint: bytes, *postings: Posting) -> Entry:
    """Make an entry without the postings of zero: nothing moved is nothing posted."""
    return Entry(kind, key, tuple(posting for posting in postings if posting.amount), fingerprint)


def fingerprint_of(*facts: object) -> bytes:
    """Hash *facts* (text, ids, amounts) so that no two lists of facts run into each other."""
    told = [fact.dong if isinstance(fact, Money) else str(fact) for fact in facts]
    return hashlib.sha256(
        json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    ).digest()
