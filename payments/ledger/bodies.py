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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
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
        at = form.line
        lines = [posting[at] for posting in self.postings]
        return lines == list(range(1, self.txn[form.count] + 1))

    @property
    def booked_on(self) -> str:
        return str(self.txn[FORMS[self.version].booked_on])

    def amounts(self) -> list[tuple[int, int, int]]:
        """List debit account, credit account and amount of every posting."""
        form = FORMS[self.version]
        return [form.sides(posting) for posting in self.postings]

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
        self._in_line = {self.debit: _ACCOUNT_GAP, self.credit: _ACCOUNT_GAP}
        self.sides = itemgetter(self.debit, self.credit, self.posting_columns.index("amount"))
        self._split = sum(column < "postings" for column in self.txn_columns)
        self._names = [*self.txn_columns]
        self._names.insert(self._split, "postings")
        # "credit_account" stands right before "credit_account_id": one gap takes both values.
        self._line_names = [name.replace("account_id", "account") for name in self.posting_columns]
        self._heads: dict[tuple[type, ...], _Template] = {}
        self._lines: dict[tuple[type, ...], _Template] = {}

    def fill(self, body: Body) -> bytes:
        """Fill the text, quickly where no value holds what JSON escapes."""
        quick = self._quick(body)
        return quick if quick is not None else self._exact(body)

    def _quick(self, body: Body) -> bytes | None:
        """Take every value as it stands; None where one of them must be escaped."""
        lines, quotes = [], 0
        for posting in body.postings:
            kinds = tuple(map(type, posting))
            line = self._lines.get(kinds)
            if line is None:
                line = self._lines[kinds] = _template(self._line_names, kinds, self._in_line)
            lines.append(line.text % tuple(self._with_codes(posting, body.codes)))
            quotes += line.quotes
        kinds = tuple(map(type, body.txn))
        head = self._heads.get(kinds)
        if head is None:
            named = (*kinds[: self._split], list, *kinds[self._split :])
            head = self._heads[kinds] = _template(self._names, named, {self._split: "[%s]"})
        txn = body.txn
        text = head.text % (*txn[: self._split], ",".join(lines), *txn[self._split :])
        # A value with a quote makes more quotes than the form has; the rest that is escaped is the
        # backslash, and control characters, which cannot be printed.
        if text.count('"') != head.quotes + quotes or "\\" in text or not text.isprintable():
            return None
        return text.encode()

    def _exact(self, body: Body) -> bytes:
        lines = (
            _joined(self._line_names, self._with_codes(_written(posting), body.codes, posting))
            for posting in body.postings
        )
        values = _written(body.txn)
        values.insert(self._split, f"[{','.join(lines)}]")
        return _joined(self._names, values).encode()

    def _with_codes(
        self,
        values: Sequence[Any],
        codes: Mapping[int, str],
        posting: Sequence[Any] | None = None,
    ) -> list[Any]:
        given = values if posting is None else posting
        debit, credit = given[self.debit], given[self.credit]
        told = list(values)
        told[self.debit] = _account(codes.get(debit), debit, "debit")
        told[self.credit] = _account(codes.get(credit), credit, "credit")
        return told


@dataclass(frozen=True, slots=True)
class _Template:
    """A text with a gap for each value of a row, and how many quotes it has when it is filled."""

    text: str
    quotes: int


def _template(names: Sequence[str], kinds: Sequence[type], others: Mapping[int, str]) -> _Template:
    gaps = [others.get(at) or _GAPS[kind] for at, kind in enumerate(kinds)]
    text = "{" + ",".join(f'"{name}":{gap}' for name, gap in zip(names, gaps, strict=True)) + "}"
    return _Template(text, text.count('"') + 4 * gaps.count(_ACCOUNT_GAP))


#: Code and id of an account: a text with the two quotes of the code and the two of the name.
_ACCOUNT_GAP: Final = "%s"
_GAPS: Final = {str: '"%s"', int: "%d", type(None): "null%.0s"}


def _joined(names: Sequence[str], values: Sequence[Any]) -> str:
    return (
        "{" + ",".join(f'"{name}":{value}' for name, value in zip(names, values, strict=True)) + "}"
    )


def _written(row: Sequence[str | int | None]) -> list[Any]:
    """Write every value as JSON. Text is escaped as RFC 8785 says: only what must be."""
    return [
        encode_basestring(value)
        if value.__class__ is str
        else "null"
        if value is None
        else str(value)
        for value in row
    ]


@lru_cache(maxsize=10_000)
def _account(code: str | None, account: int, side: str) -> str:
    """Write code and id of an account, of which a ledger has few: its gap takes both."""
    [written] = _written((code,))
    return f'{written},"{side}_account_id":{account}'


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
