"""ZaloPay keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from adapters import zalopay
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.wire import SandboxTransport
from adapters.bank_transfer import sandbox as bank
from adapters.zalopay import codes, requests, signature
from adapters.zalopay.sandbox import open_sandbox
from adapters.zalopay.settings import SANDBOX_APPS, SANDBOX_SETTINGS, ZalopaySettings
from payments.demo.sandboxes import Street
from payments.gateway import (
    Attempt,
    AttemptRef,
    CallOutcome,
    Declined,
    Malformed,
    Misconfigured,
    NotAuthentic,
    Outcome,
    OutcomeUnknown,
    RawNotification,
    RefundOrder,
    Trouble,
    Verdict,
    outcome_of,
)
from payments.gateway.sandboxes import SandboxOptions
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

SETTINGS = {**SANDBOX_SETTINGS, "base_url": BASE_URL}
KEY1, KEY2 = SANDBOX_SETTINGS["key1"], SANDBOX_SETTINGS["key2"]
_NAMES = {
    "create": signature.CREATE,
    "refund": signature.REFUND,
    "query_refund": signature.QUERY_REFUND,
}


def _text(vector: Mapping[str, Any]) -> str:
    fields = vector["input"]
    if vector["message"] == "callback":
        return str(fields["data"])
    if vector["message"] == "query":
        return signature.query_text(fields, vector["key"]["key1"])
    return signature.text_of(fields, _NAMES[vector["message"]])


def _key(vector: Mapping[str, Any]) -> str:
    return str(vector["key"]["key2" if vector["message"] == "callback" else "key1"])


def _accepts(vector: Mapping[str, Any]) -> bool:
    return signature.is_authentic(_text(vector), vector["signature"], _key(vector))


class ZalopayBench(StandBench):
    secrets = (KEY1, KEY2)
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-zalopay")
    )
    acts = frozenset(Act) - {Act.REVIEW, Act.AUTHORISE}
    #: Answers are not signed, and those to a refund tell no amount.
    answers_show = frozenset()

    def __init__(self, clock: FrozenClock, **settings: str) -> None:
        super().__init__(clock, zalopay.build, {**SETTINGS, **settings}, open_sandbox, "zalopay")

    def wire(self, attempt: Attempt) -> str:
        return requests.order_name(attempt.reference, attempt.opened_at or self.clock.now())

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        if raw.method == "GET":
            params = dict(parse_qsl(raw.raw_query, keep_blank_values=True))
            for name, value in params.items():
                other = f"{value[:-1]}{'1' if not value.endswith('1') else '2'}"
                yield name, replace(raw, raw_query=urlencode({**params, name: other}))
            return
        told = json.loads(raw.body)
        data = json.loads(told["data"])
        for name, value in data.items():
            other = value + 1 if isinstance(value, int) else f"{value}x"
            changed = told["data"].replace(_pair(name, value), _pair(name, other))
            yield name, written(raw, {**told, "data": changed})
        yield "mac", written(raw, {**told, "mac": told["mac"][::-1]})
        yield "no mac", written(raw, {"data": told["data"]})
        yield "respaced", written(raw, {**told, "data": json.dumps(data)})
        yield "key1", written(raw, {**told, "mac": signature.sign(told["data"], KEY1)})

    def resigned(self, raw: RawNotification, changes: Mapping[str, Any]) -> RawNotification:
        told = json.loads(raw.body)
        data = json.dumps({**json.loads(told["data"]), **changes}, ensure_ascii=False)
        return written(raw, {**told, "data": data, "mac": signature.sign(data, KEY2)})

    def foreign(self, raw: RawNotification) -> RawNotification:
        return self.resigned(raw, {"app_id": 553})

    def client(self) -> httpx.Client:
        return httpx.Client(transport=SandboxTransport(self.stand.app), base_url=BASE_URL)

    def post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """Ask the sandbox as a stranger's program does."""
        answer = self.client().post(f"/v2/{path}", json=fields)
        assert answer.status_code == 200
        return answer.json()


