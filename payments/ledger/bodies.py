"""
What is hashed of a transaction: canonical JSON (RFC 8785) of frozen lists of columns.

A list of columns is never changed: a new column makes a new version beside it, so that old seals
verify for ever. Both databases write the same text: ids in lower case, moments in UTC with six
decimals and Z, hashes in hex, amounts as integers (10^15 is exact in an IEEE double, as RFC 8785
asks).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Any, Final

#: hash(0): before the first seal.
BEFORE_ALL: Final = bytes(32)
NEWEST: Final = 1


@dataclass(frozen=True, slots=True)
class BodyVersion:
    """The columns of ``ledger_txn`` and ``ledger_posting`` that one version of the body holds."""

    txn: tuple[str, ...]
    posting: tuple[str, ...]


#: Account codes stand beside account ids: whoever renames an account is found, too.
BODY_VERSIONS: Final = MappingProxyType(
    {
        1: BodyVersion(
            txn=(
                "facility_id",
                "id",
                "idem_key",
                "fingerprint",
                "kind",
                "posting_count",
                "effective_at",
                "booked_on",
                "period_id",
                "created_at",
                "actor_id",
                "source",
                "request_id",
                "reverses_id",
                "reason_code",
                "memo",
            ),
            posting=(
                "line",
                "posting_count",
                "debit_account_id",
                "credit_account_id",
                "currency",
                "amount",
                "debit_subject_type",
                "debit_subject_id",
                "credit_subject_type",
                "credit_subject_id",
                "department_id",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Body:
    """
    A transaction as it is hashed: each row holds its columns in the alphabetical order of names.

    *codes* tells the code of an account by its id.
    """

    version: int
    txn: Sequence[Any]
    postings: Sequence[Sequence[Any]]
    codes: Mapping[int, str]

    @property
    def is_complete(self) -> bool:
        """Tell whether the lines are exactly 1 to posting_count (I3)."""
        form = FORMS[self.version]
        lines = [posting[form.line] for posting in self.postings]
        return lines == list(range(1, self.txn[form.count] + 1))

    @property
    def booked_on(self) -> str:
        return str(self.txn[FORMS[self.version].booked_on])

    def amounts(self) -> Iterator[tuple[int, int, int]]:
        """List debit account, credit account and amount of every posting."""
        form = FORMS[self.version]
        for posting in self.postings:
            yield posting[form.debit], posting[form.credit], posting[form.amount]

    def canonical(self, genesis: Mapping[str, Any] | None = None) -> bytes:
        """Write the body; the first of a chain holds *genesis* beside its own keys."""
        written = FORMS[self.version].fill(self)
        return canonical_json({**json.loads(written), **genesis}) if genesis else written


class _Form:
    """
    The text of a version with a gap for every value: its keys and their order never change.

    Filling gaps is several times as fast as sorting and writing dictionaries; a test compares the
    two.
    """

    def __init__(self, version: BodyVersion) -> None:
        self.txn_columns = sorted(version.txn)
        self.posting_columns = sorted(version.posting)
        self.count = self.txn_columns.index("posting_count")
        self.booked_on = self.txn_columns.index("booked_on")
        self.line = self.posting_columns.index("line")
        self.debit = self.posting_columns.index("debit_account_id")
        self.credit = self.posting_columns.index("credit_account_id")
        self.amount = self.posting_columns.index("amount")
        self._split = sum(column < "postings" for column in self.txn_columns)
        before, after = self.txn_columns[: self._split], self.txn_columns[self._split :]
        self._head = "{" + "".join(f'"{column}":%s,' for column in before) + '"postings":['
        self._tail = "]" + "".join(f',"{column}":%s' for column in after) + "}"
        # "credit_account" stands right before "credit_account_id": one gap takes both values.
        names = (column.replace("account_id", "account") for column in self.posting_columns)
        self._posting = "{" + ",".join(f'"{name}":%s' for name in names) + "}"

    def fill(self, body: Body) -> bytes:
        values = _written(body.txn)
        lines = ",".join(self._line(posting, body.codes) for posting in body.postings)
        head = self._head % tuple(values[: self._split])
        return (head + lines + self._tail % tuple(values[self._split :])).encode()

    def _line(self, posting: Sequence[Any], codes: Mapping[int, str]) -> str:
        values = _written(posting)
        for at, side in ((self.debit, "debit"), (self.credit, "credit")):
            [code] = _written((codes.get(posting[at]),))
            values[at] = f'{code},"{side}_account_id":{values[at]}'
        return self._posting % tuple(values)


def _written(row: Sequence[str | int | None]) -> list[str]:
    """Write every value as JSON. Text is escaped as RFC 8785 says: only what must be."""
    return [
        encode_basestring(value)
        if value.__class__ is str
        else "null"
        if value is None
        else str(value)
        for value in row
    ]


FORMS: Final = {number: _Form(version) for number, version in BODY_VERSIONS.items()}


def canonical_json(value: Any) -> bytes:
    """Write *value* (objects, arrays, text, integers, null) as RFC 8785 does."""
    # ASCII keys sort alike by code point and by UTF-16 unit; Python escapes what RFC 8785 escapes.
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def chained(before: bytes, body: bytes) -> bytes:
    """hash(seq) = SHA-256(hash(seq-1) || body)."""
    return hashlib.sha256(before + body).digest()


def genesis(facility: int, sealed_at: str) -> dict[str, Any]:
    """Make the two extra keys of the first body: whose chain it is, and when it began."""
    return {"genesis_tenant": f"{facility:05d}", "genesis_at": sealed_at}
