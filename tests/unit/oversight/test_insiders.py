"""Each pattern is found at its limit and not below it; what is planted in a hall is listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from payments.oversight.insiders import patterns
from payments.oversight.insiders.model import Asked, Price, Sent, Voided
from tests.faults import insiders

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)
DAY = date(2026, 11, 24)


def voided(**changed: object) -> Voided:
    told: dict[str, object] = {
        "payment": "p1", "cashier": "user:a", "printed_at": AT, "paid": 100_000,
        "shift_closed_at": AT + timedelta(hours=20), "credited_at": AT + timedelta(hours=1),
        "credited": 100_000, "credited_by": "user:a",
    }  # fmt: skip
    return Voided(**(told | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "is_found"),
    [
        (voided(), True),
        (voided(shift_closed_at=None), True),
        (voided(credited=90_000), True),
        (voided(credited_at=AT + timedelta(hours=12)), True),
        (voided(credited=89_999), False),
        (voided(credited_by="user:head"), False),
        (voided(credited_at=AT + timedelta(hours=12, seconds=1)), False),
        (voided(credited_at=AT - timedelta(seconds=1)), False),
        (voided(shift_closed_at=AT + timedelta(minutes=59)), False),
    ],
)
def test_a_receipt_that_its_own_cashier_credits_away_is_found(one: Voided, is_found: bool) -> None:
    assert len(list(patterns.void_after_print([one]))) == int(is_found)


def asked(day: int, count: int, *, by: str = "user:a", amount: int = 50_000) -> list[Asked]:
    return [Asked(f"{by}-{day}-{n}", by, DAY + timedelta(days=day), amount) for n in range(count)]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([5], 1),
        ([4], 0),
        ([2, 2, 5], 1),
        ([2, 2, 4], 0),
        # Who asks for many each day does nothing unusual, and doing it often is no excuse.
        ([5, 5, 5], 0),
        ([5, 5, 11], 1),
        ([1, 1, 9, 1, 9], 2),
    ],
)
def test_a_day_of_many_small_refunds_is_found_beside_the_persons_other_days(
    days: list[int], found: int
) -> None:
    facts = [one for day, count in enumerate(days) for one in asked(day, count)]

    assert len(list(patterns.many_small_refunds(facts))) == found
    large = [Asked(one.id, one.by, one.day, 200_001) for one in facts]
    assert list(patterns.many_small_refunds(large)) == []


def sent(patient: str, *, user: str = "", account: str = "aa") -> Sent:
    return Sent(f"s-{patient}", patient, account, user, "user:a", AT, 100_000)


def test_an_account_of_three_patients_or_of_a_user_is_found() -> None:
    family = [sent("child 1"), sent("child 2"), sent("child 2")]
    three = [*family, sent("stranger")]
    own = [sent("patient", user="thu.ngan", account="bb")]

    assert list(patterns.one_account(family)) == []
    [found] = patterns.one_account(three)
    assert (len(found.ids), found.amount) == (4, 400_000)
    [named] = patterns.one_account(own)
    assert "thu.ngan" in named.why


def price(since: int, amount: int) -> Price:
    return Price("XN01", DAY + timedelta(days=since), amount, "user:a")


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ([price(-30, 100), price(0, 90), price(3, 100)], True),
        ([price(-30, 100), price(0, 50), price(1, 120)], True),
        ([price(-30, 100), price(0, 91), price(3, 100)], False),
        ([price(-30, 100), price(0, 90), price(4, 100)], False),
        ([price(-30, 100), price(0, 90), price(3, 99)], False),
        ([price(-30, 100), price(0, 90)], False),
        ([price(0, 90), price(3, 100)], False),
    ],
)
def test_a_price_that_was_low_for_some_days_is_found(line: list[Price], is_found: bool) -> None:
    asked: list[tuple[date, date]] = []

    def sold(low: Price, until: date) -> int:
        asked.append((low.since, until))
        return 2

    found = list(patterns.price_dip(line, sold))

    assert len(found) == int(is_found)
    # Nothing is looked up for a price that is no dip.
    assert len(asked) == int(is_found)
    assert list(patterns.price_dip(line, lambda _low, _until: 0)) == []
    if is_found:
        assert asked == [(DAY, line[2].since)]
        assert found[0].amount == 2 * (line[0].amount - line[1].amount)


def test_what_is_planted_in_a_hall_is_on_the_list() -> None:
    """L5 in its short form: too few ordinary payments for the share of false ones."""
    outcome = insiders.run(1, days=6, visits=8)

    assert outcome.figures["at least 95 % of the planted"] is True
    assert outcome.figures["flagged and neither"] == 0
