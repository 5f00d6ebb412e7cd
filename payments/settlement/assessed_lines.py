"""The rows of an assessment as they are kept: never changed, their free texts sealed."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, update

from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.runtime import Runtime
from payments.settlement.planning import Plan
from payments.settlement.reading import Assessed, Status
from payments.settlement.rows import ASSESSMENT_LINE, ASSESSMENT_ORPHAN
from payments.storage.unit_of_work import UnitOfWork

TEXTS: Final = "assessment_line.texts_sealed"
_LINES: Final = insert(ASSESSMENT_LINE)
_ORPHANS: Final = insert(ASSESSMENT_ORPHAN)


class NoOrphan(NotFound):
    """No such line of an assessment waits for its visit."""

    code = "no-orphan"


def keep_lines(tx: UnitOfWork, keys: Keys, batch: UUID, made: Plan) -> None:
    """Keep every row of a batch, those of our claims and the orphans."""
    known = [(row, claim.id, amount) for row, claim, amount in made.rows]
    strange = [(row, None, row.asked or row.refused) for row in made.orphans]
    lines = [_line(tx, keys, batch, *one) for one in (*known, *strange)]
    if lines:
        tx.execute(_LINES, lines)


def _line(
    tx: UnitOfWork, keys: Keys, batch: UUID, row: Assessed, claim: UUID | None, asked: Money
) -> dict[str, Any]:
    refused = min(row.refused, asked)
    status = row.status
    if status in (Status.REFUSED, Status.REDUCED):
        status = Status.REFUSED if refused == asked else Status.REDUCED
    return {
        "facility_id": tx.facility,
        "batch_id": batch,
        "line": row.line,
        "ma_lk": row.ma_lk,
        "claim_id": claim,
        "table_name": row.table,
        "stt": row.stt,
        "portal_xml1_id": row.portal_xml1_id,
        "portal_cost_id": row.portal_cost_id,
        "status": status.value,
        "reason_code": row.reason_code,
        "asked": asked.dong,
        "accepted": (asked - refused).dong,
        "refused": refused.dong,
        "texts_sealed": keys.seal(
            "personal", json.dumps(dict(row.texts), ensure_ascii=False), context=TEXTS
        ),
    }


def keep_orphans(tx: UnitOfWork, batch: UUID, orphans: list[Assessed], until: HospitalDay) -> None:
    """Give each orphan to whoever imported it, until a day."""
    rows = [
        {
            "facility_id": tx.facility,
            "batch_id": batch,
            "line": row.line,
            "owner": tx.scope.actor,
            "deadline": until.date,
            "state": "open",
            "reason": "",
            "closed_by": None,
        }
        for row in orphans
    ]
    if rows:
        tx.execute(_ORPHANS, rows)


def close_orphan(runtime: Runtime, scope: Scope, batch: UUID, line: int, reason: str) -> None:
    """
    Say what a line about a visit that we never claimed was; twice is once.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoOrphan: no such line waits.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        changed = tx.execute(
            update(ASSESSMENT_ORPHAN)
            .where(
                ASSESSMENT_ORPHAN.c.facility_id == tx.facility,
                ASSESSMENT_ORPHAN.c.batch_id == batch,
                ASSESSMENT_ORPHAN.c.line == line,
            )
            .values(state="closed", reason=cleaned, closed_by=tx.scope.actor)
        )
        if changed.rowcount != 1:
            raise NoOrphan()

    runtime.database.run(scope, work)