def _pair(name: str, value: Any) -> str:
    told = json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))
    return told[1:-1]


def written(raw: RawNotification, told: Mapping[str, Any]) -> RawNotification:
    return replace(raw, body=json.dumps(told, ensure_ascii=False).encode())


class TestZalopay(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> ZalopayBench:
        return ZalopayBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> ZalopayBench:
    return ZalopayBench(clock)


@pytest.mark.parametrize("vector", vectors.of("v-zalopay"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_canonical_text(vector):
    assert _text(vector) == vector["canonical"]
    signed = signature.sign(_text(vector), _key(vector))
    assert (signed == vector["signature"]) is (vector["expect"] == "accept")


@pytest.mark.parametrize(
    "vector",
    [one for one in vectors.of("v-zalopay") if one["message"] in _NAMES],
    ids=lambda one: one["id"],
)
def test_each_signed_field_of_a_vector_changed_once_is_refused(vector):
    for name in _NAMES[vector["message"]]:
        changed = {**vector, "input": {**vector["input"], name: "x"}}
        assert not _accepts(changed), name


def test_the_built_requests_are_the_vectors_to_the_byte(clock):
    settings = ZalopaySettings.parse(SETTINGS)
    opened = datetime.fromtimestamp(1795317300, UTC)
    ordered = datetime.fromtimestamp(1795400000, UTC)
    ref = AttemptRef("HD26110001", vnd(250_000), opened, "261122000012345")
    order = RefundOrder("0001", ref, vnd(100_000), ordered, "ketoan01")
    attempt = Attempt(
        "HD26110001",
        vnd(250_000),
        opened + timedelta(minutes=15),
        "https://thu.benhvien.test/zalo",
        "https://thu.benhvien.test/zalo/cb",
    )
    for vector_id, call, ours in (
        (
            "v-zalopay-create",
            requests.create_call(settings, attempt, opened),
            {"app_user", "item", "description"},
        ),
        ("v-zalopay-query", requests.query_call(settings, ref), set()),
        ("v-zalopay-refund", requests.refund_call(settings, order), {"description"}),
        ("v-zalopay-query-refund", requests.query_refund_call(settings, order, ordered), set()),
    ):
        [vector] = [one for one in vectors.of(vector_id) if one["id"] == vector_id]
        sent = json.loads(call.body)
        # The words are ours; all else is the vector's.
        given = {**sent, **{name: vector["input"][name] for name in ours}}
        assert given.items() >= vector["input"].items(), vector_id
        assert _accepts({**vector, "input": sent, "signature": sent["mac"]})
        if not ours:
            assert sent["mac"] == vector["signature"]


@pytest.mark.parametrize("vector", vectors.of("v-zalopay-callback"), ids=lambda one: one["id"])
def test_vector_callbacks_are_read_as_their_notes_say(bench, vector):
    told = {**vector["input"], "mac": vector["signature"]}
    raw = RawNotification({}, {}, json.dumps(told).encode(), bench.clock.now())
    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            bench.gateway.read(raw)
        return

    [read] = bench.gateway.read(raw)

    assert (read.outcome, read.amount) == (Outcome.CAPTURED, vnd(250_000))
    assert (read.reference, read.transaction) == ("HD26110001", "261122000012345")
    assert read.event_id == "261122_HD26110001:261122000012345"
    assert read.occurred_at == datetime.fromtimestamp(1795317360, UTC)


@pytest.mark.parametrize(
    ("vector_id", "code", "sub"),
    [("v-zalopay-create", 1, 1), ("v-zalopay-create-tampered", 2, -402)],
)
def test_the_sandbox_answers_vector_orders_as_their_notes_say(bench, vector_id, code, sub):
    bench.clock.set(datetime.fromtimestamp(1795317300, UTC))
    [vector] = [one for one in vectors.of(vector_id) if one["id"] == vector_id]

    told = bench.post("create", {**vector["input"], "mac": vector["signature"]})

    assert (told["return_code"], told["sub_return_code"]) == (code, sub)


CALLS = {
    (1, 1): Outcome.CAPTURED,
    (3, 1): Outcome.PENDING,
    (3, -500): Outcome.PENDING,
    (2, -329): Outcome.CANCELLED,
    (2, -322): Outcome.EXPIRED,
    **{(2, sub): Outcome.FAILED for sub in (-34, -35, -43, -88, -135, -1, -101, 1, 406)},
    (1, -401): Outcome.UNKNOWN,
    (4, 1): Outcome.UNKNOWN,
    (0, 0): Outcome.UNKNOWN,
    (406, 406): Outcome.UNKNOWN,
    (-1, -1): Outcome.UNKNOWN,
}
REFUSED = {
    -500: CallOutcome.UNKNOWN,
    -429: CallOutcome.UNKNOWN,
    -32: CallOutcome.UNKNOWN,
    -301: CallOutcome.UNKNOWN,
    -33: CallOutcome.UNKNOWN,
    -401: CallOutcome.DECLINED,
    -402: CallOutcome.MISCONFIGURED,
    -403: CallOutcome.MISCONFIGURED,
    -405: CallOutcome.MISCONFIGURED,
}


def answering(clock: FrozenClock, told: Any, status: int = 200) -> Any:
    return zalopay.build(
        SETTINGS, httpx.MockTransport(lambda _: httpx.Response(status, json=told)), clock
    )


def _answer(code: int, sub: int, **more: Any) -> dict[str, Any]:
    return {
        "return_code": code, "return_message": "", "sub_return_code": sub,
        "sub_return_message": "", "is_processing": False, "amount": 150_000,
        "discount_amount": 0, "zp_trans_id": 261122000012345, **more,
    }  # fmt: skip


@pytest.mark.parametrize(("code", "sub"), CALLS)
def test_every_pair_of_codes_of_a_query_is_read_as_the_table_says(clock, code, sub):
    ref = AttemptRef("VPH1", vnd(150_000), clock.now())

    [told] = answering(clock, _answer(code, sub)).query(ref)

    assert told.outcome is CALLS[code, sub]


@pytest.mark.parametrize("place", ["sub", "code"])
@pytest.mark.parametrize("why", REFUSED)
def test_a_query_that_is_not_answered_says_nothing_of_money(clock, why, place):
    ref = AttemptRef("VPH1", vnd(150_000), clock.now())
    told = _answer(2, why) if place == "sub" else _answer(why, why)

    with pytest.raises(Exception) as failure:
        answering(clock, told).query(ref)

    assert outcome_of(failure.value) is REFUSED[why]


@pytest.mark.parametrize(
    ("code", "sub", "outcome", "trouble"),
    [(1, 1, Outcome.REFUNDED, None), (1, -101, Outcome.REFUNDED, None),
     (3, 1, Outcome.REFUND_PENDING, None), (3, -101, Outcome.REFUND_PENDING, None),
     (2, 406, Outcome.REFUND_REFUSED, Trouble.NOT_REFUNDABLE),
     (2, -401, Outcome.REFUND_REFUSED, Trouble.BAD_REQUEST),
     (2, -43, Outcome.REFUND_REFUSED, Trouble.MAINTENANCE),
     (2, -9999, Outcome.REFUND_REFUSED, None)],
)  # fmt: skip
def test_codes_of_refunds(clock, code, sub, outcome, trouble):
    told = answering(clock, _answer(code, sub, refund_id=7)).refund(_order(clock))

    assert (told.outcome, told.trouble, told.transaction) == (outcome, trouble, "7")
    assert (told.refund, told.amount) == ("R1", vnd(50_000))


@pytest.mark.parametrize(
    ("code", "sub"), [(1, -401), (4, 1), (2, -500), (2, -429), (2, -32), (2, -301), (-500, -500)]
)
def test_a_refund_whose_end_is_not_said_is_asked_about(clock, code, sub):
    with pytest.raises(OutcomeUnknown):
        answering(clock, _answer(code, sub)).refund(_order(clock))


@pytest.mark.parametrize("sub", [-402, -403, -405])
def test_a_refund_with_a_wrong_key_is_for_it(clock, sub):
    with pytest.raises(Misconfigured):
        answering(clock, _answer(2, sub)).refund(_order(clock))


def _order(clock: FrozenClock) -> RefundOrder:
    ref = AttemptRef("VPH1", vnd(150_000), clock.now(), "261122000012345")
    return RefundOrder("R1", ref, vnd(50_000), clock.now(), "ketoan01")


@pytest.mark.parametrize(
    ("code", "sub", "kind"),
    [(2, -33, CallOutcome.UNKNOWN), (2, -68, CallOutcome.UNKNOWN),
     (2, -401, CallOutcome.MISCONFIGURED), (2, -402, CallOutcome.MISCONFIGURED),
     (2, -500, CallOutcome.UNKNOWN), (2, -1, CallOutcome.UNKNOWN), (3, 1, CallOutcome.UNKNOWN)],
)  # fmt: skip
def test_an_order_that_is_refused_has_the_class_of_its_code(clock, bench, code, sub, kind):
    with pytest.raises(Exception) as failure:
        answering(clock, _answer(code, sub)).open(bench.attempt(vnd(150_000)))

    assert outcome_of(failure.value) is kind


def test_no_other_code_is_a_success_or_a_failure():
    for code in set(range(-1000, 1000)) - {codes.DONE, codes.FAILED, codes.PROCESSING}:
        assert codes.of_payment(code, 1) == (Outcome.UNKNOWN, None)
        assert codes.of_refund(code, 1) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.STORED, 1),
        (Verdict.DUPLICATE, 2),
        (Verdict.BAD_SIGNATURE, -1),
        (Verdict.UNKNOWN_REFERENCE, -1),
        (Verdict.AMOUNT_DIFFERS, -1),
        (Verdict.TRY_AGAIN, 0),
    ],
)
def test_replies_are_http_200_with_zalopay_s_code(bench, verdict, code):
    reply = bench.gateway.reply(verdict)

    assert (reply.status, reply.body["return_code"]) == (200, code)
    assert reply.body["return_message"]


