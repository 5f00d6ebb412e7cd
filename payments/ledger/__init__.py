"""The money record: balanced by construction, append-only, sealed; ``post`` is the only writer."""

from payments.ledger import periods, queries
from payments.ledger.accounts import ensure_account
from payments.ledger.model import (
    AlreadyReversed,
    BadEntry,
    Entry,
    KeyReused,
    LedgerLine,
    Overdrawn,
    Posted,
    Posting,
    Subject,
    UnknownTransaction,
)
from payments.ledger.service import post, reverse

__all__ = [
    "AlreadyReversed",
    "BadEntry",
    "Entry",
    "KeyReused",
    "LedgerLine",
    "Overdrawn",
    "Posted",
    "Posting",
    "Subject",
    "UnknownTransaction",
    "ensure_account",
    "periods",
    "post",
    "queries",
    "reverse",
]
