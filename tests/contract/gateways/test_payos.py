"""payOS keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters import payos
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.wire import SandboxTransport
from adapters.bank_transfer import sandbox as bank
from adapters.payos import codes, requests, signature
from adapters.payos.sandbox import open_sandbox
from adapters.payos.settings import SANDBOX_SETTINGS, PayosSettings
from payments.demo.sandboxes import Street
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
    Trouble,
    Verdict,
)
from payments.gateway.sandboxes import SandboxOptions
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

KEY = SANDBOX_SETTINGS["checksum_key"]
SETTINGS = {**SANDBOX_SETTINGS, "base_url": BASE_URL}


def _accepts(vector: Mapping[str, Any]) -> bool:
    if "create" in vector["id"]:
        return signature.is_request_authentic(vector["input"], vector["signature"], vector["key"])
    return signature.is_authentic(vector["input"], vector["signature"], vector["key"])


class PayosBench(StandBench):
    secrets = (SANDBOX_SETTINGS["api_key"], KEY)
    acts = frozenset(Act) - {Act.AUTHORISE, Act.REVIEW}
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-payos")
    )

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock, payos.build, SETTINGS, open_sandbox, "payos")

    def wire(self, attempt: Attempt) -> str:
        return str(attempt.number)

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        if not raw.body:
            return
        told = json.loads(raw.body)
        for name, value in told["data"].items():
            other = value + 1 if isinstance(value, int) else f"{value}1"
            yield name, with_data(raw, {**told["data"], name: other}, told["signature"])
            less = {key: one for key, one in told["data"].items() if key != name}
            yield f"no {name}", with_data(raw, less, told["signature"])
        yield "an added one", with_data(raw, {**told["data"], "note": "x"}, told["signature"])
        for other in ("", None, 1, "é", told["signature"][:-1], told["signature"].upper()):
            yield f"signature {other}", with_data(raw, told["data"], other)

    def resigned(self, raw: RawNotification, changes: Mapping[str, Any]) -> RawNotification:
        data = {**json.loads(raw.body)["data"], **changes}
        return with_data(raw, data, signature.sign_object(data, KEY))

    def foreign(self, raw: RawNotification) -> RawNotification:
        """payOS tells merchants apart by their key and by nothing else."""
        data = json.loads(raw.body)["data"]
        return with_data(raw, data, signature.sign_object(data, "checksum key of another"))


def with_data(raw: RawNotification, data: Mapping[str, Any], signed: object) -> RawNotification:
    told = {"code": "00", "desc": "success", "success": True, "data": data, "signature": signed}
    return replace(raw, body=json.dumps(told, ensure_ascii=False).encode())


class TestPayos(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> PayosBench:
        return PayosBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> PayosBench:
    return PayosBench(clock)


def _paid(bench: PayosBench, act: Act = Act.PAY) -> tuple[Attempt, AttemptRef, RawNotification]:
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, act)
    assert raw is not None
    return attempt, ref, raw


def test_message_and_answer_name_the_movement_as_the_bank_does(bench):
    """Account, reference and amount: a feed of the same account tells the same three."""
    _, ref, raw = _paid(bench)

    [told] = bench.gateway.read(raw)
    [asked] = bench.gateway.query(ref)

    wire = json.loads(raw.body)["data"]
    assert (told.account, told.transaction) == (wire["accountNumber"], wire["reference"])
    assert (asked.account, asked.transaction, asked.amount) == (
        told.account,
        told.transaction,
        told.amount,
    )


@pytest.mark.parametrize("vector", vectors.of("v-payos"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_canonical_text(vector):
    fields = vector["input"]
    is_request = "create" in vector["id"]
    text = signature.request_text(fields) if is_request else signature.object_text(fields)

    assert text == vector["canonical"]


def test_the_built_request_is_the_vector_to_the_byte(clock):
    [vector, *_] = vectors.of("v-payos-create")
    given = vector["input"]
    attempt = Attempt(
        given["description"], vnd(given["amount"]), clock.now(), given["returnUrl"], number=26110001
    )
    settings = PayosSettings.parse({**SETTINGS, "memo_length": "25"})

    sent = json.loads(requests.create_call(settings, attempt).body)

    # We have one address for both ends.
    assert {**sent, "cancelUrl": given["cancelUrl"], "signature": ""}.items() >= given.items()
    assert sent["signature"] == signature.sign_request(sent, KEY)
    assert sent["expiredAt"] == int(clock.now().timestamp())


@pytest.mark.parametrize("vector", vectors.of("v-payos-webhook"), ids=lambda one: one["id"])
def test_vector_messages_are_read_as_their_notes_say(bench, vector):
    raw = RawNotification({}, {}, b"", bench.clock.now())
    raw = with_data(raw, vector["input"], vector["signature"])
    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            bench.gateway.read(raw)
        return

    [told] = bench.gateway.read(raw)

    assert told.outcome is Outcome.CAPTURED
    assert (told.reference, told.amount) == ("26110001", vnd(250_000))
    assert told.event_id == "124c33293c43417ab7879e14c8d9eb18:FT26326000001"
    assert told.occurred_at == datetime(2026, 11, 22, 3, 17, 12, tzinfo=UTC)
    # The order says what is paid; the account says on which bank credit it arrived.
    assert (told.account, told.payer_name) == ("113366668888", "NGUYEN VAN A")


def test_the_memo_is_as_long_as_payos_allows(bench):
    attempt = bench.attempt(vnd(1_000))
    for length in (9, 25):
        settings = PayosSettings.parse({**SETTINGS, "memo_length": str(length)})
        sent = json.loads(requests.create_call(settings, attempt).body)
        assert sent["description"] == attempt.reference[-length:]


STATUSES = {
    "PENDING": Outcome.PENDING,
    "PROCESSING": Outcome.PENDING,
    "UNDERPAID": Outcome.PENDING,
    "PAID": Outcome.CAPTURED,
    "CANCELLED": Outcome.CANCELLED,
    "EXPIRED": Outcome.EXPIRED,
    "FAILED": Outcome.FAILED,
}


def test_the_table_of_statuses_is_whole():
    assert dict(codes.STATUSES) == STATUSES


def _link(clock, key: str = KEY, **changes: Any) -> Any:
    """Give an adapter whose gateway answers one link, well signed."""
    row = {
        "reference": "FT1", "amount": 1_000, "accountNumber": "1", "description": "x",
        "transactionDateTime": "2026-11-24 07:30:00", "counterAccountName": None,
    }  # fmt: skip
    data = {
        "id": "L1", "orderCode": 7, "amount": 1_000, "amountPaid": 1_000, "amountRemaining": 0,
        "status": "PAID", "createdAt": "2026-11-24T07:00:00+07:00", "transactions": [row],
        "canceledAt": None, "cancellationReason": None, **changes,
    }  # fmt: skip
    told = {"code": "00", "data": data, "signature": signature.sign_object(data, key)}
    network = httpx.MockTransport(lambda request: httpx.Response(200, json=told))
    return payos.build(SETTINGS, network, clock)


def _ref(clock) -> AttemptRef:
    return AttemptRef("VPH1", vnd(1_000), clock.now(), number=7)


@pytest.mark.parametrize("status", [*STATUSES, "HELD"])
def test_each_status_without_money_is_what_the_table_says(clock, status):
    gateway = _link(clock, status=status, amountPaid=0, transactions=[])
    if status == "PAID":
        # Paid by what? A guess could be booked twice.
        with pytest.raises(OutcomeUnknown):
            gateway.query(_ref(clock))
        return

    [told] = gateway.query(_ref(clock))

    assert told.outcome is STATUSES.get(status, Outcome.UNKNOWN)


@pytest.mark.parametrize("status", ["CANCELLED", "EXPIRED", "FAILED", "HELD"])
def test_money_of_a_link_that_ended_is_told_with_its_end(clock, status):
    money, end = _link(clock, status=status).query(_ref(clock))

    assert (money.outcome, money.transaction) == (Outcome.CAPTURED, "FT1")
    assert end.outcome is STATUSES.get(status, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "wrong",
    [{"orderCode": 8}, {"amountPaid": 999}, {"transactions": None}, {"id": None},
     {"status": None}, {"canceledAt": "2026-11-24T07:00:00", "status": "CANCELLED"}],
    ids=str,
)  # fmt: skip
def test_an_answer_that_contradicts_itself_or_the_question_is_unknown(clock, wrong):
    with pytest.raises(OutcomeUnknown):
        _link(clock, **wrong).query(_ref(clock))


def test_an_answer_that_another_signed_is_unknown(clock):
    with pytest.raises(OutcomeUnknown):
        _link(clock, "another key").query(_ref(clock))


REFUSALS = {
    "01": Misconfigured,
    "20": OutcomeUnknown,
    "101": Declined,
    "201": Misconfigured,
    "231": Declined,
    "999": OutcomeUnknown,
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_of_its_class_and_an_unknown_one_is_no_refusal(clock, code):
    told = {"code": code, "desc": "x", "data": None}
    network = httpx.MockTransport(lambda request: httpx.Response(200, json=told))

    with pytest.raises(REFUSALS[code]):
        payos.build(SETTINGS, network, clock).query(_ref(clock))


@pytest.mark.parametrize(
    ("status", "failure"), [(401, Misconfigured), (403, Misconfigured), (429, OutcomeUnknown)]
)
def test_a_status_of_http_is_of_its_class(clock, status, failure):
    network = httpx.MockTransport(lambda request: httpx.Response(status, json={"code": "00"}))

    with pytest.raises(failure):
        payos.build(SETTINGS, network, clock).query(_ref(clock))


def test_wrong_keys_are_for_it(clock, bench):
    gateway = payos.build({**SETTINGS, "api_key": "other"}, bench.network, clock)

    with pytest.raises(Misconfigured):
        gateway.open(bench.attempt(vnd(1_000)))


def test_the_parts_of_a_payment_are_told_one_by_one(bench):
    attempt, ref, raw = _paid(bench, Act.SHORT)
    [first] = bench.gateway.read(raw)
    assert [one.event_id for one in bench.gateway.query(ref)] == [first.event_id]

    [second] = bench.gateway.read(bench.play(attempt, Act.PAY))

    assert (first.amount, second.amount) == (vnd(149_000), vnd(1_000))
    assert first.event_id != second.event_id
    assert [one.event_id for one in bench.gateway.query(ref)] == [first.event_id, second.event_id]


def test_more_than_was_asked_for_is_told_as_it_is(bench):
    attempt, ref = bench.opened(vnd(150_000))
    bench.stand.play(bench.wire(attempt), "over")

    [told] = bench.gateway.query(ref)

    assert (told.outcome, told.amount) == (Outcome.CAPTURED, vnd(151_000))


def test_a_part_that_was_paid_is_not_lost_by_cancelling(bench):
    _, ref, _ = _paid(bench, Act.SHORT)

    assert bench.gateway.cancel(ref).outcome is Outcome.CANCELLED
    outcomes = [one.outcome for one in bench.gateway.query(ref)]
    assert outcomes == [Outcome.CAPTURED, Outcome.CANCELLED]


def test_cancelling_twice_is_cancelling_once(bench):
    _, ref = bench.opened(vnd(150_000))

    assert bench.gateway.cancel(ref).event_id == bench.gateway.cancel(ref).event_id


def test_an_attempt_opened_again_is_the_same_order(bench):
    attempt = bench.attempt(vnd(150_000))
    first = bench.gateway.open(attempt)

    again = bench.gateway.open(attempt)

    assert (again.url, again.transaction) == (first.url, first.transaction)
    assert first.qr_payload
    assert len(tuple(bench.stand.orders)) == 1


def test_an_attempt_whose_answer_was_lost_is_opened_by_asking_again(bench):
    attempt = bench.attempt(vnd(150_000))
    bench.fault(drop_answer=True)
    with pytest.raises(OutcomeUnknown):
        bench.gateway.open(attempt)

    assert bench.visit(bench.gateway.open(attempt)) == 200


def test_a_number_that_is_taken_by_another_amount_is_declined(bench):
    attempt = bench.attempt(vnd(150_000))
    bench.gateway.open(attempt)

    with pytest.raises(Declined) as told:
        bench.gateway.open(replace(attempt, amount=vnd(1_000)))
    assert told.value.trouble is Trouble.DUPLICATE_REF


@pytest.mark.parametrize("bad", ["forge", "wrong_amount", "truncate"])
def test_a_bad_answer_to_opening_is_no_page(bench, bad):
    bench.fault(**{bad: True})

    with pytest.raises(OutcomeUnknown):
        bench.gateway.open(bench.attempt(vnd(150_000)))


@pytest.mark.parametrize("number", [0, -1, 2**53])
def test_a_number_that_javascript_cannot_hold_is_declined_before_anybody_is_asked(bench, number):
    with pytest.raises(Declined):
        bench.gateway.open(replace(bench.attempt(vnd(1_000)), number=number))
    assert bench.asked() == 0


def test_a_link_expires_by_the_clock_of_the_gateway(bench):
    _, ref = bench.opened(vnd(150_000))
    bench.clock.advance(timedelta(minutes=15))

    [told] = bench.gateway.query(ref)

    assert (told.outcome, told.trouble) == (Outcome.EXPIRED, Trouble.EXPIRED)


def test_what_stands_outside_of_data_is_not_believed(bench):
    """code, desc and success are signed by nobody."""
    _, _, raw = _paid(bench)
    truth = bench.gateway.read(raw)
    told = json.loads(raw.body)

    for changes in ({"code": "99"}, {"success": False}, {"desc": "x"}):
        assert bench.gateway.read(replace(raw, body=json.dumps({**told, **changes}).encode())) == (
            truth
        )


@pytest.mark.parametrize("word", [None, "null", "undefined"])
def test_what_is_signed_as_nothing_is_read_as_nothing(bench, word):
    _, _, raw = _paid(bench)
    empty = bench.resigned(raw, {"reference": ""})
    told = json.loads(empty.body)
    said = with_data(raw, {**told["data"], "reference": word}, told["signature"])

    # Else one message under four names would be four payments.
    with pytest.raises(Malformed):
        bench.gateway.read(said)


def test_money_in_another_currency_is_for_a_person(bench):
    _, _, raw = _paid(bench)

    [told] = bench.gateway.read(bench.resigned(raw, {"currency": "USD"}))

    assert (told.outcome, told.currency) == (Outcome.REVIEW, "USD")


def test_a_strange_code_does_not_take_the_name_of_the_good_one(bench):
    _, _, raw = _paid(bench)
    [good] = bench.gateway.read(raw)

    [strange] = bench.gateway.read(bench.resigned(raw, {"code": "42"}))

    assert strange.outcome is Outcome.UNKNOWN
    assert strange.event_id != good.event_id


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", 0), ("amount", -1), ("amount", "150000"), ("amount", 1.5), ("orderCode", "x"),
     ("paymentLinkId", ""), ("reference", ""), ("currency", None),
     ("transactionDateTime", "2026-13-01 00:00:00"), ("code", None)],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, name, value):
    _, _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.resigned(raw, {name: value}))


def test_a_name_that_stands_twice_is_not_authentic(bench):
    _, _, raw = _paid(bench)
    body = raw.body.replace(b'"data": {', b'"data": {"amount": 1, ', 1)
    assert body != raw.body

    with pytest.raises(NotAuthentic):
        bench.gateway.read(replace(raw, body=body))


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.STORED, 200), (Verdict.DUPLICATE, 200), (Verdict.UNKNOWN_REFERENCE, 200),
     (Verdict.AMOUNT_DIFFERS, 200), (Verdict.BAD_SIGNATURE, 401), (Verdict.TRY_AGAIN, 503)],
)  # fmt: skip
def test_replies_are_what_the_contract_says(bench, verdict, status):
    reply = bench.gateway.reply(verdict)

    assert (reply.status, reply.body) == (status, {"success": status == 200})


def test_an_address_that_comes_back_proves_nothing(bench):
    attempt, _, _ = _paid(bench)
    raw = bench.back(attempt)
    assert "status=PAID" in raw.raw_query

    view = bench.gateway.read_return(raw)

    assert (view.is_authentic, view.hint) == (False, Outcome.UNKNOWN)
    for other in ("", "x", "1" * 17, "١٢"):
        assert bench.gateway.read_return(replace(raw, query={"orderCode": other})).reference == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("api_key", ""), ("checksum_key", "khóa"), ("memo_length", "10"), ("base_url", "http://x.vn"),
     ("colour", "red")],
)  # fmt: skip
def test_a_wrong_setting_is_named(clock, name, value):
    with pytest.raises(InvalidField) as told:
        payos.build({**SETTINGS, name: value}, None, clock)
    assert told.value.field == name


def test_real_keys_at_the_real_address_are_no_sandbox(clock):
    real = {"client_id": "a1", "api_key": "b2", "checksum_key": "c3"}

    assert not payos.build(real, None, clock).is_sandbox
    for name, value in SANDBOX_SETTINGS.items():
        assert payos.build({**real, name: value}, None, clock).is_sandbox


def _browser(bench: PayosBench) -> httpx.Client:
    return httpx.Client(transport=SandboxTransport(bench.stand.app), base_url=BASE_URL)


def test_a_person_plays_the_payer_until_all_is_paid(bench):
    attempt, browser = bench.attempt(vnd(150_000)), _browser(bench)
    path = f"/sandbox/payos/orders/{attempt.number}"

    page = browser.get(bench.gateway.open(attempt).url)
    short = browser.post(f"{path}/short", data={"form": "1"})
    back = browser.post(f"{path}/pay", data={"form": "1"})

    assert "150.000 đ" in page.text
    assert "status=UNDERPAID" in short.headers["location"]
    assert "status=PAID" in back.headers["location"]
    assert back.headers["location"].startswith(attempt.return_url)
    assert len(bench.webhook.got) == 2


def test_a_program_that_plays_pays_as_soon_as_the_page_opens(bench):
    bench.stand.options = replace(bench.stand.options, payer="auto")
    attempt = bench.attempt(vnd(150_000))

    answer = _browser(bench).get(bench.gateway.open(attempt).url)

    assert (answer.status_code, len(bench.webhook.got)) == (302, 1)
    [told] = bench.gateway.read(bench.webhook.got[0])
    assert (told.outcome, told.reference) == (Outcome.CAPTURED, str(attempt.number))


def test_a_payer_who_cancels_goes_to_the_other_address(bench):
    attempt, _ = bench.opened(vnd(150_000))
    bench.play(attempt, Act.CANCEL)

    assert "cancel=true" in bench.back(attempt).raw_query
    assert bench.webhook.got == []


def test_an_address_is_registered_only_if_it_answers_the_greeting(bench):
    headers = {"x-client-id": "client-id", "x-api-key": "api-key"}
    body = {"webhookUrl": "http://127.0.0.1:8080/webhooks/new"}
    browser = _browser(bench)
    bench.webhook.reply = lambda: bench.gateway.reply(Verdict.TRY_AGAIN)
    refused = browser.post("/confirm-webhook", json=body, headers=headers).json()
    # The greeting is of an order that nobody knows.
    bench.webhook.reply = lambda: bench.gateway.reply(Verdict.UNKNOWN_REFERENCE)
    told = browser.post("/confirm-webhook", json=body, headers=headers).json()

    assert (refused["code"], told["code"]) == ("01", "00")
    assert bench.stand.notify_url == body["webhookUrl"]
    [greeting] = bench.gateway.read(bench.webhook.got[-1])
    assert greeting.reference == "123"


def test_it_is_told_apart_from_the_bank_at_one_root(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url=BASE_URL)

    assert "payOS" in client.get("/sandbox/payos/").text
    assert client.get("/v2/payment-requests/1").json()["code"] == "401"
    assert client.get("/v2/transactions").status_code == 401
