"""Stripe keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest

from adapters import stripe
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.orders import RefundState
from adapters._sandbox.wire import SandboxTransport
from adapters.bank_transfer import sandbox as bank
from adapters.stripe import codes, messages, requests, signature
from adapters.stripe.sandbox import open_sandbox
from adapters.stripe.settings import SANDBOX_SETTINGS
from payments.demo.sandboxes import Street
from payments.gateway import (
    Attempt,
    AttemptRef,
    Declined,
    LineKind,
    Malformed,
    Misconfigured,
    NotAuthentic,
    Notification,
    Outcome,
    OutcomeUnknown,
    RawNotification,
    RefundOrder,
    Trouble,
    Unsupported,
    Verdict,
)
from payments.gateway.sandboxes import SandboxOptions
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

SECRET = SANDBOX_SETTINGS["webhook_secret"]
SETTINGS = {**SANDBOX_SETTINGS, "base_url": BASE_URL}


def _at(vector: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(vector["canonical"].partition(".")[0]), UTC)


def _accepts(vector: Mapping[str, Any]) -> bool:
    given = vector["input"]
    body = given["raw_body"].encode()
    return signature.is_authentic(body, given["header"], vector["key"], _at(vector))


class StripeBench(StandBench):
    secrets = (SANDBOX_SETTINGS["api_key"], SECRET)
    #: Who leaves the page ends nothing; cards pay the sum or nothing.
    acts = frozenset(Act) - {Act.CANCEL, Act.SHORT, Act.REVIEW}
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-stripe")
    )

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock, stripe.build, SETTINGS, open_sandbox, "stripe")

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        event = json.loads(raw.body)
        for place in ([], ["data", "object"]):
            for name in _inside(event, place):
                changed = json.loads(raw.body)
                _inside(changed, place)[name] = "9"
                yield name, with_body(raw, changed)
        yield "spaces", replace(raw, body=raw.body + b" ")
        given = raw.headers[signature.HEADER]
        seconds = int(given[2:].partition(",")[0])
        for other in (
            "",
            given.replace(f"t={seconds}", f"t={seconds + 1}"),
            given.replace(f"t={seconds}", f"t=0{seconds}"),
            given.replace("v1=", "v0="),
            given[:-1],
            f"t={seconds},{given}",
            given.partition(",")[2],
        ):
            yield other, replace(raw, headers={**raw.headers, signature.HEADER: other})

    def resigned(self, raw: RawNotification, changes: Mapping[str, Any]) -> RawNotification:
        event = json.loads(raw.body)
        inside = {k: v for k, v in changes.items() if k not in event}
        event |= {k: v for k, v in changes.items() if k in event or k == "account"}
        event["data"]["object"] |= inside
        return signed(with_body(raw, event))

    def foreign(self, raw: RawNotification) -> RawNotification:
        return signed(with_body(raw, {**json.loads(raw.body), "account": "acct_other"}))

    def finish_refund(self, told: Notification, *, is_done: bool) -> None:
        number = int(told.transaction.removeprefix("re_"))
        self.stand.finish_refund(number, RefundState.DONE if is_done else RefundState.REFUSED)

    def settlement(self, day: HospitalDay, **planted: int) -> None:
        """Plant the differences in what the API lists."""
        self.stand.settled(day, **planted)


def _inside(thing: Any, place: list[str]) -> Any:
    for name in place:
        thing = thing[name]
    return thing


def with_body(raw: RawNotification, event: object) -> RawNotification:
    return replace(raw, body=json.dumps(event, ensure_ascii=False).encode())


def signed(raw: RawNotification, secret: str = SECRET, late_s: int = 0) -> RawNotification:
    seconds = int(raw.received_at.timestamp()) - late_s
    return replace(raw, headers={signature.HEADER: signature.header(raw.body, seconds, secret)})


class TestStripe(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> StripeBench:
        return StripeBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> StripeBench:
    return StripeBench(clock)


def _paid(bench: StripeBench, act: Act = Act.PAY) -> tuple[Attempt, AttemptRef, RawNotification]:
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, act)
    assert raw is not None
    return attempt, ref, raw


@pytest.mark.parametrize("vector", vectors.of("v-stripe"), ids=lambda one: one["id"])
def test_vector_events_are_read_as_their_notes_say(bench, vector):
    given = vector["input"]
    headers = {signature.HEADER: given["header"]}
    raw = RawNotification({}, headers, given["raw_body"].encode(), _at(vector))
    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            bench.gateway.read(raw)
        return

    [told] = bench.gateway.read(raw)

    assert (told.outcome, told.amount, told.transaction) == (
        Outcome.CAPTURED,
        vnd(250_000),
        "pi_1",
    )
    text = vector["canonical"].partition(".")[2].encode()
    seconds = int(_at(vector).timestamp())
    assert signature.sign(text, seconds, vector["key"]) == vector["signature"]


@pytest.mark.parametrize(
    ("late_s", "is_good"), [(300, True), (-300, True), (301, False), (-301, False)]
)
def test_an_event_is_good_for_five_minutes_in_both_directions(bench, late_s, is_good):
    _, _, raw = _paid(bench)
    moved = signed(raw, late_s=late_s)

    if is_good:
        assert bench.gateway.read(moved) == bench.gateway.read(raw)
        return
    with pytest.raises(NotAuthentic):
        bench.gateway.read(moved)


def _event(bench: StripeBench, kind: str, thing: Mapping[str, Any], **more: Any) -> Any:
    event = {
        "id": "evt_1",
        "object": "event",
        "created": int(bench.clock.now().timestamp()),
        "livemode": False,
        "type": kind,
        "data": {"object": dict(thing)},
        **more,
    }
    raw = RawNotification({}, {}, json.dumps(event).encode(), bench.clock.now())
    return bench.gateway.read(signed(raw))


PAYMENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 150_000,
    "amount_received": 150_000,
    "currency": "vnd",
    "metadata": {"reference": "VPH1"},
}
SESSION = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "amount_total": 150_000,
    "client_reference_id": "VPH1",
    "currency": "vnd",
    "expires_at": 1_000_000_000,
    "payment_intent": "pi_1",
    "payment_status": "paid",
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 50_000,
    "currency": "vnd",
    "payment_intent": "pi_1",
    "status": "succeeded",
    "metadata": {"reference": "VPH1", "refund": "R1"},
}
DISPUTE = {
    "id": "dp_1",
    "object": "dispute",
    "amount": 150_000,
    "currency": "vnd",
    "payment_intent": "pi_1",
    "status": "needs_response",
}
EVENTS = [
    ("payment_intent.created", PAYMENT, Outcome.PENDING),
    ("payment_intent.processing", PAYMENT, Outcome.PENDING),
    ("payment_intent.requires_action", PAYMENT, Outcome.PENDING),
    ("payment_intent.payment_failed", PAYMENT, Outcome.PENDING),
    ("payment_intent.amount_capturable_updated", PAYMENT, Outcome.AUTHORISED),
    ("payment_intent.succeeded", PAYMENT, Outcome.CAPTURED),
    ("payment_intent.canceled", PAYMENT, Outcome.CANCELLED),
    ("payment_intent.canceled", PAYMENT | {"cancellation_reason": "automatic"}, Outcome.EXPIRED),
    ("payment_intent.frozen", PAYMENT, Outcome.UNKNOWN),
    ("checkout.session.completed", SESSION, Outcome.CAPTURED),
    ("checkout.session.completed", SESSION | {"payment_status": "unpaid"}, Outcome.PENDING),
    ("checkout.session.completed", SESSION | {"payment_status": "odd"}, Outcome.UNKNOWN),
    ("checkout.session.async_payment_succeeded", SESSION, Outcome.CAPTURED),
    ("checkout.session.async_payment_failed", SESSION, Outcome.FAILED),
    ("checkout.session.expired", SESSION, Outcome.EXPIRED),
    ("checkout.session.expired", SESSION | {"expires_at": 9_000_000_000}, Outcome.CANCELLED),
    ("checkout.session.melted", SESSION, Outcome.UNKNOWN),
    ("refund.created", REFUND | {"status": "pending"}, Outcome.REFUND_PENDING),
    ("refund.updated", REFUND | {"status": "requires_action"}, Outcome.REFUND_PENDING),
    ("refund.updated", REFUND, Outcome.REFUNDED),
    ("charge.refund.updated", REFUND | {"status": "canceled"}, Outcome.REFUND_REFUSED),
    ("refund.failed", REFUND | {"status": "failed"}, Outcome.REFUND_REFUSED),
    ("refund.updated", REFUND | {"status": "odd"}, Outcome.UNKNOWN),
    ("charge.dispute.created", DISPUTE, Outcome.DISPUTED),
    ("charge.dispute.funds_withdrawn", DISPUTE, Outcome.DISPUTED),
    ("charge.dispute.funds_reinstated", DISPUTE, Outcome.DISPUTE_WON),
    ("charge.dispute.closed", DISPUTE | {"status": "won"}, Outcome.DISPUTE_WON),
    ("charge.dispute.closed", DISPUTE | {"status": "lost"}, Outcome.DISPUTE_LOST),
    ("charge.dispute.closed", DISPUTE | {"status": "odd"}, Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("kind", "thing", "outcome"), EVENTS)
def test_every_event_of_the_table(bench, kind, thing, outcome):
    [told] = _event(bench, kind, thing)

    assert told.outcome is outcome
    assert told.amount in (vnd(150_000), vnd(50_000))


@pytest.mark.parametrize(
    "kind", [*sorted(codes.TOLD_ELSEWHERE), "customer.created", "invoice.paid"]
)
def test_an_event_of_no_money_or_of_sums_tells_nothing(bench, kind):
    assert _event(bench, kind, {"object": kind.partition(".")[0], "amount_refunded": 5}) == ()


def test_several_events_of_one_payment_have_one_name(bench):
    told = {
        _event(bench, kind, thing, id=f"evt_{number}")[0].event_id
        for number, (kind, thing) in enumerate(
            [
                ("payment_intent.succeeded", PAYMENT),
                ("checkout.session.completed", SESSION),
                ("checkout.session.async_payment_succeeded", SESSION),
            ]
        )
    }

    assert told == {"pi_1:captured"}


def test_two_unknown_events_have_two_names(bench):
    told = [_event(bench, "payment_intent.odd", PAYMENT, id=one)[0] for one in ("evt_1", "evt_2")]

    assert told[0].event_id != told[1].event_id


def test_a_captured_part_is_told_as_what_it_is(bench):
    [told] = _event(bench, "payment_intent.succeeded", PAYMENT | {"amount_received": 100_000})

    assert told.amount == vnd(100_000)


def test_money_in_another_currency_is_for_a_person(bench):
    [told] = _event(bench, "payment_intent.succeeded", PAYMENT | {"currency": "usd"})

    assert (told.outcome, told.currency) == (Outcome.REVIEW, "USD")


@pytest.mark.parametrize("more", [{"livemode": True}, {"livemode": "false"}, {"account": "acct_1"}])
def test_another_mode_or_account_is_not_ours(bench, more):
    with pytest.raises(NotAuthentic):
        _event(bench, "payment_intent.succeeded", PAYMENT, **more)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("payment_intent.succeeded", PAYMENT | {"amount_received": 0}),
        ("payment_intent.succeeded", PAYMENT | {"amount_received": "150000"}),
        ("payment_intent.succeeded", PAYMENT | {"id": ""}),
        ("payment_intent.succeeded", PAYMENT | {"currency": None}),
        ("checkout.session.completed", SESSION | {"payment_status": None}),
        ("checkout.session.expired", SESSION | {"expires_at": None}),
        ("refund.updated", REFUND | {"amount": -1}),
    ],
)
def test_what_is_proven_and_not_readable_is_malformed(bench, kind, thing):
    with pytest.raises(Malformed):
        _event(bench, kind, thing)


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.STORED, 200),
        (Verdict.DUPLICATE, 200),
        (Verdict.UNKNOWN_REFERENCE, 200),
        (Verdict.AMOUNT_DIFFERS, 200),
        (Verdict.BAD_SIGNATURE, 400),
        (Verdict.TRY_AGAIN, 503),
    ],
)
def test_replies_are_what_the_contract_says(bench, verdict, status):
    assert bench.gateway.reply(verdict).status == status


def _form(call: Any) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True))


def test_the_page_is_asked_for_in_whole_dong_and_no_card_field_is_sent(bench):
    attempt = bench.attempt(vnd(250_000))
    call = requests.create_call(bench.gateway.settings, attempt, bench.clock.now())
    sent = _form(call)

    assert sent["line_items[0][price_data][unit_amount]"] == "250000"
    assert sent["line_items[0][price_data][currency]"] == "vnd"
    assert sent["client_reference_id"] == attempt.reference
    assert call.headers["idempotency-key"] == attempt.reference
    assert not [name for name in sent if "card" in name or "payment_method" in name]


@pytest.mark.parametrize(
    ("asked", "given"),
    [(timedelta(minutes=15), timedelta(minutes=35)), (timedelta(hours=2), timedelta(hours=2)),
     (timedelta(days=3), timedelta(hours=24))],
)  # fmt: skip
def test_the_time_to_pay_is_one_that_stripe_takes(bench, asked, given):
    now = bench.clock.now()
    attempt = replace(bench.attempt(vnd(250_000)), expires_at=now + asked)

    sent = _form(requests.create_call(bench.gateway.settings, attempt, now))

    assert int(sent["expires_at"]) == int((now + given).timestamp())
    assert bench.gateway.open(attempt).transaction.startswith("cs_test_")


def test_an_attempt_opened_again_is_the_same_order(bench):
    attempt = bench.attempt(vnd(150_000))
    first = bench.gateway.open(attempt)
    bench.clock.advance(timedelta(minutes=2))

    assert bench.gateway.open(attempt) == first
    assert len(tuple(bench.stand.orders)) == 1


def test_the_same_reference_for_another_amount_is_declined(bench):
    attempt = bench.attempt(vnd(150_000))
    bench.gateway.open(attempt)

    with pytest.raises(Declined) as told:
        bench.gateway.open(replace(attempt, amount=vnd(160_000)))
    assert told.value.trouble is Trouble.DUPLICATE_REF


@pytest.mark.parametrize("dong", [14_999, 100_000_000])
def test_bills_that_stripe_does_not_take_are_declined_before_anybody_is_asked(bench, dong):
    with pytest.raises(Declined) as told:
        bench.gateway.open(bench.attempt(vnd(dong)))

    assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE
    assert bench.asked() == 0


@pytest.mark.parametrize("bad", ["wrong_amount", "truncate"])
def test_a_bad_answer_to_opening_is_no_page(bench, bad):
    bench.fault(**{bad: True})

    with pytest.raises(OutcomeUnknown):
        bench.gateway.open(bench.attempt(vnd(150_000)))


def test_an_attempt_whose_answer_was_lost_is_found_by_its_reference(bench):
    for _ in range(101):
        bench.gateway.open(bench.attempt(vnd(20_000)))
    attempt, ref = bench.opened(vnd(150_000))
    bench.play(attempt, Act.PAY)
    for _ in range(101):
        bench.gateway.open(bench.attempt(vnd(20_000)))

    [told] = bench.gateway.query(replace(ref, transaction=""))

    assert (told.outcome, told.amount) == (Outcome.CAPTURED, vnd(150_000))


def test_a_refund_by_the_name_of_the_session_finds_its_payment(bench):
    attempt, ref, _ = _paid(bench)
    order = RefundOrder("R1", ref, vnd(50_000), bench.clock.now(), "ketoan01")
    assert ref.transaction.startswith("cs_")

    assert bench.gateway.refund(order).outcome is Outcome.REFUND_PENDING
    assert bench.moved_back(attempt) == vnd(50_000)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(RefundState.DONE, Outcome.REFUNDED), (RefundState.REFUSED, Outcome.REFUND_REFUSED)],
)
def test_the_end_of_a_refund_is_told_as_asking_tells_it(bench, state, outcome):
    _, ref, _ = _paid(bench)
    order = RefundOrder("R1", ref, vnd(50_000), bench.clock.now(), "ketoan01")
    made = bench.gateway.refund(order)
    bench.stand.finish_refund(int(made.transaction.removeprefix("re_")), state)

    [told] = bench.gateway.read(bench.webhook.got[-1])
    [asked] = bench.gateway.query_refund(order)

    assert (told.outcome, told.refund, told.event_id) == (outcome, "R1", asked.event_id)


def test_a_second_refund_beyond_the_rest_is_declined_by_stripe_too(bench):
    _, ref, _ = _paid(bench)
    first = RefundOrder("R1", ref, vnd(100_000), bench.clock.now(), "ketoan01")
    bench.gateway.refund(first)

    # Somebody has refunded by hand, so that our own sum is too small.
    with pytest.raises(Declined) as told:
        bench.gateway.refund(replace(first, refund="R2"))
    assert told.value.trouble is Trouble.NOT_REFUNDABLE


def test_money_that_was_set_aside_and_not_taken_is_given_up(bench):
    _, ref, _ = _paid(bench, Act.AUTHORISE)
    [held] = bench.gateway.query(ref)

    told = bench.gateway.cancel(replace(ref, transaction=held.transaction))

    assert (held.outcome, told.outcome) == (Outcome.AUTHORISED, Outcome.CANCELLED)
    assert [one.outcome for one in bench.gateway.query(ref)] == [Outcome.CANCELLED]


def test_capturing_twice_takes_once(bench):
    _, ref, _ = _paid(bench, Act.AUTHORISE)

    first = bench.gateway.capture(ref)

    assert bench.gateway.capture(ref).event_id == first.event_id
    assert [one.paid for one in bench.stand.orders] == [150_000]


def test_what_nobody_set_aside_cannot_be_taken(bench):
    _, ref = bench.opened(vnd(150_000))

    with pytest.raises(Declined):
        bench.gateway.capture(ref)


def test_a_channel_may_set_money_aside_first(clock):
    bench = StripeBench(clock)
    bench.gateway = stripe.build({**SETTINGS, "capture": "manual"}, bench.network, clock)
    attempt, ref = bench.opened(vnd(150_000))

    [told] = bench.gateway.read(bench.play(attempt, Act.PAY))

    assert told.outcome is Outcome.AUTHORISED
    assert bench.gateway.capture(ref).outcome is Outcome.CAPTURED


def test_a_declined_card_leaves_the_page_open(bench):
    attempt, ref = bench.opened(vnd(150_000))
    bench.stand.play(attempt.reference, "decline")
    [told] = bench.gateway.read(bench.webhook.got[-1])
    assert told.outcome is Outcome.PENDING

    bench.play(attempt, Act.PAY)

    assert [one.outcome for one in bench.gateway.query(ref)] == [Outcome.CAPTURED]


def test_a_page_ends_by_the_clock_of_the_gateway(bench):
    _, ref = bench.opened(vnd(150_000))
    bench.clock.advance(timedelta(minutes=35))

    assert [one.outcome for one in bench.gateway.query(ref)] == [Outcome.EXPIRED]


STATUSES = [
    (400, {"type": "invalid_request_error"}, Misconfigured),
    (400, {"type": "idempotency_error"}, Declined),
    (402, {"type": "card_error", "code": "card_declined"}, Misconfigured),
    (404, {"type": "invalid_request_error", "code": "resource_missing"}, Declined),
    (401, {"type": "invalid_request_error"}, Misconfigured),
    (403, {"type": "invalid_request_error"}, Misconfigured),
    (409, {"type": "invalid_request_error", "code": "lock_timeout"}, OutcomeUnknown),
    (429, {"type": "rate_limit"}, OutcomeUnknown),
    (400, {}, OutcomeUnknown),
    (302, {}, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "error", "failure"), STATUSES)
def test_a_refusal_is_of_its_class(clock, status, error, failure):
    network = httpx.MockTransport(lambda request: httpx.Response(status, json={"error": error}))
    gateway = stripe.build(SETTINGS, network, clock)

    with pytest.raises(failure):
        gateway.query(AttemptRef("VPH1", vnd(20_000), clock.now(), "cs_test_1"))


def test_a_name_that_stripe_does_not_give_goes_into_no_address(bench):
    ref = AttemptRef("VPH1", vnd(20_000), bench.clock.now(), "pi_1/../../refunds?x=")

    with pytest.raises(Declined):
        bench.gateway.query(ref)
    assert bench.asked() == 0


def test_a_list_that_does_not_end_is_no_answer(clock):
    page = {"object": "list", "has_more": True, "data": [{"id": "cs_test_1"}]}
    network = httpx.MockTransport(lambda request: httpx.Response(200, json=page))
    gateway = stripe.build(SETTINGS, network, clock)

    with pytest.raises(OutcomeUnknown):
        gateway.query(AttemptRef("VPH1", vnd(20_000), clock.now()))


def test_the_settlement_has_refunds_and_fees_and_no_payouts(bench):
    _, ref, _ = _paid(bench)
    made = bench.gateway.refund(RefundOrder("R1", ref, vnd(50_000), bench.clock.now(), "kt"))
    bench.stand.finish_refund(int(made.transaction.removeprefix("re_")), RefundState.DONE)

    pay, back = sorted(
        bench.gateway.settlement(HospitalDay.of(bench.clock.now())), key=lambda one: -one.gross.dong
    )

    assert (pay.kind, pay.gross, pay.fee, pay.net) == (
        LineKind.PAY,
        vnd(150_000),
        vnd(4_350),
        vnd(145_650),
    )
    assert (back.kind, back.gross, back.transaction) == (
        LineKind.REFUND,
        vnd(-50_000),
        made.transaction,
    )
    assert pay.reference == back.reference == ref.reference


def _balance(clock, **changes: Any) -> Any:
    row = {
        "id": "txn_1", "type": "charge", "reporting_category": "charge", "currency": "vnd",
        "amount": 1_000, "fee": 29, "net": 971, "source": "ch_1",
        "created": int(clock.now().timestamp()), "available_on": int(clock.now().timestamp()),
        **changes,
    }  # fmt: skip
    page = {"object": "list", "has_more": False, "data": [row]}
    network = httpx.MockTransport(lambda request: httpx.Response(200, json=page))
    return stripe.build(SETTINGS, network, clock).settlement(HospitalDay.of(clock.now()))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "payment"}, LineKind.PAY),
        ({"type": "stripe_fee"}, LineKind.FEE),
        ({"type": "adjustment", "reporting_category": "dispute"}, LineKind.DISPUTE),
        ({"type": "adjustment"}, LineKind.ADJUSTMENT),
        ({"type": "what_is_new"}, LineKind.ADJUSTMENT),
    ],
)
def test_each_kind_of_row_is_of_its_kind(clock, changes, kind):
    assert [one.kind for one in _balance(clock, **changes)] == [kind]


def test_a_payout_is_no_line_of_the_settlement(clock):
    assert _balance(clock, type="payout") == ()


@pytest.mark.parametrize(
    ("changes", "failure"),
    [({"net": 1_000}, OutcomeUnknown), ({"amount": 1.5}, OutcomeUnknown),
     ({"currency": "usd"}, Unsupported)],
)  # fmt: skip
def test_a_row_that_does_not_come_out_is_no_settlement(clock, changes, failure):
    with pytest.raises(failure):
        _balance(clock, **changes)


def test_a_file_is_not_what_stripe_sends(bench):
    with pytest.raises(Unsupported):
        bench.gateway.settlement(HospitalDay.of(bench.clock.now()), b"a,b")


def test_an_address_that_comes_back_proves_nothing(bench):
    attempt, _, _ = _paid(bench)
    raw = bench.back(attempt)
    assert parse_qs(raw.raw_query)["stripe"] == ["done"]

    assert not bench.gateway.read_return(raw).is_authentic
    for other in ("", "é", "a b", "x" * 65):
        assert bench.gateway.read_return(replace(raw, query={"reference": other})).reference == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_key", "pk_test_vienphi"), ("api_key", ""), ("webhook_secret", "sk_test_vienphi"),
     ("capture", "later"), ("base_url", "http://api.stripe.com"), ("colour", "red")],
)  # fmt: skip
def test_a_wrong_setting_is_named(clock, name, value):
    with pytest.raises(InvalidField) as told:
        stripe.build({**SETTINGS, name: value}, None, clock)
    assert told.value.field == name


def test_live_keys_at_the_real_address_are_no_sandbox(clock):
    live = {"api_key": "sk_live_0123456789", "webhook_secret": "whsec_0123456789"}

    assert not stripe.build(live, None, clock).is_sandbox
    for name, value in SANDBOX_SETTINGS.items():
        assert stripe.build({**live, name: value}, None, clock).is_sandbox
    assert messages.unreadable("x").trouble is Trouble.BAD_REPLY


def _browser(bench: StripeBench) -> httpx.Client:
    return httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)


def test_a_person_plays_the_payer_and_no_card_is_asked_for(bench):
    attempt, browser = bench.attempt(vnd(150_000)), _browser(bench)

    page = browser.get(bench.gateway.open(attempt).url)
    back = browser.post(f"/sandbox/stripe/orders/{attempt.reference}/pay", data={"form": "1"})

    assert "150.000 đ" in page.text
    assert "card" not in page.text.lower()
    assert (back.status_code, len(bench.webhook.got)) == (303, 1)
    assert back.headers["location"].startswith(attempt.return_url)


def test_a_program_that_plays_pays_as_soon_as_the_page_opens_and_gets_its_refund(bench):
    bench.stand.options = replace(bench.stand.options, payer="auto")
    attempt, ref = bench.opened(vnd(150_000))
    [told] = bench.gateway.read(bench.webhook.got[0])
    assert (told.outcome, told.reference) == (Outcome.CAPTURED, attempt.reference)
    order = RefundOrder("R1", ref, vnd(50_000), bench.clock.now(), "ketoan01")
    assert bench.gateway.refund(order).outcome is Outcome.REFUND_PENDING

    assert [one.outcome for one in bench.gateway.query_refund(order)] == [Outcome.REFUND_PENDING]
    named = replace(order, transaction=bench.gateway.query_refund(order)[0].transaction)
    assert [one.outcome for one in bench.gateway.query_refund(named)] == [Outcome.REFUNDED]


def test_who_leaves_the_page_comes_back_to_the_other_address(bench):
    attempt, _ = bench.opened(vnd(150_000))
    bench.stand.play(attempt.reference, "cancel")

    assert "stripe=left" in bench.back(attempt).raw_query
    assert bench.webhook.got == []


def test_it_is_told_apart_from_the_bank_at_one_root(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url=BASE_URL)

    assert "Stripe" in client.get("/sandbox/stripe/").text
    assert client.get("/v1/checkout/sessions").json()["error"]["type"] == "invalid_request_error"
    assert client.get("/v2/transactions").status_code == 401
