"""MoMo keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from adapters import momo
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.orders import State
from adapters._sandbox.wire import SandboxTransport
from adapters.bank_transfer import sandbox as bank
from adapters.momo import codes, requests, signature
from adapters.momo.sandbox import open_sandbox
from adapters.momo.settings import SANDBOX_SETTINGS, MomoSettings
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
    Redirect,
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
KEYS = (SANDBOX_SETTINGS["access_key"], SANDBOX_SETTINGS["secret_key"])
_NAMES = {
    "create": signature.CREATE,
    "create_response": signature.CREATE_ANSWER,
    "ipn": signature.RESULT,
    "query": signature.QUERY,
    "refund": signature.REFUND,
    "confirm": signature.CONFIRM,
}


def _keys(vector: Mapping[str, Any]) -> tuple[str, str]:
    return vector["key"]["accessKey"], vector["key"]["secretKey"]


def _accepts(vector: Mapping[str, Any]) -> bool:
    fields = {**vector["input"], "signature": vector["signature"]}
    return signature.is_authentic(fields, _NAMES[vector["message"]], _keys(vector))


class MomoBench(StandBench):
    secrets = KEYS
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-momo")
    )
    acts = frozenset(Act) - {Act.REVIEW}
    #: Answers to query and refund are not signed.
    answers_show = frozenset({"wrong_amount"})

    def __init__(self, clock: FrozenClock, **settings: str) -> None:
        super().__init__(clock, momo.build, {**SETTINGS, **settings}, open_sandbox, "momo")

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        fields = read(raw)
        for name in (*signature.RESULT[1:], "signature"):
            value = fields[name]
            other = value + 1 if isinstance(value, int) else f"{value[:-1]}{_other(value)}"
            yield name, written(raw, {**fields, name: other})
            if value != "":
                yield name, written(raw, {k: v for k, v in fields.items() if k != name})

    def resigned(self, raw: RawNotification, changes: Mapping[str, Any]) -> RawNotification:
        fields = {**read(raw), **changes}
        return written(raw, {**fields, "signature": signature.sign(fields, signature.RESULT, KEYS)})

    def foreign(self, raw: RawNotification) -> RawNotification:
        return self.resigned(raw, {"partnerCode": "MOMOOTHER"})

    def post(self, path: str, fields: Mapping[str, Any], names: tuple[str, ...] = ()) -> Any:
        """Ask the sandbox as a stranger's program does; signed over *names*."""
        signed = {"signature": signature.sign(fields, names, KEYS)} if names else {}
        client = httpx.Client(transport=SandboxTransport(self.stand.app), base_url=BASE_URL)
        answer = client.post(f"/v2/gateway/api/{path}", json={**fields, **signed})
        assert answer.status_code == 200
        return answer.json()


def _other(text: str) -> str:
    return "1" if not text.endswith("1") else "2"


def read(raw: RawNotification) -> dict[str, Any]:
    if raw.method == "GET":
        return dict(parse_qsl(raw.raw_query, keep_blank_values=True))
    return dict(json.loads(raw.body))


def written(raw: RawNotification, fields: Mapping[str, Any]) -> RawNotification:
    if raw.method == "GET":
        return replace(raw, raw_query=urlencode(fields), query=fields)
    return replace(raw, body=json.dumps(fields).encode())


