"""Forms 01/BH and 02/BH of a period, and 09/BH of a claim, as files that a person takes along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from payments.claims.adjusting import NothingToAdjust, Version, changes, form_09
from payments.claims.checking import CheckedVisit, check
from payments.claims.periods import Row as FormRow
from payments.insurance.coverage import Rules
from payments.kernel.calendar import HospitalDay
from payments.keys import Keys
from payments.settlement import periods, repository
from payments.settlement.model import NoClaimFile
from payments.settlement.reporting import form_of, quarter_form
from payments.settlement.rows import CLAIM_VERSION
from payments.settlement.taking_in import original
from payments.storage.unit_of_work import UnitOfWork


def rows_of_period(tx: UnitOfWork, period: UUID) -> tuple[FormRow, ...]:
    """
    Give the groups of form 01/BH of a month, or 02/BH of a quarter, and the sum of all.

    Raises:
        NoClaimPeriod: there is no such month or quarter.
        NoGroup, OtherPeriod: as for reporting.
    """
    row = periods.read(tx, period)
    if row.kind == "quarter":
        return quarter_form(tx, period)
    form = form_of(tx, period, row.name)
    return (*form.rows, form.total)


def adjustment(tx: UnitOfWork, keys: Keys, rules: Rules, claim: UUID) -> bytes:
    """
    Write form 09/BH from the last version of a claim against the one before; it is not signed.

    Raises:
        NoClaim: there is no such claim.
        NothingToAdjust: it has one version, or both say the same.
        NotAdjustable: the form cannot say it: a row is new.
    """
    found = repository.read(tx, claim)
    rows = tx.execute(
        select(CLAIM_VERSION)
        .where(CLAIM_VERSION.c.facility_id == tx.facility, CLAIM_VERSION.c.claim_id == claim)
        .order_by(CLAIM_VERSION.c.version.desc())
        .limit(2)
    ).all()
    if len(rows) < 2:
        raise NothingToAdjust(what=found.ma_lk)
    after, before = (_version(tx, keys, rules, row, found.ma_lk) for row in rows)
    today = HospitalDay.of(tx.now()).date
    facility = f"{int(tx.facility):05d}"
    return form_09(facility, today, before, changes(before, after), rows[0].reason)


def _version(tx: UnitOfWork, keys: Keys, rules: Rules, row: Row[Any], ma_lk: str) -> Version:
    """Read a version out of the bytes that were kept."""
    content = original(tx, keys, row.file_id)
    visit = _visit(content, rules, ma_lk) if content is not None else None
    if visit is None:
        raise NoClaimFile()
    return Version(visit.summary, visit.rows)


def _visit(content: bytes, rules: Rules, ma_lk: str) -> CheckedVisit | None:
    return next((one for one in check(content, rules).visits if one.ma_lk == ma_lk), None)
