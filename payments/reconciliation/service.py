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
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from payments import audit
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import periods
from payments.reconciliation import maps
from payments.reconciliation.comparing import compare
from payments.reconciliation.model import Comparison, Source, Verdict
from payments.reconciliation.rows import FINDING, RECONCILIATION_RUN
from payments.reconciliation.sides import inputs
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

_REASON_MAX: Final = 200


class OpenFindings(Conflict):
    """The day has differences that nobody has explained."""

    code = "open-findings"


class NoStatement(Rejected):
    """The bank's statement of the day has not been taken in."""

    code = "no-statement"


class DayNotOver(Rejected):
    """A day is closed when it is over; until then money may still come."""

    code = "day-not-over"


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
    return runtime.database.run(scope, lambda tx: run_in(tx, account, day))


def run_in(tx: UnitOfWork, account: str, day: HospitalDay) -> Run:
    """Do the same inside a running transaction."""
    comparison = compare(tx, inputs(tx, account, day))
    run_id, is_new = _kept(tx, comparison)
    if is_new:
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
    cleaned = _reason(reason)

    def work(tx: UnitOfWork) -> None:
        found = {one.name: one for one in run_in(tx, account, day).findings}
        if name not in found:
            raise NotFound("Chênh lệch này không còn nữa; tải lại trang.")
        tx.execute(
            update(FINDING)
            .where(FINDING.c.facility_id == tx.facility, FINDING.c.id == found[name].id)
            .values(state="explained", reason=cleaned, explained_by=tx.scope.actor)
        )
        audit.append(tx, "finding.explained", f"finding:{found[name].id}", reason=cleaned)

    runtime.database.run(scope, work)


def close_day(runtime: Runtime, scope: Scope, day: HospitalDay) -> None:
    """
    Close the ledger's day, if every account matches its statement or every difference is explained.

    The period is held first: what is compared afterwards is what is closed.

    Raises:
        DayNotOver: the day is today or later.
        NoStatement: an account has lines and no statement.
        OpenFindings: a difference is not explained.
    """
    if day >= HospitalDay.of(runtime.clock.now()):
        raise DayNotOver("Chỉ khóa sổ ngày đã qua: trong ngày tiền còn có thể về.")

    def work(tx: UnitOfWork) -> None:
        periods.start_closing(tx, day)
        for account in maps.accounts(tx):
            _refuse_unexplained(run_in(tx, account, day))
        periods.close_day(tx, day)
        audit.append(tx, "day.closed", f"day:{day}")

    runtime.database.run(scope, work)


def _refuse_unexplained(told: Run) -> None:
    sides = told.comparison.inputs
    if sides.source is Source.FEED and (sides.ledger or sides.bank):
        raise NoStatement(f"Tài khoản {sides.account} chưa có sao kê ngày {sides.day}.")
    if told.open_findings:
        raise OpenFindings(
            f"Tài khoản {sides.account} còn {len(told.open_findings)} chênh lệch chưa giải thích.",
            account=sides.account,
            findings=len(told.open_findings),
        )


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
    new = [
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "account": sides.account,
            "day": sides.day.date,
            "name": name,
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
        for name, pair in now.items()
        if name not in known
    ]
    if new:
        tx.execute(insert(FINDING), new)


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


def _reason(reason: str) -> str:
    cleaned = " ".join(reason.split())
    if not 3 <= len(cleaned) <= _REASON_MAX or not cleaned.isprintable():
        raise InvalidField("reason", f"Nhập lý do, từ 3 đến {_REASON_MAX} ký tự.")
    return cleaned
