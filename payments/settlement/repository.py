"""Claims and their periods in the database: found, held until the commit, changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, insert, select, update

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.settlement.model import Claim, NoClaim
from payments.settlement.rows import CLAIM, CLAIM_STEP
from payments.settlement.status import State
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_CHANGED: Final = (
    *(
        "period_id",
        "version",
        "state",
        "fund",
        "requested",
        "rounding",
        "refused",
        "won",
        "written_off",
        "charged",
    ),
    *("settled", "set_off", "paid", "submissions", "is_booked_here", "portal_number"),
    *("encounter_id", "sent_on", "assessed_on"),
)
_SAVE: Final = (
    update(CLAIM)
    .where(CLAIM.c.facility_id == bindparam("mine"), CLAIM.c.id == bindparam("own"))
    .values({name: bindparam(f"to_{name}") for name in _CHANGED})
)
_STEP: Final = insert(CLAIM_STEP)
#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500


def lock(tx: UnitOfWork, wanted: Iterable[UUID]) -> dict[UUID, Claim]:
    """
    Hold claims until the commit, by id.

    Raises:
        NoClaim: one is not there.
    """
    ids = sorted(set(wanted))
    found: dict[UUID, Claim] = {}
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        piece = ids[start : start + _ASKED_AT_ONCE]
        rows = tx.lock(Lock.CLAIM, _claims(tx).where(CLAIM.c.id.in_(piece)).order_by(CLAIM.c.id))
        found |= {row.id: claim_of(row) for row in rows}
    if len(found) != len(ids):
        raise NoClaim()
    return found


def lock_one(tx: UnitOfWork, wanted: UUID) -> Claim:
    """Hold one claim. Raises NoClaim."""
    return lock(tx, (wanted,))[wanted]


def lock_of_periods(
    tx: UnitOfWork, periods: Sequence[UUID], states: Iterable[State], *, limit: int | None = None
) -> list[Claim]:
    """Hold the claims of *periods* in one of *states*, in order of their ids."""
    wanted = (
        _claims(tx)
        .where(CLAIM.c.period_id.in_(periods), CLAIM.c.state.in_([one.value for one in states]))
        .order_by(CLAIM.c.id)
        .limit(limit)
    )
    return [claim_of(row) for row in tx.lock(Lock.CLAIM, wanted)]


def of_ma_lk(tx: UnitOfWork, names: Sequence[str]) -> dict[str, UUID]:
    """Find claims by the visit's code; those that we do not have are left out."""
    found: dict[str, UUID] = {}
    for start in range(0, len(names), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(CLAIM.c.ma_lk, CLAIM.c.id).where(
                CLAIM.c.facility_id == tx.facility,
                CLAIM.c.ma_lk.in_(names[start : start + _ASKED_AT_ONCE]),
            )
        )
        found |= {row.ma_lk: row.id for row in rows}
    return found


def read(tx: UnitOfWork, wanted: UUID) -> Claim:
    """Read one claim. Raises NoClaim."""
    row = tx.execute(_claims(tx).where(CLAIM.c.id == wanted)).first()
    if row is None:
        raise NoClaim()
    return claim_of(row)


def save(tx: UnitOfWork, claims: Sequence[Claim]) -> None:
    """Write held claims back."""
    if claims:
        tx.execute(
            _SAVE,
            [
                {"mine": tx.facility, "own": one.id}
                | {f"to_{name}": value for name, value in _values(one).items() if name in _CHANGED}
                for one in claims
            ],
        )


def add(tx: UnitOfWork, claim: Claim) -> bool:
    """Insert a new claim; False where there is one of its visit."""
    return insert_new(tx, CLAIM, _values(claim))


def step(
    tx: UnitOfWork,
    claim: UUID,
    event: str,
    amount: Money = ZERO,
    *,
    reason: str = "",
    txn: UUID | None = None,
) -> None:
    """Add a line to the history of a claim."""
    tx.write(
        _STEP,
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "claim_id": claim,
            "event": event,
            "amount": amount.dong,
            "reason": reason,
            "txn_id": txn,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )


def claim_of(row: Row[Any]) -> Claim:
    """Read a row of the table ``claim``."""
    return Claim(
        row.id, row.ma_lk, row.period_id, row.agency, row.version, State(row.state),
        vnd(row.fund), vnd(row.requested), vnd(row.rounding), vnd(row.refused), vnd(row.won),
        vnd(row.written_off), vnd(row.charged), vnd(row.settled), vnd(row.set_off), vnd(row.paid),
        row.submissions, row.is_booked_here, row.portal_number, row.encounter_id,
        None if row.sent_on is None else HospitalDay(row.sent_on),
        None if row.assessed_on is None else HospitalDay(row.assessed_on),
    )  # fmt: skip


def _values(claim: Claim) -> dict[str, Any]:
    amounts = ("fund", "requested", "rounding", "refused", "won", "written_off", "settled")
    return {
        **{name: getattr(claim, name).dong for name in (*amounts, "charged", "set_off", "paid")},
        "id": claim.id,
        "ma_lk": claim.ma_lk,
        "period_id": claim.period,
        "agency": claim.agency,
        "version": claim.version,
        "state": claim.state.value,
        "submissions": claim.submissions,
        "is_booked_here": claim.is_booked_here,
        "portal_number": claim.portal_number,
        "encounter_id": claim.encounter,
        "sent_on": None if claim.sent_on is None else claim.sent_on.date,
        "assessed_on": None if claim.assessed_on is None else claim.assessed_on.date,
    }


def _claims(tx: UnitOfWork) -> Select[Any]:
    return select(CLAIM).where(CLAIM.c.facility_id == tx.facility)
