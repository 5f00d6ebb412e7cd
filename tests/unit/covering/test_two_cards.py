"""Two cards in one visit: the higher counts on each day, the new one from its own first day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.claims.checking import check
from payments.claims.findings import Verdict
from payments.claims.writing import envelope_of
from payments.covering import repository
from payments.covering.model import CardFact, VisitFacts, two_cards
from payments.covering.versions import Effect
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.support.bhyt import RULES
from tests.support.hospital import Hospital
from tests.support.insured import CARD, POOR, Desk, some_facts
from tests.support.settlement import claimed
from tests.unit.covering.test_properties import LADDER, bills, card, split

#: The desk's day in these tests.
TODAY = date(2026, 11, 24)
TOMORROW = replace(POOR, valid_from=date(2026, 11, 25))
#: 531,000 đ; own money of 28,000 đ stays whatever the card.
AT_80, AT_100 = vnd(128_200), vnd(28_000)


@pytest.fixture
def desk(hospital: Hospital) -> Desk:
    return Desk(hospital)


@pytest.mark.parametrize("cards", [(CARD, POOR), (POOR, CARD)])
def test_the_higher_entitlement_counts_in_whatever_order_cards_are_given(
    desk: Desk, cards: tuple[CardFact, CardFact]
) -> None:
    encounter = desk.open()

    told = desk.note(encounter, some_facts(card=cards[0], second=cards[1]))

    assert told.parts.patient == AT_100


def test_a_better_card_counts_from_its_own_first_day(desk: Desk) -> None:
    encounter = desk.open()

    told = desk.note(encounter, some_facts(second=TOMORROW))

    assert told.parts.patient == AT_80


def test_a_card_that_ended_yesterday_is_followed_by_the_new_one(desk: Desk) -> None:
    ended = replace(CARD, valid_to=date(2026, 11, 23))
    encounter = desk.open()

    assert desk.note(encounter, some_facts(card=ended)).parts.fund == vnd(0)
    told = desk.note(encounter, some_facts(card=ended, second=POOR))

    assert told.parts.patient == AT_100


def test_a_second_card_that_is_found_after_payment_gives_money_back(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter)
    invoice = desk.settle(encounter)
    assert desk.pay(invoice) == AT_80

    desk.note(encounter, some_facts(second=POOR), "tìm thấy thẻ thứ hai")

    [_, effect] = desk.effects(encounter)
    assert (effect.kind, effect.before, effect.after) == (Effect.GIVE_BACK, AT_80, AT_100)


def test_both_cards_are_kept_sealed_and_found_by_their_numbers(desk: Desk) -> None:
    encounter = desk.open()
    both = some_facts(second=TOMORROW)

    desk.note(encounter, both)

    with desk.runtime.database.reading(desk.scope) as tx:
        keys = desk.runtime.keys
        stored = repository.facts(tx, keys, encounter)
        assert stored == (1, both)
        for number in (CARD.number, POOR.number):
            assert encounter in repository.visits_of_card(tx, keys, number)
    desk.note(encounter, some_facts())
    with desk.runtime.database.reading(desk.scope) as tx:
        assert repository.facts(tx, desk.runtime.keys, encounter) == (2, some_facts())


def test_the_claim_names_both_cards_and_a_check_of_it_agrees(desk: Desk) -> None:
    encounter = desk.open()
    desk.note(encounter, some_facts(second=POOR))
    desk.settle(encounter)

    content = envelope_of("99001", TODAY, [claimed(desk, encounter)])
    report = check(content, RULES)

    assert report.verdict is Verdict.ACCEPT
    [visit] = report.visits
    assert visit.summary["MA_THE_BHYT"] == f"{CARD.number};{POOR.number}"


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [(None, CARD, "card"), (CARD, replace(CARD, valid_to=TODAY), "second_card")],
)
def test_a_second_card_stands_beside_another_first_one(
    first: CardFact | None, second: CardFact, field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        two_cards(first, second)

    assert refused.value.field == field


@given(bills, st.sampled_from(LADDER), st.sampled_from(LADDER), st.booleans())
def test_two_cards_cost_the_patient_what_the_better_alone_does(
    of: list, first: str, second: str, is_swapped: bool
) -> None:
    order = (second, first) if is_swapped else (first, second)
    both = VisitFacts(card(order[0]), "1.1", "01", second=card(order[1]))
    better = VisitFacts(card(max(first, second, key=LADDER.index)), "1.1", "01")

    assert split(both, of).totals == split(better, of).totals