@pytest.mark.parametrize(
    ("verdict", "calls"),
    [(Verdict.STORED, 1), (Verdict.DUPLICATE, 1), (Verdict.UNKNOWN_REFERENCE, 1),
     (Verdict.TRY_AGAIN, 3)],
)  # fmt: skip
def test_the_gateway_calls_again_only_after_0_and_three_times_at_most(bench, verdict, calls):
    bench.webhook.reply = lambda: bench.gateway.reply(verdict)
    attempt, _ = bench.opened(vnd(150_000))
    bench.play(attempt, Act.PAY)

    for _ in range(10):
        bench.clock.advance(timedelta(minutes=1))
        bench.stand.run_due()

    assert len(bench.webhook.got) == calls


@pytest.mark.parametrize("act", [Act.REFUSE, Act.CANCEL, Act.EXPIRE, Act.UNKNOWN])
def test_nothing_is_told_of_what_was_not_paid(bench, act):
    attempt, ref = bench.opened(vnd(150_000))

    assert bench.play(attempt, act) is None
    [told] = bench.gateway.query(ref)
    assert told.outcome is not Outcome.CAPTURED


@pytest.mark.parametrize(
    ("moment", "day"),
    [(datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), "261124"),
     (datetime(2026, 11, 24, 17, 0, 0, tzinfo=UTC), "261125"),
     (datetime(2026, 12, 31, 17, 0, 0, tzinfo=UTC), "270101")],
)  # fmt: skip
def test_an_order_carries_the_day_of_vietnam_and_is_read_without_it(bench, moment, day):
    bench.clock.set(moment)
    attempt, ref = bench.opened(vnd(150_000))
    bench.clock.advance(timedelta(hours=9))

    [told] = bench.gateway.query(ref)

    assert bench.stand.orders.find(f"{day}_{attempt.reference}") is not None
    assert told.reference == attempt.reference