class TestMomo(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> MomoBench:
        return MomoBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> MomoBench:
    return MomoBench(clock)


@pytest.mark.parametrize("vector", vectors.of("v-momo"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_canonical_text(vector):
    names = _NAMES[vector["message"]]

    assert signature.canonical(vector["input"], names, _keys(vector)[0]) == vector["canonical"]
    signed = signature.sign(vector["input"], names, _keys(vector))
    assert (signed == vector["signature"]) is (vector["expect"] == "accept")


@pytest.mark.parametrize(
    "vector",
    [one for one in vectors.of("v-momo") if one["expect"] == "accept" and "re" in one["id"]],
    ids=lambda one: one["id"],
)
def test_each_signed_field_of_a_vector_changed_once_is_refused(vector):
    names = _NAMES[vector["message"]]
    fields = {**vector["input"], "signature": vector["signature"]}

    for name in names[1:]:
        assert not signature.is_authentic({**fields, name: "x"}, names, _keys(vector)), name


def test_the_built_requests_are_the_vectors_to_the_byte(clock):
    settings = MomoSettings.parse(SETTINGS)
    ref = AttemptRef("HD26110001-1", vnd(250_000), clock.now(), "4088878653")
    order = RefundOrder("RF1", ref, vnd(100_000), clock.now(), "ketoan01")
    attempt = Attempt(
        "HD26110001-1",
        vnd(250_000),
        clock.now() + timedelta(minutes=15),
        "https://thu.benhvien.test/momo/return",
        "https://thu.benhvien.test/momo/ipn",
    )
    for vector_id, call, ours in (
        ("v-momo-create", requests.create_call(settings, attempt, clock.now()), {"orderInfo"}),
        ("v-momo-query", requests.query_call(settings, "HD26110001-1", "q1"), set()),
        ("v-momo-refund", requests.refund_call(settings, order), {"orderId", "description"}),
        ("v-momo-confirm", requests.capture_call(settings, ref), {"requestId"}),
    ):
        [vector] = [one for one in vectors.of(vector_id) if one["id"] == vector_id]
        sent = json.loads(call.body)
        # The words and names are ours; all else is the vector's.
        given = {**sent, **{name: vector["input"][name] for name in ours}}
        assert given.items() >= vector["input"].items(), vector_id
        assert signature.is_authentic(sent, _NAMES[vector["message"]], KEYS)
        if not ours:
            assert sent["signature"] == vector["signature"]


@pytest.mark.parametrize(
    "vector", vectors.of("v-momo-ipn"), ids=[one["id"] for one in vectors.of("v-momo-ipn")]
)
def test_vector_messages_are_read_as_their_notes_say(bench, vector):
    fields = {**vector["input"], "signature": vector["signature"]}
    raw = RawNotification({}, {}, json.dumps(fields).encode(), bench.clock.now())
    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            bench.gateway.read(raw)
        return

    [told] = bench.gateway.read(raw)

    expected = Outcome.CAPTURED if vector["id"] == "v-momo-ipn-ok" else Outcome.CANCELLED
    assert told.outcome is expected
    assert (told.reference, told.amount) == ("HD26110001-1", vnd(250_000))
    assert told.event_id == f"HD26110001-1:{fields['transId']}:{fields['resultCode']}"
    returned = bench.gateway.read_return(
        replace(raw, raw_query=urlencode(fields), method="GET", body=b"")
    )
    assert (returned.is_authentic, returned.hint) == (True, expected)


@pytest.mark.parametrize(
    ("vector_id", "code"), [("v-momo-create", 0), ("v-momo-create-tampered", 13)]
)
def test_the_sandbox_answers_vector_orders_as_their_notes_say(bench, vector_id, code):
    [vector] = [one for one in vectors.of(vector_id) if one["id"] == vector_id]

    told = bench.post("create", {**vector["input"], "signature": vector["signature"]})

    assert told["resultCode"] == code


PAYMENTS = {
    0: Outcome.CAPTURED,
    9000: Outcome.AUTHORISED,
    **dict.fromkeys((1000, 7000, 7002, 8000), Outcome.PENDING),
    **dict.fromkeys((10, 11, 12, 13, 20, 21, 22, 40, 41, 42, 43, 45, 47), Outcome.UNKNOWN),
    **dict.fromkeys((98, 99), Outcome.UNKNOWN),
    **dict.fromkeys((1001, 1002, 1004, 1007, 1026, 2019, 4001, 4002, 4100), Outcome.FAILED),
    **dict.fromkeys((1003, 1006, 1017), Outcome.CANCELLED),
    1005: Outcome.EXPIRED,
    **dict.fromkeys((1080, 1081, 1088), Outcome.REFUND_REFUSED),
}


@pytest.mark.parametrize("code", PAYMENTS)
def test_every_code_of_the_table_is_read_as_it_says(bench, code):
    attempt, _ = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None

    [told] = bench.gateway.read(bench.resigned(raw, {"resultCode": code}))

    assert told.outcome is PAYMENTS[code]
    assert told.raw_code == str(code)


def test_no_other_code_says_anything():
    for code in set(range(-10_000, 10_000)) - set(PAYMENTS):
        assert codes.of_payment(code) == (Outcome.UNKNOWN, None)
        assert codes.of_refund(code) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(0, Outcome.REFUNDED), (7000, Outcome.REFUND_PENDING), (7002, Outcome.REFUND_PENDING),
     (8000, Outcome.REFUND_PENDING), (1080, Outcome.REFUND_REFUSED),
     (1081, Outcome.REFUND_REFUSED), (1088, Outcome.REFUND_REFUSED), (9000, Outcome.UNKNOWN)],
)  # fmt: skip
def test_codes_of_refunds(code, outcome):
    assert codes.of_refund(code)[0] is outcome


@pytest.mark.parametrize(
    ("code", "kind"),
    [(10, CallOutcome.UNKNOWN), (11, CallOutcome.MISCONFIGURED), (12, CallOutcome.MISCONFIGURED),
     (13, CallOutcome.MISCONFIGURED), (20, CallOutcome.MISCONFIGURED), (21, CallOutcome.DECLINED),
     (22, CallOutcome.DECLINED), (40, CallOutcome.UNKNOWN), (41, CallOutcome.UNKNOWN),
     (42, CallOutcome.DECLINED), (43, CallOutcome.UNKNOWN), (45, CallOutcome.MISCONFIGURED),
     (47, CallOutcome.MISCONFIGURED), (98, CallOutcome.DECLINED), (99, CallOutcome.UNKNOWN),
     (1001, CallOutcome.UNKNOWN), (4242, CallOutcome.UNKNOWN)],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_order_that_is_refused_has_the_class_of_its_code_whatever_the_status(
    clock, bench, code, kind, status
):
    attempt = bench.attempt(vnd(150_000))
    told = {"partnerCode": "MOMO", "requestId": attempt.reference, "orderId": attempt.reference}

    with pytest.raises(Exception) as failure:
        answering(clock, {**told, "resultCode": code}, status).open(attempt)

    assert outcome_of(failure.value) is kind


def answering(clock: FrozenClock, told: Any, status: int = 200) -> Any:
    return momo.build(
        SETTINGS, httpx.MockTransport(lambda _: httpx.Response(status, json=told)), clock
    )


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.STORED, 204),
        (Verdict.DUPLICATE, 204),
        (Verdict.UNKNOWN_REFERENCE, 204),
        (Verdict.AMOUNT_DIFFERS, 204),
        (Verdict.BAD_SIGNATURE, 400),
        (Verdict.TRY_AGAIN, 503),
    ],
)
def test_replies_have_a_status_and_no_body(bench, verdict, status):
    assert (bench.gateway.reply(verdict).status, bench.gateway.reply(verdict).body) == (status, "")


