"""
What is hashed of an event: canonical JSON of frozen lists of columns, chained per facility.

    hash(seq) = SHA-256(hash(seq-1) || body), hash(0) = 32 zero bytes

A list of columns is never changed: a new column makes a new version beside it, so that old seals
verify for ever. Both databases write the same text. The first body of a chain also says whose chain
it is, when it began, and that it is no ledger's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, Connection, ForeignKeyConstraint, Table, UniqueConstraint

from payments.ledger.bodies import canonical_json, genesis
from payments.ledger.loading import moment_text
from payments.storage.columns import METADATA, Blob, Dong, Id, UtcTime, Whole

NEWEST: Final = 1
CHAIN: Final = "audit"
BODY_VERSIONS: Final = MappingProxyType(
    {1: ("facility_id", "id", "at", "actor", "request_id", "kind", "about", "facts")}
)
AUDIT_SEAL: Final = Table(
    "audit_seal",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("seq", Dong, primary_key=True, autoincrement=False),
    Column("event_id", Id, nullable=False),
    Column("body_version", Whole, nullable=False),
    Column("hash", Blob, nullable=False),
    Column("sealed_at", UtcTime, nullable=False),
    UniqueConstraint("facility_id", "event_id"),
    ForeignKeyConstraint(
        ["facility_id", "event_id"], ["audit_event.facility_id", "audit_event.id"]
    ),
)


def body(version: int, event: Sequence[Any], began: str = "") -> bytes:
    """Write *event*, its values in the order of the version; *began* only for the first."""
    told: dict[str, Any] = dict(zip(BODY_VERSIONS[version], event, strict=True))
    if began:
        told |= {**genesis(told["facility_id"], began), "genesis_chain": CHAIN}
    return canonical_json(told)


def load(
    connection: Connection, facility: int, ids: Sequence[str], version: int = NEWEST
) -> Mapping[str, Sequence[Any]]:
    """
    Read the events that exist among *ids*, by id.

    The database writes the texts itself: no type of the driver stands between a row and its hash.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    columns = BODY_VERSIONS[version]
    texts = ", ".join(_text(connection, column) for column in columns)
    if is_sqlite:
        among, given = "facility_id = ? AND id IN (SELECT value FROM json_each(?))", json.dumps(ids)
    else:
        among, given = "facility_id = %s AND id = ANY (%s::uuid[])", "{" + ",".join(ids) + "}"
    rows = connection.exec_driver_sql(
        f"SELECT {texts} FROM audit_event WHERE {among}",  # noqa: S608 - our own names
        (facility, given),
    )
    place = columns.index("id")
    return {row[place]: tuple(row) for row in rows}


def _text(connection: Connection, column: str) -> str:
    if column == "at":
        return moment_text(connection, column)
    return "id::text" if column == "id" and connection.dialect.name != "sqlite" else column
