"""The versions of a claim: added from a checked visit, and what 1400 must hold for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select

from payments.claims.checking import CheckedVisit
from payments.claims.periods import period_of
from payments.covering.holding import encounters_of
from payments.insurance.coverage.rounding import dong
from payments.kernel.errors import Conflict
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger.posting_rules.settlement import claim_recognised
from payments.ledger.rows import ACCOUNT, ENTRY
from payments.ledger.service import post
from payments.settlement import periods, repository
from payments.settlement.model import Claim, PeriodReported, agency_of, claim_id
from payments.settlement.rows import CLAIM_LINE, CLAIM_VERSION
from payments.settlement.status import Event, State, after
from payments.storage.unit_of_work import UnitOfWork

#: What form 01/BH needs of XML1; no name and no card.
TOTALS: Final = (
    "MA_LOAI_KCB", "MA_DOITUONG_KCB", "NAM_QT", "THANG_QT", "SO_NGAY_DTRI", "NGAY_RA",
    "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC",
)  # fmt: skip
_CODES: Final = {"XML2": ("MA_THUOC",), "XML3": ("MA_DICH_VU", "MA_VAT_TU")}
_ASKED_AT_ONCE: Final = 500
_VERSION: Final = insert(CLAIM_VERSION)
_LINE: Final = insert(CLAIM_LINE)


class ClaimTaken(Conflict):
    """Another file has brought a visit of this one a moment ago."""

    code = "claim-taken"


@dataclass(frozen=True, slots=True)
class Source:
    """The stored file of a version, and why it replaces the one before ("" for the first)."""

    file: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """The open months of a file's visits by name, and those of its claims that we have."""

    agency: str
    months: dict[str, UUID]
    claims: dict[UUID, Claim]


def hold(tx: UnitOfWork, visits: Sequence[CheckedVisit], known: Iterable[UUID]) -> Held:
    """
    Hold every month and claim that a file is about until the commit, in the one order.

    Raises:
        PeriodReported: the month of a visit, as it was or as it is now, has been reported.
    """
    agency, ids = agency_of(tx.facility), list(known)
    names = sorted({period_of(visit.summary) for visit in visits})
    months = {name: periods.ensure_month(tx, agency, name) for name in names}
    before = {repository.read(tx, claim).period for claim in ids}
    for period in sorted({*months.values(), *before}):
        row = periods.lock(tx, period)
        if row.state != "open":
            raise PeriodReported(period=row.name)
    return Held(agency, months, repository.lock(tx, ids) if ids else {})


def add_claims(tx: UnitOfWork, source: Source, visits: Sequence[CheckedVisit], held: Held) -> None:
    """
    Make the claim of each visit, and book what the fund owes where nobody has billed it here.

    Raises:
        ClaimTaken: another file has brought the visit meanwhile.
    """
    made = [_new(tx, visit, held) for visit in visits]
    booked = on_account(tx, "1400", [one.id for one in made])
    billed = encounters_of(tx, [one.id for one in made])
    for place, (visit, claim) in enumerate(zip(visits, made, strict=True), start=1):
        is_here = not booked.get(claim.id)
        told = replace(claim, is_booked_here=is_here, encounter=billed.get(claim.id))
        if not repository.add(tx, told):
            raise ClaimTaken(visit=claim.ma_lk)
        _add_version(tx, claim, visit, source, place)
        txn = recognise(tx, claim, claim.fund, claim.version) if is_here else None
        repository.step(tx, claim.id, "validated", claim.fund, txn=txn)


def replace_claims(
    tx: UnitOfWork, source: Source, visits: Sequence[CheckedVisit], held: Held
) -> None:
    """
    Add a version to the claim of each visit, and move 1400 by what it asks more.

    Raises:
        IllegalClaimStep: the claim is with the insurer.
    """
    changed = []
    for place, visit in enumerate(visits, start=1):
        claim = held.claims[claim_id(tx.facility, visit.ma_lk)]
        now = replace(
            claim,
            version=claim.version + 1,
            state=after(claim.state, Event.REPLACED),
            fund=_fund(visit),
            period=held.months[period_of(visit.summary)],
        )
        _add_version(tx, now, visit, source, place)
        more = now.fund - claim.fund
        txn = recognise(tx, claim, more, now.version) if claim.is_booked_here else None
        repository.step(tx, claim.id, "replaced", more, reason=source.reason, txn=txn)
        changed.append(now)
    repository.save(tx, changed)


def recognise(tx: UnitOfWork, claim: Claim, amount: Money, version: int | str) -> UUID | None:
    """Book that the fund owes *amount* more for a visit that another system billed."""
    if not amount:
        return None
    entry = claim_recognised(claim=claim.id, version=version, agency=claim.agency, amount=amount)
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id


def on_account(tx: UnitOfWork, control: str, claims: Sequence[UUID]) -> dict[UUID, Money]:
    """Tell what the ledger holds for *claims* on the accounts of *control*, debit positive."""
    found: dict[UUID, Money] = {}
    accounts = select(ACCOUNT.c.id).where(
        ACCOUNT.c.facility_id == tx.facility, ACCOUNT.c.code.startswith(f"{control}:")
    )
    ids = list(tx.execute(accounts).scalars())
    for start in range(0, len(claims), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(ENTRY.c.subject_id, func.sum(ENTRY.c.amount).label("held"))
            .where(
                ENTRY.c.facility_id == tx.facility,
                ENTRY.c.subject_type == "claim",
                ENTRY.c.subject_id.in_(claims[start : start + _ASKED_AT_ONCE]),
                ENTRY.c.account_id.in_(ids),
            )
            .group_by(ENTRY.c.subject_id)
        )
        found |= {row.subject_id: vnd(int(row.held)) for row in rows}
    return found


def _new(tx: UnitOfWork, visit: CheckedVisit, held: Held) -> Claim:
    month = held.months[period_of(visit.summary)]
    return Claim(
        claim_id(tx.facility, visit.ma_lk), visit.ma_lk, month, held.agency, 1, State.VALIDATED,
        _fund(visit), *(ZERO,) * 9, 0, True, "", None, None, None,
    )  # fmt: skip


def _fund(visit: CheckedVisit) -> Money:
    return dong(visit.summary.amount("T_BHTT"))


def _add_version(
    tx: UnitOfWork, claim: Claim, visit: CheckedVisit, source: Source, place: int
) -> None:
    tx.write(
        _VERSION,
        {
            "facility_id": tx.facility,
            "claim_id": claim.id,
            "version": claim.version,
            "file_id": source.file,
            "place": place,
            "totals": json.dumps({field: visit.summary[field] for field in TOTALS}),
            "reason": source.reason,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )
    lines: list[dict[str, Any]] = [
        {
            "facility_id": tx.facility,
            "claim_id": claim.id,
            "version": claim.version,
            "table_name": row.table,
            "stt": int(row["STT"]),
            "code": next((row[name] for name in _CODES[row.table] if row[name]), ""),
            "asked": dong(row.amount("T_BHTT")).dong,
        }
        for row in visit.rows
    ]
    if lines:
        tx.execute(_LINE, lines)
