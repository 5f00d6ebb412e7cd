"""The split is provisional until the card is checked; the card is asked about again at closing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from payments.card_checks.model import Doubt, Why
from payments.card_checks.queries import Waiting, waiting
from payments.covering import queries
from payments.covering.queries import VisitView
from payments.kernel.clock import FrozenClock
from tests.support import cards
from tests.support.hospital import Hospital
from tests.support.insured import CARD, POOR, Desk, some_facts


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


def seen(desk: Desk, encounter: UUID) -> VisitView:
    with desk.runtime.database.reading(desk.scope) as tx:
        return queries.view(tx, desk.runtime.keys, encounter)


def asked(desk: Desk, encounter: UUID) -> Waiting | None:
    with desk.runtime.database.reading(desk.scope) as tx:
        return waiting(tx, encounter)


def test_a_card_that_is_given_is_asked_about_and_nobody_waits(desk: Desk) -> None:
    encounter = desk.open()

    desk.note(encounter)

    question = asked(desk, encounter)
    assert question is not None
    assert question.why is Why.OPENING
    assert seen(desk, encounter).is_provisional


def test_a_settled_split_stays_provisional_until_the_portal_has_answered(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    desk.settle(encounter)
    assert seen(desk, encounter).is_provisional
    cards.silent(desk.runtime, desk.scope, encounter, Doubt.TIMED_OUT)
    assert seen(desk, encounter).is_provisional

    cards.answered(desk.runtime, desk.scope, encounter, card=CARD.number)

    view = seen(desk, encounter)
    [known] = view.checks
    assert known is not None
    assert (view.is_provisional, known.is_usable) == (False, True)


def test_an_answer_about_another_card_does_not_count(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    cards.answered(desk.runtime, desk.scope, encounter, card=CARD.number)

    desk.note(encounter, some_facts(card=POOR))

    assert seen(desk, encounter).checks == (None,)


def test_each_of_two_cards_is_asked_about_one_after_the_other(desk: Desk) -> None:
    encounter, both = desk.open(), some_facts(second=POOR)

    desk.note(encounter, both)
    cards.answered(desk.runtime, desk.scope, encounter, card=CARD.number)
    assert seen(desk, encounter).is_provisional
    desk.note(encounter, both)
    question = asked(desk, encounter)
    assert question is not None
    cards.answered(desk.runtime, desk.scope, encounter, card=POOR.number)
    desk.settle(encounter)

    view = seen(desk, encounter)
    assert [one is not None and one.is_usable for one in view.checks] == [True, True]
    assert not view.is_provisional


def test_a_card_that_was_checked_long_ago_is_asked_about_before_closing(
    desk: Desk, clock: FrozenClock
) -> None:
    encounter = desk.open()
    desk.note(encounter)
    cards.answered(desk.runtime, desk.scope, encounter, card=CARD.number)
    clock.advance(timedelta(hours=25))
    with desk.runtime.database.transaction(desk.scope) as tx:
        from_opening = waiting(tx, encounter)
    assert from_opening is not None

    desk.settle(encounter)

    # The question of before is still there, or one of closing: the card is looked up either way.
    assert asked(desk, encounter) is not None


def test_a_visit_without_a_card_asks_nobody(desk: Desk) -> None:
    encounter = desk.open()

    desk.note(encounter, some_facts(card=None, category="9"))
    desk.settle(encounter)

    assert asked(desk, encounter) is None
    assert not seen(desk, encounter).is_provisional
