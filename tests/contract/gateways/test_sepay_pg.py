"""SePay's payment gateway keeps what every gateway keeps, and what is peculiar to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters import sepay_pg
from adapters._sandbox import faults
from adapters._sandbox.bench import BASE_URL, StandBench
from adapters._sandbox.wire import SandboxTransport
from adapters.sepay_pg import codes, requests, signature
from adapters.sepay_pg.sandbox import open_sandbox
from adapters.sepay_pg.sandbox_settlement import settle_day
from adapters.sepay_pg.settings import SANDBOX_SETTINGS, SepayPgSettings
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
from payments.gateway.testing import Act, GatewayContract, Vector
from payments.gateway.testing.calls import CallContract
from payments.gateway.testing.declared import DeclaredContract
from payments.gateway.testing.messages import MessageContract
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways import vectors

SECRET = SANDBOX_SETTINGS["secret_key"]
SETTINGS = {**SANDBOX_SETTINGS, "checkout_url": BASE_URL, "api_url": BASE_URL}


def _pairs(vector: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in vector["input"]]


def _accepts(vector: Mapping[str, Any]) -> bool:
    form = [*_pairs(vector), (signature.SIGNATURE, vector["signature"])]
    return signature.is_authentic(form, vector["key"])


class SepayPgBench(StandBench):
    secrets = (SECRET, base64.b64encode(f"SP-TEST-0001:{SECRET}".encode()).decode())
    vectors = tuple(
        Vector(one["id"], one["expect"] == "accept", lambda one=one: _accepts(one))
        for one in vectors.of("v-sepay-pg")
    )
    #: A payer by card pays all or nothing, and there is no expiry.
    acts = frozenset({Act.PAY, Act.CANCEL, Act.UNKNOWN})
    answers_show = frozenset({"wrong_amount"})
    #: The payer chooses, and chooses the card: only that is voided and in the statement.
    pay_with = "ANY"
    names: Mapping[Act, str] = {Act.PAY: "card"}

    def __init__(self, clock: FrozenClock) -> None:
        settings = {**SETTINGS, "pay_with": self.pay_with}
        super().__init__(clock, sepay_pg.build, settings, open_sandbox, "sepay_pg")

    def play(self, attempt: Attempt, act: Act, **fault: Any) -> RawNotification | None:
        before = len(self.webhook.got)
        knobs = faults.from_fields(fault) if fault else None
        self.stand.play(attempt.reference, self.names.get(act, act.value), knobs)
        return self.webhook.got[-1] if len(self.webhook.got) > before else None

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        for key in ("", SECRET[:-1], SECRET.upper(), "forged"):
            yield "X-Secret-Key", replace(raw, headers={**raw.headers, "x-secret-key": key})
        headers = {name: value for name, value in raw.headers.items() if name != "x-secret-key"}
        yield "X-Secret-Key", replace(raw, headers=headers)

    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        return replace(raw, body=json.dumps({**json.loads(raw.body), **changes}).encode())

    def foreign(self, raw: RawNotification) -> RawNotification:
        # No field names the merchant: another one's messages carry another one's key.
        return replace(raw, headers={**raw.headers, "x-secret-key": "spsk_test_other"})

    def changed(self, raw: RawNotification, part: str, **changes: Any) -> RawNotification:
        body = json.loads(raw.body)
        return replace(raw, body=json.dumps({**body, part: body[part] | changes}).encode())


class TransferBench(SepayPgBench):
    acts = frozenset({Act.PAY, Act.SHORT, Act.CANCEL, Act.UNKNOWN, Act.LATE})
    pay_with = "BANK_TRANSFER"
    #: Nothing expires there; what can be over is a cancelled order.
    names: Mapping[Act, str] = {Act.EXPIRE: "cancel"}


class CardBench(SepayPgBench):
    pay_with = "CARD"


class TestByCard(GatewayContract):
    @pytest.fixture
    def bench(self, clock: FrozenClock) -> SepayPgBench:
        return SepayPgBench(clock)


class TestByTransfer(DeclaredContract, MessageContract, CallContract):
    """Transfers are not voided and not in the statement of cards; all else holds for them too."""

    @pytest.fixture
    def bench(self, clock: FrozenClock) -> TransferBench:
        return TransferBench(clock)


@pytest.fixture
def bench(clock: FrozenClock) -> SepayPgBench:
    return SepayPgBench(clock)


@pytest.fixture
def transfers(clock: FrozenClock) -> TransferBench:
    return TransferBench(clock)


@pytest.fixture
def browser(transfers: TransferBench) -> httpx.Client:
    return httpx.Client(transport=SandboxTransport(transfers.stand.app), base_url=BASE_URL)


def _paid(bench: SepayPgBench) -> tuple[Any, AttemptRef, RawNotification]:
    attempt, ref = bench.opened(vnd(150_000))
    raw = bench.play(attempt, Act.PAY)
    assert raw is not None
    return attempt, ref, raw


@pytest.mark.parametrize("vector", vectors.of("v-sepay-pg"), ids=lambda one: one["id"])
def test_what_is_signed_is_the_form_in_its_order(vector):
    assert signature.canonical(_pairs(vector)) == vector["canonical"]
    signed = signature.sign(_pairs(vector), vector["key"])
    assert (signed == vector["signature"]) is (vector["expect"] == "accept")


def test_the_form_holds_what_the_vector_has_in_an_order_that_is_signed(bench):
    [vector] = vectors.of("v-sepay-pg-checkout")
    shown = bench.gateway.open(replace(bench.attempt(vnd(250_000)), reference="HD26110001"))
    given = dict(shown.fields)

    same = ("order_invoice_number", "order_amount", "currency", "merchant", "operation")
    assert {name: given[name] for name in same} == {
        name: value for name, value in _pairs(vector) if name in same
    }
    assert shown.fields[-1][0] == signature.SIGNATURE
    assert signature.is_authentic(shown.fields, SECRET)
    assert not signature.is_authentic(tuple(reversed(shown.fields)), SECRET)
    assert not any("," in value for _, value in shown.fields)


def test_each_signed_field_of_the_form_changed_once_is_refused(transfers, browser):
    shown = transfers.gateway.open(transfers.attempt(vnd(150_000)))
    for place, (name, value) in enumerate(shown.fields):
        changed = list(shown.fields)
        changed[place] = (name, value[:-1] + ("1" if value[-1] != "1" else "2"))
        assert browser.post(requests.PAY_PATH, data=dict(changed)).status_code == 400, name
        del changed[place]
        assert browser.post(requests.PAY_PATH, data=dict(changed)).status_code == 400, name
    assert not list(transfers.stand.orders)


def test_an_invoice_number_is_taken_once(transfers):
    shown = transfers.gateway.open(transfers.attempt(vnd(150_000)))

    assert (transfers.visit(shown), transfers.visit(shown)) == (302, 400)


def test_a_comma_of_ours_cannot_make_two_fields_of_one(bench):
    attempt = replace(bench.attempt(vnd(1_000)), return_url="http://127.0.0.1/back?a=1,2")

    given = dict(bench.gateway.open(attempt).fields)

    assert given["success_url"].startswith("http://127.0.0.1/back?a=1%2C2&order_invoice_number=")


@pytest.mark.parametrize("reference", ["HD 1", "HĐ1", "", "A" * 101, "A/../B"])
def test_a_name_that_sepay_cannot_take_is_declined(bench, reference):
    with pytest.raises(Declined) as told:
        bench.gateway.open(replace(bench.attempt(vnd(1_000)), reference=reference))
    assert told.value.trouble is Trouble.BAD_REQUEST


def test_nothing_is_declined_to_be_collected_but_nothing(bench):
    with pytest.raises(Declined) as told:
        bench.gateway.open(replace(bench.attempt(vnd(1)), amount=vnd(0)))
    assert told.value.trouble is Trouble.AMOUNT_OUT_OF_RANGE


def test_a_message_of_sepay_s_documents_is_read(bench):
    body = {
        "timestamp": 1757058220,
        "notification_type": "ORDER_PAID",
        "order": {
            "id": "256", "order_id": "NPSETVI00101000042R", "order_status": "CAPTURED",
            "order_currency": "VND", "order_amount": "50000.00",
            "order_invoice_number": "VPH1", "custom_data": [], "user_agent": "x",
            "ip_address": "192.0.2.1", "order_description": "Thanh toán",
        },
        "transaction": {
            "id": "189", "payment_method": "CARD", "transaction_id": "68ba94ac80123",
            "transaction_type": "PAYMENT", "transaction_date": "2025-09-01 00:00:15",
            "transaction_status": "APPROVED", "transaction_amount": "50000",
            "transaction_currency": "VND", "authentication_status": None,
        },
        "customer": None,
    }  # fmt: skip
    raw = RawNotification(
        {}, {"x-secret-key": SECRET}, json.dumps(body).encode(), bench.clock.now()
    )

    [told] = bench.gateway.read(raw)

    assert (told.event_id, told.outcome, told.amount) == (
        "ORDER_PAID:189", Outcome.CAPTURED, vnd(50_000),
    )  # fmt: skip
    assert (told.reference, told.transaction) == ("VPH1", "189")
    assert told.occurred_at == datetime(2025, 8, 31, 17, 0, 15, tzinfo=UTC)


WORDS = [
    ("ORDER_PAID", "CAPTURED", "PAYMENT", "APPROVED", Outcome.CAPTURED),
    ("ORDER_PAID", "CAPTURED", "PAYMENT", "DECLINED", Outcome.UNKNOWN),
    ("ORDER_PAID", "CAPTURED", "REFUND", "APPROVED", Outcome.UNKNOWN),
    ("ORDER_PAID", "AUTHENTICATION_NOT_NEEDED", "PAYMENT", "DECLINED", Outcome.PENDING),
    ("ORDER_PAID", "AUTHENTICATED", "PAYMENT", "PENDING", Outcome.PENDING),
    ("ORDER_PAID", "AUTHENTICATED", "PAYMENT", "APPROVED", Outcome.UNKNOWN),
    ("ORDER_PAID", "CANCELLED", "PAYMENT", "APPROVED", Outcome.UNKNOWN),
    ("ORDER_PAID", "HELD", "PAYMENT", "APPROVED", Outcome.UNKNOWN),
    ("TRANSACTION_VOID", "VOIDED", "REFUND", "APPROVED", Outcome.REFUNDED),
    ("TRANSACTION_VOID", "CANCELLED", "PAYMENT", "APPROVED", Outcome.REFUNDED),
    ("TRANSACTION_VOID", "CAPTURED", "REFUND", "DECLINED", Outcome.REFUND_REFUSED),
    ("TRANSACTION_VOID", "VOIDED", "REFUND", "", Outcome.UNKNOWN),
    ("RENEWAL_ORDER_PAID", "CAPTURED", "PAYMENT", "APPROVED", Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("kind", "order", "transaction", "status", "outcome"), WORDS)
def test_four_words_together_say_what_became_of_money(kind, order, transaction, status, outcome):
    assert codes.of_message(kind, order, transaction, status) is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("AUTHENTICATION_NOT_NEEDED", Outcome.PENDING), ("AUTHENTICATED", Outcome.PENDING),
     ("CANCELLED", Outcome.CANCELLED), ("CAPTURED", Outcome.UNKNOWN), ("x", Outcome.UNKNOWN)],
)  # fmt: skip
def test_an_order_without_money_is_never_a_success(status, outcome):
    assert codes.of_order(status) is outcome


@pytest.mark.parametrize(
    ("verdict", "status"),
    [(Verdict.STORED, 200), (Verdict.DUPLICATE, 200), (Verdict.UNKNOWN_REFERENCE, 200),
     (Verdict.AMOUNT_DIFFERS, 200), (Verdict.BAD_SIGNATURE, 401), (Verdict.TRY_AGAIN, 503)],
)  # fmt: skip
def test_replies_are_those_of_the_contract(bench, verdict, status):
    reply = bench.gateway.reply(verdict)

    assert (reply.status, reply.body) == (status, {"success": status == 200})


def test_only_the_key_proves_a_message_and_each_wrong_one_is_refused(bench):
    _, _, raw = _paid(bench)

    for _, forged in bench.tampered(raw):
        with pytest.raises(NotAuthentic):
            bench.gateway.read(forged)


def test_messages_may_have_a_key_of_their_own(bench, clock):
    _, _, raw = _paid(bench)
    gateway = sepay_pg.build({**SETTINGS, "notify_key": "ipn_key_1"}, bench.network, clock)

    with pytest.raises(NotAuthentic):
        gateway.read(raw)
    assert gateway.read(replace(raw, headers={**raw.headers, "x-secret-key": "ipn_key_1"}))


@pytest.mark.parametrize(
    ("part", "changes"),
    [("transaction", {"transaction_amount": "150000.50"}),
     ("transaction", {"transaction_amount": 150_000}),
     ("transaction", {"transaction_amount": "-1"}),
     ("transaction", {"transaction_date": "01/09/2025"}),
     ("transaction", {"transaction_currency": "đồng"}),
     ("transaction", {"id": ""}), ("order", {"order_invoice_number": None})],
)  # fmt: skip
def test_what_is_proven_and_not_readable_is_malformed(bench, part, changes):
    _, _, raw = _paid(bench)

    with pytest.raises(Malformed):
        bench.gateway.read(bench.changed(raw, part, **changes))


def test_money_of_another_currency_is_for_a_person(bench):
    _, _, raw = _paid(bench)

    [told] = bench.gateway.read(
        bench.changed(raw, "transaction", transaction_currency="USD", transaction_amount="9.99")
    )

    assert (told.outcome, told.currency, told.amount) == (Outcome.REVIEW, "USD", vnd(9))


def test_a_card_s_data_goes_no_further(bench):
    _, _, raw = _paid(bench)
    assert b"card_holder_name" in raw.body

    [told] = bench.gateway.read(raw)

    assert (told.payer_name, told.payer_account) == ("", "")


def test_a_card_that_was_declined_may_be_tried_again(bench):
    attempt, ref = bench.opened(vnd(150_000))
    assert bench.play(attempt, Act.REFUSE) is None
    assert bench.back(attempt).query[requests.RESULT_PARAM] == "error"
    assert [one.outcome for one in bench.gateway.query(ref)] == [Outcome.PENDING]

    bench.play(attempt, Act.PAY)

    assert [one.outcome for one in bench.gateway.query(ref)] == [Outcome.CAPTURED]


def test_a_void_is_told_under_the_id_that_asking_gives(bench):
    _, ref, _ = _paid(bench)
    done = bench.gateway.refund(bench.refund_order(ref, vnd(150_000)))

    [told] = bench.gateway.read(bench.webhook.got[-1])

    assert (told.outcome, told.event_id) == (Outcome.REFUNDED, done.event_id)
    assert [one.outcome for one in bench.gateway.query(ref)] == [
        Outcome.CAPTURED, Outcome.REFUNDED,
    ]  # fmt: skip


def test_a_part_of_a_payment_is_not_given_back_and_nobody_is_asked(bench):
    _, ref, _ = _paid(bench)
    asked = bench.asked()

    with pytest.raises(Declined) as told:
        bench.gateway.refund(bench.refund_order(ref, vnd(50_000)))

    assert told.value.trouble is Trouble.NOT_REFUNDABLE
    assert bench.asked() == asked


def test_what_is_settled_is_not_voided(bench):
    _, ref, _ = _paid(bench)
    bench.clock.advance(timedelta(days=5))

    with pytest.raises(Declined) as told:
        bench.gateway.refund(bench.refund_order(ref, vnd(150_000)))
    assert told.value.trouble is Trouble.NOT_REFUNDABLE


def test_a_transfer_is_not_voided(transfers):
    _, ref, _ = _paid(transfers)

    with pytest.raises(Declined) as told:
        transfers.gateway.refund(transfers.refund_order(ref, vnd(150_000)))
    assert told.value.trouble is Trouble.NOT_REFUNDABLE


def test_an_order_that_only_a_card_pays_is_not_cancelled(clock):
    bench = CardBench(clock)
    _, ref = bench.opened(vnd(150_000))

    with pytest.raises(Declined) as told:
        bench.gateway.cancel(ref)
    assert told.value.trouble is Trouble.NOT_PERMITTED


def test_cancelling_twice_is_cancelling(transfers):
    _, ref = transfers.opened(vnd(150_000))

    assert transfers.gateway.cancel(ref) == transfers.gateway.cancel(ref)


def test_a_sentence_is_enough_of_an_answer_to_a_change(transfers, clock):
    _, ref = transfers.opened(vnd(150_000))

    def as_documented(request: httpx.Request) -> httpx.Response:
        answer = transfers.network.handle_request(request)
        read = json.loads(answer.read())
        return httpx.Response(200, json={"message": read["message"]} if "message" in read else read)

    gateway = sepay_pg.build(SETTINGS, httpx.MockTransport(as_documented), clock)

    assert gateway.cancel(ref).outcome is Outcome.CANCELLED


def _answering(clock: FrozenClock, status: int, **answer: Any) -> Any:
    def tell(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, **answer)

    return sepay_pg.build(SETTINGS, httpx.MockTransport(tell), clock)


ORDER = {
    "id": "1", "order_id": "SEPAY-1", "order_invoice_number": "VPH1", "order_status": "CAPTURED",
    "order_amount": "300000.00", "order_currency": "VND", "updated_at": "2025-08-28 15:43:48",
}  # fmt: skip
MONEY = {
    "id": "7", "transaction_type": "PAYMENT", "transaction_amount": "300000",
    "transaction_currency": "VND", "transaction_status": "APPROVED",
    "transaction_date": "2025-08-28 15:43:41",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "outcomes"),
    [
        ({"transactions": [MONEY]}, [Outcome.CAPTURED]),
        ({}, [Outcome.CAPTURED]),
        ({"transactions": []}, [Outcome.UNKNOWN]),
        ({"order_status": "VOIDED", "transactions": [MONEY]}, [Outcome.CAPTURED, Outcome.REFUNDED]),
        ({"order_status": "CANCELLED", "transactions": [MONEY]}, [Outcome.REVIEW]),
        ({"order_status": "HELD", "transactions": [MONEY]}, [Outcome.UNKNOWN]),
        ({"transactions": [MONEY | {"transaction_status": "DECLINED"}]}, [Outcome.UNKNOWN]),
        ({"transactions": [MONEY | {"transaction_currency": "USD"}]}, [Outcome.REVIEW]),
    ],
)
def test_an_order_tells_of_the_money_that_moved(clock, changes, outcomes):
    gateway = _answering(clock, 200, json={"data": ORDER | changes})

    told = gateway.query(AttemptRef("VPH1", vnd(300_000), clock.now()))

    assert [one.outcome for one in told] == outcomes
    assert len({one.event_id for one in told}) == len(told)


@pytest.mark.parametrize(
    "answer",
    [{"json": {"data": ORDER | {"order_invoice_number": "VPH2"}}}, {"json": {"data": []}},
     {"json": []}, {"text": "<h1>ok</h1>"}, {"json": {"data": ORDER | {"order_amount": "1.5"}}},
     {"json": {"data": ORDER | {"transactions": ["x"]}}}],
)  # fmt: skip
def test_an_answer_about_something_else_is_no_answer(clock, answer):
    with pytest.raises(OutcomeUnknown):
        _answering(clock, 200, **answer).query(AttemptRef("VPH1", vnd(1), clock.now()))


@pytest.mark.parametrize(
    ("status", "raised"),
    [(401, Misconfigured), (403, Misconfigured), (429, OutcomeUnknown), (500, OutcomeUnknown),
     (302, OutcomeUnknown), (409, OutcomeUnknown)],
)  # fmt: skip
def test_each_status_is_of_its_class(clock, status, raised):
    with pytest.raises(raised):
        _answering(clock, status, json={}).query(AttemptRef("VPH1", vnd(1), clock.now()))


def test_a_page_that_is_not_there_says_nothing_of_an_order(clock):
    with pytest.raises(OutcomeUnknown):
        _answering(clock, 404, text="<h1>404</h1>").query(AttemptRef("V", vnd(1), clock.now()))


def test_wrong_credentials_are_for_it(bench, clock):
    gateway = sepay_pg.build({**SETTINGS, "secret_key": "spsk_wrong"}, bench.network, clock)

    with pytest.raises(Misconfigured):
        gateway.query(AttemptRef("VPH1", vnd(1), clock.now()))


def test_the_list_is_searched_sorted_and_paged(transfers, browser):
    made = [transfers.opened(vnd(1_000 * place))[0] for place in range(1, 4)]
    transfers.play(made[0], Act.PAY)
    auth = (SANDBOX_SETTINGS["merchant"], SECRET)

    def asked(**params: Any) -> list[str]:
        told = browser.get("/v1/order", params=params, auth=auth).json()["data"]
        return [one["order_invoice_number"] for one in told]

    names = [one.reference for one in made]
    assert asked() == names[::-1]
    assert asked(**{"sort[created_at]": "asc", "per_page": 2}) == names[:2]
    assert asked(order_status="CAPTURED") == asked(q=names[0]) == names[:1]
    assert asked(from_created_at="2100-01-01") == []
    assert browser.get("/v1/order").status_code == 401


def test_a_person_plays_the_payer_and_a_program_pays_at_once(transfers, browser):
    for mode, status in (("manual", 200), ("auto", 302)):
        browser.post("/sandbox/sepay_pg/payer", json={"mode": mode}).raise_for_status()
        attempt = transfers.attempt(vnd(150_000))
        shown = transfers.gateway.open(attempt)
        page = browser.post(shown.url, data=dict(shown.fields))
        assert page.status_code == 302
        answer = browser.get(page.headers["location"])
        assert answer.status_code == status
    assert answer.headers["location"] == dict(shown.fields)["success_url"]
    assert len(transfers.webhook.got) == 1


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [("/v1/checkout/init", True), ("/v1/order/detail/VPH1", True), ("/sandbox/sepay_pg/", True),
     ("/v1/checkout/sessions", False), ("/v1/refunds", False), ("/v2/transactions", False)],
)  # fmt: skip
def test_only_its_own_paths_are_claimed_where_all_share_one_root(transfers, path, is_ours):
    assert transfers.stand.claims({"PATH_INFO": path}) is is_ours


@pytest.mark.parametrize(
    ("paid", "settled"),
    [("2026-11-24T15:59", "2026-11-25"), ("2026-11-24T16:00", "2026-11-26"),
     ("2026-11-27T15:00", "2026-11-30"), ("2026-11-27T17:00", "2026-12-01"),
     ("2026-11-28T10:00", "2026-11-30")],
)  # fmt: skip
def test_cards_are_settled_on_working_days(paid, settled):
    assert str(settle_day(datetime.fromisoformat(f"{paid}:00+07:00"))) == settled


@pytest.mark.parametrize(
    ("name", "value"),
    [("merchant", "SP TEST"), ("merchant", ""), ("secret_key", "khóa"), ("pay_with", "CASH"),
     ("api_url", "http://sepay.vn"), ("unknown", "x")],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_named(name, value):
    with pytest.raises(InvalidField) as told:
        SepayPgSettings.parse({**SETTINGS, name: value})
    assert told.value.field == name


def test_a_merchant_of_production_is_no_sandbox():
    real = {
        "merchant": "BV99001",
        "secret_key": "spsk_live_1",
        "checkout_url": "https://pay.sepay.vn",
        "api_url": "https://pgapi.sepay.vn",
    }
    assert not SepayPgSettings.parse(real).is_sandbox
    for name in ("checkout_url", "api_url"):
        assert SepayPgSettings.parse({k: v for k, v in real.items() if k != name}).is_sandbox
