"""
@payos/node, stripe and vnpay of npm, unmodified, take our stand-ins for the real ones.

``sepay-pg-node`` is locked beside them and has no test yet: SePay's payment gateway has no stand-in
here. With one, its script and its test go beside these.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters._wire.fields import as_digits
from adapters.payos import sandbox as payos_sandbox
from adapters.stripe import sandbox as stripe_sandbox
from adapters.vnpay import sandbox as vnpay_sandbox
from adapters.vnpay.settings import SANDBOX_SETTINGS as VNPAY
from tests.contract.sdks.conftest import serving

PAYOS_KEYS = [
    "accountName", "accountNumber", "amount", "bin", "checkoutUrl", "currency", "description",
    "expiredAt", "orderCode", "paymentLinkId", "qrCode", "status",
]  # fmt: skip


def test_payos_opens_asks_cancels_and_verifies(node):
    with serving("payos", payos_sandbox.open_sandbox) as street:
        facts = node("payos.mjs", step="open", url=street.url)
        raw = street.play("26110001").content.decode()
        forged = raw.replace('"amount": 250000', '"amount": 250001')
        assert forged != raw
        told = node("payos.mjs", step="verify", url=street.url, message=raw, forged=forged)

    made = facts["made"]
    assert sorted(made) == PAYOS_KEYS
    assert (made["orderCode"], made["amount"], made["status"]) == (26110001, 250_000, "PENDING")
    assert facts["duplicate"]["code"] == "231"
    assert facts["asked"] == facts["byId"]
    assert facts["asked"]["id"] == made["paymentLinkId"]
    cancelled = facts["cancelled"]
    assert (cancelled["status"], cancelled["cancellationReason"]) == ("CANCELLED", "thôi")
    assert facts["cancelledById"] == cancelled
    assert facts["unknown"]["code"] == "101"
    assert facts["stranger"]["status"] == 401
    assert facts["wrongKey"]["code"] == "201"
    assert facts["registered"]["webhookUrl"] == "http://127.0.0.1:9/new"
    assert told["verified"] == json.loads(raw)["data"]
    assert "Webhook" in told["forged"]["name"] or "Signature" in told["forged"]["name"]
    assert (told["paid"]["status"], told["paid"]["amountPaid"]) == ("PAID", 250_000)


def test_stripe_opens_asks_captures_verifies_and_refunds(node):
    with serving("stripe", stripe_sandbox.open_sandbox) as street:
        facts = node("stripe.mjs", step="open", port=street.port)
        sent = street.play("VPH1")
        raw, header = sent.content.decode(), sent.headers["stripe-signature"]
        forged = raw.replace("250000", "250001")
        assert forged != raw
        told = node(
            "stripe.mjs", step="verify", port=street.port, message=raw, header=header, forged=forged
        )

    made = facts["made"]
    assert (made["amount_total"], made["status"], made["payment_intent"]) == (250_000, "open", None)
    assert (facts["again"], facts["replayed"]) == (made["id"], "true")
    assert facts["otherParameters"]["name"] == "StripeIdempotencyError"
    assert facts["asked"]["id"] == made["id"]
    assert facts["expired"]["status"] == "expired"
    assert (facts["held"], facts["captured"]["status"]) == ("requires_capture", "succeeded")
    assert facts["declined"]["code"] == "card_declined"
    assert facts["unknown"]["status"] == 404
    assert facts["stranger"]["name"] == "StripeAuthenticationError"
    assert told["event"]["type"] == "checkout.session.completed"
    assert told["event"]["paid"] == "paid"
    assert told["forged"]["name"] == "StripeSignatureVerificationError"
    assert told["refund"]["status"] == told["asked"] == "pending"
    assert told["again"] == told["refund"]["id"]
    assert told["listed"] == [told["refund"]["id"]]
    assert told["beyond"]["name"] == "StripeInvalidRequestError"
    assert {one["amount"] for one in told["balance"]["data"]} == {250_000, 50_000}


@pytest.fixture
def vnpay_words():
    return {
        "merchant": VNPAY["tmn_code"],
        "secret": VNPAY["hash_secret"],
        "now": int(as_digits(datetime.now(UTC))),
    }


def test_vnpay_opens_asks_verifies_and_refunds(node, vnpay_words):
    with serving("vnpay", vnpay_sandbox.open_sandbox) as street:
        words = {**vnpay_words, "url": street.url}
        facts = node("vnpay.mjs", step="open", **words)
        sent = street.play("HD1")
        number = street.stand.orders.get("HD1").number
        query = sent.url.query.decode()
        told = node("vnpay.mjs", step="verify", query=query, number=number, **words)
        moved = street.stand.orders.get("HD1").refunded

    assert facts["page"]["status"] == 200
    assert "250.000" in facts["page"]["text"]
    assert "250.000" not in facts["forgedPage"]["text"]
    pending = facts["pending"]
    assert (pending["isVerified"], pending["vnp_TransactionStatus"]) == (True, "01")
    assert facts["unknown"]["vnp_ResponseCode"] == "91"
    assert facts["stranger"]["code"] == "97"
    assert {one["bank_code"] for one in facts["banks"]} == {"NCB", "VNPAYQR"}
    ipn = told["ipn"]
    assert (ipn["isVerified"], ipn["isSuccess"], ipn["vnp_Amount"]) == (True, True, 250_000)
    assert told["back"]["isVerified"] is True
    assert told["forged"]["isVerified"] is False
    assert (told["paid"]["isVerified"], told["paid"]["vnp_TransactionStatus"]) == (True, "00")
    assert told["duplicate"]["vnp_ResponseCode"] == "94"
    # The client divides by 100 before it checks the signature, so that it never fits: its defect.
    assert (told["refund"]["vnp_ResponseCode"], told["refund"]["isVerified"]) == ("00", False)
    assert told["again"]["vnp_ResponseCode"] == "94"
    assert told["beyond"]["vnp_ResponseCode"] == "95"
    assert moved == 100_000
