"""Which channels a payer sees, and in what order: for any options and any amount."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.channels.routing import Fee, Option, Reason, Route, Terms, route, routes
from payments.kernel.money import ZERO, Money, vnd

LOW, HIGH = vnd(10_000), vnd(20_000_000)
amounts = st.integers(1, 2_000_000_000).map(vnd)
bounds = st.none() | amounts
fees = st.builds(
    Fee,
    st.integers(0, 50_000).map(vnd),
    st.integers(0, 1_000_000),
    st.none() | st.integers(0, 10_000).map(vnd),
    st.none() | st.integers(10_000, 1_000_000).map(vnd),
)
options = st.lists(
    st.builds(
        Option,
        st.text("abcdef", min_size=1, max_size=6),
        st.builds(Terms, fees, bounds, bounds),
        amounts,
        bounds,
        is_paused=st.booleans(),
        is_down=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda one: one.slug,
)


def an_option(slug: str = "vnpay", **changes: object) -> Option:
    told: dict[str, object] = {"terms": Terms()} | changes
    return Option(slug, **told)  # type: ignore[arg-type]


def costing(slug: str, fixed: int, per_million: int = 0) -> Option:
    return an_option(slug, terms=Terms(Fee(vnd(fixed), per_million)))


@given(options, amounts)
def test_every_channel_is_told_of_once_whatever_is_asked(
    given_options: list[Option], amount: Money
) -> None:
    found = routes(given_options, amount)

    assert sorted(one.slug for one in found) == sorted(one.slug for one in given_options)


@given(options, amounts)
def test_what_is_open_comes_first_and_the_cheapest_of_it_before_all(
    given_options: list[Option], amount: Money
) -> None:
    found = routes(given_options, amount)

    open_ones = [one for one in found if one.is_open]
    assert list(found[: len(open_ones)]) == open_ones
    assert [one.fee for one in open_ones] == sorted(one.fee for one in open_ones)


@given(options, amounts, st.randoms())
def test_order_does_not_depend_on_the_order_in_which_channels_are_listed(
    given_options: list[Option], amount: Money, chance: object
) -> None:
    shuffled = list(given_options)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert routes(shuffled, amount) == routes(given_options, amount)


@given(options, amounts)
def test_open_means_within_every_limit_neither_paused_nor_down(
    given_options: list[Option], amount: Money
) -> None:
    by_slug = {one.slug: one for one in given_options}
    for one in routes(given_options, amount):
        option = by_slug[one.slug]
        lows = [option.amount_min, option.terms.amount_min or ZERO]
        tops = [top for top in (option.amount_max, option.terms.amount_max) if top is not None]
        is_within = all(low <= amount for low in lows) and all(amount <= top for top in tops)
        assert one.is_open == (is_within and not option.is_paused and not option.is_down)


@given(options, amounts)
def test_bound_of_a_reason_is_the_nearest_amount_that_would_pass(
    given_options: list[Option], amount: Money
) -> None:
    by_slug = {one.slug: one for one in given_options}
    for one in routes(given_options, amount):
        if one.reason in (Reason.BELOW, Reason.ABOVE):
            step = vnd(1) if one.reason is Reason.BELOW else -vnd(1)
            there = route(by_slug[one.slug], one.bound)
            short = route(by_slug[one.slug], one.bound - step)
            assert there.reason is not one.reason
            assert short.reason is not None


@given(fees, amounts, amounts)
def test_a_larger_payment_never_costs_less(fee: Fee, one: Money, other: Money) -> None:
    small, large = sorted((one, other))

    assert fee.of(small) <= fee.of(large)


@given(fees, amounts)
def test_fee_stays_between_its_bounds(fee: Fee, amount: Money) -> None:
    cost = fee.of(amount)

    assert fee.least is None or cost >= fee.least
    assert fee.most is None or cost <= fee.most


@pytest.mark.parametrize(
    ("fee", "amount", "cost"),
    [
        (Fee(vnd(1_650), 11_000), 1_000_000, 12_650),
        (Fee(per_million=11_000), 150_000, 1_650),
        # 0.5 đ and 1.5 đ: half a đồng is the gateway's.
        (Fee(per_million=5_000), 100, 1),
        (Fee(per_million=5_000), 300, 2),
        (Fee(per_million=11_000, most=vnd(30_000)), 500_000_000, 30_000),
        (Fee(per_million=11_000, least=vnd(2_000)), 10_000, 2_000),
    ],
)
def test_fee_of_a_contract_by_hand(fee: Fee, amount: int, cost: int) -> None:
    assert fee.of(vnd(amount)) == vnd(cost)


def test_fixed_fee_and_share_change_places_with_the_amount() -> None:
    fixed, share = costing("fixed", 5_000), costing("share", 0, 11_000)

    assert [one.slug for one in routes((fixed, share), vnd(100_000))] == ["share", "fixed"]
    assert [one.slug for one in routes((fixed, share), vnd(1_000_000))] == ["fixed", "share"]


def test_narrower_limit_of_gateway_and_contract_counts() -> None:
    terms = Terms(amount_min=LOW, amount_max=HIGH)

    by_contract = an_option(terms=terms, amount_min=vnd(1), amount_max=vnd(10**9))
    by_gateway = an_option(terms=terms, amount_min=vnd(15_000), amount_max=vnd(1_000_000))

    assert route(by_contract, vnd(9_999)) == Route("vnpay", ZERO, Reason.BELOW, LOW)
    assert route(by_contract, vnd(20_000_001)) == Route("vnpay", ZERO, Reason.ABOVE, HIGH)
    assert route(by_gateway, vnd(14_999)).bound == vnd(15_000)
    assert route(by_gateway, vnd(1_000_001)).bound == vnd(1_000_000)


@pytest.mark.parametrize(
    "fee",
    [
        Fee(vnd(-1)),
        Fee(per_million=-1),
        Fee(per_million=1_000_001),
        Fee(least=vnd(2), most=vnd(1)),
        Fee(vnd(10**16)),
    ],
)
def test_fee_that_makes_no_sense_is_known_as_such(fee: Fee) -> None:
    assert not fee.is_sound
