"""Files that are made by themselves: each morning for the day before, or for the last month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from payments import audit
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.statements import ordering, registry
from payments.statements.model import Span
from payments.statements.rows import EXPORT_ORDER, EXPORT_PLAN
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: By then the bank's messages of the day before have come.
_FROM_HOUR: Final = 2


class Every(StrEnum):
    DAY = "daily"
    MONTH = "monthly"


class NoPlan(NotFound):
    """No such file is made by itself."""

    code = "no-export-plan"


@dataclass(frozen=True, slots=True)
class Plan:
    id: UUID
    file: str
    form: str
    every: Every
    made_by: str
    made_at: datetime


def agree(runtime: Runtime, scope: Scope, file: str, form: str, every: str) -> UUID:
    """Let a file be made by itself from now on. Raises InvalidField."""
    if every not in set(Every):
        raise InvalidField("every", "export_every")
    made = new_id()
    with runtime.database.transaction(scope) as tx:
        values = {
            "facility_id": tx.facility,
            "id": made,
            "file": registry.statement(file, HospitalDay.of(runtime.clock.now()).date).name,
            "form": registry.form(form).name,
            "every": every,
            "made_by": tx.scope.actor,
            "made_at": tx.now(),
            "ended_by": None,
            "ended_at": None,
        }
        tx.execute(insert(EXPORT_PLAN), values)
        audit.append(tx, "export.planned", f"export_plan:{made}", file=file, every=every)
    return made


def end(runtime: Runtime, scope: Scope, wanted: UUID) -> None:
    """Make it no more. Raises NoPlan for one that is not there, or has ended."""
    with runtime.database.transaction(scope) as tx:
        ended = tx.execute(
            update(EXPORT_PLAN)
            .where(
                EXPORT_PLAN.c.facility_id == tx.facility,
                EXPORT_PLAN.c.id == wanted,
                EXPORT_PLAN.c.ended_at.is_(None),
            )
            .values(ended_by=tx.scope.actor, ended_at=tx.now())
        ).rowcount
        if not ended:
            raise NoPlan()
        audit.append(tx, "export.plan_ended", f"export_plan:{wanted}")


def running(tx: UnitOfWork) -> tuple[Plan, ...]:
    rows = tx.execute(
        select(EXPORT_PLAN)
        .where(EXPORT_PLAN.c.facility_id == tx.facility, EXPORT_PLAN.c.ended_at.is_(None))
        .order_by(EXPORT_PLAN.c.made_at)
    )
    return tuple(_plan(row) for row in rows)


def span_due(every: Every, now: datetime) -> Span:
    """Say which days a plan is about now: yesterday, or the last month, in the hospital."""
    today = HospitalDay.of(now - timedelta(hours=_FROM_HOUR))
    if every is Every.DAY:
        return Span(today.plus(-1), today.plus(-1))
    last = HospitalDay(today.date.replace(day=1)).plus(-1)
    return Span(HospitalDay(last.date.replace(day=1)), last)


def order_due(runtime: Runtime, scope: Scope) -> int:
    """Order what the plans are about now, each once."""
    now = runtime.clock.now()
    with runtime.database.reading(scope) as tx:
        due = [one for one in running(tx) if _is_due(tx, one, now)]
    if not due:
        return 0

    def work(tx: UnitOfWork) -> int:
        return sum(_order(tx, one, now) for one in due)

    return runtime.database.run(scope, work)


def _is_due(tx: UnitOfWork, one: Plan, now: datetime) -> bool:
    span = span_due(one.every, now)
    # Nothing is made for days that had ended before the plan was agreed.
    began = HospitalDay.of(one.made_at.astimezone(HOSPITAL_ZONE))
    return span.last >= began and not _is_there(tx, one, span)


def _order(tx: UnitOfWork, one: Plan, now: datetime) -> int:
    span = span_due(one.every, now)
    # Two workers may look at once: the plan's row lets one of them through.
    held = tx.execute(
        update(EXPORT_PLAN)
        .where(
            EXPORT_PLAN.c.facility_id == tx.facility,
            EXPORT_PLAN.c.id == one.id,
            EXPORT_PLAN.c.ended_at.is_(None),
        )
        .values(every=one.every.value)
    ).rowcount
    if not held or _is_there(tx, one, span):
        return 0
    made = ordering.add(tx, one.file, one.form, span, one.id)
    # It is made in the name of whoever asked for it.
    tx.execute(
        update(EXPORT_ORDER)
        .where(EXPORT_ORDER.c.facility_id == tx.facility, EXPORT_ORDER.c.id == made)
        .values(made_by=one.made_by)
    )
    return 1


def _is_there(tx: UnitOfWork, one: Plan, span: Span) -> bool:
    found = tx.execute(
        select(EXPORT_ORDER.c.id).where(
            EXPORT_ORDER.c.facility_id == tx.facility,
            EXPORT_ORDER.c.plan_id == one.id,
            EXPORT_ORDER.c.first_day == span.first.date,
        )
    ).first()
    return found is not None


def _plan(row: Row[Any]) -> Plan:
    return Plan(row.id, row.file, row.form, Every(row.every), row.made_by, row.made_at)