def test_an_order_shows_a_page_a_code_and_a_link_into_the_app(bench):
    shown = bench.gateway.open(bench.attempt(vnd(150_000)))

    assert isinstance(shown, Redirect)
    assert shown.url.startswith(f"{BASE_URL}/v2/gateway/pay?")
    assert shown.qr_payload.startswith("000201")
    assert shown.app_url.startswith("momo://")


@pytest.mark.parametrize("bad", ["forge", "wrong_amount", "truncate", "drop_answer"])
def test_an_answer_to_an_order_that_is_none_shows_nothing(bench, bad):
    bench.fault(**{bad: True})

    with pytest.raises(OutcomeUnknown):
        bench.gateway.open(bench.attempt(vnd(150_000)))


def test_an_order_sent_again_is_answered_word_for_word(bench):
    attempt = bench.attempt(vnd(150_000))
    first = bench.gateway.open(attempt)
    bench.clock.advance(timedelta(minutes=3))

    assert bench.gateway.open(attempt) == first
    assert len(list(bench.stand.orders)) == 1


def test_a_page_that_is_no_page_is_not_shown(clock, bench):
    attempt = bench.attempt(vnd(150_000))
    for page in ("javascript:alert(1)", "http://elsewhere.example/x", "", "https://"):
        told = {
            "partnerCode": "MOMO", "requestId": attempt.reference, "orderId": attempt.reference,
            "amount": 150_000, "responseTime": 1795317300123, "resultCode": 0, "payUrl": page,
        }  # fmt: skip
        signed = {**told, "signature": signature.sign(told, signature.CREATE_ANSWER, KEYS)}
        with pytest.raises(OutcomeUnknown):
            answering(clock, signed).open(attempt)