@pytest.mark.parametrize(
    ("left", "told"),
    [(timedelta(seconds=1), 300), (timedelta(minutes=15), 900), (timedelta(days=40), 2_592_000)],
)
def test_time_to_pay_is_brought_within_the_limits(bench, left, told):
    attempt = replace(bench.attempt(vnd(150_000)), expires_at=bench.clock.now() + left)

    call = requests.create_call(bench.gateway.settings, attempt, bench.clock.now())

    assert json.loads(call.body)["expire_duration_seconds"] == told
    assert bench.gateway.open(attempt).url


def test_an_attempt_whose_time_is_over_is_not_opened(bench):
    attempt = replace(bench.attempt(vnd(150_000)), expires_at=bench.clock.now())

    with pytest.raises(Declined):
        bench.gateway.open(attempt)
    assert bench.asked() == 0


def test_an_order_waits_and_expires_with_its_time(bench):
    _, ref = bench.opened(vnd(150_000))
    [waiting] = bench.gateway.query(ref)
    bench.clock.advance(timedelta(minutes=15))
    [over] = bench.gateway.query(ref)

    assert (waiting.outcome, waiting.transaction) == (Outcome.PENDING, "")
    assert (over.outcome, over.trouble) == (Outcome.EXPIRED, Trouble.EXPIRED)


