"""Append-only facts: who did what to which thing, in the same commit as the thing itself."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import Column, Table, insert

from payments.storage.columns import METADATA, Id, UtcTime, Whole, Words, new_id
from payments.storage.unit_of_work import UnitOfWork

AUDIT_EVENT: Final = Table(
    "audit_event",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Words, nullable=False),
    Column("request_id", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("facts", Words, nullable=False),
)

_APPEND: Final = insert(AUDIT_EVENT)


def append(tx: UnitOfWork, kind: str, about: str, **facts: Any) -> None:
    """
    Note that *kind* (``invoice.issued``) happened to *about* (``invoice:<id>``).

    *facts* are plain values and never a patient's name, card or account number.
    """
    tx.write(
        _APPEND,
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "at": tx.now(),
            "actor": tx.scope.actor,
            "request_id": tx.scope.request_id,
            "kind": kind,
            "about": about,
            "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str),
        },
    )
