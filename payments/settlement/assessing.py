"""
Takes the insurer's answer in: a sheet of assessed lines becomes refusals, and 1410 becomes 1420.

    sheet ─read by its map─▶ held against the claims ─▶ all rows good: one commit (P32 a claim)
                                                     └▶ one row wrong: refused whole, row by row

The same file again changes nothing, nor does a row that an earlier file has brought. Rows of visits
that we never claimed are kept as orphans of whoever imported them.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.runtime import Runtime
from payments.settlement import periods, repository
from payments.settlement.assessed_lines import keep_lines, keep_orphans
from payments.settlement.deadlines import deadline
from payments.settlement.model import Claim
from payments.settlement.planning import Plan, plan
from payments.settlement.reading import ColumnMap, assessed, to_json
from payments.settlement.refusing import refuse
from payments.settlement.rows import ASSESSMENT_BATCH
from payments.settlement.status import Event, State, after
from payments.sheets.problems import UnreadableSheet
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_CONTENT: Final = "assessment_batch.content_sealed"


class Reach(StrEnum):
    """What a sheet says about the claims of its month that it does not name."""

    #: Nothing: they are still in assessment.
    LISTED = "listed"
    #: They are accepted as they were asked.
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A result as it was given: *received_on* begins the days for proof."""

    content: bytes
    columns: ColumnMap
    reach: Reach
    received_on: HospitalDay


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did; amounts in đồng."""

    batch: UUID
    is_new: bool
    lines: int
    refusals: int
    refused: Money
    repeated: int
    orphans: int
    accepted_unnamed: int


def preview(runtime: Runtime, scope: Scope, period: UUID, sheet: Sheet) -> Plan:
    """
    Say what an import would do, and every row that stands in its way; nothing is written.

    Raises:
        UnreadableSheet: the file as a whole cannot be read, or lacks a column of the map.
        NoClaimPeriod: there is no such month.
    """
    rows, problems = assessed(sheet.content, sheet.columns)
    with runtime.database.reading(scope) as tx:
        periods.read(tx, period)
        made = plan(tx, period, rows)
    made.problems = sorted([*problems, *made.problems], key=lambda one: one.line or 0)
    return made


def take_in(runtime: Runtime, scope: Scope, period: UUID, sheet: Sheet) -> Taken:
    """
    Take a result in, all of it in one commit or nothing.

    Raises:
        UnreadableSheet: names every row that is wrong, up to 200.
        NoClaimPeriod: there is no such month.
    """
    digest = hashlib.sha256(sheet.content).digest()
    with runtime.database.reading(scope) as tx:
        periods.read(tx, period)
        before = _before(tx, period, digest)
    if before is not None:
        return before
    rows, problems = assessed(sheet.content, sheet.columns)
    if problems:
        raise UnreadableSheet(problems)
    packed = base64.b64encode(sheet.content).decode("ascii")
    sealed = runtime.keys.seal("personal", packed, context=_CONTENT)

    def work(tx: UnitOfWork) -> Taken:
        periods.lock(tx, period)
        found = _before(tx, period, digest)
        if found is not None:
            return found
        made = plan(tx, period, rows, is_held=True)
        unnamed = _unnamed(tx, period, made) if sheet.reach is Reach.MONTH else []
        if made.problems:
            raise UnreadableSheet(made.problems)
        batch = new_id()
        values = {
            "id": batch,
            "period_id": period,
            "sha256": digest,
            "content_sealed": sealed,
            "columns": to_json(sheet.columns),
            "reach": sheet.reach.value,
            "received_on": sheet.received_on.date,
            "lines": len(rows),
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        }
        is_new = insert_new(tx, ASSESSMENT_BATCH, values)
        assert is_new, "the month is held: nobody else has stored this file"
        return _apply(tx, runtime.keys, batch, made, unnamed, sheet.received_on)

    return runtime.database.run(scope, work)


def _apply(
    tx: UnitOfWork,
    keys: Keys,
    batch: UUID,
    made: Plan,
    unnamed: list[Claim],
    received_on: HospitalDay,
) -> Taken:
    keep_lines(tx, keys, batch, made)
    until = deadline("explain", received_on)
    keep_orphans(tx, batch, made.orphans, until)
    after_refusal = refuse(tx, batch, made.refusals, received_on, until)
    changed = []
    for claim in [*made.claims.values(), *unnamed]:
        now = after_refusal.get(claim.id, claim)
        is_judged = claim.state in (State.SETTLED, State.PAID)
        state = claim.state if is_judged else after(claim.state, Event.ASSESSED)
        changed.append(replace(now, state=state, assessed_on=received_on))
        repository.step(tx, claim.id, "assessed", now.accepted)
    repository.save(tx, changed)
    audit.append(
        tx,
        "assessment.taken_in",
        f"assessment_batch:{batch}",
        refusals=len(made.refusals),
        refused=made.refused.dong,
        orphans=len(made.orphans),
    )
    return Taken(
        batch,
        True,
        len(made.rows) + len(made.orphans),
        len(made.refusals),
        made.refused,
        made.repeated,
        len(made.orphans),
        len(unnamed),
    )


def _unnamed(tx: UnitOfWork, period: UUID, made: Plan) -> list[Claim]:
    waiting = repository.lock_of_periods(tx, (period,), (State.SENT, State.RECEIVED))
    return [claim for claim in waiting if claim.id not in made.claims]


def _before(tx: UnitOfWork, period: UUID, digest: bytes) -> Taken | None:
    row = tx.execute(
        select(ASSESSMENT_BATCH.c.id, ASSESSMENT_BATCH.c.lines).where(
            ASSESSMENT_BATCH.c.facility_id == tx.facility,
            ASSESSMENT_BATCH.c.period_id == period,
            ASSESSMENT_BATCH.c.sha256 == digest,
        )
    ).first()
    return None if row is None else Taken(row.id, False, row.lines, 0, vnd(0), row.lines, 0, 0)
