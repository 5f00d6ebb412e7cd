"""
Runs the comparison of a day and keeps what it found; a person explains, and then the day closes.

    open ──explained, with a reason──▶ explained
      └──────the lines match now──────────┴──────▶ gone

A run over the same inputs is the same run: no second row, no second finding.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from payments import audit
from payments.bank.rows import BANK_ACCOUNT
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.reconciliation.comparing import compare
from payments.reconciliation.model import Comparison, Inputs, Pair, Verdict
from payments.reconciliation.rows import FINDING, RECONCILIATION_RUN
from payments.reconciliation.sides import inputs
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork


class NoFinding(NotFound):
    """The difference is no longer there: the day was compared again."""

    code = "no-finding"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that differs, and what a person said about it."""

    id: UUID
    account: str
    day: HospitalDay
    name: str
    verdict: Verdict
    ledger_amount: Money | None
    bank_amount: Money | None
    state: str
    reason: str
    explained_by: str


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison of one account and day, as it is kept."""

    id: UUID
    is_new: bool
    comparison: Comparison
    findings: tuple[Finding, ...]

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state == "open")


def run(runtime: Runtime, scope: Scope, account: str, day: HospitalDay) -> Run:
    """Compare the ledger with the bank for one account and day, and keep what differs."""
    # A large day takes seconds to compare, and who writes on SQLite keeps all others waiting.
    with runtime.database.reading(scope) as tx:
        compared = compare(tx, inputs(tx, account, day))

    def work(tx: UnitOfWork) -> Run:
        now = inputs(tx, account, day)
        is_same = now.sha256() == compared.inputs.sha256()
        return _noted(tx, compared if is_same else compare(tx, now))

    return runtime.database.run(scope, work)


def run_in(tx: UnitOfWork, account: str, day: HospitalDay) -> Run:
    """Do the same inside a running transaction."""
    return _noted(tx, compare(tx, inputs(tx, account, day)))


def _noted(tx: UnitOfWork, comparison: Comparison) -> Run:
    account, day = comparison.inputs.account, comparison.inputs.day
    run_id, is_new = _kept(tx, comparison)
    _keep_findings(tx, run_id, comparison)
    return Run(run_id, is_new, comparison, findings(tx, account, day))


def findings(tx: UnitOfWork, account: str, day: HospitalDay) -> tuple[Finding, ...]:
    """List what differed in the last run of the day, explained or not."""
    rows = tx.execute(
        select(FINDING)
        .where(
            FINDING.c.facility_id == tx.facility,
            FINDING.c.account == account,
            FINDING.c.day == day.date,
            FINDING.c.state != "gone",
        )
        .order_by(FINDING.c.name)
    )
    return tuple(_finding(row) for row in rows)


def explain(
    runtime: Runtime, scope: Scope, account: str, day: HospitalDay, name: str, reason: str
) -> None:
    """
    Explain the finding *name* of a day; the day is compared again first, so that it still is one.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotFound: the day has no such finding (any more).
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        if not _is_ours(tx, account):
            raise NoFinding()
        found = {one.name: one for one in run_in(tx, account, day).findings}
        if name not in found:
            raise NoFinding()
        tx.execute(
            update(FINDING)
            .where(FINDING.c.facility_id == tx.facility, FINDING.c.id == found[name].id)
            .values(state="explained", reason=cleaned, explained_by=tx.scope.actor)
        )
        audit.append(tx, "finding.explained", f"finding:{found[name].id}", reason=cleaned)

    runtime.database.run(scope, work)


def _is_ours(tx: UnitOfWork, account: str) -> bool:
    mine = select(BANK_ACCOUNT.c.account).where(
        BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
    )
    return tx.execute(mine).first() is not None


def _kept(tx: UnitOfWork, comparison: Comparison) -> tuple[UUID, bool]:
    sides, made = comparison.inputs, new_id()
    digest = sides.sha256()
    values = {
        "id": made,
        "account": sides.account,
        "day": sides.day.date,
        "input_sha256": digest,
        "source": sides.source.value,
        "ledger_total": comparison.ledger_total.dong,
        "bank_total": comparison.bank_total.dong,
        "counts": json.dumps({kind.value: count for kind, count in comparison.counts.items()}),
        "ran_at": tx.now(),
        "ran_by": tx.scope.actor,
    }
    if insert_new(tx, RECONCILIATION_RUN, values):
        return made, True
    found: UUID = tx.execute(
        select(RECONCILIATION_RUN.c.id).where(
            RECONCILIATION_RUN.c.facility_id == tx.facility,
            RECONCILIATION_RUN.c.account == sides.account,
            RECONCILIATION_RUN.c.day == sides.day.date,
            RECONCILIATION_RUN.c.input_sha256 == digest,
        )
    ).scalar_one()
    return found, False


def _keep_findings(tx: UnitOfWork, run_id: UUID, comparison: Comparison) -> None:
    """Add what is new, keep what a person explained, let go what matches now."""
    sides = comparison.inputs
    known = {one.name: one for one in _all(tx, sides.account, sides.day)}
    now = {pair.name: pair for pair in comparison.findings}
    _turn(tx, run_id, [one.id for name, one in known.items() if name not in now], "gone")
    # It is back: what was said about it was said about another state of the books.
    back = [one.id for name, one in known.items() if name in now and one.state == "gone"]
    _turn(tx, run_id, back, "open")
    for name, pair in now.items():
        if name not in known:
            _add(tx, run_id, sides, pair)


def _add(tx: UnitOfWork, run_id: UUID, sides: Inputs, pair: Pair) -> None:
    values = {
        "id": new_id(),
        "account": sides.account,
        "day": sides.day.date,
        "name": pair.name,
        "verdict": pair.verdict.value,
        "ref": pair.ref,
        "ledger_amount": None if pair.ledger_amount is None else pair.ledger_amount.dong,
        "bank_amount": None if pair.bank_amount is None else pair.bank_amount.dong,
        "state": "open",
        "reason": "",
        "explained_by": "",
        "run_id": run_id,
        "made_at": tx.now(),
    }
    insert_new(tx, FINDING, values)


def _turn(tx: UnitOfWork, run_id: UUID, ids: Sequence[UUID], state: str) -> None:
    if ids:
        tx.execute(
            update(FINDING)
            .where(FINDING.c.facility_id == tx.facility, FINDING.c.id.in_(ids))
            .values(state=state, reason="", explained_by="", run_id=run_id)
        )


def _all(tx: UnitOfWork, account: str, day: HospitalDay) -> list[Finding]:
    rows = tx.execute(
        select(FINDING).where(
            FINDING.c.facility_id == tx.facility,
            FINDING.c.account == account,
            FINDING.c.day == day.date,
        )
    )
    return [_finding(row) for row in rows]


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        row.id,
        row.account,
        HospitalDay(row.day),
        row.name,
        Verdict(row.verdict),
        None if row.ledger_amount is None else vnd(row.ledger_amount),
        None if row.bank_amount is None else vnd(row.bank_amount),
        row.state,
        row.reason,
        row.explained_by,
    )