def test_an_order_sent_again_is_asked_about_and_not_opened_twice(bench):
    attempt, _ = bench.opened(vnd(150_000))

    with pytest.raises(OutcomeUnknown) as told:
        bench.gateway.open(attempt)

    assert told.value.trouble is Trouble.DUPLICATE_REF
    assert len(list(bench.stand.orders)) == 1


def test_an_order_shows_a_page_and_a_code(bench):
    shown = bench.gateway.open(bench.attempt(vnd(150_000)))

    assert shown.url.startswith(f"{BASE_URL}/openinapp?order=")
    assert shown.qr_payload.startswith("000201")


@pytest.mark.parametrize("page", ["javascript:alert(1)", "http://elsewhere.example/", "", None])
def test_a_page_that_is_no_page_is_not_shown(clock, bench, page):
    with pytest.raises(OutcomeUnknown):
        answering(clock, _answer(1, 1, order_url=page)).open(bench.attempt(vnd(150_000)))


def _paid(bench: ZalopayBench) -> tuple[Attempt, AttemptRef, RawNotification]:
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    [told] = bench.gateway.read(raw)
    return attempt, replace(ref, transaction=told.transaction), raw


def test_with_a_discount_the_order_s_amount_counts(bench):
    _, _, raw = _paid(bench)

    [told] = bench.gateway.read(bench.resigned(raw, {"discount_amount": 20_000}))

    assert told.amount == vnd(150_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", -1), ("amount", 0), ("amount", "150000"), ("amount", 1.5), ("zp_trans_id", 0),
     ("zp_trans_id", -1), ("zp_trans_id", "x"), ("app_trans_id", ""), ("server_time", 1795317360)],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, name, value):
    _, _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.resigned(raw, {name: value}))


@pytest.mark.parametrize("data", ["", "[]", "{", '{"app_id":2554}', '{"app_id":2554,"app_id":1}'])
def test_proven_text_that_is_no_callback_is_refused(bench, data):
    told = {"data": data, "mac": signature.sign(data, KEY2), "type": 1}
    raw = RawNotification({}, {}, json.dumps(told).encode(), bench.clock.now())

    with pytest.raises((Malformed, NotAuthentic)):
        bench.gateway.read(raw)


def test_a_name_without_a_day_is_nobody_s(bench):
    _, _, raw = _paid(bench)

    [told] = bench.gateway.read(bench.resigned(raw, {"app_trans_id": "VPH000000001"}))

    assert told.reference == "VPH000000001"
    assert requests.reference_of("x61122_VPH1") == "x61122_VPH1"


