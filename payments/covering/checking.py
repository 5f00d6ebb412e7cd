"""
Asks the insurer's portal about the card of an insured visit, and says how far the card is known.

The desk never waits for the answer: until there is one the split is provisional, "tạm tính"
(workflows A1.3), and the card is looked up again before the visit closes (Decree 188/2025/ND-CP,
article 21). A portal that is down closes nothing (article 38(2)).
"""

from __future__ import annotations

from uuid import UUID

from payments.card_checks import service
from payments.card_checks.model import CardAnswer, Why
from payments.card_checks.queries import latest
from payments.covering.model import VisitFacts
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork


def ask(tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts) -> None:
    """Put the question about a card that was just given; without a card there is none."""
    if facts.card is not None:
        service.ask(tx, keys, encounter, card=facts.card.number, why=Why.OPENING)


def ask_before_closing(tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts) -> None:
    """Put the question again where what is known is too old to close on."""
    if facts.card is not None and service.must_ask_again(tx, keys, encounter, tx.now()):
        service.ask(tx, keys, encounter, card=facts.card.number, why=Why.CLOSING)


def known(
    tx: UnitOfWork, keys: Keys, encounter: UUID, facts: VisitFacts | None
) -> CardAnswer | None:
    """Give what is known of the card of the newest facts; an answer about another counts not."""
    if facts is None or facts.card is None:
        return None
    answer = latest(tx, keys, encounter)
    return answer if answer is not None and answer.card == facts.card.number else None
