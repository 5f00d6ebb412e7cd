"""OnePay keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from adapters import onepay
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.postman import State as LetterState
from adapters._sandbox.wire import SandboxTransport
from adapters.onepay import codes, signature
from adapters.onepay.sandbox import OnepayBehaviour, open_sandbox
from adapters.onepay.settings import SANDBOX_SETTINGS, OnepaySettings
from payments.gateway import (
    Attempt,
    Declined,
    Malformed,
    NotAuthentic,
    Outcome,
    RawNotification,
    Trouble,
    Unsupported,
    Verdict,
)
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

KEY = SANDBOX_SETTINGS["hash_key"]
SETTINGS = {**SANDBOX_SETTINGS, "base_url": BASE_URL}


def _query(params: Mapping[str, str], signed: str) -> str:
    return urlencode({**params, signature.HASH: signed})


def _accepts(vector: Mapping[str, Any]) -> bool:
    query = _query(vector["input"], vector["signature"])
    return signature.is_authentic(query, vector["key"])


class OnepayBench(StandBench):
    secrets = (KEY,)
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-onepay")
    )
    acts = frozenset({Act.PAY, Act.SHORT, Act.REFUSE, Act.CANCEL, Act.UNKNOWN, Act.LATE})

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock, onepay.build, SETTINGS, open_sandbox, "onepay")

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        params = dict(parse_qsl(raw.raw_query, keep_blank_values=True))
        for name in params:
            other = params[name][:-1] + ("1" if params[name][-1] != "1" else "2")
            yield name, with_query(raw, urlencode({**params, name: other}))
            yield name, with_query(raw, urlencode({k: v for k, v in params.items() if k != name}))

    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        params = dict(parse_qsl(raw.raw_query, keep_blank_values=True))
        params |= {k if k.startswith("vpc_") else f"vpc_{k}": v for k, v in changes.items()}
        params.pop(signature.HASH)
        return with_query(raw, f"{_query(params, signature.sign(params, KEY))}&unsigned=x")

    def foreign(self, raw: RawNotification) -> RawNotification:
        return self.resigned(raw, {"vpc_Merchant": "OTHER001"})


def with_query(raw: RawNotification, query: str) -> RawNotification:
    return replace(raw, raw_query=query, query=dict(parse_qsl(query)))


class TestOnepay(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> OnepayBench:
        return OnepayBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> OnepayBench:
    return OnepayBench(clock)


@pytest.fixture
def browser(bench: OnepayBench) -> httpx.Client:
    return httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)


def _paid(bench: OnepayBench) -> tuple[Attempt, RawNotification]:
    attempt, _ = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    return attempt, raw


@pytest.mark.parametrize("vector", vectors.of("v-onepay"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_canonical_text(vector):
    assert signature.canonical(vector["input"]) == vector["canonical"]
    assert signature.sign(vector["input"], vector["key"]) == vector["signature"]


def test_the_published_return_is_read_and_shown(bench):
    [vector] = vectors.of("v-onepay-published-return")
    query = _query(vector["input"], vector["signature"])
    raw = RawNotification({}, {}, b"", bench.clock.now(), query, "GET")

    [told] = bench.gateway.read(raw)
    view = bench.gateway.read_return(raw)

    assert (told.outcome, told.amount) == (Outcome.CAPTURED, vnd(32_881_205))
    assert told.reference == "1696325631_hgtour"
    assert told.event_id == "1696325631_hgtour:PAY-zT9VpzmgTzG-F7jLcRx9UQ:0"
    assert (view.reference, view.is_authentic, view.hint) == (
        told.reference, True, Outcome.CAPTURED,
    )  # fmt: skip


def test_each_field_of_the_published_return_changed_once_is_refused(bench):
    [vector] = vectors.of("v-onepay-published-return")
    query = _query(vector["input"], vector["signature"])
    raw = RawNotification({}, {}, b"", bench.clock.now(), query, "GET")

    for _, forged in bench.tampered(raw):
        with pytest.raises(NotAuthentic):
            bench.gateway.read(forged)


CODES = {
    "0": Outcome.CAPTURED,
    "99": Outcome.CANCELLED,
    "300": Outcome.PENDING,
    "100": Outcome.PENDING,
    "A": Outcome.CANCELLED,
    "C": Outcome.CANCELLED,
    "D": Outcome.PENDING,
    "P": Outcome.PENDING,
    **dict.fromkeys("123456789FINRTUV", Outcome.FAILED),
}


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_table(code):
    assert codes.of_payment(code)[0] is CODES[code]


@pytest.mark.parametrize("code", ["", "00", "?", "O", "42", "999", "f", "0 ", "Y"])
def test_a_code_of_no_table_is_unknown(code):
    assert codes.of_payment(code) == (Outcome.UNKNOWN, None)


def test_why_nothing_was_paid_is_told(bench):
    attempt, _ = bench.opened(vnd(150_000))

    [told] = bench.gateway.read(bench.play(attempt, Act.REFUSE))

    assert (told.trouble, told.raw_code) == (Trouble.INSUFFICIENT_FUNDS, "5")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_replies_are_plain_text_with_http_200(bench, verdict):
    reply = bench.gateway.reply(verdict)

    is_heard = verdict in (Verdict.STORED, Verdict.DUPLICATE)
    said = "responsecode=1&desc=confirm-success" if is_heard else "responsecode=0&desc=confirm-fail"
    assert (reply.status, reply.body) == (200, said)


def test_a_message_that_is_not_heard_comes_again_and_then_no_more(bench, clock):
    bench.webhook.reply = lambda: bench.gateway.reply(Verdict.TRY_AGAIN)
    _paid(bench)

    clock.advance(timedelta(hours=2))
    bench.stand.run_due()

    assert len(bench.webhook.got) == len(OnepayBehaviour().schedule_min)
    assert bench.stand.postman.letters[0].state is LetterState.GIVEN_UP


def test_a_name_that_stands_twice_is_not_authentic(bench):
    _, raw = _paid(bench)

    for addition in (
        "vpc_Amount=100",
        "vpc_MerchTxnRef=X",
        "vpc_SecureHash=0",
        "user_x=1&user_x=2",
    ):
        with pytest.raises(NotAuthentic):
            bench.gateway.read(with_query(raw, f"{raw.raw_query}&{addition}"))


def test_two_parameters_cannot_be_put_into_one(bench):
    """The text that is signed joins decoded values, so a value could swallow its neighbour."""
    _, raw = _paid(bench)
    params = dict(parse_qsl(raw.raw_query))
    names = sorted(name for name in params if name != signature.HASH)

    for first, second in itertools.pairwise(names):
        merged = {**params, first: f"{params[first]}&{second}={params[second]}"}
        del merged[second]
        assert signature.canonical(merged) == signature.canonical(params)
        with pytest.raises(NotAuthentic):
            bench.gateway.read(with_query(raw, urlencode(merged)))
        named = {name: value for name, value in params.items() if name not in (first, second)}
        named[f"{first}={params[first]}&{second}"] = params[second]
        with pytest.raises(NotAuthentic):
            bench.gateway.read(with_query(raw, urlencode(named)))


def test_empty_and_unsigned_parameters_count_for_nothing(bench):
    _, raw = _paid(bench)
    truth = bench.gateway.read(raw)

    assert bench.gateway.read(with_query(raw, f"{raw.raw_query}&vpc_Empty=&AgainLink=x")) == truth


def test_small_letters_of_the_hash_mean_the_same(bench):
    _, raw = _paid(bench)
    head, _, signed = raw.raw_query.rpartition("=")

    assert bench.gateway.read(with_query(raw, f"{head}={signed.lower()}"))


def test_the_address_of_the_page_is_no_message(bench):
    attempt, _ = bench.opened(vnd(150_000))
    query = bench.gateway.open(attempt).url.partition("?")[2]
    assert signature.is_authentic(query, KEY)

    with pytest.raises(NotAuthentic):
        bench.gateway.read(RawNotification({}, {}, b"", bench.clock.now(), query, "GET"))


def test_an_answer_to_another_command_is_no_message(bench):
    _, raw = _paid(bench)

    with pytest.raises(NotAuthentic):
        bench.gateway.read(bench.resigned(raw, {"vpc_Command": "queryDR"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("vpc_Amount", "15000050"), ("vpc_Amount", "-100"), ("vpc_Amount", ""),
     ("vpc_Amount", "9" * 17), ("vpc_TxnResponseCode", ""), ("vpc_MerchTxnRef", ""),
     ("vpc_TransactionNo", ""), ("vpc_Currency", "đồng")],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, name, value):
    _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.resigned(raw, {name: value}))


def test_money_of_another_currency_is_for_a_person(bench):
    _, raw = _paid(bench)

    [told] = bench.gateway.read(bench.resigned(raw, {"vpc_Currency": "USD"}))

    assert (told.outcome, told.currency) == (Outcome.REVIEW, "USD")


def test_the_page_is_asked_for_with_the_fields_of_the_documents(bench):
    attempt = bench.attempt(vnd(150_000))

    params = dict(parse_qsl(bench.gateway.open(attempt).url.partition("?")[2]))

    assert params.pop(signature.HASH) == signature.sign(params, KEY)
    assert params == {
        "vpc_Version": "2",
        "vpc_Currency": "VND",
        "vpc_Command": "pay",
        "vpc_AccessCode": "VIENPHI1",
        "vpc_Merchant": "TESTONEPAY32",
        "vpc_Locale": "vn",
        "vpc_ReturnURL": attempt.return_url,
        "vpc_MerchTxnRef": attempt.reference,
        "vpc_OrderInfo": f"Vien phi {attempt.reference}",
        "vpc_Amount": "15000000",
        "vpc_TicketNo": "127.0.0.1",
        "vpc_CallbackURL": attempt.notify_url,
        "AgainLink": attempt.return_url,
        "Title": "Thanh toan vien phi",
    }
    assert len(params["vpc_OrderInfo"]) <= 34


def test_each_signed_field_of_the_address_changed_once_is_refused(bench, browser):
    url = bench.gateway.open(bench.attempt(vnd(150_000))).url
    raw = RawNotification({}, {}, b"", bench.clock.now(), url.partition("?")[2], "GET")

    for name, forged in bench.tampered(raw):
        if name.startswith("vpc_"):
            assert browser.get(f"/paygate/vpcpay.op?{forged.raw_query}").status_code == 400, name
    assert not list(bench.stand.orders)


def test_a_page_may_be_opened_again_until_the_order_is_over(bench):
    attempt = bench.attempt(vnd(150_000))
    shown = bench.gateway.open(attempt)
    assert [bench.visit(shown), bench.visit(shown)] == [200, 200]

    other = bench.gateway.open(replace(attempt, amount=vnd(1_000)))
    assert bench.visit(other) == 400
    bench.play(attempt, Act.PAY)
    assert bench.visit(shown) == 400


def test_a_program_that_plays_pays_as_soon_as_the_page_opens(bench, browser):
    browser.post("/sandbox/onepay/payer", json={"mode": "auto"}).raise_for_status()

    answer = browser.get(bench.gateway.open(bench.attempt(vnd(150_000))).url)

    assert answer.status_code == 302
    query = answer.headers["location"].partition("?")[2]
    view = bench.gateway.read_return(RawNotification({}, {}, b"", bench.clock.now(), query, "GET"))
    assert (view.is_authentic, view.hint) == (True, Outcome.CAPTURED)
    assert len(bench.webhook.got) == 1


def test_settlement_comes_as_a_file_only(bench):
    with pytest.raises(Unsupported):
        bench.gateway.settlement(HospitalDay.of(bench.clock.now()))


def test_nothing_is_declined_to_be_collected_but_nothing(bench):
    with pytest.raises(Declined):
        bench.gateway.open(replace(bench.attempt(vnd(1)), amount=vnd(0)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("merchant", ""), ("merchant", "TEST ONE"), ("access_code", "a/b"), ("hash_key", "xyz"),
     ("hash_key", "6D08"), ("base_url", "http://onepay.vn"), ("server_ip", "here"),
     ("unknown", "x")],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named(name, value):
    with pytest.raises(InvalidField) as told:
        OnepaySettings.parse({**SETTINGS, name: value})
    assert told.value.field == name


def test_a_merchant_of_production_is_no_sandbox():
    real = {
        "merchant": "BV99001",
        "access_code": "A1B2C3D4",
        "hash_key": "ab" * 16,
        "base_url": "https://onepay.vn",
    }
    assert not OnepaySettings.parse(real).is_sandbox
    for changes in ({"hash_key": KEY.lower()}, {"base_url": ""}, {"base_url": BASE_URL}):
        assert OnepaySettings.parse(real | changes).is_sandbox