@pytest.mark.parametrize(
    ("pay_with", "amount"),
    [("captureWallet", 999), ("captureWallet", 50_000_001), ("payWithATM", 9_999),
     ("payWithCC", 10_000_001)],
)  # fmt: skip
def test_limits_of_each_way_to_pay_are_kept_before_anybody_is_asked(clock, pay_with, amount):
    bench = MomoBench(clock, pay_with=pay_with)

    with pytest.raises(Declined) as told:
        bench.gateway.open(bench.attempt(vnd(amount)))

    assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE
    assert bench.asked() == 0


def test_an_attempt_whose_time_is_over_is_not_opened(bench):
    attempt = bench.attempt(vnd(150_000))

    with pytest.raises(Declined):
        bench.gateway.open(replace(attempt, expires_at=bench.clock.now()))


def test_an_order_waits_and_expires_with_its_link(bench):
    _, ref = bench.opened(vnd(150_000))
    [waiting] = bench.gateway.query(ref)
    bench.clock.advance(timedelta(minutes=15))
    [over] = bench.gateway.query(ref)

    assert [(one.outcome, one.raw_code) for one in (waiting, over)] == [
        (Outcome.PENDING, "1000"),
        (Outcome.EXPIRED, "1005"),
    ]


def test_with_manual_capture_paying_sets_aside_and_capture_takes(clock):
    bench = MomoBench(clock, capture="manual")
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    [held] = bench.gateway.read(raw)
    assert held.outcome is Outcome.AUTHORISED

    taken = bench.gateway.capture(ref)

    assert bench.gateway.capture(ref) == taken
    assert taken in bench.gateway.query(ref)
    assert bench.stand.orders.get(attempt.reference).state is State.PAID


def test_what_was_not_set_aside_is_not_captured(bench):
    _, ref = bench.opened(vnd(150_000))

    with pytest.raises(Misconfigured):
        bench.gateway.capture(ref)


def test_what_was_set_aside_is_let_go_by_confirm(bench):
    attempt, ref = bench.opened(vnd(150_000))
    bench.play(attempt, Act.AUTHORISE)
    asked = {
        "partnerCode": "MOMO", "requestId": "c2", "orderId": attempt.reference,
        "requestType": "cancel", "amount": 150_000, "lang": "vi", "description": "",
    }  # fmt: skip

    assert bench.post("confirm", asked, signature.CONFIRM)["resultCode"] == 1017
    [told] = bench.gateway.query(ref)
    assert told.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("name", ["partnerCode", "orderId", "requestId"])
def test_an_unsigned_answer_about_something_else_is_unknown(clock, bench, name):
    attempt, ref = bench.opened(vnd(150_000))
    told = {
        "partnerCode": "MOMO", "orderId": attempt.reference, "requestId": "q1", "resultCode": 0,
        "amount": 150_000, "transId": 1, "responseTime": 1795317300123,
    }  # fmt: skip

    for wrong in ({**told, name: "X"}, {k: v for k, v in told.items() if k != name}):
        gateway = replace(answering(clock, wrong), new_id=lambda: "q1")
        with pytest.raises(OutcomeUnknown):
            gateway.query(ref)
    assert replace(answering(clock, told), new_id=lambda: "q1").query(ref)


def _paid(bench: MomoBench) -> tuple[Attempt, AttemptRef, RawNotification]:
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    [told] = bench.gateway.read(raw)
    return attempt, replace(ref, transaction=told.transaction), raw


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", -150_000), ("amount", 0), ("amount", "x"), ("resultCode", "0"),
     ("transId", -1), ("transId", "x"), ("orderId", ""), ("responseTime", 1795317399)],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, name, value):
    _, _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.resigned(raw, {name: value}))


@pytest.mark.parametrize("value", [150_000.5, True, None, [150_000], {"a": 1}])
def test_what_has_no_one_decimal_text_is_not_authentic(bench, value):
    _, _, raw = _paid(bench)

    with pytest.raises(NotAuthentic):
        bench.gateway.read(written(raw, {**read(raw), "amount": value}))


def test_a_value_that_could_be_two_fields_proves_nothing(bench):
    _, _, raw = _paid(bench)
    fields = read(raw)
    shifted = {
        **fields,
        "extraData": f"{fields['extraData']}&message={fields['message']}",
        "message": "",
    }

    with pytest.raises(NotAuthentic):
        bench.gateway.read(bench.resigned(raw, shifted))


