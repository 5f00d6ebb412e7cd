"""VNPAY keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode

import httpx
import pytest

from adapters import vnpay
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._wire.fields import from_digits
from adapters.vnpay import codes, messages, requests, signature
from adapters.vnpay.sandbox import open_sandbox
from adapters.vnpay.settings import SANDBOX_SETTINGS, VnpaySettings
from payments.gateway import (
    Attempt,
    AttemptRef,
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
)
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

SECRET = SANDBOX_SETTINGS["hash_secret"]
SETTINGS = {**SANDBOX_SETTINGS, "base_url": BASE_URL}
_FIELDS = {
    "v-vnpay-querydr-req": signature.QUERY_FIELDS,
    "v-vnpay-querydr-res": signature.QUERY_ANSWER_FIELDS,
    "v-vnpay-refund-req": signature.REFUND_FIELDS,
    "v-vnpay-refund-req-tampered": signature.REFUND_FIELDS,
    "v-vnpay-refund-res": signature.REFUND_ANSWER_FIELDS,
}


def _accepts(vector: Mapping[str, Any]) -> bool:
    fields = {**vector["input"], signature.HASH: vector["signature"]}
    if vector["id"] in _FIELDS:
        return signature.has_signed_fields(fields, _FIELDS[vector["id"]], vector["key"])
    query = f"{vector['canonical']}&{signature.HASH}={vector['signature']}"
    return signature.is_authentic(query, vector["key"])


class VnpayBench(StandBench):
    secrets = (SECRET,)
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-vnpay")
    )

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock, vnpay.build, SETTINGS, open_sandbox, "vnpay")

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        params = dict(parse_qsl(raw.raw_query, keep_blank_values=True))
        for name in params:
            other = params[name][:-1] + ("1" if params[name][-1] != "1" else "2")
            yield name, with_query(raw, urlencode({**params, name: other}))
            yield name, with_query(raw, urlencode({k: v for k, v in params.items() if k != name}))

    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        params = dict(parse_qsl(raw.raw_query, keep_blank_values=True))
        params |= {k if k.startswith("vnp_") else f"vnp_{k}": v for k, v in changes.items()}
        params.pop(signature.HASH)
        signed = signature.sign(params, SECRET)
        query = f"{signature.canonical(params)}&{signature.HASH}={signed}&unsigned=x"
        return with_query(raw, query)

    def foreign(self, raw: RawNotification) -> RawNotification:
        return self.resigned(raw, {"vnp_TmnCode": "OTHER001"})


def with_query(raw: RawNotification, query: str) -> RawNotification:
    return replace(raw, raw_query=query, query=dict(parse_qsl(query)))


class TestVnpay(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> VnpayBench:
        return VnpayBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> VnpayBench:
    return VnpayBench(clock)


@pytest.mark.parametrize("vector", vectors.of("v-vnpay"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_canonical_text(vector):
    fields = vector["input"]
    if vector["id"] in _FIELDS:
        names = _FIELDS[vector["id"]]
        assert "|".join(fields.get(name, "") for name in names) == vector["canonical"]
        signed = signature.sign_fields(fields, names, vector["key"])
    else:
        assert signature.canonical(fields) == vector["canonical"]
        signed = signature.sign(fields, vector["key"])

    assert (signed == vector["signature"]) is (vector["expect"] == "accept")


def test_the_built_requests_are_the_vectors_to_the_byte(clock):
    settings = VnpaySettings.parse({**SETTINGS, "server_ip": "10.0.0.5"})
    [query] = vectors.of("v-vnpay-querydr-req")
    given = query["input"]
    opened = from_digits(given, "vnp_TransactionDate")
    ref = AttemptRef("HD26110001-1", vnd(250_000), opened, "14226112")
    now = from_digits(given, "vnp_CreateDate")

    sent = json.loads(requests.query_call(settings, ref, "q0001", now, "").body)

    # The words are ours; all else is the vector's.
    assert {**sent, "vnp_OrderInfo": given["vnp_OrderInfo"]}.items() >= given.items()
    assert sent[signature.HASH] == signature.sign_fields(sent, signature.QUERY_FIELDS, SECRET)


@pytest.mark.parametrize("code", [one["id"] for one in vectors.of("v-vnpay-ipn")])
def test_vector_messages_are_read_as_their_notes_say(bench, code):
    [vector] = [one for one in vectors.of(code) if one["id"] == code]
    query = f"{vector['canonical']}&vnp_SecureHash={vector['signature']}"
    raw = RawNotification({}, {}, b"", bench.clock.now(), query, "GET")
    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            bench.gateway.read(raw)
        return

    [told] = bench.gateway.read(raw)

    outcomes = {
        "v-vnpay-ipn-ok": Outcome.CAPTURED,
        "v-vnpay-ipn-failed": Outcome.CANCELLED,
        "v-vnpay-ipn-suspect": Outcome.REVIEW,
    }
    assert told.outcome is outcomes[code]
    assert (told.reference, told.amount) == ("HD26110001-1", vnd(250_000))


RESPONSES = {
    "00": Outcome.UNKNOWN,
    "07": Outcome.REVIEW,
    "09": Outcome.FAILED,
    "10": Outcome.FAILED,
    "11": Outcome.EXPIRED,
    "12": Outcome.FAILED,
    "13": Outcome.FAILED,
    "24": Outcome.CANCELLED,
    "51": Outcome.FAILED,
    "65": Outcome.FAILED,
    "75": Outcome.FAILED,
    "79": Outcome.FAILED,
    "99": Outcome.FAILED,
}


@pytest.mark.parametrize("response", RESPONSES)
def test_every_response_of_the_table_beside_status_02(response):
    assert codes.of_payment(response, "02")[0] is RESPONSES[response]


@pytest.mark.parametrize("status", ["00", "01", "02", "04", "05", "06", "07", "09", "42"])
@pytest.mark.parametrize("response", [*RESPONSES, "42", "04"])
def test_only_both_codes_together_say_that_money_came(response, status):
    outcome, _ = codes.of_payment(response, status)

    assert (outcome is Outcome.CAPTURED) is (response == status == "00")


@pytest.mark.parametrize(
    ("response", "status", "outcome"),
    [
        ("00", "04", Outcome.REVIEW),
        ("24", "07", Outcome.REVIEW),
        ("51", "00", Outcome.UNKNOWN),
        ("99", "01", Outcome.PENDING),
        ("99", "42", Outcome.UNKNOWN),
        ("42", "02", Outcome.FAILED),
    ],
)
def test_contradictions_are_never_a_success_and_never_a_guess(response, status, outcome):
    assert codes.of_payment(response, status)[0] is outcome


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.STORED, "00"),
        (Verdict.DUPLICATE, "02"),
        (Verdict.UNKNOWN_REFERENCE, "01"),
        (Verdict.AMOUNT_DIFFERS, "04"),
        (Verdict.BAD_SIGNATURE, "97"),
        (Verdict.TRY_AGAIN, "99"),
    ],
)
def test_replies_are_http_200_with_vnpay_s_code(bench, verdict, code):
    reply = bench.gateway.reply(verdict)

    assert (reply.status, reply.body["RspCode"]) == (200, code)


def _paid(bench: VnpayBench) -> tuple[Attempt, RawNotification]:
    attempt, _ = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    return attempt, raw


def test_a_name_that_stands_twice_is_not_authentic(bench):
    _, raw = _paid(bench)
    for addition in ("vnp_Amount=100", "vnp_TxnRef=X", "vnp_SecureHash=0"):
        with pytest.raises(NotAuthentic):
            bench.gateway.read(with_query(raw, f"{raw.raw_query}&{addition}"))


def test_the_kind_of_hash_is_not_the_sender_s_choice(bench):
    _, raw = _paid(bench)
    truth = bench.gateway.read(raw)

    assert bench.gateway.read(with_query(raw, raw.raw_query + "&vnp_SecureHashType=SHA256")) == (
        truth
    )


def test_capital_letters_of_the_hash_mean_the_same(bench):
    _, raw = _paid(bench)
    head, _, signed = raw.raw_query.rpartition("=")

    assert bench.gateway.read(with_query(raw, f"{head}={signed.upper()}"))


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: quote_plus(text),
        lambda text: quote_plus(text, safe="*!'()").replace("~", "%7E"),
        lambda text: quote_plus(text, safe="*").replace("~", "%7E"),
    ],
    ids=["quote_plus", "encodeURIComponent", "URLSearchParams"],
)
def test_the_raw_text_is_what_is_proven_whatever_encoder_wrote_it(bench, encode):
    _, raw = _paid(bench)
    params = dict(parse_qsl(raw.raw_query))
    params.pop(signature.HASH)
    params["vnp_OrderInfo"] = "a~*!'() b"
    text = "&".join(f"{name}={encode(params[name])}" for name in sorted(params))
    signed = signature._digest(text, SECRET)

    assert bench.gateway.read(with_query(raw, f"{text}&vnp_SecureHash={signed}"))


def test_a_message_without_a_time_is_of_the_moment_it_came(bench):
    attempt, _ = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.CANCEL)
    assert "vnp_PayDate" not in raw.raw_query

    [told] = bench.gateway.read(raw)

    assert told.occurred_at == raw.received_at


@pytest.mark.parametrize(
    ("name", "value"),
    [("vnp_Amount", "15000050"), ("vnp_Amount", "-100"), ("vnp_ResponseCode", "0"),
     ("vnp_TransactionNo", "x"), ("vnp_TxnRef", ""), ("vnp_PayDate", "20261345000000")],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, name, value):
    _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.resigned(raw, {name: value}))


def test_the_same_reference_on_the_next_day_is_another_order(bench):
    attempt, ref = bench.opened(vnd(150_000))
    bench.play(attempt, Act.PAY)
    bench.clock.advance(timedelta(days=1))
    again = replace(
        attempt, opened_at=bench.clock.now(), expires_at=bench.clock.now() + timedelta(minutes=15)
    )
    bench.visit(bench.gateway.open(again))

    [first] = bench.gateway.query(ref)
    [second] = bench.gateway.query(replace(ref, opened_at=bench.clock.now()))

    assert (first.outcome, second.outcome) == (Outcome.CAPTURED, Outcome.PENDING)


@pytest.mark.parametrize("answered", ["94", "99"])
def test_an_answer_that_is_no_answer_is_unknown(answered):
    with pytest.raises(OutcomeUnknown):
        messages.raise_refusal({"vnp_ResponseCode": answered})


@pytest.mark.parametrize("answered", ["02", "03", "97"])
def test_a_refusal_for_a_reason_of_ours_is_for_it(answered):
    with pytest.raises(Misconfigured):
        messages.raise_refusal({"vnp_ResponseCode": answered})


def test_an_answer_without_its_hash_is_no_answer(clock, bench):
    def unsigned(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"vnp_ResponseCode": "00", "vnp_TransactionStatus": "00"})

    gateway = vnpay.build(SETTINGS, httpx.MockTransport(unsigned), clock)
    with pytest.raises(OutcomeUnknown):
        gateway.query(AttemptRef("VPH1", vnd(1_000), clock.now()))


def test_twelve_digits_are_the_limit(bench):
    assert bench.gateway.open(bench.attempt(vnd(9_999_999_999)))
    with pytest.raises(Declined) as told:
        bench.gateway.open(bench.attempt(vnd(10_000_000_000)))
    assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE


def test_a_refund_repeated_is_the_same_bytes(bench):
    _, ref = bench.opened(vnd(150_000))
    order = RefundOrder("R1", ref, vnd(50_000), bench.clock.now(), "ketoan01")
    settings = bench.gateway.settings

    first = requests.refund_call(settings, order)
    bench.clock.advance(timedelta(minutes=5))

    assert requests.refund_call(settings, order) == first