@pytest.mark.parametrize("status", ["-49", "2", ""])
def test_a_return_that_is_not_a_success_says_nothing(bench, status):
    attempt, _, _ = _paid(bench)
    back = bench.back(attempt)
    params = {**dict(parse_qsl(back.raw_query, keep_blank_values=True)), "status": status}
    params["checksum"] = signature.sign(signature.text_of(params, signature.RETURN), KEY2)

    view = bench.gateway.read_return(replace(back, raw_query=urlencode(params)))

    assert (view.is_authentic, view.hint) == (True, Outcome.UNKNOWN)


def test_a_return_for_another_app_or_with_a_name_twice_is_nothing(bench):
    attempt, _, _ = _paid(bench)
    back = bench.back(attempt)
    params = {**dict(parse_qsl(back.raw_query, keep_blank_values=True)), "appid": "553"}
    params["checksum"] = signature.sign(signature.text_of(params, signature.RETURN), KEY2)

    for query in (urlencode(params), f"{back.raw_query}&amount=1"):
        assert not bench.gateway.read_return(replace(back, raw_query=query)).is_authentic


def test_an_answer_of_a_query_that_contradicts_itself_is_unknown(clock):
    ref = AttemptRef("VPH1", vnd(150_000), clock.now())

    for wrong in (
        _answer(1, 1, zp_trans_id=0),
        _answer(1, 1, zp_trans_id="x"),
        _answer(1, 1, amount=0),
        {"return_code": "1"},
        {},
    ):
        with pytest.raises(OutcomeUnknown):
            answering(clock, wrong).query(ref)


def test_an_amount_that_differs_is_told_as_it_is(bench):
    attempt, ref = bench.opened(vnd(150_000))
    bench.play(attempt, Act.PAY)
    bench.fault(wrong_amount=True)

    [told] = bench.gateway.query(ref)

    assert told.amount == vnd(149_000)


def test_a_number_beyond_2_to_the_47_is_kept_to_the_last_digit(clock):
    ref = AttemptRef("VPH1", vnd(150_000), clock.now())

    for number in (261122000012345, "261122000012345"):
        [told] = answering(clock, _answer(1, 1, zp_trans_id=number)).query(ref)
        assert told.transaction == "261122000012345"


def test_a_refund_is_named_by_day_app_and_ours(bench):
    _, ref, _ = _paid(bench)
    order = bench.refund_order(ref, vnd(50_000))

    sent = json.loads(requests.refund_call(bench.gateway.settings, order).body)

    assert sent["m_refund_id"] == f"{requests.yymmdd(order.ordered_at)}_2554_{order.refund}"
    assert sent["zp_trans_id"] == ref.transaction
    longest = requests.refund_call(bench.gateway.settings, replace(order, refund="R" * 32))
    assert len(json.loads(longest.body)["m_refund_id"]) <= 45
    with pytest.raises(Declined):
        requests.refund_call(bench.gateway.settings, replace(order, refund="R" * 40))


def test_a_refund_repeated_is_the_same_bytes_and_gets_the_first_answer_again(bench):
    attempt, ref, _ = _paid(bench)
    order = bench.refund_order(ref, vnd(50_000))
    first = bench.gateway.refund(order)
    bench.clock.advance(timedelta(minutes=5))

    again = bench.gateway.refund(order)

    assert (again.outcome, again.transaction, again.event_id) == (
        first.outcome,
        first.transaction,
        first.event_id,
    )
    assert bench.moved_back(attempt) == vnd(50_000)


def test_a_refund_ends_by_itself_where_a_program_plays(bench):
    _, ref, _ = _paid(bench)
    bench.stand.options = replace(bench.stand.options, payer="auto")
    order = bench.refund_order(ref, vnd(50_000))

    assert bench.gateway.refund(order).outcome is Outcome.REFUND_PENDING
    [told] = bench.gateway.query_refund(order)
    assert told.outcome is Outcome.REFUNDED