def test_a_name_that_stands_twice_is_not_authentic(bench):
    attempt, _, raw = _paid(bench)
    twice = raw.body[:-1] + b', "amount": 1}'
    back = bench.back(attempt)

    with pytest.raises(NotAuthentic):
        bench.gateway.read(replace(raw, body=twice))
    view = bench.gateway.read_return(replace(back, raw_query=f"{back.raw_query}&amount=1"))
    assert not view.is_authentic


def test_two_orders_of_one_invoice_are_two_events(bench):
    _, _, first = _paid(bench)
    _, _, second = _paid(bench)

    told = {bench.gateway.read(raw)[0].event_id for raw in (first, second)}

    assert len(told) == 2


def test_a_refund_is_at_once_where_a_program_plays_and_waits_where_a_person_does(bench):
    _, ref, _ = _paid(bench)
    waits = bench.gateway.refund(bench.refund_order(ref, vnd(50_000)))
    bench.stand.options = replace(bench.stand.options, payer="auto")

    done = bench.gateway.refund(bench.refund_order(ref, vnd(50_000), refunded_before=vnd(50_000)))

    assert (waits.outcome, waits.raw_code) == (Outcome.REFUND_PENDING, "7002")
    assert (done.outcome, done.raw_code) == (Outcome.REFUNDED, "0")


def test_a_refund_that_is_done_is_answered_again_and_one_under_way_is_unknown(bench):
    attempt, ref, _ = _paid(bench)
    order = bench.refund_order(ref, vnd(50_000))
    told = bench.gateway.refund(order)
    with pytest.raises(OutcomeUnknown) as again:
        bench.gateway.refund(order)
    assert again.value.trouble is Trouble.DUPLICATE_REF
    bench.finish_refund(told, is_done=True)

    assert bench.gateway.refund(order).outcome is Outcome.REFUNDED
    assert bench.moved_back(attempt) == vnd(50_000)


@pytest.mark.parametrize(
    ("code", "trouble"),
    [(1080, Trouble.INTERNAL), (1081, Trouble.ALREADY_REFUNDED), (1088, Trouble.NOT_REFUNDABLE)],
)
def test_a_refund_that_is_refused_says_why(clock, bench, code, trouble):
    _, ref, _ = _paid(bench)
    order = bench.refund_order(ref, vnd(50_000))
    told = {
        "partnerCode": "MOMO", "orderId": order.refund, "requestId": order.refund,
        "resultCode": code,
    }  # fmt: skip

    refused = answering(clock, told).refund(order)

    assert (refused.outcome, refused.trouble) == (Outcome.REFUND_REFUSED, trouble)


def test_what_the_sandbox_finds_too_much_is_refused_there_too(bench):
    _, ref, _ = _paid(bench)
    bench.gateway.refund(bench.refund_order(ref, vnd(100_000)))

    told = bench.gateway.refund(bench.refund_order(ref, vnd(100_000)))

    assert (told.outcome, told.raw_code) == (Outcome.REFUND_REFUSED, "1081")


@pytest.mark.parametrize("amount", [999, 1])
def test_less_than_momo_sends_back_is_declined(bench, amount):
    _, ref, _ = _paid(bench)
    asked = bench.asked()

    with pytest.raises(Declined) as told:
        bench.gateway.refund(bench.refund_order(ref, vnd(amount)))

    assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE
    assert bench.asked() == asked


def test_a_refund_repeated_is_the_same_bytes(bench):
    _, ref, _ = _paid(bench)
    order = bench.refund_order(ref, vnd(50_000))

    first = requests.refund_call(bench.gateway.settings, order)
    bench.clock.advance(timedelta(minutes=5))

    assert requests.refund_call(bench.gateway.settings, order) == first


def test_names_are_answered_once(bench):
    attempt, _, _ = _paid(bench)
    order = json.loads(
        requests.create_call(bench.gateway.settings, attempt, attempt.opened_at).body
    )
    del order["signature"]

    def code(path: str, names: tuple[str, ...], **changes: Any) -> int:
        return int(bench.post(path, {**order, **changes}, names)["resultCode"])

    assert code("create", signature.CREATE, amount=200_000) == 40
    assert code("create", signature.CREATE, requestId="other") == 41
    assert code("create", signature.CREATE, orderId="other") == 40
    assert code("query", signature.QUERY, orderId="nobody") == 42
    assert code("confirm", signature.CONFIRM, orderId="nobody", requestType="capture",
                description="") == 42  # fmt: skip
    assert code("refund", signature.REFUND, orderId="R9", requestId="R9", transId=1,
                description="") == 42  # fmt: skip
    assert code("create", signature.CREATE, partnerCode="OTHER") == 13
    assert code("create", signature.CREATE, orderId="bad id", requestId="r1") == 20
    assert code("create", signature.CREATE, orderId="V2", requestId="r2", amount=1) == 22
    assert bench.post("query", {**order, "signature": "0" * 64})["resultCode"] == 13


