"""What is left of an advance is owed back (P15); of a deceased patient's, to an heir."""

from __future__ import annotations

from uuid import UUID

from payments.encounters import service as encounters
from payments.kernel.errors import NotFound, Rejected
from payments.kernel.money import Money
from payments.ledger import post
from payments.ledger.posting_rules.deposits import deposit_refunded
from payments.refunds.model import NotRefundable
from payments.stays import repository as stays
from payments.stays.status import State as StayState
from payments.storage.unit_of_work import UnitOfWork


class NoAdvance(NotFound):
    """The payment is no advance of a stay."""

    code = "no-advance"


class HeirDocumentNeeded(Rejected):
    """The patient died: what is left goes to an heir, by a document that is named first."""

    code = "heir-document-needed"


def hold_advance(tx: UnitOfWork, payment: UUID) -> UUID:
    """Hold the encounter whose advance *payment* is. Raises NoAdvance where it is none."""
    encounter = stays.encounter_of_deposit(tx, payment)
    if encounter is None or encounters.lock(tx, encounter) is None:
        raise NoAdvance()
    return encounter


def book_advance(tx: UnitOfWork, refund: UUID, payment: UUID, amount: Money) -> UUID:
    """
    Book that *amount* of a held advance is owed back (P15).

    Raises:
        NotRefundable: less is left.
        HeirDocumentNeeded: as ``refuse_without_heir`` says.
    """
    encounter = stays.encounter_of_deposit(tx, payment)
    assert encounter is not None, "the caller holds the encounter of this advance"
    refuse_without_heir(tx, encounter)
    left = stays.deposit_of(tx, encounter)
    if amount > left:
        raise NotRefundable(most=left)
    entry = deposit_refunded(refund=refund, encounter=encounter, amount=amount)
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id


def refuse_without_heir(tx: UnitOfWork, encounter: UUID) -> None:
    """Let nothing go back of a deceased patient's advance before HeirDocumentNeeded is met."""
    stay = stays.find(tx, encounter)
    if stay is not None and stay.state is StayState.CLOSED_DECEASED and not stay.heir_document:
        raise HeirDocumentNeeded()
