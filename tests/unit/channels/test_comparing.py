"""What each channel would have cost is held against what was paid, over the same payments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payments.channels.comparing import Taken, costs
from payments.channels.routing import Fee, Option, Terms
from payments.kernel.money import ZERO, Money, vnd

CARD = Option("card", Terms(Fee(vnd(1_000), 11_000)))
QR = Option("qr", Terms(Fee(vnd(500)), amount_max=vnd(1_000_000)))


def test_channel_that_would_have_saved_stands_first_with_what_it_would_have_saved() -> None:
    taken = (Taken("card", vnd(200_000), 3), Taken("card", vnd(5_000_000), 1))

    qr, card = costs((CARD, QR), taken)

    # 3 × (1,000 + 2,200) and 1,000 + 55,000.
    assert (card.count, card.amount, card.fee) == (4, vnd(5_600_000), vnd(65_600))
    assert card.difference == ZERO
    # The large one is above its limit, and is not compared.
    assert (qr.count, qr.able, qr.would_cost) == (0, 3, vnd(1_500))
    assert qr.difference == vnd(1_500 - 9_600)


def test_what_came_through_a_channel_that_is_gone_is_not_compared() -> None:
    [card] = costs((CARD,), (Taken("gone", vnd(200_000), 3),))

    assert (card.count, card.able, card.difference) == (0, 0, ZERO)


MONEYS = st.integers(1, 10_000_000).map(vnd)
TAKEN = st.lists(st.builds(Taken, st.sampled_from(["card", "qr"]), MONEYS, st.integers(1, 5)))


@given(TAKEN)
def test_sums_are_those_of_the_payments(taken: list[Taken]) -> None:
    found = costs((CARD, QR), taken)

    assert sum(one.count for one in found) == sum(one.count for one in taken)
    assert sum((one.amount for one in found), ZERO) == sum(
        (one.amount * one.count for one in taken), Money(0)
    )
    for one in found:
        # With limits that allow everything, its own payments are among those compared.
        if one.channel == "card":
            assert one.able == sum(part.count for part in taken)
