"""Brings the blind indexes of names and cards to the current key, a few patients at a time."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, or_, select, update

from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.patients import indexing
from payments.patients.rows import PATIENT
from payments.patients.service import CARD, name_of
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: So many in one commit: a desk that writes the same patient waits no longer than for these.
_AT_ONCE: Final = 200
#: So many commits before the worker looks at its other work again.
_BATCHES: Final = 10


def resume(runtime: Runtime, scope: Scope) -> int:
    """
    Index patients who stand under an older key or under none; returns how many, 0 when all are.

    After ``vienphi keys rotate --purpose lookup`` and a restart of the programs this goes on until
    every patient is done; meanwhile searches ask under both keys. May run twice or end anywhere.
    """
    done = 0
    for _ in range(_BATCHES):
        with runtime.database.reading(scope) as tx:
            if not _behind(tx, runtime.keys):
                return done
        done += runtime.database.run(scope, lambda tx: _index(tx, runtime.keys))
    return done


def _behind(tx: UnitOfWork, keys: Keys) -> list[Row[Any]]:
    statement = select(
        PATIENT.c.id, PATIENT.c.name_sealed, PATIENT.c.birth_year, PATIENT.c.card_sealed
    ).where(
        PATIENT.c.facility_id == tx.facility,
        or_(PATIENT.c.index_key.is_(None), PATIENT.c.index_key < keys.current(indexing.PURPOSE)),
    )
    return list(tx.execute(statement.limit(_AT_ONCE)))


def _index(tx: UnitOfWork, keys: Keys) -> int:
    rows = _behind(tx, keys)
    for row in rows:
        terms = indexing.name_terms(name_of(keys, row.name_sealed), row.birth_year)
        if row.card_sealed is not None:
            card = keys.open("personal", row.card_sealed, context=CARD)
            terms["card"] = indexing.card_term(card)
        indexing.write(tx, keys, row.id, terms)
    done = PATIENT.c.id.in_([row.id for row in rows])
    tx.execute(
        update(PATIENT)
        .where(PATIENT.c.facility_id == tx.facility, done)
        .values(index_key=keys.current(indexing.PURPOSE))
    )
    return len(rows)
