"""What the portal said is kept for ever, sealed; the latest of it is what counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from payments.card_checks import queries
from payments.card_checks.answers import COPAYMENT_CALL
from payments.card_checks.codes import Meaning
from payments.card_checks.model import CardAnswer, Doubt, Reason, Source
from payments.card_checks.rows import CARD_ANSWER
from payments.card_checks.service import enter_by_hand
from payments.card_checks.telling import Told, read, written
from payments.external.portal import CopaymentRow, NewCard
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.conftest import THEIRS
from tests.support.cards import CARD, NAME, a_visit, answered, entered, silent, told


def latest(runtime: Runtime, scope: Scope, encounter: UUID) -> CardAnswer:
    with runtime.database.reading(scope) as tx:
        found = queries.latest(tx, runtime.keys, encounter)
    assert found is not None
    return found


def test_nobody_asked_is_no_answer(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)

    with runtime.database.reading(scope) as tx:
        assert queries.latest(tx, runtime.keys, visit) is None


def test_a_right_card_tells_all_that_the_split_needs(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit, **told("000", area="K2"))

    found = latest(runtime, scope, visit)

    assert (found.code, found.meaning, found.source) == ("000", Meaning.RIGHT, Source.PORTAL)
    assert (found.valid_from, found.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (found.registered_facility, found.area) == ("99001", "K2")
    assert (found.object_code, found.benefit_digit) == ("DN", 4)
    assert found.five_years_from == date(2024, 6, 1)
    assert found.is_usable
    assert not found.is_provisional


def test_a_later_answer_stands_above_an_earlier_one(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(hours=5))
    answered(runtime, scope, visit, **told("010"))

    found = latest(runtime, scope, visit)

    assert found.meaning is Meaning.EXPIRED
    assert not found.is_usable
    assert not found.is_provisional


def test_a_try_that_failed_takes_nothing_back(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(hours=1))
    silent(runtime, scope, visit, Doubt.TIMED_OUT)

    found = latest(runtime, scope, visit)

    assert found.meaning is Meaning.RIGHT
    assert (found.failed_at, found.failure) == (clock.now(), Doubt.TIMED_OUT)


@pytest.mark.parametrize("doubt", [Doubt.NOT_SENT, Doubt.TIMED_OUT, Doubt.UNREADABLE])
def test_silence_alone_is_provisional(runtime: Runtime, scope: Scope, doubt: Doubt) -> None:
    visit = a_visit(runtime, scope)
    silent(runtime, scope, visit, doubt)

    found = latest(runtime, scope, visit)

    assert (found.meaning, found.source) == (Meaning.TRY_LATER, Source.NOBODY)
    assert found.is_provisional
    assert not found.is_usable


def test_an_answer_that_is_not_believed_is_no_yes(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit, **told("000"), doubt=Doubt.OTHER_CARD)

    found = latest(runtime, scope, visit)

    assert found.meaning is Meaning.UNBELIEVABLE
    assert found.is_provisional
    assert not found.is_usable


def test_another_card_at_the_same_visit_starts_anew(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    clock.advance(timedelta(minutes=5))
    answered(runtime, scope, visit, card="HT3990123456789", doubt=Doubt.NOT_SENT)

    found = latest(runtime, scope, visit)

    assert found.card == "HT3990123456789"
    assert found.meaning is Meaning.TRY_LATER


def test_forces_cards_by_hand_are_final_and_others_provisional(
    runtime: Runtime, scope: Scope
) -> None:
    visits = {reason: a_visit(runtime, scope, card="") for reason in Reason}
    with runtime.database.transaction(scope) as tx:
        for reason, visit in visits.items():
            enter_by_hand(tx, runtime.keys, visit, entered(reason=reason))

    found = {reason: latest(runtime, scope, visit) for reason, visit in visits.items()}

    assert {reason for reason, one in found.items() if not one.is_provisional} == {Reason.FORCES}
    assert all(one.source is Source.HAND and one.is_usable for one in found.values())


def test_co_payments_of_this_year_are_summed(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    rows = (
        CopaymentRow(date(2025, 12, 30), Decimal("900000"), Decimal("900000")),
        CopaymentRow(date(2026, 2, 3), Decimal("120000.50"), Decimal("120000.50")),
        CopaymentRow(date(2026, 8, 3), Decimal("79999.50"), Decimal("200000")),
    )
    answered(runtime, scope, visit, call=COPAYMENT_CALL, code="200", told=Told(rows=rows))

    found = latest(runtime, scope, visit)

    assert found.meaning is Meaning.RIGHT
    assert found.copayment is not None
    assert (found.copayment.so_far, found.copayment.year) == (Decimal(200_000), 2026)


def test_none_so_far_is_zero_and_not_unknown(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)
    answered(runtime, scope, visit, call=COPAYMENT_CALL, code="204", told=Told())

    found = latest(runtime, scope, visit)

    assert found.copayment is not None
    assert found.copayment.so_far == 0


def test_what_was_told_comes_back_as_it_was() -> None:
    new = NewCard("DN4990123456780", date(2026, 12, 1), date(2027, 11, 30), "99002")
    row = CopaymentRow(date(2026, 2, 3), Decimal("1.25"), Decimal("1.25"))
    whole = Told(date(2026, 1, 1), None, "99001", "K1", None, new, (row,), "giấy ra viện")

    assert read(written(whole)) == whole
    assert read(written(Told())) == Told()


def test_answers_are_never_changed(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)

    for statement in (update(CARD_ANSWER).values(code="000"), delete(CARD_ANSWER)):
        with pytest.raises(DBAPIError), runtime.database.transaction(scope) as tx:
            tx.execute(statement)


def test_neither_card_nor_name_stands_in_the_table(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    reply = f'{{"maThe":"{CARD}","hoTen":"{NAME}"}}'.encode()
    answered(runtime, scope, visit, **told(), raw=reply)

    with runtime.database.reading(scope) as tx:
        row = tx.execute(select(CARD_ANSWER)).one()

    kept = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    for secret in (CARD, CARD[-10:], "NGUYỄN", "2026-12-31"):
        assert secret.encode() not in kept
    assert row.card_last4 == CARD[-4:]
    assert len(row.raw_hash) == 32


def test_another_facility_sees_nothing(runtime: Runtime, scope: Scope) -> None:
    visit = a_visit(runtime, scope)
    answered(runtime, scope, visit)

    with runtime.database.reading(Scope(THEIRS, "user:theirs", "request")) as tx:
        assert queries.latest(tx, runtime.keys, visit) is None
