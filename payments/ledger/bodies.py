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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection

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
    A transaction as it is hashed: texts and numbers in the alphabetical order of their columns.

    *codes* are the accounts' codes by their ids, already written as JSON.
    """

    form: _Form
    txn: Sequence[Any]
    postings: Sequence[Sequence[Any]]
    codes: Mapping[int, str]

    @property
    def is_complete(self) -> bool:
        """Tell whether the lines are exactly 1 to posting_count (I3)."""
        count = self.txn[self.form.count]
        at = self.form.line
        return [posting[at] for posting in self.postings] == list(range(1, count + 1))

    @property
    def booked_on(self) -> str:
        return str(self.txn[self.form.booked_on])

    def amounts(self) -> Iterator[tuple[int, int, int]]:
        """List debit account, credit account and amount of every posting."""
        form = self.form
        for posting in self.postings:
            yield posting[form.debit], posting[form.credit], posting[form.amount]

    def canonical(self, genesis: Mapping[str, Any] | None = None) -> bytes:
        """Write the body; the first of a chain holds *genesis* beside its own keys."""
        form, codes = self.form, self.codes
        written = ",".join(
            form.posting
            % (
                codes.get(posting[form.credit], _NULL),
                codes.get(posting[form.debit], _NULL),
                *map(_json, posting),
            )
            for posting in self.postings
        )
        body = (form.txn % (written, *map(_json, self.txn))).encode()
        if genesis is None:
            return body
        return canonical_json({**json.loads(body), **genesis})


_NULL: Final = "null"


def _json(value: str | int | None) -> str:
    if value is None:
        return _NULL
    return encode_basestring(value) if isinstance(value, str) else str(value)


class _Form:
    """
    The text of a version with a gap for every value: keys, order and punctuation never change.

    Filling it in is five times as fast as sorting and writing dictionaries. The gaps stand in the
    order of the keys; the values that come from elsewhere than the row (the postings, the account
    codes) are named, so ``%`` takes a tuple that begins with them.
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


def account_codes(connection: Connection, facility: int) -> dict[int, str]:
    rows = connection.exec_driver_sql(
        _sql(connection, "SELECT id, code FROM ledger_account WHERE facility_id = {}"), (facility,)
    )
    return {row[0]: row[1] for row in rows}


def load(
    connection: Connection,
    facility: int,
    txn_ids: Sequence[str],
    codes: Mapping[int, str],
    version: int = NEWEST,
) -> dict[str, Body]:
    """
    Read the bodies of the transactions that exist among *txn_ids*.

    The database writes the texts itself: no type of the driver stands between a row and its hash.
    """
    columns = BODY_VERSIONS[version]
    found = {
        row[0]: Body(version, dict(zip(columns.txn, row[1:], strict=True)), [])
        for row in _rows(connection, "ledger_txn", "id", columns.txn, facility, txn_ids)
    }
    names = columns.posting
    debit, credit = names.index("debit_account_id") + 1, names.index("credit_account_id") + 1
    for row in _rows(connection, "ledger_posting", "txn_id", names, facility, txn_ids):
        body = found.get(row[0])
        if body is not None:
            posting = dict(zip(names, row[1:], strict=True))
            posting["debit_account"] = codes.get(row[debit])
            posting["credit_account"] = codes.get(row[credit])
            body.postings.append(posting)
    return found


_MOMENTS: Final = {"effective_at", "created_at"}
_IDS: Final = {"id", "txn_id", "reverses_id", "debit_subject_id", "credit_subject_id"}


def moment_text(connection: Connection, column: str) -> str:
    """Write SQL that gives a moment as the canonical text."""
    if connection.dialect.name == "sqlite":
        return column
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def _rows(
    connection: Connection,
    table: str,
    key: str,
    columns: Iterable[str],
    facility: int,
    txn_ids: Sequence[str],
) -> Iterable[Any]:
    texts = ", ".join(_text(connection, column) for column in (key, *columns))
    order = f"{key}, line" if table == "ledger_posting" else key
    if connection.dialect.name == "sqlite":
        among, given = "IN (SELECT value FROM json_each(?))", json.dumps(list(txn_ids))
    else:
        among, given = "= ANY (%s::uuid[])", "{" + ",".join(txn_ids) + "}"
    statement = (
        f"SELECT {texts} FROM {table} WHERE facility_id = {{}} AND {key} {among} ORDER BY {order}"  # noqa: S608
    )
    return connection.exec_driver_sql(_sql(connection, statement), (facility, given))


def _text(connection: Connection, column: str) -> str:
    is_sqlite = connection.dialect.name == "sqlite"
    if column in _MOMENTS:
        return moment_text(connection, column)
    if column == "fingerprint":
        return "lower(hex(fingerprint))" if is_sqlite else "encode(fingerprint, 'hex')"
    if not is_sqlite and (column in _IDS or column == "booked_on"):
        return f"{column}::text"
    return column


def _sql(connection: Connection, statement: str) -> str:
    return statement.replace("{}", "?" if connection.dialect.name == "sqlite" else "%s")
