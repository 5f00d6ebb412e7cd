"""Reads insured visits for the screens: one frozen view each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from payments.card_checks.model import CardAnswer
from payments.covering import checking, repository, versions
from payments.covering.holding import invoice_of
from payments.covering.model import InsuredLine, VisitFacts
from payments.covering.settling import deposit_of
from payments.covering.splits import Split
from payments.covering.versions import Happened
from payments.encounters.rows import ENCOUNTER
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money
from payments.keys import Keys
from payments.patients import queries as patients
from payments.patients.cards import card_of
from payments.patients.model import Person
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_CARD_LENGTH: Final = 15
_ENCOUNTER_OF: Final = Prepared(
    select(INVOICE.c.encounter_id).where(mine(INVOICE), INVOICE.c.id == bindparam("invoice"))
)


@dataclass(frozen=True, slots=True)
class VisitView:
    """An insured visit as it stands; *known_card* is what a scan told of the patient before."""

    encounter: UUID
    #: None before the settlement.
    invoice: UUID | None
    patient: Person
    came_at: datetime
    lines: tuple[InsuredLine, ...]
    facts: VisitFacts | None
    split: Split | None
    effects: tuple[Happened, ...]
    deposit: Money
    known_card: str
    #: What the portal or a person says of each card of *facts*; None before anybody did.
    checks: tuple[CardAnswer | None, ...]

    @property
    def is_provisional(self) -> bool:
        """Until the visit has ended, and until its card is checked, figures may change."""
        if self.split is None or self.split.is_provisional:
            return True
        return any(one is None or one.is_provisional for one in self.checks)


def view(tx: UnitOfWork, keys: Keys, encounter: UUID) -> VisitView:
    """Read one visit. Raises NoInsuredVisit."""
    visit = repository.visit(tx, encounter)
    patient = tx.execute(
        select(ENCOUNTER.c.patient_id).where(
            ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == encounter
        )
    ).scalar_one()
    given = repository.facts(tx, keys, encounter)
    split = versions.newest(tx, encounter)
    person = patients.person(tx, keys, patient)
    return VisitView(
        encounter,
        invoice_of(tx, encounter),
        person,
        visit.came_at,
        repository.lines(tx, encounter),
        given[1] if given else None,
        split[0] if split else None,
        versions.effects(tx, encounter),
        deposit_of(tx, encounter),
        _whole(card_of(tx, keys, person.id)),
        checking.known(tx, keys, encounter, given[1] if given else None),
    )


def _whole(card: str) -> str:
    """A scan may have told the ten digits of the insurance number alone."""
    return card if len(card) == _CARD_LENGTH else ""


@dataclass(frozen=True, slots=True)
class Covered:
    """The split that an invoice stands on, for its page and its papers."""

    encounter: UUID
    split: Split
    effects: tuple[Happened, ...]


def covered(tx: UnitOfWork, invoice: UUID) -> Covered | None:
    """Read the split of an invoice; None where its visit is no insured one."""
    found = _ENCOUNTER_OF.first(tx, invoice=invoice)
    if found is None:
        return None
    encounter = found.encounter_id
    split = versions.newest(tx, encounter)
    done = versions.effects(tx, encounter) if split else ()
    return Covered(encounter, split[0], done) if split and done else None