def test_what_the_sandbox_finds_too_much_or_unpaid_is_refused_there_too(bench):
    _, ref, _ = _paid(bench)
    bench.gateway.refund(bench.refund_order(ref, vnd(100_000)))
    too_much = bench.gateway.refund(bench.refund_order(ref, vnd(100_000)))
    unpaid, other = bench.opened(vnd(150_000))
    number = str(bench.stand.orders.get(bench.wire(unpaid)).number)
    not_paid = bench.gateway.refund(
        bench.refund_order(replace(other, transaction=number), vnd(1_000))
    )

    assert (too_much.outcome, too_much.raw_code) == (Outcome.REFUND_REFUSED, "refund 2/-401")
    assert (not_paid.outcome, not_paid.raw_code) == (Outcome.REFUND_REFUSED, "refund 2/406")


def _created(bench: ZalopayBench, **changes: Any) -> dict[str, Any]:
    call = requests.create_call(
        bench.gateway.settings, bench.attempt(vnd(150_000)), bench.clock.now()
    )
    fields = {**json.loads(call.body), **changes}
    key1 = SANDBOX_APPS.get(fields["app_id"], (KEY1,))[0]
    return {**fields, "mac": signature.sign(signature.text_of(fields, signature.CREATE), key1)}


@pytest.mark.parametrize("form", ["json", "form", "query"])
def test_the_sandbox_takes_json_forms_and_parameters(bench, form):
    fields = _created(bench)
    given = {"json": fields} if form == "json" else {}
    given = {"data": fields} if form == "form" else given
    given = {"params": fields} if form == "query" else given

    told = bench.client().post("/v2/create", **given).json()

    assert (told["return_code"], told["sub_return_code"]) == (1, 1)
    [order] = bench.stand.orders
    assert order.amount == 150_000
    bench.stand.play(order.reference, "pay")
    assert bench.gateway.read(bench.webhook.got[-1])


@pytest.mark.parametrize(
    "changes",
    [{"app_trans_id": "261101_VPH1"}, {"app_trans_id": "VPH1"}, {"app_time": 1},
     {"expire_duration_seconds": 299}, {"expire_duration_seconds": 2_592_001}, {"amount": 0},
     {"amount": "x"}, {"item": "{}"}, {"item": "x"}, {"embed_data": "[]"}, {"embed_data": ""},
     {"description": ""}, {"app_user": "x" * 51}],
    ids=lambda one: "".join(f"{k}={str(v)[:12]}" for k, v in one.items()),
)  # fmt: skip
def test_the_sandbox_refuses_what_zalopay_does(bench, changes):
    told = bench.post("create", _created(bench, **changes))

    assert (told["return_code"], told["sub_return_code"]) == (2, -401)
    assert list(bench.stand.orders) == []


@pytest.mark.parametrize("minutes", [-16, 16])
def test_the_sandbox_refuses_an_app_time_of_another_quarter_of_an_hour(bench, minutes):
    fields = _created(bench)
    bench.clock.advance(timedelta(minutes=minutes))

    assert bench.post("create", fields)["sub_return_code"] == -401


def test_both_public_apps_are_served_at_once_and_strangers_are_not(bench):
    same = _created(bench)
    name = same["app_trans_id"]

    assert bench.post("create", same)["return_code"] == 1
    assert bench.post("create", _created(bench, app_id=553, app_trans_id=name))["return_code"] == 1
    assert bench.post("create", same)["sub_return_code"] == -68
    assert bench.post("create", _created(bench, app_id=1))["sub_return_code"] == -402
    for path in ("query", "refund", "query_refund"):
        told = bench.post(path, {"app_id": 2554, "app_trans_id": name, "mac": "0" * 64})
        assert (told["return_code"], told["sub_return_code"]) == (2, -402)


