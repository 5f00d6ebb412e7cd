"""A day closes over a balance that agrees or is explained; a month over days that are closed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.ledger import queries as ledger
from payments.reconciliation import balances, closing, late, months
from payments.reconciliation.balances import BalanceDiffers
from payments.reconciliation.checklist import (
    DayFacts,
    MonthFacts,
    State,
    of_day,
    of_month,
)
from payments.reconciliation.closing import close_day
from payments.reconciliation.importing import take_in
from payments.reconciliation.months import Month, MonthNotReady, NoMonth
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement

TODAY = HospitalDay.parse("2026-11-24")
_COUNT = st.integers(0, 3)


@given(over=st.booleans(), counts=st.tuples(*[_COUNT] * 6))
def test_a_day_closes_when_nothing_that_stops_it_is_left(
    over: bool, counts: tuple[int, ...]
) -> None:
    told = of_day(DayFacts(over, *counts))

    assert told.may_close is (over and not any(counts[:3]))
    assert all(one.state is not State.STOPS for one in told.items[4:])


@given(over=st.booleans(), counts=st.tuples(*[_COUNT] * 5))
def test_a_month_closes_when_its_days_are_closed_and_its_books_balance(
    over: bool, counts: tuple[int, ...]
) -> None:
    assert of_month(MonthFacts(over, *counts)).may_close is (over and not any(counts[:3]))


def paid(hospital: Hospital, reference: str, *, statement_opening: int, day: int) -> None:
    """Let one transfer come on a day of November, and its statement the morning after."""
    clock = hospital.runtime.clock
    assert isinstance(clock, FrozenClock)
    clock.set(clock.now().replace(day=day))
    hospital.arrive(hospital.transfer("CK", vnd(5_000), reference=reference))
    hospital.work()
    clock.set(clock.now().replace(day=day + 1))
    file = a_statement(
        Moved(5_000, reference, "CK", f"{day}/11/2026 07:30:00"),
        day=f"{day}/11/2026",
        opening=statement_opening,
    )
    take_in(hospital.runtime, hospital.scope, PAYEE.account, file)
    hospital.work()


def test_what_was_there_before_is_carried_on_and_a_gap_must_be_explained(
    hospital: Hospital,
) -> None:
    runtime, scope = hospital.runtime, hospital.scope
    paid(hospital, "FT1", statement_opening=1_000_000, day=24)
    close_day(runtime, scope, TODAY)
    # The bank's next statement begins 200 đồng lower than the last one ended.
    paid(hospital, "FT2", statement_opening=1_004_800, day=25)
    following = TODAY.plus(1)

    with pytest.raises(BalanceDiffers):
        close_day(runtime, scope, following)

    with runtime.database.reading(scope) as tx:
        told = balances.check(tx, PAYEE.account, following)
        assert (told.bank, told.ledger) == (vnd(1_009_800), vnd(10_000))
        assert (told.carried, told.found, told.unexplained) == (vnd(1_000_000), ZERO, -vnd(200))
        assert not closing.checklist(tx, following, [told]).may_close
    balances.explain(runtime, scope, PAYEE.account, following, "phí tài khoản, sao kê bổ sung sau")
    close_day(runtime, scope, following)

    with runtime.database.reading(scope) as tx:
        kept = closing.closed(tx, "day", following)
        assert '"unexplained":-200' in kept.facts


def test_a_month_closes_when_its_days_are_and_late_money_goes_to_the_next_open_day(
    hospital: Hospital,
) -> None:
    runtime, scope = hospital.runtime, hospital.scope
    paid(hospital, "FT1", statement_opening=0, day=24)
    november = Month.parse("2026-11")
    assert isinstance(runtime.clock, FrozenClock)
    came = runtime.clock.now().replace(day=24)
    runtime.clock.set(runtime.clock.now().replace(month=12, day=2))

    with pytest.raises(MonthNotReady):
        months.close(runtime, scope, november)
    close_day(runtime, scope, TODAY)
    months.close(runtime, scope, november)
    hospital.arrive(hospital.transfer("CK", vnd(7_000), at=came, reference="FT9"))

    december = HospitalDay.parse("2026-12-01")
    with runtime.database.reading(scope) as tx:
        [left], [taken] = late.left(tx, TODAY), late.taken(tx, december)
        assert left == taken
        assert (left.day, left.booked_on, left.amount) == (TODAY, december, vnd(7_000))
        assert ledger.balance_at(tx, f"1100:{PAYEE.account}", november.last) == vnd(5_000)
        assert closing.closed(tx, "month", november.first) is not None


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "1999-01", "x", "2026-11-01"])
def test_what_is_no_month_is_not_found(text: str) -> None:
    with pytest.raises(NoMonth):
        Month.parse(text)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_ends_where_the_next_begins(month: int) -> None:
    told = Month.parse(f"2028-{month:02d}")

    assert told.last.plus(1).date.day == 1
    assert 28 <= told.last.date.day <= 31
