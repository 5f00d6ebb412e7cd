"""An advance of a visit follows its patient into the stay: one key at the desk (workflows A3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from payments import audit
from payments.encounters import service as encounters
from payments.encounters.rows import ENCOUNTER
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.deposits import deposit_moved
from payments.patients.queries import records_of
from payments.runtime import Runtime
from payments.stays import repository, watching
from payments.stays.model import NothingToMove, StayClosed
from payments.stays.rows import DEPOSIT
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An advance that the patient has left at another encounter."""

    encounter: UUID
    amount: Money


def elsewhere(tx: UnitOfWork, patient: UUID, *, but: UUID) -> tuple[Elsewhere, ...]:
    """List what a patient has as an advance at other encounters, the oldest first."""
    rows = tx.execute(
        select(ENCOUNTER.c.id)
        .where(
            ENCOUNTER.c.facility_id == tx.facility,
            ENCOUNTER.c.patient_id.in_(records_of(tx, patient)),
            ENCOUNTER.c.id != but,
        )
        .order_by(ENCOUNTER.c.id)
    )
    found = (Elsewhere(one, repository.deposit_of(tx, one)) for one in rows.scalars().all())
    return tuple(one for one in found if one.amount > ZERO)


def bring(runtime: Runtime, scope: Scope, stay: UUID, source: UUID) -> Money:
    """
    Move what is left of the advance of *source* to *stay*; a second click finds nothing.

    Raises:
        NoStay, StayClosed: it takes no advances.
        NothingToMove: nothing is left there, or it is another patient's.
    """

    def work(tx: UnitOfWork) -> Money:
        # Two encounters, by id as the one order has it.
        for one in sorted((stay, source)):
            encounters.lock(tx, one)
        held = repository.read(tx, stay)
        if not held.is_open:
            raise StayClosed()
        amount = repository.deposit_of(tx, source)
        if amount <= ZERO or source == stay or not _is_of(tx, held.patient, source):
            raise NothingToMove()
        move = new_id()
        entry = deposit_moved(move=move, source=source, target=stay, amount=amount)
        post(tx, entry, effective_at=tx.now(), source="cashier")
        tx.execute(
            update(DEPOSIT)
            .where(DEPOSIT.c.facility_id == tx.facility, DEPOSIT.c.encounter_id == source)
            .values(encounter_id=stay)
        )
        audit.append(tx, "deposit.moved", f"stay:{stay}", source=str(source), amount=amount.dong)
        watching.look(tx, held)
        return amount

    return runtime.database.run(scope, work)


def _is_of(tx: UnitOfWork, patient: UUID, encounter: UUID) -> bool:
    found = tx.execute(
        select(ENCOUNTER.c.id).where(
            ENCOUNTER.c.facility_id == tx.facility,
            ENCOUNTER.c.id == encounter,
            ENCOUNTER.c.patient_id.in_(records_of(tx, patient)),
        )
    )
    return found.first() is not None
