"""What only one firm does, read by the real adapter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from adapters import casso, sepay
from payments.gateway import Malformed, NotAuthentic, Outcome, RawNotification
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from tests.unit.adapters.test_signatures import vectors

API = {"api_token": "spapi_test_vienphi"}
APIKEY = {"auth": "apikey", "webhook_key": "ak_test_1"} | API
SEPAY_BODY = {
    "id": 92704,
    "gateway": "Vietcombank",
    "transactionDate": "2026-11-22 10:17:12",
    "accountNumber": "1017588888",
    "subAccount": "",
    "code": None,
    "content": "VP26110001 vien phi",
    "transferType": "in",
    "description": "",
    "transferAmount": 250000,
    "accumulated": 0,
    "referenceCode": "",
}


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def read_sepay(clock, **changed):
    body = json.dumps(SEPAY_BODY | changed).encode()
    raw = RawNotification({}, {"authorization": "Apikey ak_test_1"}, body, clock.now())
    [notification] = sepay.build(APIKEY, None, clock).read(raw)
    return notification


def read_casso_v1(clock, *rows):
    base = {
        "tid": "FT1",
        "description": "VPH1",
        "amount": 1_000,
        "when": "2026-11-24 07:00:00",
        "bank_sub_acc_id": "99001000001",
    }
    body = json.dumps({"error": 0, "data": [base | row for row in rows]}).encode()
    raw = RawNotification({}, {"secure-token": "tok"}, body, clock.now())
    settings = {"webhook": "v1", "secure_token": "tok", "api_key": "k"}
    return casso.build(settings, None, clock).read(raw)


@pytest.mark.parametrize("vector", vectors("v-sepay-webhook"))
def test_sepay_vectors_are_read_or_refused(vector):
    headers = lowered(vector["input"]["headers"])
    at = datetime.fromtimestamp(int(headers.get("x-sepay-timestamp", "1795317432")), UTC)
    is_hmac = "hmac" in vector["id"]
    credential = {"webhook_secret" if is_hmac else "webhook_key": vector["key"]}
    settings = {"auth": "hmac" if is_hmac else "apikey"} | credential | API
    adapter = sepay.build(settings, None, FrozenClock(at))
    raw = RawNotification({}, headers, vector["input"]["raw_body"].encode(), at)

    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            adapter.read(raw)
        return
    [notification] = adapter.read(raw)

    assert notification.event_id == "92704"
    assert notification.amount == vnd(250_000)
    assert notification.account == "1017588888"
    assert notification.transaction == "FT26326000001"
    assert notification.memo == "VP26110001 vien phi"
    assert notification.occurred_at == datetime(2026, 11, 22, 3, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize("vector", vectors("v-casso"))
def test_casso_vectors_are_read_or_refused(vector, clock):
    settings = {"checksum_key": vector["key"], "api_key": "k"}
    body = json.dumps(vector["input"]["body"]).encode()
    headers = {"x-casso-signature": vector["input"]["header"]}
    adapter = casso.build(settings, None, clock)
    raw = RawNotification({}, headers, body, clock.now())

    if vector["expect"] == "refuse":
        with pytest.raises(NotAuthentic):
            adapter.read(raw)
        return
    [notification] = adapter.read(raw)

    # A test send carries id 0: account and reference name it.
    assert notification.event_id == "88888888:MA_GIAO_DICH_THU_NGHIEM"
    assert notification.amount == vnd(599_000)
    assert notification.payer_name == "NGUYEN VAN A"


@pytest.mark.parametrize("seconds", [-300, 300])
def test_sepay_signature_holds_five_minutes_and_no_second_more(seconds):
    [vector] = [one for [one] in [p.values for p in vectors("v-sepay-webhook-hmac")]][:1]
    signed_at = datetime.fromtimestamp(1795317432, UTC)
    headers, body = lowered(vector["input"]["headers"]), vector["input"]["raw_body"].encode()
    received_at = signed_at + timedelta(seconds=seconds)
    adapter = sepay.build({"webhook_secret": vector["key"]} | API, None, FrozenClock(received_at))

    assert adapter.read(RawNotification({}, headers, body, received_at))

    late = received_at + timedelta(seconds=1 if seconds > 0 else -1)
    with pytest.raises(NotAuthentic):
        adapter.read(RawNotification({}, headers, body, late))


@pytest.mark.parametrize("kind", ["reversal", "", "IN"])
def test_unknown_transfer_type_is_unknown(clock, kind):
    assert read_sepay(clock, transferType=kind).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        {"id": 0},
        {"id": -1},
        {"id": True},
        {"id": None},
        {"id": "x"},
        {"id": 2**53},
        {"transferAmount": 0},
        {"transferAmount": -5},
        {"transferAmount": 0.5},
        {"transferAmount": "250000"},
        {"transferAmount": 10**15 + 1},
        {"transferType": None},
        {"transferType": 1},
        {"accountNumber": ""},
        {"accountNumber": 1017588888},
        {"accountNumber": "10\u0000"},
        {"transactionDate": "2026-13-01 00:00:00"},
        {"content": ["VPH"]},
        {"referenceCode": 5},
    ],
    ids=str,
)
def test_sepay_field_of_another_kind_is_malformed(clock, changed):
    with pytest.raises(Malformed):
        read_sepay(clock, **changed)


def test_missing_sepay_field_is_malformed_and_named(clock):
    for name in ("id", "transferAmount", "transferType", "accountNumber", "transactionDate"):
        body = json.dumps({k: v for k, v in SEPAY_BODY.items() if k != name}).encode()
        raw = RawNotification({}, {"authorization": "Apikey ak_test_1"}, body, clock.now())
        with pytest.raises(Malformed, match=name):
            sepay.build(APIKEY, None, clock).read(raw)


def test_casso_v1_tells_several_at_once(clock):
    first, second = read_casso_v1(clock, {"id": 7}, {"id": 0, "tid": "FT2", "amount": -500})

    assert (first.event_id, second.event_id) == ("7", "99001000001:FT2")
    assert (second.outcome, second.amount) == (Outcome.PAID_OUT, vnd(500))


@pytest.mark.parametrize("row", [{"id": 0, "tid": ""}, {"id": -1}, {"id": 1, "amount": 0}])
def test_casso_row_without_a_name_or_without_money_is_malformed(clock, row):
    with pytest.raises(Malformed):
        read_casso_v1(clock, {"id": 9}, row)


def test_sepay_v1_list_is_read_whole_when_it_comes_oldest_first(clock):
    rows = [
        {
            "id": str(number),
            "account_number": "1",
            "transaction_date": "2026-11-24 07:00:00",
            "amount_in": "5.00",
            "amount_out": "0.00",
            "transaction_content": "",
            "reference_number": None,
        }
        for number in range(1, 8)
    ]

    def answer(request):
        since = int(request.url.params.get("since_id", 0))
        found = [row for row in rows if int(row["id"]) >= since]
        shown = found[: int(request.url.params["limit"])]
        return httpx.Response(200, json={"status": 200, "transactions": shown})

    settings = {"webhook_secret": "s", "api": "v1"} | API
    adapter = sepay.build(settings, httpx.MockTransport(answer), clock)
    quick = replace(adapter.listing, page_size=3, pause=lambda seconds: None)

    listed = quick.read("1", clock.now() - timedelta(hours=1))

    assert [one.event_id for one in listed] == [str(number) for number in range(1, 8)]
