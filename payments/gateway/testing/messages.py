"""Messages: proven, read, never believed further than their proof."""

from __future__ import annotations

import itertools
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import pytest

from payments.gateway import (
    Capability,
    Malformed,
    NotAuthentic,
    Outcome,
    Proof,
    RawNotification,
    Verdict,
)
from payments.gateway.testing.asking import AMOUNT, message, need, need_act
from payments.gateway.testing.bench import Act, Bench

EXPECTED: Final = {
    Act.PAY: Outcome.CAPTURED,
    Act.SHORT: Outcome.CAPTURED,
    Act.REFUSE: Outcome.FAILED,
    Act.CANCEL: Outcome.CANCELLED,
    Act.EXPIRE: Outcome.EXPIRED,
    Act.REVIEW: Outcome.REVIEW,
    Act.UNKNOWN: Outcome.UNKNOWN,
    Act.LATE: Outcome.CAPTURED,
    Act.AUTHORISE: Outcome.AUTHORISED,
}
_REPLAYS: Final = 20


class MessageContract:
    """What an adapter that notifies keeps."""

    @pytest.mark.parametrize("act", list(EXPECTED))
    def test_each_end_is_told_as_what_it_is(self, bench: Bench, act: Act) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)

        [told] = bench.gateway.read(message(bench, attempt, act))

        assert told.outcome is EXPECTED[act]
        assert told.event_id
        if Capability.OPENS in bench.gateway.supports:
            assert told.reference in (attempt.reference, str(attempt.number))
        if act is not Act.SHORT:
            assert told.amount == AMOUNT

    def test_short_money_is_told_as_short(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)

        [told] = bench.gateway.read(message(bench, attempt, Act.SHORT))

        assert told.amount.dong < AMOUNT.dong

    def test_money_that_comes_late_is_money(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        need_act(bench, Act.LATE)
        attempt, _ = bench.opened(AMOUNT)
        bench.play(attempt, Act.EXPIRE)

        [told] = bench.gateway.read(message(bench, attempt, Act.LATE))

        assert told.outcome is Outcome.CAPTURED

    def test_each_signed_field_tampered_once_is_refused(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        if bench.gateway.proof is not Proof.SIGNATURE:
            pytest.skip("nothing in the message is signed; the inbox asks the gateway instead")
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)

        tampered = list(bench.tampered(raw))

        assert len(tampered) >= 3
        for name, forged in tampered:
            assert forged != raw, name
            with pytest.raises(NotAuthentic):
                bench.gateway.read(forged)

    def test_a_message_for_another_merchant_is_not_ours(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES, Capability.OPENS)
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)

        with pytest.raises(NotAuthentic):
            bench.gateway.read(bench.foreign(raw))

    @pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff\xfe", b"a=1&a=2", b"x" * 300_000])
    def test_noise_is_refused(self, bench: Bench, body: bytes) -> None:
        need(bench, Capability.NOTIFIES)
        text = body.decode("latin-1")
        for raw in (
            RawNotification({}, {}, body, bench.clock.now()),
            RawNotification({}, {}, b"", bench.clock.now(), raw_query=text, method="GET"),
        ):
            with pytest.raises((NotAuthentic, Malformed)):
                bench.gateway.read(raw)

    def test_replays_at_the_same_time_say_the_same(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)

        with ThreadPoolExecutor(_REPLAYS) as pool:
            told = list(pool.map(bench.gateway.read, [raw] * _REPLAYS))

        assert {tuple(one.event_id for one in each) for each in told} == {
            tuple(one.event_id for one in told[0])
        }

    def test_a_repeat_has_the_same_event_id(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        [first] = bench.gateway.read(message(bench, attempt, Act.PAY))

        bench.clock.advance(timedelta(minutes=1))
        again = bench.again(attempt)
        [repeat] = bench.gateway.read(again)

        # A gateway that tells no time is taken at the moment of receipt.
        assert repeat.occurred_at in (first.occurred_at, again.received_at)
        assert replace(repeat, occurred_at=first.occurred_at) == first

    def test_order_of_reading_changes_nothing(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        raws = [message(bench, bench.opened(AMOUNT)[0], Act.PAY) for _ in range(4)]
        truth = {one: bench.gateway.read(raw) for one, raw in enumerate(raws)}
        assert len({told[0].event_id for told in truth.values()}) == 4

        for order in itertools.permutations(range(4)):
            assert {one: bench.gateway.read(raws[one]) for one in order} == truth

    def test_unknown_fields_are_no_obstacle(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)
        truth = bench.gateway.read(raw)

        told = bench.gateway.read(bench.resigned(raw, {"newField": "x"}))

        assert told == truth

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_marks_are_no_obstacle(self, bench: Bench, form: Literal["NFC", "NFD"]) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)
        [truth] = bench.gateway.read(raw)
        text = unicodedata.normalize(form, "viện phí Đặng Thị Thử")

        [told] = bench.gateway.read(bench.resigned(raw, {"note": text}))

        assert (told.event_id, told.amount, told.memo) == (truth.event_id, truth.amount, truth.memo)

    @pytest.mark.parametrize("minutes", [-15, 15])
    def test_clocks_that_differ_lose_no_money(self, bench: Bench, minutes: int) -> None:
        """A signature that covers the time may be stale; the repeat is signed anew and counts."""
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        raw = message(bench, attempt, Act.PAY)
        [truth] = bench.gateway.read(raw)

        bench.clock.advance(timedelta(minutes=minutes))
        try:
            [told] = bench.gateway.read(raw)
        except NotAuthentic:
            [told] = bench.gateway.read(bench.again(attempt))

        assert told.event_id == truth.event_id

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC),
            datetime(2026, 11, 24, 17, 0, 0, tzinfo=UTC),
            datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC),
        ],
    )
    def test_midnight_in_vietnam_is_read_as_utc(self, bench: Bench, moment: datetime) -> None:
        need(bench, Capability.NOTIFIES)
        bench.clock.set(moment)
        attempt, _ = bench.opened(AMOUNT)

        raw = replace(message(bench, attempt, Act.PAY), received_at=moment + timedelta(seconds=30))
        [told] = bench.gateway.read(raw)

        # A gateway that tells no time is taken at the moment of receipt.
        assert told.occurred_at in (moment, raw.received_at)

    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_every_verdict_has_a_reply(self, bench: Bench, verdict: Verdict) -> None:
        need(bench, Capability.NOTIFIES)

        assert 200 <= bench.gateway.reply(verdict).status < 600

    def test_a_forged_message_is_not_thanked_for(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)

        thanks = bench.gateway.reply(Verdict.STORED)

        assert bench.gateway.reply(Verdict.BAD_SIGNATURE) != thanks
        assert bench.gateway.reply(Verdict.TRY_AGAIN) != thanks

    def test_nothing_of_a_payer_or_a_secret_is_printed(self, bench: Bench) -> None:
        need(bench, Capability.NOTIFIES)
        attempt, _ = bench.opened(AMOUNT)
        [told] = bench.gateway.read(message(bench, attempt, Act.PAY))

        for secret in (*bench.secrets, told.payer_name, told.payer_account):
            assert not secret or secret not in repr(told)
