"""Rules and decisions, as rows and as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money, vnd
from payments.matching.model import By, Effect, Rule, State
from payments.matching.rows import MATCH_DECISION, MATCH_RULE
from payments.receipts.rows import SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork


class NoRule(NotFound):
    """This facility has no such rule."""

    code = "no-match-rule"


@dataclass(frozen=True, slots=True)
class Decision:
    """
    The evidence of one match: who decided, when, why, and by which version of which rule.

    *why* is what a person wrote or the words of the rule; *back_by* took it back.
    """

    id: UUID
    #: What the money was found to be (``receipts.model.Purpose``).
    purpose: str
    #: Its number; empty where it pays no invoice.
    invoice: str
    amount: Money
    rule: str
    score: int | None
    why: str
    decided_at: datetime
    decided_by: str
    back_at: datetime | None
    back_by: str
    back_reason: str


def add(tx: UnitOfWork, rule: Rule) -> bool:
    """Store a new version; False where another person has just stored the same one."""
    values = {
        "id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "found_by": rule.by.value,
        "effect": rule.effect.value,
        "account": rule.account,
        "pattern": rule.pattern,
        "window_minutes": rule.window_minutes,
        "tolerance": rule.tolerance.dong,
        "first_day": rule.first_day.date,
        "last_day": None if rule.last_day is None else rule.last_day.date,
        "made_at": tx.now(),
        "made_by": rule.made_by,
        "off_reason": "",
    }
    return insert_new(tx, MATCH_RULE, values)


def next_version(tx: UnitOfWork, name: str) -> int:
    newest: int | None = tx.execute(
        select(func.max(MATCH_RULE.c.version)).where(
            MATCH_RULE.c.facility_id == tx.facility, MATCH_RULE.c.name == name
        )
    ).scalar()
    return (newest or 0) + 1


def get(tx: UnitOfWork, rule: UUID) -> Rule:
    """Read one version. Raises NoRule."""
    row = tx.execute(
        select(MATCH_RULE).where(MATCH_RULE.c.facility_id == tx.facility, MATCH_RULE.c.id == rule)
    ).first()
    if row is None:
        raise NoRule()
    return model(row)


def rules(tx: UnitOfWork, *, only: State | None = None) -> tuple[Rule, ...]:
    """List the versions by name, the newest of each first."""
    rows = tx.execute(
        select(MATCH_RULE)
        .where(MATCH_RULE.c.facility_id == tx.facility)
        .order_by(MATCH_RULE.c.name, MATCH_RULE.c.version.desc())
    )
    found = (model(row) for row in rows)
    return tuple(one for one in found if only is None or one.state is only)


def change(tx: UnitOfWork, rule: UUID, **values: Any) -> None:
    """Note who switched a version on or off."""
    tx.execute(
        update(MATCH_RULE)
        .where(MATCH_RULE.c.facility_id == tx.facility, MATCH_RULE.c.id == rule)
        .values(**values)
    )


def decide(tx: UnitOfWork, values: Mapping[str, Any]) -> None:
    """Keep the evidence of a match."""
    told = {
        "facility_id": tx.facility,
        "invoice_id": None,
        "rule_id": None,
        "score": None,
        "decided_at": tx.now(),
        "decided_by": tx.scope.actor,
    }
    tx.execute(insert(MATCH_DECISION), {**told, **values})


def decisions(tx: UnitOfWork, credit: UUID) -> tuple[Decision, ...]:
    """List what was decided of a movement, the first first, also what was taken back."""
    rows = tx.execute(
        select(
            SUSPENSE_MATCH.c.id,
            SUSPENSE_MATCH.c.purpose,
            INVOICE.c.number.label("invoice"),
            SUSPENSE_MATCH.c.amount,
            SUSPENSE_MATCH.c.reason,
            SUSPENSE_MATCH.c.made_at,
            SUSPENSE_MATCH.c.made_by,
            MATCH_DECISION.c.score,
            MATCH_RULE.c.name,
            MATCH_RULE.c.version,
            SUSPENSE_UNMATCH.c.made_at.label("back_at"),
            SUSPENSE_UNMATCH.c.made_by.label("back_by"),
            SUSPENSE_UNMATCH.c.reason.label("back_reason"),
        )
        .outerjoin(
            MATCH_DECISION,
            (MATCH_DECISION.c.facility_id == SUSPENSE_MATCH.c.facility_id)
            & (MATCH_DECISION.c.id == SUSPENSE_MATCH.c.id),
        )
        .outerjoin(
            MATCH_RULE,
            (MATCH_RULE.c.facility_id == MATCH_DECISION.c.facility_id)
            & (MATCH_RULE.c.id == MATCH_DECISION.c.rule_id),
        )
        .outerjoin(
            SUSPENSE_UNMATCH,
            (SUSPENSE_UNMATCH.c.facility_id == SUSPENSE_MATCH.c.facility_id)
            & (SUSPENSE_UNMATCH.c.match_id == SUSPENSE_MATCH.c.id),
        )
        .outerjoin(
            INVOICE,
            (INVOICE.c.facility_id == SUSPENSE_MATCH.c.facility_id)
            & (INVOICE.c.id == SUSPENSE_MATCH.c.invoice_id),
        )
        .where(SUSPENSE_MATCH.c.facility_id == tx.facility, SUSPENSE_MATCH.c.credit_id == credit)
        .order_by(SUSPENSE_MATCH.c.made_at, SUSPENSE_MATCH.c.id)
    )
    return tuple(_decision(row) for row in rows)


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        row.id,
        row.purpose,
        row.invoice or "",
        vnd(row.amount),
        "" if row.name is None else f"{row.name} · {row.version}",
        row.score,
        row.reason,
        row.made_at,
        row.made_by,
        row.back_at,
        row.back_by or "",
        row.back_reason or "",
    )


def model(row: Row[Any]) -> Rule:
    state = State.DRAFT if row.on_at is None else State.ON
    return Rule(
        row.id,
        row.name,
        row.version,
        By(row.found_by),
        Effect(row.effect),
        row.account,
        row.pattern,
        row.window_minutes,
        vnd(row.tolerance),
        HospitalDay(row.first_day),
        None if row.last_day is None else HospitalDay(row.last_day),
        State.OFF if row.off_at is not None else state,
        row.made_by,
    )