def test_answers_have_the_key_sets_of_the_documents(bench):
    attempt, ref, raw = _paid(bench)
    settings, head = bench.gateway.settings, {
        "return_code", "return_message", "sub_return_code", "sub_return_message",
    }  # fmt: skip
    order = bench.refund_order(ref, vnd(1_000))
    calls = {
        "query": requests.query_call(settings, ref),
        "refund": requests.refund_call(settings, order),
        "query_refund": requests.query_refund_call(settings, order, bench.clock.now()),
    }
    told = {path: set(bench.post(path, json.loads(call.body))) for path, call in calls.items()}

    assert set(bench.post("create", _created(bench))) == head | {
        "order_url", "zp_trans_token", "order_token", "qr_code",
    }  # fmt: skip
    assert told["query"] == head | {"is_processing", "amount", "discount_amount", "zp_trans_id"}
    assert told["refund"] == head | {"refund_id"}
    assert told["query_refund"] == head
    assert set(json.loads(raw.body)) == {"data", "mac", "type"}
    assert set(json.loads(json.loads(raw.body)["data"])) == {
        "app_id", "app_trans_id", "app_time", "app_user", "amount", "embed_data", "item",
        "zp_trans_id", "server_time", "channel", "merchant_user_id", "zp_user_id",
        "user_fee_amount", "discount_amount",
    }  # fmt: skip
    assert attempt.reference in ref.reference


def test_banks_are_listed_to_those_who_sign(bench):
    asked = {"appid": "2554", "reqtime": "1795317300000"}
    mac = signature.sign(signature.text_of(asked, signature.BANKS), KEY1)

    signed = bench.client().post("/api/getlistmerchantbanks", data={**asked, "mac": mac}).json()
    unsigned = bench.client().post("/api/getlistmerchantbanks", data=asked).json()

    assert (signed["returncode"], set(signed["banks"])) == (1, {"38", "36"})
    assert (unsigned["returncode"], unsigned["banks"]) == (-402, {})


@pytest.mark.parametrize("order", ["", "x", "!!!", "e30=", "WzFd"])
def test_a_page_of_no_order_is_refused_with_a_page(bench, order):
    page = bench.client().get("/openinapp", params={"order": order})

    assert page.status_code == 200
    assert "-401" in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("app_id", "x"), ("app_id", "0"), ("app_id", ""), ("key1", ""), ("key2", "ké"),
     ("bank_code", "a b"), ("base_url", "http://10.0.0.1"), ("typo", "x")],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named(clock, name, value):
    with pytest.raises(InvalidField) as told:
        zalopay.build({**SETTINGS, name: value}, None, clock)

    assert told.value.field == name


def test_the_address_of_production_with_real_keys_is_no_sandbox(clock):
    real = {
        "app_id": "99001",
        "key1": "a" * 32,
        "key2": "b" * 32,
        "base_url": "https://openapi.zalopay.vn",
    }

    assert not zalopay.build(real, None, clock).is_sandbox
    for name, value in SANDBOX_SETTINGS.items():
        assert zalopay.build({**real, name: value}, None, clock).is_sandbox


def test_a_person_plays_the_payer(bench):
    attempt = bench.attempt(vnd(150_000))
    browser = httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)

    page = browser.get(bench.gateway.open(attempt).url)
    back = browser.post(f"/sandbox/zalopay/orders/{bench.wire(attempt)}/pay", data={"form": "1"})

    assert "150.000 đ" in page.text
    assert (back.status_code, len(bench.webhook.got)) == (303, 1)
    assert back.headers["location"].startswith(attempt.return_url)


def test_a_program_that_plays_pays_as_soon_as_the_page_opens_and_comes_back_signed(bench):
    bench.stand.options = replace(bench.stand.options, payer="auto")
    attempt = bench.attempt(vnd(150_000))
    browser = httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)

    answer = browser.get(bench.gateway.open(attempt).url)

    assert answer.status_code == 302
    assert "status=1" in answer.headers["location"]
    [told] = bench.gateway.read(bench.webhook.got[0])
    assert (told.outcome, told.reference) == (Outcome.CAPTURED, attempt.reference)
    view = bench.gateway.read_return(bench.back(attempt))
    assert (view.is_authentic, view.hint) == (True, Outcome.CAPTURED)


def test_it_is_told_apart_from_the_bank_at_one_root(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url=BASE_URL)

    assert "ZaloPay" in client.get("/sandbox/zalopay/").text
    assert client.post("/v2/query", json={}).status_code == 200
    assert client.get("/v2/transactions").status_code == 401
