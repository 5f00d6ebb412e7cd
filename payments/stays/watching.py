"""
The top-up watch: what a stay costs so far against its advance, told once per crossing.

It tells people; it stops nothing. No order, bed or discharge asks it (workflows A3.5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update

from payments import audit
from payments.idempotency import Around, alone
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.stays import repository
from payments.stays.model import COST_MAX, NoStay, Stay, StayClosed, crossed, level_of
from payments.stays.rows import STAY_ALERT, STAY_COST
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CostTold:
    """What the feed *source* says at *told_at*: *own* is the patient's part of *total*, in đồng."""

    stay: str
    total: Money
    own: Money
    told_at: datetime
    source: str


def take_cost(runtime: Runtime, scope: Scope, told: CostTold, *, around: Around = alone) -> Stay:
    """
    Keep what a stay has cost so far; an older word than the one we have changes nothing.

    Raises:
        InvalidField: a part is larger than the whole, or more than any stay costs.
        NoStay: the feed names none of ours.
        StayClosed: it is settled; its invoice counts.
    """
    if not ZERO <= told.total <= COST_MAX:
        raise InvalidField("total", "stay_cost", most=COST_MAX)
    if not ZERO <= told.own <= told.total:
        raise InvalidField("own", "stay_own", most=told.total)

    def work(tx: UnitOfWork) -> Stay:
        found = repository.of_name(tx, told.stay)
        if found is None:
            raise NoStay()
        held = repository.lock(tx, found.encounter)
        if not held.is_open:
            raise StayClosed()
        known = repository.cost(tx, held.encounter)
        if known is not None and known.told_at >= told.told_at:
            return held
        tx.execute(
            insert(STAY_COST),
            {
                "facility_id": tx.facility,
                "encounter_id": held.encounter,
                "number": repository.next_number(tx, STAY_COST, held.encounter),
                "total": told.total.dong,
                "own": told.own.dong,
                "told_at": told.told_at,
                "kept_at": tx.now(),
                "source": told.source,
            },
        )
        return look(tx, held)

    return runtime.database.run(scope, lambda tx: around(tx, lambda: work(tx)))


def look(tx: UnitOfWork, stay: Stay) -> Stay:
    """
    Hold cost and advance of a held *stay* against each other, and note each level crossed upwards.

    A new advance lets the level fall again, so that the next crossing is told anew. A closed stay
    is left in peace.
    """
    if not stay.is_open:
        return stay
    cost = repository.cost(tx, stay.encounter)
    own = ZERO if cost is None else cost.own
    deposit = repository.deposit_of(tx, stay.encounter)
    level = level_of(own, deposit)
    if level == stay.watch_level:
        return stay
    number = repository.next_number(tx, STAY_ALERT, stay.encounter)
    for more, crossed_one in enumerate(crossed(stay.watch_level, level)):
        tx.execute(
            insert(STAY_ALERT),
            {
                "facility_id": tx.facility,
                "encounter_id": stay.encounter,
                "number": number + more,
                "level": crossed_one,
                "own": own.dong,
                "deposit": deposit.dong,
                "raised_at": tx.now(),
                "told_by": None,
                "told_at": None,
            },
        )
        audit.append(tx, "stay.alert", f"stay:{stay.encounter}", level=crossed_one, own=own.dong)
    seen = replace(stay, watch_level=level)
    repository.save(tx, seen)
    return seen


def told_family(runtime: Runtime, scope: Scope, encounter: UUID) -> int:
    """Note that somebody gave the caregiver the link; returns how many alerts that answers."""

    def work(tx: UnitOfWork) -> int:
        repository.lock(tx, encounter)
        answered = tx.execute(
            update(STAY_ALERT)
            .where(
                STAY_ALERT.c.facility_id == tx.facility,
                STAY_ALERT.c.encounter_id == encounter,
                STAY_ALERT.c.told_at.is_(None),
            )
            .values(told_by=tx.scope.actor, told_at=tx.now())
        ).rowcount
        if answered:
            audit.append(tx, "stay.family_told", f"stay:{encounter}", alerts=answered)
        return answered

    return runtime.database.run(scope, work)
