"""Reads transactions as the texts that are hashed: the database writes each text itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from payments.ledger.bodies import FORMS, NEWEST, Body


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
    form = FORMS[version]
    lines: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in _rows(
        connection, "ledger_posting", "txn_id", form.posting_columns, facility, txn_ids
    ):
        lines[row[0]].append(row[1:])
    rows = _rows(connection, "ledger_txn", "id", form.txn_columns, facility, txn_ids)
    return {row[0]: Body(version, row[1:], lines[row[0]], codes) for row in rows}


_MOMENTS: Final = {"effective_at", "created_at"}
_IDS: Final = {"id", "txn_id", "reverses_id", "debit_subject_id", "credit_subject_id"}


def moment(at: datetime) -> str:
    """Write a moment as it is hashed: UTC, six decimals and Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
) -> Sequence[Any]:
    texts = ", ".join(_text(connection, column) for column in (key, *columns))
    order = f"{key}, line" if table == "ledger_posting" else key
    if connection.dialect.name == "sqlite":
        among, given = "IN (SELECT value FROM json_each(?))", json.dumps(list(txn_ids))
    else:
        among, given = "= ANY (%s::uuid[])", "{" + ",".join(txn_ids) + "}"
    statement = (
        f"SELECT {texts} FROM {table} WHERE facility_id = {{}} AND {key} {among} ORDER BY {order}"  # noqa: S608
    )
    return connection.exec_driver_sql(_sql(connection, statement), (facility, given)).all()


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
