"""sepay-pg-node of npm, unmodified, takes our stand-in for SePay's payment gateway."""

from __future__ import annotations

import json

from adapters import sepay_pg
from adapters._sandbox.bench import received
from adapters.sepay_pg import sandbox
from adapters.sepay_pg.settings import SANDBOX_SETTINGS
from payments.gateway import Outcome
from payments.kernel.clock import FrozenClock, SystemClock
from payments.kernel.money import vnd
from tests.contract.sdks.conftest import serving

WORDS = {"merchant": SANDBOX_SETTINGS["merchant"], "secret": SANDBOX_SETTINGS["secret_key"]}


def test_sepay_opens_asks_cancels_lists_and_voids(node):
    with serving("sepay_pg", sandbox.open_sandbox) as street:
        facts = node("sepay_pg.mjs", step="open", url=street.url, **WORDS)
        street.play("HD1")
        paid = street.play("HD2")
        told = node("sepay_pg.mjs", step="void", url=street.url, **WORDS)
        voided = street.shop.got[-1]

    assert facts["names"][-3:] == ["merchant", "operation", "signature"]
    assert facts["opened"]["status"] == 302
    assert facts["opened"]["location"].startswith("/v1/checkout/init/")
    refused = [facts[name] for name in ("again", "reordered", "cheaper")]
    assert (refused, facts["card"], facts["transfer"]) == ([400, 400, 400], 302, 302)
    pending = facts["pending"]["data"]
    assert (pending["order_status"], pending["transactions"]) == ("AUTHENTICATION_NOT_NEEDED", [])
    assert facts["cancelled"]["message"] == "Đã hủy đơn hàng thành công"
    assert facts["cancelled"]["data"]["order_status"] == "CANCELLED"
    assert (facts["cancelledAgain"], facts["unpaid"]) == (409, 409)
    assert (facts["unknown"], facts["stranger"]) == (404, 401)
    [transaction] = told["paid"]["data"]["transactions"]
    assert (transaction["payment_method"], transaction["transaction_amount"]) == ("CARD", "250000")
    assert told["voided"]["message"] == "Đã hủy giao dịch thành công"
    assert told["voided"]["data"]["order_status"] == "VOIDED"
    assert (told["voidedAgain"], told["transfer"]) == (409, 409)
    listed = told["listed"]
    assert [one["order_invoice_number"] for one in listed["data"]] == ["HD1", "HD2"]
    assert (listed["meta"]["total"], listed["meta"]["has_more"]) == (3, True)
    _read_by_us(paid, voided)


def _read_by_us(paid, voided):
    """Read with our adapter what the stand-in told while the client was at work."""
    clock = FrozenClock(SystemClock().now())
    gateway = sepay_pg.build(SANDBOX_SETTINGS, None, clock)
    [came] = gateway.read(received(paid, clock))
    [gone] = gateway.read(received(voided, clock))

    assert json.loads(paid.content)["order"]["order_amount"] == "250000.00"
    assert (came.outcome, came.amount, came.reference) == (Outcome.CAPTURED, vnd(250_000), "HD2")
    assert (gone.outcome, gone.amount, gone.reference) == (Outcome.REFUNDED, vnd(250_000), "HD2")
