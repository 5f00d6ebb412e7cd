"""
Asks the insurer's portal about the card of an insured visit, and says how far the card is known.

The desk never waits for the answer: until there is one the split is provisional, "tạm tính"
(workflows A1.3), and the card is looked up again before the visit closes (Decree 188/2025/ND-CP,
article 21). A portal that is down closes nothing (article 38(2)).
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from payments.card_checks import service
from payments.card_checks.model import CardAnswer, NoCard, Why
from payments.card_checks.queries import latest
from payments.covering.model import VisitFacts
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork


def ask(tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts, *, is_new: bool) -> None:
    """
    Put the question about the first card of which nothing is known; without a card there is none.

    A visit has one open question: the second card's turn comes when the first is answered. Where
    something is known of all, the first is asked about again if the facts are new.
    """
    unknown = [one for one in facts.cards if latest(tx, keys, encounter, of=one.number) is None]
    chosen = unknown or (facts.cards if is_new else ())
    if chosen:
        service.ask(tx, keys, encounter, card=chosen[0].number, why=Why.OPENING)


def ask_noted(tx: UnitOfWork, keys: Keys, encounter: UUID) -> None:
    """Put the question about the card that the patient brought before; without one there is none"""
    with suppress(NoCard):
        service.ask(tx, keys, encounter, why=Why.OPENING)


def ask_before_closing(tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts) -> None:
    """Put the question again where what is known of a card is too old to close on."""
    for card in facts.cards:
        if service.must_ask_again(tx, keys, encounter, tx.now(), of=card.number):
            service.ask(tx, keys, encounter, card=card.number, why=Why.CLOSING)
            return


def known(
    tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts | None
) -> tuple[CardAnswer | None, ...]:
    """Give what is known of each card of the newest facts; answers about others count not."""
    cards = facts.cards if facts is not None else ()
    return tuple(latest(tx, keys, encounter, of=card.number) for card in cards)
