"""
A request that moves money and is sent twice has one effect and one answer.

The row is written in the transaction of the effect itself: it cannot be there without the effect,
nor the effect without it. Two that arrive at once wait for each other at the primary key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import Column, ColumnElement, Row, Table, delete, select, update

from payments.kernel.errors import Conflict, InvalidField, Rejected
from payments.keys import Keys
from payments.storage.columns import METADATA, Blob, UtcTime, Whole, Words
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

T = TypeVar("T")

IDEMPOTENCY_REQUEST: Final = Table(
    "idempotency_request",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("actor", Words, primary_key=True),
    Column("route", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("fingerprint", Blob, nullable=False),
    Column("state", Words, nullable=False),
    Column("status", Whole, nullable=False),
    Column("resource", Words, nullable=False),
    Column("body", Blob, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

#: Longest we promise to know a key again.
KEPT: Final = timedelta(days=30)
_KEY_LETTERS_MAX: Final = 255
_CONTEXT: Final = "idempotency_request.body"


class KeyReused(Rejected):
    """The key belongs to another request: same key, other content."""

    code = "idempotency-key-reused"


class StillRunning(Conflict):
    """The first request with this key has not ended; ask again."""

    code = "still-running"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The answer that the first request with this key got."""

    status: int
    #: Names what it made: ``invoice:<id>``.
    resource: str
    _sealed: bytes = field(repr=False)

    def body(self, keys: Keys) -> str:
        return keys.open("personal", self._sealed, context=_CONTEXT) if self._sealed else ""


class Around(Protocol):
    """What a caller does in the transaction of a use case, before and after its work."""

    def __call__(self, tx: UnitOfWork, work: Callable[[], T]) -> T: ...


def alone(tx: UnitOfWork, work: Callable[[], T]) -> T:
    """Do the work and nothing around it: the caller remembers no answer."""
    return work()


def fingerprint(*parts: object) -> bytes:
    """Make the hash by which the same content is known again; the order of *parts* counts."""
    told = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        told.update(len(text).to_bytes(4))
        told.update(text)
    return told.digest()


def once(tx: UnitOfWork, actor: str, route: str, key: str, content: bytes) -> Earlier | None:
    """
    Claim *key* for this transaction: None for the first, the earlier answer for a repeat.

    Who gets None calls ``finish`` before the transaction ends. *content* is a ``fingerprint``.

    Raises:
        InvalidField: the key is empty or longer than 255 characters.
        KeyReused: an earlier request had this key and other content.
        StillRunning: an earlier request claimed the key and did not finish it.
    """
    _check(key)
    is_first = insert_new(
        tx,
        IDEMPOTENCY_REQUEST,
        {
            "actor": actor,
            "route": route,
            "key": key,
            "fingerprint": content,
            "state": "running",
            "status": 0,
            "resource": "",
            "body": b"",
            "made_at": tx.now(),
        },
    )
    if is_first:
        return None
    row = tx.lock(
        Lock.IDEMPOTENCY, select(IDEMPOTENCY_REQUEST).where(*_is(tx, actor, route, key))
    ).one()
    return _earlier(row, content)


def known(tx: UnitOfWork, actor: str, route: str, key: str, content: bytes) -> Earlier | None:
    """
    Read the earlier answer without claiming the key; None where no request with it has ended.

    Raises:
        InvalidField, KeyReused, StillRunning: as ``once`` says.
    """
    _check(key)
    row = tx.execute(select(IDEMPOTENCY_REQUEST).where(*_is(tx, actor, route, key))).first()
    return None if row is None else _earlier(row, content)


def finish(
    tx: UnitOfWork,
    keys: Keys,
    actor: str,
    route: str,
    key: str,
    *,
    status: int = 200,
    resource: str = "",
    body: str = "",
) -> None:
    """Keep the answer for repeats; *body* is encrypted, for it may name a person."""
    tx.execute(
        update(IDEMPOTENCY_REQUEST)
        .where(*_is(tx, actor, route, key))
        .values(
            state="done",
            status=status,
            resource=resource,
            body=keys.seal("personal", body, context=_CONTEXT) if body else b"",
        )
    )


def forget(tx: UnitOfWork, *, before: datetime) -> int:
    """Delete the rows made before *before*; returns how many."""
    done = tx.execute(
        delete(IDEMPOTENCY_REQUEST).where(
            IDEMPOTENCY_REQUEST.c.facility_id == tx.facility,
            IDEMPOTENCY_REQUEST.c.made_at < before,
        )
    )
    return done.rowcount


def _check(key: str) -> None:
    if not 1 <= len(key) <= _KEY_LETTERS_MAX or not key.isprintable():
        raise InvalidField("key", "request_key", most=_KEY_LETTERS_MAX)


def _earlier(row: Row[Any], content: bytes) -> Earlier:
    if row.fingerprint != content:
        raise KeyReused()
    if row.state == "running":
        raise StillRunning()
    return Earlier(row.status, row.resource, row.body)


def _is(tx: UnitOfWork, actor: str, route: str, key: str) -> tuple[ColumnElement[bool], ...]:
    table = IDEMPOTENCY_REQUEST.c
    return (
        table.facility_id == tx.facility,
        table.actor == actor,
        table.route == route,
        table.key == key,
    )
