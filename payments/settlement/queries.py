"""Lists for people: refused amounts with owner and deadline, their ages, one claim, orphans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.keys import Keys
from payments.settlement import periods, repository
from payments.settlement.assessed_lines import TEXTS
from payments.settlement.model import Claim, NoRefusal
from payments.settlement.rows import (
    ASSESSMENT_LINE,
    ASSESSMENT_ORPHAN,
    CLAIM,
    CLAIM_PERIOD,
    CLAIM_STEP,
    REFUSAL,
)
from payments.settlement.status import OPEN, Refused
from payments.storage.unit_of_work import UnitOfWork

#: Longer lists are worked off from the top.
LIST_MAX: Final = 200
#: Working days since the refusal; the last class is open.
AGES: Final = ((0, 3), (4, 7), (8, 15), (16, 30), (31, None))


class Which(StrEnum):
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class RefusalItem:
    """One refused amount; *left* is what of it is neither won nor written off."""

    id: UUID
    claim: UUID
    ma_lk: str
    month: str
    table: str
    stt: int
    reason_code: str
    amount: Money
    won: Money
    state: Refused
    owner: str
    deadline: HospitalDay
    refused_on: HospitalDay
    note: str
    asked_by: str
    #: Whether the visit of the claim was billed here: else there is no patient to charge.
    is_billed_here: bool

    @property
    def left(self) -> Money:
        return self.amount - self.won if self.state in OPEN else ZERO


@dataclass(frozen=True, slots=True)
class Age:
    """Refused amounts whose age in working days lies from *first* to *last* (None: open)."""

    first: int
    last: int | None
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Step:
    event: str
    amount: Money
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """A line of an assessment about a visit that we never claimed."""

    batch: UUID
    line: int
    ma_lk: str
    refused: Money
    owner: str
    deadline: HospitalDay


@dataclass(frozen=True, slots=True)
class AssessedLine:
    """What the insurer said of a line; *texts* are its own words."""

    table: str
    stt: int
    status: str
    reason_code: str
    asked: Money
    accepted: Money
    texts: dict[str, str]


def refusals(
    tx: UnitOfWork, quarter: UUID, which: Which = Which.OPEN, *, limit: int | None = None
) -> tuple[RefusalItem, ...]:
    """List refused amounts of a quarter, the nearest deadline first."""
    wanted = _refusals(tx).where(CLAIM_PERIOD.c.quarter_id == quarter)
    if which is Which.OPEN:
        wanted = wanted.where(REFUSAL.c.state.in_([one.value for one in OPEN]))
    rows = tx.execute(wanted.order_by(REFUSAL.c.deadline, REFUSAL.c.id).limit(limit))
    return tuple(_item(row) for row in rows)


def refusals_of(tx: UnitOfWork, claim: UUID) -> tuple[RefusalItem, ...]:
    """List what was refused of one claim."""
    rows = tx.execute(_refusals(tx).where(REFUSAL.c.claim_id == claim).order_by(REFUSAL.c.id))
    return tuple(_item(row) for row in rows)


def refusal(tx: UnitOfWork, wanted: UUID) -> RefusalItem:
    """Read one refused amount. Raises NoRefusal."""
    row = tx.execute(_refusals(tx).where(REFUSAL.c.id == wanted)).first()
    if row is None:
        raise NoRefusal()
    return _item(row)


def ages(items: Sequence[RefusalItem], days: Sequence[int]) -> tuple[Age, ...]:
    """Sort *items* into classes by *days*, the age of each in working days."""
    found = []
    for first, last in AGES:
        mine = [
            one.left
            for one, age in zip(items, days, strict=True)
            if age >= first and (last is None or age <= last)
        ]
        found.append(Age(first, last, len(mine), sum(mine, ZERO)))
    return tuple(found)


def claim_of_name(tx: UnitOfWork, ma_lk: str) -> UUID | None:
    """Find the claim of a visit's code."""
    return repository.of_ma_lk(tx, [ma_lk]).get(ma_lk)


