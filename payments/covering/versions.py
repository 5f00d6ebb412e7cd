"""Splits and their effects as rows: one version beside the other, none ever edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select

from payments.covering.rows import COVERAGE_EFFECT, COVERAGE_LINE, COVERAGE_VERSION
from payments.covering.splits import Split, SplitLine
from payments.insurance.coverage.parts import Parts
from payments.kernel.money import Money, vnd
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_DECIMALS: Final = ("cost", "insured", "own", "copayment", "fund", "others")
_NEWEST: Final = Prepared(
    select(COVERAGE_VERSION)
    .where(mine(COVERAGE_VERSION), COVERAGE_VERSION.c.encounter_id == bindparam("encounter"))
    .order_by(COVERAGE_VERSION.c.version.desc())
    .limit(1)
)
_LINES: Final = Prepared(
    select(COVERAGE_LINE)
    .where(
        mine(COVERAGE_LINE),
        COVERAGE_LINE.c.encounter_id == bindparam("encounter"),
        COVERAGE_LINE.c.version == bindparam("version"),
    )
    .order_by(COVERAGE_LINE.c.line)
)
_EFFECTS: Final = Prepared(
    select(COVERAGE_EFFECT)
    .where(mine(COVERAGE_EFFECT), COVERAGE_EFFECT.c.encounter_id == bindparam("encounter"))
    .order_by(COVERAGE_EFFECT.c.version)
)


class Effect(StrEnum):
    """What a version did to the invoice."""

    ISSUE = "issue"
    TOP_UP = "top_up"
    GIVE_BACK = "give_back"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Happened:
    """One effect: what the patient owed before and after, and what was asked back for it."""

    version: int
    invoice: UUID
    kind: Effect
    before: Money
    after: Money
    #: Asked for at the payments (a refund or payback waits for a second person).
    asked_back: Money
    #: Freed of the advance of the encounter.
    freed: Money
    txn: UUID | None
    reason: str
    made_at: datetime | None = None
    made_by: str = ""


def newest(tx: UnitOfWork, encounter: UUID) -> tuple[Split, bytes] | None:
    """Give the newest split with the hash of its inputs; None before the first."""
    row = _NEWEST.first(tx, encounter=encounter)
    if row is None:
        return None
    lines = _LINES.all(tx, encounter=encounter, version=row.version)
    return _split(row, tuple(map(_line, lines))), bytes(row.inputs_sha256)


def add(tx: UnitOfWork, encounter: UUID, split: Split, inputs: bytes) -> None:
    """Keep a split, whole."""
    key = {"facility_id": tx.facility, "encounter_id": encounter, "version": split.version}
    tx.execute(
        insert(COVERAGE_VERSION),
        {
            **key,
            "fact_version": split.fact_version,
            "inputs_sha256": inputs,
            "rules_version": split.rules_version,
            "is_provisional": split.is_provisional,
            "factor": f"{split.factor:f}",
            "threshold": f"{split.threshold:f}",
            "is_small": split.is_small,
            "route_basis": split.route_basis,
            **{name: f"{getattr(split, name):f}" for name in _DECIMALS},
            "total": split.parts.total.dong,
            "patient_part": split.parts.patient.dong,
            "fund_part": split.parts.fund.dong,
            "others_part": split.parts.others.dong,
            "made_at": split.made_at,
            "made_by": split.made_by,
        },
    )
    tx.execute(
        insert(COVERAGE_LINE),
        [
            {
                **key,
                "line": line.number,
                "percent": f"{line.percent:f}",
                **{name: f"{getattr(line, name):f}" for name in _DECIMALS},
                "rule": line.rule,
                "basis": line.basis,
            }
            for line in split.lines
        ],
    )


def add_effect(tx: UnitOfWork, encounter: UUID, happened: Happened) -> None:
    """Keep what a version did to the invoice."""
    tx.execute(
        insert(COVERAGE_EFFECT),
        {
            "facility_id": tx.facility,
            "encounter_id": encounter,
            "version": happened.version,
            "invoice_id": happened.invoice,
            "kind": happened.kind.value,
            "patient_before": happened.before.dong,
            "patient_after": happened.after.dong,
            "asked_back": happened.asked_back.dong,
            "freed": happened.freed.dong,
            "txn_id": happened.txn,
            "reason": happened.reason,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )


def effects(tx: UnitOfWork, encounter: UUID) -> tuple[Happened, ...]:
    """List what versions did to the invoice of an encounter, first first."""
    return tuple(
        Happened(
            row.version,
            row.invoice_id,
            Effect(row.kind),
            vnd(row.patient_before),
            vnd(row.patient_after),
            vnd(row.asked_back),
            vnd(row.freed),
            row.txn_id,
            row.reason,
            row.made_at,
            row.made_by,
        )
        for row in _EFFECTS.all(tx, encounter=encounter)
    )


def _split(row: Row[Any], lines: tuple[SplitLine, ...]) -> Split:
    return Split(
        version=row.version,
        fact_version=row.fact_version,
        rules_version=row.rules_version,
        is_provisional=row.is_provisional,
        factor=Decimal(row.factor),
        threshold=Decimal(row.threshold),
        is_small=row.is_small,
        route_basis=row.route_basis,
        **_decimals(row),
        parts=Parts(
            vnd(row.total), vnd(row.patient_part), vnd(row.fund_part), vnd(row.others_part)
        ),
        lines=lines,
        made_at=row.made_at,
        made_by=row.made_by,
    )


def _line(row: Row[Any]) -> SplitLine:
    return SplitLine(
        number=row.line,
        percent=Decimal(row.percent),
        **_decimals(row),
        rule=row.rule,
        basis=row.basis,
    )


def _decimals(row: Row[Any]) -> dict[str, Decimal]:
    return {name: Decimal(getattr(row, name)) for name in _DECIMALS}
