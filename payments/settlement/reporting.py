"""
Months are summed up to form 01/BH, quarters to 02/BH, from the versions that were sent.

The form rounds each group once, a claim each visit: P46 brings 1410 to the form, on one claim of
the month. After that the month's claims no longer change; what the insurer refuses is a refusal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.claims.periods import Form01, Row, month, quarter
from payments.claims.tables import Record
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import period_rounded
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import periods, repository
from payments.settlement.model import (
    Claim,
    ClaimsNotSent,
    LedgerDiffers,
    MonthsNotReported,
    months_of,
)
from payments.settlement.rows import CLAIM, CLAIM_VERSION
from payments.settlement.status import AT_INSURER, WAITING
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reported:
    """The fund's part of a form, and by how much it says more than its claims together."""

    period: UUID
    fund: Money
    rounding: Money


def report_month(runtime: Runtime, scope: Scope, period: UUID) -> Reported:
    """
    Sum a month up and close it for changes; a second time tells the same.

    Raises:
        NoClaimPeriod: there is no such month.
        ClaimsNotSent: some wait to be sent, or were returned.
        NoGroup: a visit type stands in no group of the form.
        LedgerDiffers: the form and the claims differ by more than rounding.
    """

    def work(tx: UnitOfWork) -> Reported:
        row = periods.lock(tx, period)
        if row.state != "open":
            return Reported(period, vnd(row.form_fund), _rounding(tx, period))
        waiting = repository.lock_of_periods(tx, (period,), WAITING)
        if waiting:
            raise ClaimsNotSent(period=row.name, count=len(waiting))
        claims = repository.lock_of_periods(tx, (period,), AT_INSURER)
        form = form_of(tx, period, row.name)
        rounding = form.total.fund - sum((one.requested for one in claims), ZERO)
        if abs(rounding.dong) > len(claims):
            # Half a đồng a claim and a group: more is no rounding.
            raise LedgerDiffers(visit=row.name, claimed=form.total.fund, booked=rounding)
        _round(tx, period, claims, rounding)
        _report(tx, period, form.total.fund)
        return Reported(period, form.total.fund, rounding)

    return runtime.database.run(scope, work)


def report_quarter(runtime: Runtime, scope: Scope, period: UUID) -> Reported:
    """
    Add three reported months up to form 02/BH; a second time tells the same.

    Raises:
        NoClaimPeriod: there is no such quarter.
        MonthsNotReported: a month is missing or still open.
    """

    def work(tx: UnitOfWork) -> Reported:
        row = periods.lock(tx, period)
        if row.state != "open":
            return Reported(period, vnd(row.form_fund), ZERO)
        found = periods.months(tx, period)
        wanted = months_of(row.name)
        if tuple(one.name for one in found if one.state != "open") != wanted:
            raise MonthsNotReported(period=row.name)
        total = quarter_form(tx, period)[-1]
        _report(tx, period, total.fund)
        return Reported(period, total.fund, ZERO)

    return runtime.database.run(scope, work)


def form_of(tx: UnitOfWork, period: UUID, name: str) -> Form01:
    """Write form 01/BH of a month from the current versions that are with the insurer."""
    rows = tx.execute(
        select(CLAIM.c.ma_lk, CLAIM_VERSION.c.totals)
        .join(
            CLAIM_VERSION,
            (CLAIM_VERSION.c.facility_id == CLAIM.c.facility_id)
            & (CLAIM_VERSION.c.claim_id == CLAIM.c.id)
            & (CLAIM_VERSION.c.version == CLAIM.c.version),
        )
        .where(
            CLAIM.c.facility_id == tx.facility,
            CLAIM.c.period_id == period,
            CLAIM.c.state.in_([one.value for one in AT_INSURER]),
        )
        .order_by(CLAIM.c.ma_lk)
    )
    summaries = (Record("XML1", json.loads(row.totals) | {"MA_LK": row.ma_lk}) for row in rows)
    return month(name, summaries)


def quarter_form(tx: UnitOfWork, period: UUID) -> tuple[Row, ...]:
    """
    Write form 02/BH of a quarter: its groups, then the sum of all.

    Raises:
        OtherPeriod: a month of it is missing.
    """
    return quarter([form_of(tx, one.id, one.name) for one in periods.months(tx, period)])


def _round(tx: UnitOfWork, period: UUID, claims: list[Claim], rounding: Money) -> None:
    if not rounding:
        return
    claim = max(claims, key=lambda one: (one.requested, one.id))
    entry = period_rounded(notice=period, claim=claim.id, agency=claim.agency, amount=rounding)
    txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
    repository.save(tx, [replace(claim, rounding=rounding)])
    repository.step(tx, claim.id, "rounded", rounding, txn=txn)


def _report(tx: UnitOfWork, period: UUID, fund: Money) -> None:
    today = HospitalDay.of(tx.now())
    periods.change(tx, period, state="reported", reported_on=today.date, form_fund=fund.dong)
    audit.append(tx, "claim_period.reported", f"claim_period:{period}", fund=fund.dong)


def _rounding(tx: UnitOfWork, period: UUID) -> Money:
    rows = tx.execute(
        select(CLAIM.c.rounding).where(
            CLAIM.c.facility_id == tx.facility, CLAIM.c.period_id == period
        )
    )
    return sum((vnd(amount) for amount in rows.scalars()), ZERO)
