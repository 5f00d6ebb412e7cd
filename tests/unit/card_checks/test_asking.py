"""A desk puts a question and goes on; a visit is looked up again before it closes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from payments.card_checks import queries, service
from payments.card_checks.answers import COPAYMENT_CALL
from payments.card_checks.model import Again, Doubt, NoCard, NoEncounter, Reason, Why
from payments.card_checks.rows import CARD_QUESTION
from payments.card_checks.telling import Told
from payments.external.portal import NewCard
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.cards import CARD, a_visit, answered, entered, silent, told


def ask(runtime: Runtime, scope: Scope, visit: UUID, card: str = "") -> UUID | None:
    with runtime.database.transaction(scope) as tx:
        return service.ask(tx, runtime.keys, visit, card=card)


def again(runtime: Runtime, scope: Scope, visit: UUID) -> Again | None:
    with runtime.database.reading(scope) as tx:
        return service.must_ask_again(tx, runtime.keys, visit, tx.now())


def test_a_question_waits(runtime: Runtime, scope: Scope, clock: FrozenClock) -> None:
    visit = a_visit(runtime, scope)

    asked = ask(runtime, scope, visit)

    with runtime.database.reading(scope) as tx:
        waiting = queries.waiting(tx, visit)
    assert waiting is not None
    assert (waiting.id, waiting.why, waiting.asked_at) == (asked, Why.DESK, clock.now())


def test_the_button_pressed_twice_asks_once(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)

    first = ask(runtime, scope, visit)

    assert ask(runtime, scope, visit) == first


def test_another_card_takes_the_place_of_the_one_that_waits(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    first = ask(runtime, scope, visit)

    second = ask(runtime, scope, visit, card="HT3990123456789")

    assert second not in (None, first)
    with runtime.database.reading(scope) as tx:
        rows = tx.execute(select(CARD_QUESTION.c.id, CARD_QUESTION.c.state)).all()
    states = {row.id: row.state for row in rows}
    assert states == {first: "given_up", second: "waiting"}


def test_what_was_said_a_moment_ago_is_not_asked_for_again(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(seconds=30))

    assert ask(runtime, scope, visit) is None
    clock.advance(timedelta(seconds=31))
    assert ask(runtime, scope, visit) is not None


def test_what_failed_may_be_asked_for_at_once(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    silent(runtime, scope, visit, Doubt.TIMED_OUT)

    assert ask(runtime, scope, visit) is not None


def test_without_a_card_there_is_nothing_to_ask(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope, card="")

    with pytest.raises(NoCard):
        ask(runtime, scope, visit)
    with pytest.raises(NoEncounter):
        ask(runtime, scope, uuid4())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dn4 99 01 2345 6789", CARD),
        ("0123456789", "0123456789"),
        ("099058000001", "099058000001"),
    ],
)
def test_a_card_is_taken_as_it_is_typed(typed: str, meant: str) -> None:
    assert service.normal_card(typed) == meant


@pytest.mark.parametrize("typed", ["DN6990123456789", "DN499012345678", "012345678", "x" * 15])
def test_no_card_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidField):
        service.normal_card(typed)


def test_a_card_by_hand_ends_after_it_begins(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    wrong = service.Entered(CARD, date(2026, 2, 1), date(2026, 1, 1), "99001", Reason.PORTAL_DOWN)

    with pytest.raises(InvalidField), runtime.database.transaction(scope) as tx:
        service.enter_by_hand(tx, runtime.keys, visit, wrong)


def test_a_visit_that_nobody_looked_up_does_not_close(runtime: Runtime, scope: Scope) -> None:
    assert again(runtime, scope, a_visit(runtime, scope)) is Again.NEVER_ANSWERED


def test_a_card_that_was_just_looked_up_is_known(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)

    assert again(runtime, scope, visit) is None


def test_a_provisional_card_is_asked_again(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    silent(runtime, scope, visit, Doubt.NOT_SENT)

    assert again(runtime, scope, visit) is Again.PROVISIONAL


def test_a_check_of_yesterday_is_old(runtime: Runtime, scope: Scope, clock: FrozenClock) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)

    clock.advance(timedelta(hours=24))
    assert again(runtime, scope, visit) is None
    clock.advance(timedelta(seconds=1))
    assert again(runtime, scope, visit) is Again.OLD


def test_a_card_that_ended_at_midnight_is_asked_again(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    # 23:30 of the card's last day in the hospital.
    clock.set(datetime(2026, 11, 30, 16, 30, tzinfo=UTC))
    answered(runtime, scope, visit, **told(valid_to=date(2026, 11, 30)))

    assert again(runtime, scope, visit) is None
    clock.advance(timedelta(minutes=30))
    assert again(runtime, scope, visit) is Again.ENDED_SINCE


def test_a_new_card_is_looked_up_from_its_own_day(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    clock.set(datetime(2026, 11, 30, 16, 30, tzinfo=UTC))
    new = NewCard("HT3990123456789", date(2026, 12, 1), date(2027, 11, 30), "99001")
    answered(runtime, scope, visit, **told("004", new_card=new))

    assert again(runtime, scope, visit) is None
    clock.advance(timedelta(minutes=30))
    assert again(runtime, scope, visit) is Again.NEW_CARD_COUNTS


def test_co_payments_of_last_year_are_asked_for_again(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    clock.set(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    answered(runtime, scope, visit, **told(valid_to=date(2027, 12, 31)))
    answered(runtime, scope, visit, call=COPAYMENT_CALL, code="204", told=Told())
    clock.advance(timedelta(hours=1))

    assert again(runtime, scope, visit) is Again.OTHER_YEAR


def test_a_card_of_the_forces_by_hand_need_not_be_asked_for(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope, card="")
    with runtime.database.transaction(scope) as tx:
        service.enter_by_hand(tx, runtime.keys, visit, entered())
    clock.advance(timedelta(days=3))

    assert again(runtime, scope, visit) is None
    clock.set(datetime(2027, 1, 1, 1, tzinfo=UTC))
    assert again(runtime, scope, visit) is Again.ENDED_SINCE


def test_closing_puts_the_question_that_it_needs(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)

    with runtime.database.transaction(scope) as tx:
        reason = service.ask_before_closing(tx, runtime.keys, visit)
        waiting = queries.waiting(tx, visit)

    assert reason is Again.NEVER_ANSWERED
    assert waiting is not None
    assert waiting.why is Why.CLOSING