def test_amounts_written_as_texts_are_signed_as_their_text(bench):
    attempt = bench.attempt(vnd(150_000))
    call = requests.create_call(bench.gateway.settings, attempt, bench.clock.now())
    fields = {**json.loads(call.body), "amount": "150000"}

    told = bench.post("create", fields)

    assert told["resultCode"] == 0
    assert type(told["amount"]) is int


def test_answers_have_the_key_sets_of_the_documents(bench):
    attempt, _, raw = _paid(bench)
    settings = bench.gateway.settings
    created = bench.post(
        "create", json.loads(requests.create_call(settings, attempt, attempt.opened_at).body)
    )
    queried = bench.post(
        "query", json.loads(requests.query_call(settings, attempt.reference, "q").body)
    )

    assert set(created) == {
        "partnerCode", "requestId", "orderId", "amount", "responseTime", "message", "resultCode",
        "payUrl", "deeplink", "qrCodeUrl", "deeplinkMiniApp", "signature", "userFee",
    }  # fmt: skip
    assert set(queried) == {
        "partnerCode", "requestId", "orderId", "extraData", "amount", "transId", "payType",
        "resultCode", "refundTrans", "message", "responseTime", "paymentOption", "promotionInfo",
    }  # fmt: skip
    assert set(read(raw)) == {*signature.RESULT[1:], "signature"}


def test_no_message_of_ours_holds_a_name_or_a_separator(bench):
    call = requests.create_call(
        bench.gateway.settings, bench.attempt(vnd(150_000)), bench.clock.now()
    )

    assert not set("&=?#%") & set(json.loads(call.body)["orderInfo"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("partner_code", "a b"), ("partner_code", ""), ("secret_key", ""), ("access_key", "ké"),
     ("pay_with", "cash"), ("capture", "never"), ("base_url", "http://10.0.0.1"), ("typo", "x")],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named(clock, name, value):
    with pytest.raises(InvalidField) as told:
        momo.build({**SETTINGS, name: value}, None, clock)

    assert told.value.field == name


def test_the_address_of_production_with_real_keys_is_no_sandbox(clock):
    real = {
        "partner_code": "MOMOBV99001",
        "access_key": "a" * 16,
        "secret_key": "s" * 32,
        "base_url": "https://payment.momo.vn",
    }

    assert not momo.build(real, None, clock).is_sandbox
    for name, value in SANDBOX_SETTINGS.items():
        assert momo.build({**real, name: value}, None, clock).is_sandbox


def test_a_person_plays_the_payer(bench):
    attempt = bench.attempt(vnd(150_000))
    browser = httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)

    page = browser.get(bench.gateway.open(attempt).url)
    back = browser.post(f"/sandbox/momo/orders/{bench.wire(attempt)}/pay", data={"form": "1"})

    assert "150.000 đ" in page.text
    assert (back.status_code, len(bench.webhook.got)) == (303, 1)
    assert back.headers["location"].startswith(attempt.return_url)


def test_a_program_that_plays_pays_as_soon_as_the_page_opens_and_comes_back_signed(bench):
    bench.stand.options = replace(bench.stand.options, payer="auto")
    attempt = bench.attempt(vnd(150_000))
    browser = httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)

    answer = browser.get(bench.gateway.open(attempt).url)

    assert answer.status_code == 302
    assert "resultCode=0" in answer.headers["location"]
    [told] = bench.gateway.read(bench.webhook.got[0])
    assert (told.outcome, told.reference) == (Outcome.CAPTURED, attempt.reference)
    view = bench.gateway.read_return(bench.back(attempt))
    assert (view.is_authentic, view.hint) == (True, Outcome.CAPTURED)


def test_it_is_told_apart_from_the_bank_at_one_root(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url=BASE_URL)

    assert "MoMo" in client.get("/sandbox/momo/").text
    assert client.post("/v2/gateway/api/query", json={}).status_code == 200
    assert client.get("/v2/transactions").status_code == 401