def steps(tx: UnitOfWork, claim: UUID) -> tuple[Step, ...]:
    """Tell the history of a claim, the first step first."""
    rows = tx.execute(
        select(CLAIM_STEP)
        .where(CLAIM_STEP.c.facility_id == tx.facility, CLAIM_STEP.c.claim_id == claim)
        .order_by(CLAIM_STEP.c.id)
        .limit(LIST_MAX)
    )
    return tuple(Step(r.event, vnd(r.amount), r.reason, r.made_at, r.made_by) for r in rows)


def assessed_lines(tx: UnitOfWork, keys: Keys, claim: UUID) -> tuple[AssessedLine, ...]:
    """List what the insurer said of the lines of a claim."""
    rows = tx.execute(
        select(ASSESSMENT_LINE)
        .where(ASSESSMENT_LINE.c.facility_id == tx.facility, ASSESSMENT_LINE.c.claim_id == claim)
        .order_by(ASSESSMENT_LINE.c.batch_id, ASSESSMENT_LINE.c.line)
        .limit(LIST_MAX)
    )
    return tuple(
        AssessedLine(
            row.table_name,
            row.stt,
            row.status,
            row.reason_code,
            vnd(row.asked),
            vnd(row.accepted),
            json.loads(keys.open("personal", row.texts_sealed, context=TEXTS)),
        )
        for row in rows
    )


def orphans(tx: UnitOfWork) -> tuple[Orphan, ...]:
    """List lines that wait for their visit, the nearest deadline first."""
    rows = tx.execute(
        select(ASSESSMENT_ORPHAN, ASSESSMENT_LINE.c.ma_lk, ASSESSMENT_LINE.c.refused)
        .join(
            ASSESSMENT_LINE,
            (ASSESSMENT_LINE.c.facility_id == ASSESSMENT_ORPHAN.c.facility_id)
            & (ASSESSMENT_LINE.c.batch_id == ASSESSMENT_ORPHAN.c.batch_id)
            & (ASSESSMENT_LINE.c.line == ASSESSMENT_ORPHAN.c.line),
        )
        .where(ASSESSMENT_ORPHAN.c.facility_id == tx.facility, ASSESSMENT_ORPHAN.c.state == "open")
        .order_by(ASSESSMENT_ORPHAN.c.deadline, ASSESSMENT_ORPHAN.c.batch_id)
        .limit(LIST_MAX)
    )
    return tuple(
        Orphan(
            row.batch_id, row.line, row.ma_lk, vnd(row.refused), row.owner,
            HospitalDay(row.deadline),
        )
        for row in rows
    )  # fmt: skip


def claim(tx: UnitOfWork, wanted: UUID) -> tuple[Claim, str]:
    """Read a claim and the name of its month. Raises NoClaim."""
    found = repository.read(tx, wanted)
    return found, periods.read(tx, found.period).name


def _refusals(tx: UnitOfWork) -> Select[Any]:
    return (
        select(REFUSAL, CLAIM.c.ma_lk, CLAIM.c.encounter_id, CLAIM_PERIOD.c.name.label("month"))
        .join(
            CLAIM,
            (CLAIM.c.facility_id == REFUSAL.c.facility_id) & (CLAIM.c.id == REFUSAL.c.claim_id),
        )
        .join(
            CLAIM_PERIOD,
            (CLAIM_PERIOD.c.facility_id == CLAIM.c.facility_id)
            & (CLAIM_PERIOD.c.id == CLAIM.c.period_id),
        )
        .where(REFUSAL.c.facility_id == tx.facility)
    )


def _item(row: Row[Any]) -> RefusalItem:
    return RefusalItem(
        row.id, row.claim_id, row.ma_lk, row.month, row.table_name, row.stt, row.reason_code,
        vnd(row.amount), vnd(row.won), Refused(row.state), row.owner, HospitalDay(row.deadline),
        HospitalDay(row.refused_on), row.note, row.asked_by or "",
        row.encounter_id is not None,
    )  # fmt: skip
