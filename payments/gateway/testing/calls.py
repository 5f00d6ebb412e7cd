"""Opening, coming back, asking, cancelling: the classes of outcome, and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.gateway import (
    Capability,
    Declined,
    NotSent,
    Outcome,
    OutcomeUnknown,
    TransferTo,
    Trouble,
    outcome_of,
)
from payments.gateway.failures import CallOutcome
from payments.gateway.testing.asking import AMOUNT, message, need, need_act, need_visible, paid
from payments.gateway.testing.bench import Act, Bench
from payments.gateway.testing.messages import EXPECTED
from payments.kernel.money import vnd

_BAD_ANSWERS = ("drop_answer", "truncate", "server_error", "maintenance", "forge")


class CallContract:
    """What an adapter keeps when it speaks to its gateway."""

    def test_what_is_shown_is_accepted_by_the_gateway(self, bench: Bench) -> None:
        need(bench, Capability.OPENS)
        attempt = bench.attempt(AMOUNT)

        shown = bench.gateway.open(attempt)

        if isinstance(shown, TransferTo):
            assert attempt.reference in shown.memo
            return
        assert bench.visit(shown) < 400
        raw = bench.play(attempt, Act.PAY)
        if raw is not None:
            [told] = bench.gateway.read(raw)
            assert told.amount == AMOUNT

    def test_no_secret_is_in_what_is_shown(self, bench: Bench) -> None:
        need(bench, Capability.OPENS)

        shown = bench.gateway.open(bench.attempt(AMOUNT))

        for secret in bench.secrets:
            assert secret not in repr(shown)

    def test_more_than_the_gateway_takes_is_declined_before_it_is_asked(self, bench: Bench) -> None:
        need(bench, Capability.OPENS)
        most = bench.gateway.capabilities.amount_max
        if most is None:
            pytest.skip("it names no limit")

        with pytest.raises(Declined) as told:
            bench.gateway.open(bench.attempt(most + vnd(1)))
        assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE

    def test_nothing_is_paid_by_opening(self, bench: Bench) -> None:
        need(bench, Capability.OPENS, Capability.ANSWERS)
        _, ref = bench.opened(AMOUNT)

        told = bench.gateway.query(ref)

        assert {one.outcome for one in told} <= {Outcome.PENDING}

    @pytest.mark.parametrize("act", [Act.PAY, Act.CANCEL, Act.REFUSE])
    def test_a_browser_that_comes_back_is_shown_what_it_says(self, bench: Bench, act: Act) -> None:
        need(bench, Capability.RETURNS)
        need_act(bench, act)
        attempt, _ = bench.opened(AMOUNT)
        bench.play(attempt, act)

        view = bench.gateway.read_return(bench.back(attempt))

        assert view.reference in (attempt.reference, str(attempt.number))
        # An address that is not signed says who comes back and proves nothing.
        assert view.hint in (EXPECTED[act], Outcome.UNKNOWN)

    def test_a_forged_return_is_shown_as_nothing(self, bench: Bench) -> None:
        need(bench, Capability.RETURNS)
        attempt, _ = bench.opened(AMOUNT)
        bench.play(attempt, Act.PAY)
        raw = bench.back(attempt)
        if not bench.gateway.read_return(raw).is_authentic:
            pytest.skip("returns are not signed there")

        for _, forged in bench.tampered(raw):
            view = bench.gateway.read_return(forged)
            assert (view.is_authentic, view.hint) == (False, Outcome.UNKNOWN)

    @pytest.mark.parametrize("act", list(EXPECTED))
    def test_asking_tells_what_the_message_told(self, bench: Bench, act: Act) -> None:
        need(bench, Capability.ANSWERS)
        need_act(bench, act)
        attempt, ref = bench.opened(AMOUNT)
        bench.play(attempt, act)

        told = bench.gateway.query(ref)

        # Some gateways, when asked, tell only that it failed.
        like = {EXPECTED[act], Outcome.FAILED} if EXPECTED[act] in _ENDS else {EXPECTED[act]}
        assert {one.outcome for one in told} <= like
        assert {one.reference for one in told} <= {attempt.reference, str(attempt.number)}

    def test_money_has_one_event_id_whoever_tells(self, bench: Bench) -> None:
        need(bench, Capability.ANSWERS, Capability.NOTIFIES)
        attempt, ref = bench.opened(AMOUNT)
        [message_told] = bench.gateway.read(message(bench, attempt, Act.PAY))

        told = bench.gateway.query(ref)

        assert message_told.transaction in {one.transaction for one in told}
        assert message_told.event_id in {one.event_id for one in told}

    def test_an_attempt_that_nobody_opened_is_not_found(self, bench: Bench) -> None:
        need(bench, Capability.ANSWERS)
        _, ref = bench.opened(AMOUNT)
        unknown = bench.attempt(AMOUNT)

        with pytest.raises(Declined) as told:
            bench.gateway.query(
                replace(ref, reference=unknown.reference, number=unknown.number, transaction="")
            )
        assert told.value.trouble is Trouble.NOT_FOUND

    @pytest.mark.parametrize("bad", _BAD_ANSWERS)
    def test_an_answer_that_is_none_is_unknown_and_never_an_outcome(
        self, bench: Bench, bad: str
    ) -> None:
        need(bench, Capability.ANSWERS)
        need_visible(bench, bad)
        attempt, ref = bench.opened(AMOUNT)
        bench.play(attempt, Act.PAY)
        bench.fault(**{bad: True})

        with pytest.raises(OutcomeUnknown) as told:
            bench.gateway.query(ref)

        assert outcome_of(told.value) is CallOutcome.UNKNOWN
        # The next answer counts: nothing was remembered of the bad one.
        assert {one.outcome for one in bench.gateway.query(ref)} == {Outcome.CAPTURED}

    def test_what_never_left_may_be_sent_again(self, bench: Bench) -> None:
        need(bench, Capability.ANSWERS)
        _, ref = bench.opened(AMOUNT)

        with pytest.raises(NotSent) as told:
            bench.unreachable().query(ref)

        assert outcome_of(told.value) is CallOutcome.NOT_SENT

    def test_an_answer_with_another_amount_says_so(self, bench: Bench) -> None:
        need(bench, Capability.ANSWERS)
        need_visible(bench, "wrong_amount")
        attempt, ref = bench.opened(AMOUNT)
        bench.play(attempt, Act.PAY)
        bench.fault(wrong_amount=True)

        told = bench.gateway.query(ref)

        assert {one.amount for one in told} != {AMOUNT}

    def test_an_attempt_wanted_no_more_is_cancelled_once(self, bench: Bench) -> None:
        need(bench, Capability.CANCELS)
        _, ref = bench.opened(AMOUNT)

        assert bench.gateway.cancel(ref).outcome is Outcome.CANCELLED
        bench.clock.advance(timedelta(minutes=1))
        assert {one.outcome for one in bench.gateway.query(ref)} == {Outcome.CANCELLED}

    def test_a_payer_who_was_faster_is_not_cancelled(self, bench: Bench) -> None:
        need(bench, Capability.CANCELS)
        _, ref, _ = paid(bench)

        try:
            told = bench.gateway.cancel(ref).outcome
        except Declined:
            told = Outcome.CAPTURED

        assert told is Outcome.CAPTURED

    def test_money_set_aside_is_taken_once(self, bench: Bench) -> None:
        need(bench, Capability.CAPTURES)
        need_act(bench, Act.AUTHORISE)
        attempt, ref = bench.opened(AMOUNT)
        bench.play(attempt, Act.AUTHORISE)
        [held] = bench.gateway.query(ref)

        told = bench.gateway.capture(replace(ref, transaction=held.transaction))

        assert (told.outcome, told.amount) == (Outcome.CAPTURED, AMOUNT)


_ENDS = frozenset({Outcome.FAILED, Outcome.CANCELLED, Outcome.EXPIRED})
