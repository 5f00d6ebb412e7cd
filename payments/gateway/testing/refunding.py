"""Refunds: never more than was paid, never twice, and never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.gateway import (
    Capability,
    Declined,
    Outcome,
    OutcomeUnknown,
    Refunding,
    RefundPace,
)
from payments.gateway.testing.asking import AMOUNT, need, need_visible, paid
from payments.gateway.testing.bench import Act, Bench
from payments.kernel.money import ZERO, Money, vnd

_UNDER_WAY = (Outcome.REFUND_PENDING, Outcome.REFUNDED)


class RefundContract:
    """What an adapter keeps that gives money back."""

    @pytest.mark.parametrize("is_done", [True, False])
    def test_a_refund_under_way_ends_as_the_gateway_says(self, bench: Bench, is_done: bool) -> None:
        need(bench, Capability.REFUNDS)
        if bench.gateway.capabilities.refund_pace is RefundPace.AT_ONCE:
            pytest.skip("refunds are at once there")
        _, ref, _ = paid(bench)
        order = bench.refund_order(ref, AMOUNT)
        told = bench.gateway.refund(order)
        if told.outcome is Outcome.REFUNDED:
            pytest.skip("this one was at once")
        assert told.outcome is Outcome.REFUND_PENDING

        bench.finish_refund(told, is_done=is_done)

        asked = bench.gateway.query_refund(replace(order, transaction=told.transaction))
        expected = Outcome.REFUNDED if is_done else Outcome.REFUND_REFUSED
        assert {one.outcome for one in asked} == {expected}
        assert {one.amount for one in asked} == {AMOUNT}

    def test_parts_go_back_one_by_one(self, bench: Bench) -> None:
        need(bench, Capability.REFUNDS)
        if bench.gateway.capabilities.refunding is not Refunding.PARTIAL:
            pytest.skip("only the whole goes back there")
        attempt, ref, _ = paid(bench)

        for before in (0, 50_000):
            order = bench.refund_order(ref, vnd(50_000), refunded_before=vnd(before))
            assert bench.gateway.refund(order).outcome in _UNDER_WAY

        assert bench.moved_back(attempt) == vnd(100_000)

    @pytest.mark.parametrize(("amount", "before"), [(150_001, 0), (100_001, 50_000), (0, 0)])
    def test_more_than_was_paid_is_declined_before_the_gateway_is_asked(
        self, bench: Bench, amount: int, before: int
    ) -> None:
        need(bench, Capability.REFUNDS)
        attempt, ref, _ = paid(bench)
        asked = bench.asked()

        with pytest.raises(Declined):
            bench.gateway.refund(bench.refund_order(ref, vnd(amount), refunded_before=vnd(before)))

        assert bench.asked() == asked
        assert bench.moved_back(attempt) == ZERO

    def test_what_was_not_paid_is_not_refunded(self, bench: Bench) -> None:
        need(bench, Capability.REFUNDS)
        attempt, ref = bench.opened(AMOUNT)

        with pytest.raises(Declined):
            bench.gateway.refund(bench.refund_order(ref, AMOUNT))

        assert bench.moved_back(attempt) == ZERO

    def test_the_same_order_again_moves_nothing_more(self, bench: Bench) -> None:
        need(bench, Capability.REFUNDS)
        attempt, ref, _ = paid(bench)
        order = bench.refund_order(ref, _refundable(bench))
        bench.gateway.refund(order)

        try:
            told = bench.gateway.refund(order).outcome
        except OutcomeUnknown:
            # "I have had this before" says nothing of the money: asking does.
            told = Outcome.UNKNOWN

        assert told in (*_UNDER_WAY, Outcome.UNKNOWN)
        assert bench.moved_back(attempt) == _refundable(bench)

    def test_an_answer_lost_after_acting_is_found_by_asking(self, bench: Bench) -> None:
        need(bench, Capability.REFUNDS)
        attempt, ref, _ = paid(bench)
        order = bench.refund_order(ref, _refundable(bench))
        bench.fault(drop_answer=True)

        with pytest.raises(OutcomeUnknown):
            bench.gateway.refund(order)

        told = bench.gateway.query_refund(order)
        assert {one.outcome for one in told} <= set(_UNDER_WAY)
        assert {one.amount for one in told} == {_refundable(bench)}
        assert bench.moved_back(attempt) == _refundable(bench)

    def test_a_request_lost_before_acting_is_not_taken_for_a_refund(self, bench: Bench) -> None:
        need(bench, Capability.REFUNDS)
        attempt, ref, _ = paid(bench)
        order = bench.refund_order(ref, _refundable(bench))
        bench.fault(drop=True)

        with pytest.raises(OutcomeUnknown):
            bench.gateway.refund(order)

        with pytest.raises((OutcomeUnknown, Declined)):
            bench.gateway.query_refund(order)
        assert bench.moved_back(attempt) == ZERO

    @pytest.mark.parametrize("bad", ["forge", "truncate", "wrong_amount"])
    def test_a_bad_answer_is_no_refund(self, bench: Bench, bad: str) -> None:
        need(bench, Capability.REFUNDS)
        need_visible(bench, bad)
        _, ref, _ = paid(bench)
        bench.fault(**{bad: True})

        with pytest.raises(OutcomeUnknown):
            bench.gateway.refund(bench.refund_order(ref, AMOUNT))

    def test_a_refunded_payment_still_counts_as_paid_when_it_is_asked_about(
        self, bench: Bench
    ) -> None:
        need(bench, Capability.REFUNDS, Capability.ANSWERS)
        _, ref, told = paid(bench)
        bench.gateway.refund(bench.refund_order(ref, _refundable(bench)))

        asked = bench.gateway.query(ref)

        assert told.event_id in {one.event_id for one in asked} or Act.PAY not in bench.acts


def _refundable(bench: Bench) -> Money:
    """Give a part of a payment, or the whole where nothing else goes back."""
    is_partial = bench.gateway.capabilities.refunding is Refunding.PARTIAL
    return vnd(50_000) if is_partial else AMOUNT
