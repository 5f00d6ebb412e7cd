"""What the ledger says was collected of the visits of a dossier, by their names in it (MA_LK)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from payments.insurance.claim_ids import ma_lk_of
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.storage.unit_of_work import UnitOfWork

#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500


def collected(tx: UnitOfWork, names: Iterable[str]) -> dict[str, Money]:
    """
    Tell what patients have paid and not got back, of visits that were billed here.

    Visits of other systems are left out: nothing is known of their money.
    """
    ids = [found for name in dict.fromkeys(names) if (found := _encounter(name)) is not None]
    told: dict[str, Money] = {}
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(
                INVOICE.c.encounter_id,
                func.sum(INVOICE.c.paid - INVOICE.c.refunded).label("kept"),
            )
            .where(
                INVOICE.c.facility_id == tx.facility,
                INVOICE.c.encounter_id.in_(ids[start : start + _ASKED_AT_ONCE]),
                INVOICE.c.document == "issued",
            )
            .group_by(INVOICE.c.encounter_id)
        )
        told |= {ma_lk_of(row.encounter_id): vnd(int(row.kept)) for row in rows}
    return told


def _encounter(name: str) -> UUID | None:
    """Read the encounter that a visit is named after; None for a name from elsewhere."""
    try:
        found = UUID(hex=name)
    except ValueError:
        return None
    return found if ma_lk_of(found) == name else None
