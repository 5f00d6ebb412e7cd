"""payos and stripe of PyPI, unmodified, take our stand-ins for the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from payos import APIError, PayOS, WebhookError
from payos.types import CreatePaymentLinkRequest

from adapters._sandbox.faults import Fault
from adapters.payos import sandbox as payos_sandbox
from adapters.stripe import sandbox as stripe_sandbox
from tests.contract.sdks.conftest import Street, serving

SECRET = "whsec_test_vienphi"


@pytest.fixture
def payos_street() -> Iterator[Street]:
    with serving("payos", payos_sandbox.open_sandbox) as street:
        yield street


@pytest.fixture
def stripe_street() -> Iterator[Street]:
    with serving("stripe", stripe_sandbox.open_sandbox) as street:
        yield street


def _payos(street: Street, **keys: str) -> PayOS:
    known = {
        "client_id": "client-id",
        "api_key": "api-key",
        "checksum_key": "test_checksum_key",
        **keys,
    }
    return PayOS(**known, base_url=f"{street.url}/", max_retries=0)


def _link(number: int) -> CreatePaymentLinkRequest:
    return CreatePaymentLinkRequest(
        order_code=number,
        amount=250_000,
        description=f"VP{number}",
        cancel_url="http://127.0.0.1/c",
        return_url="http://127.0.0.1/r",
    )


def test_payos_opens_asks_and_cancels(payos_street):
    client = _payos(payos_street)

    made = client.payment_requests.create(_link(26110001))

    assert (made.order_code, made.amount, made.status) == (26110001, 250_000, "PENDING")
    assert made.qr_code.startswith("000201")
    assert made.checkout_url.startswith(payos_street.url)
    assert client.payment_requests.get(26110001).id == made.payment_link_id
    assert client.payment_requests.get(made.payment_link_id).order_code == 26110001
    # With a reason the client signs it, without one it does not.
    assert client.payment_requests.cancel(26110001, "thôi").status == "CANCELLED"
    assert client.payment_requests.cancel(26110001).cancellation_reason == "thôi"


def test_payos_is_refused_what_is_not_its_own(payos_street):
    client = _payos(payos_street)
    client.payment_requests.create(_link(26110001))

    with pytest.raises(APIError) as told:
        client.payment_requests.create(_link(26110001))
    assert told.value.error_code == "231"
    with pytest.raises(APIError) as told:
        client.payment_requests.get(1)
    assert told.value.error_code == "101"
    with pytest.raises(APIError) as told:
        _payos(payos_street, api_key="other").payment_requests.get(26110001)
    assert told.value.status_code == 401
    with pytest.raises(APIError) as told:
        _payos(payos_street, checksum_key="other").payment_requests.create(_link(26110002))
    assert told.value.error_code == "201"


def test_payos_verifies_each_transfer_and_refuses_a_forged_one(payos_street):
    client = _payos(payos_street)
    client.payment_requests.create(_link(26110001))
    short = client.webhooks.verify(payos_street.play("26110001", "short").content)
    raw = payos_street.play("26110001").content

    told = client.webhooks.verify(raw)

    assert (short.amount, told.amount, told.order_code) == (249_000, 1_000, 26110001)
    assert short.reference != told.reference
    assert client.webhooks.verify(raw) == told
    paid = client.payment_requests.get(26110001)
    assert (paid.status, paid.amount_paid) == ("PAID", 250_000)
    assert [one.reference for one in paid.transactions] == [short.reference, told.reference]
    with pytest.raises(WebhookError):
        client.webhooks.verify(raw.replace(b'"amount": 1000', b'"amount": 1001'))
    with pytest.raises(WebhookError):
        _payos(payos_street, checksum_key="other").webhooks.verify(raw)


def test_payos_registers_an_address_by_greeting_it(payos_street):
    client = _payos(payos_street)

    told = client.webhooks.confirm("http://127.0.0.1:9/new")

    assert told.webhook_url == payos_street.stand.notify_url == "http://127.0.0.1:9/new"
    [greeting] = payos_street.shop.got
    assert client.webhooks.verify(greeting.content).order_code == 123


def _stripe(street: Street, key: str = "sk_test_vienphi", retries: int = 0) -> stripe.StripeClient:
    addresses: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), street.url)
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=retries)


PAGE: Any = {
    "mode": "payment",
    "client_reference_id": "VPH1",
    "success_url": "http://127.0.0.1/r",
    "cancel_url": "http://127.0.0.1/c",
    "line_items": [
        {
            "price_data": {
                "currency": "vnd",
                "unit_amount": 125_000,
                "product_data": {"name": "Viện phí"},
            },
            "quantity": 2,
        }
    ],
}


def _verified(body: bytes, header: str) -> stripe.Event:
    return stripe.Webhook.construct_event(body, header, SECRET)


def test_stripe_opens_asks_and_expires(stripe_street):
    sessions = _stripe(stripe_street).v1.checkout.sessions

    made = sessions.create(PAGE, {"idempotency_key": "k1"})

    assert (made.amount_total, made.currency, made.status) == (250_000, "vnd", "open")
    assert made.payment_intent is None
    assert sessions.create(PAGE, {"idempotency_key": "k1"}).id == made.id
    assert sessions.retrieve(made.id).payment_status == "unpaid"
    assert sessions.expire(made.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        sessions.expire(made.id)
    with pytest.raises(stripe.IdempotencyError):
        sessions.create({**PAGE, "client_reference_id": "VPH2"}, {"idempotency_key": "k1"})


def test_stripe_is_refused_what_is_not_its_own(stripe_street):
    client = _stripe(stripe_street)

    with pytest.raises(stripe.InvalidRequestError) as told:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert told.value.http_status == 404
    with pytest.raises(stripe.AuthenticationError):
        _stripe(stripe_street, "sk_live_x").v1.checkout.sessions.list()
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            {
                "amount": 50_000,
                "currency": "vnd",
                "payment_method": "pm_card_chargeDeclined",
                "confirm": True,
            }
        )
    assert declined.value.code == "card_declined"


def test_stripe_sets_aside_captures_and_gives_up(stripe_street):
    payments = _stripe(stripe_street).v1.payment_intents
    made: Any = {"amount": 50_000, "currency": "vnd", "capture_method": "manual"}

    held = payments.create({**made, "payment_method": "pm_card_visa", "confirm": True})
    other = payments.create(made)

    assert (held.status, other.status) == ("requires_capture", "requires_payment_method")
    taken = payments.capture(held.id, {"amount_to_capture": 40_000})
    assert (taken.status, taken.amount_received) == ("succeeded", 40_000)
    assert payments.cancel(other.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        payments.cancel(held.id)


def test_stripe_verifies_an_event_and_refuses_a_forged_one(stripe_street):
    _stripe(stripe_street).v1.checkout.sessions.create(PAGE)
    sent = stripe_street.play("VPH1")
    header = sent.headers["stripe-signature"]

    event = _verified(sent.content, header)

    assert event.type == "checkout.session.completed"
    assert event.data.object["payment_status"] == "paid"
    assert _verified(sent.content, header).id == event.id
    with pytest.raises(stripe.SignatureVerificationError):
        _verified(sent.content.replace(b"250000", b"250001"), header)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(sent.content, header, "whsec_other")


def test_stripe_refunds_once_and_not_beyond_the_rest(stripe_street):
    client = _stripe(stripe_street)
    client.v1.checkout.sessions.create(PAGE)
    payment = json.loads(stripe_street.play("VPH1").content)["data"]["object"]["payment_intent"]
    order: Any = {"payment_intent": payment, "amount": 100_000, "metadata": {"refund": "R1"}}

    made = client.v1.refunds.create(order, {"idempotency_key": "R1"})
    again = client.v1.refunds.create(order, {"idempotency_key": "R1"})

    assert (made.status, again.id) == ("pending", made.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({**order, "amount": 150_001})
    rest = client.v1.refunds.create({"payment_intent": payment})
    assert rest.amount == 150_000
    listed = client.v1.refunds.list({"payment_intent": payment, "limit": 1})
    assert [one.id for one in listed.auto_paging_iter()] == [rest.id, made.id]
    with pytest.raises(stripe.InvalidRequestError) as told:
        client.v1.refunds.create({"payment_intent": payment})
    assert told.value.code == "charge_already_refunded"


def test_stripe_repeats_a_lost_answer_under_the_same_key_and_refunds_once(stripe_street):
    client = _stripe(stripe_street, retries=2)
    client.v1.checkout.sessions.create(PAGE)
    payment = json.loads(stripe_street.play("VPH1").content)["data"]["object"]["payment_intent"]
    stripe_street.stand.faults.plan("answers", Fault(drop_answer=True), 1)

    made = client.v1.refunds.create({"payment_intent": payment, "amount": 100_000})

    assert made.amount == 100_000
    assert stripe_street.stand.orders.get("VPH1").refunded == 100_000
    assert len(client.v1.refunds.list({"payment_intent": payment}).data) == 1


def test_stripe_reads_the_balance(stripe_street):
    client = _stripe(stripe_street)
    client.v1.checkout.sessions.create(PAGE)
    stripe_street.play("VPH1")

    [row] = client.v1.balance_transactions.list().data

    assert (row.amount, row.fee, row.net) == (250_000, 7_250, 242_750)
    assert client.v1.payouts.list().data == []
