"""The sandbox bank tells as the real firms do, with their retries and worse."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from adapters import casso, sepay
from adapters._sandbox.application import application
from adapters._sandbox.bank import Order
from adapters._sandbox.branch import Instruction
from adapters._sandbox.deliver import Knobs, State
from adapters.bank_transfer.sandbox import create_branch, demo_settings
from payments.gateway import NotAuthentic, Outcome
from payments.kernel.money import vnd
from tests.contract.channels import ACCOUNT, BASE_URL, Webhook
from tests.unit.adapters.conftest import FEEDS

SETTINGS = demo_settings(BASE_URL)


def minutes_of(deliveries, start):
    [delivery] = deliveries
    return [(tried.at - start).total_seconds() / 60 for tried in delivery.attempts]


def test_both_feeds_tell_the_real_adapters_the_same_facts(order, webhook, clock):
    order(amount=250_000, memo="VPH1234567890 vien phi")

    [by_sepay] = sepay.build(SETTINGS["sepay"], None, clock).read(webhook.told("sepay")[0])
    [by_casso] = casso.build(SETTINGS["casso"], None, clock).read(webhook.told("casso")[0])

    assert by_sepay.outcome is by_casso.outcome is Outcome.CAPTURED
    assert by_sepay.amount == by_casso.amount == vnd(250_000)
    assert by_sepay.memo == by_casso.memo == "VPH1234567890 vien phi"
    assert by_sepay.account == by_casso.account == ACCOUNT
    assert by_sepay.transaction == by_casso.transaction == "FT26328000001"
    assert by_sepay.occurred_at == by_casso.occurred_at == clock.now()


@pytest.mark.parametrize(
    ("speed", "expected"),
    [(1.0, [0, 1, 2, 4, 7, 12, 20, 33]), (60.0, [n / 60 for n in (0, 1, 2, 4, 7, 12, 20, 33)])],
)
@pytest.mark.parametrize("failure", [500, 401, 302, -1])
def test_retries_follow_the_schedule_exactly(clock, speed, expected, failure):
    webhook = Webhook(clock, statuses=[failure] * 20)
    branch = create_branch(clock, FEEDS, transport=webhook, speed=speed, is_empty=True)
    start = clock.now()
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=("sepay",)))

    for _ in range(34 * 60):
        branch.run_due()
        clock.advance(timedelta(seconds=1))

    assert minutes_of(branch.courier.deliveries, start) == pytest.approx(expected)
    assert branch.courier.deliveries[0].state is State.GIVEN_UP


def test_every_retry_is_signed_anew(clock):
    webhook = Webhook(clock, statuses=[503, 503])
    branch = create_branch(clock, FEEDS, transport=webhook, is_empty=True)
    adapter = sepay.build(SETTINGS["sepay"], None, clock)
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=("sepay",)))

    for _ in range(3):
        branch.run_due()
        assert adapter.read(webhook.told("sepay")[-1])
        clock.advance(timedelta(minutes=1))

    assert branch.courier.deliveries[0].state is State.DELIVERED
    assert branch.run_due() == 0
    assert len({raw.headers["x-sepay-signature"] for raw in webhook.told("sepay")}) == 3


def test_copies_are_sent_and_delay_is_waited_for(branch, webhook, clock):
    knobs = Knobs(copies=3, delay_s=90)
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=("casso",), knobs=knobs))

    assert branch.run_due() == 0
    clock.advance(timedelta(seconds=90))
    assert branch.run_due() == 3
    assert len({raw.body for raw in webhook.told("casso")}) == 1


def test_message_is_overtaken_by_the_next(branch, webhook, clock):
    late = Knobs(is_overtaken=True)
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "FIRST"), feeds=("sepay",), knobs=late))
    assert branch.run_due() == 0

    branch.pay(Instruction(Order(ACCOUNT, 2_000, "SECOND"), feeds=("sepay",)))
    branch.run_due()

    assert [b"SECOND" in raw.body for raw in webhook.told("sepay")] == [True, False]


def test_message_that_nothing_overtakes_goes_after_a_minute(branch, clock):
    late = Knobs(is_overtaken=True)
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "FIRST"), feeds=("sepay",), knobs=late))
    branch.run_due()

    clock.advance(timedelta(minutes=1))

    assert branch.run_due() == 1


@pytest.mark.parametrize("feed", ["sepay", "casso"])
def test_forged_and_truncated_messages_are_not_authentic(branch, webhook, clock, feed):
    adapter = {"sepay": sepay, "casso": casso}[feed].build(SETTINGS[feed], None, clock)
    for knobs in (Knobs(is_forged=True), Knobs(is_truncated=True)):
        branch.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=(feed,), knobs=knobs))
        branch.run_due()

        with pytest.raises(NotAuthentic):
            adapter.read(webhook.told(feed)[-1])


def test_lost_answer_is_sent_again(branch, webhook, clock):
    knobs = Knobs(drops_answer=True)
    branch.pay(Instruction(Order(ACCOUNT, 1_000, "VPH1"), feeds=("sepay",), knobs=knobs))
    branch.run_due()
    clock.advance(timedelta(minutes=1))
    branch.run_due()

    [delivery] = branch.courier.deliveries
    assert [tried.status for tried in delivery.attempts] == [None, 200]
    assert len(webhook.told("sepay")) == 2


def test_fourth_request_of_sepay_within_a_second_waits(branch, clock):
    app = application(branch, is_rate_limited=True)
    client = httpx.Client(transport=httpx.WSGITransport(app), base_url=BASE_URL)
    bearer = {"authorization": f"Bearer {SETTINGS['sepay']['api_token']}"}

    statuses = [client.get("/transactions", headers=bearer).status_code for _ in range(4)]
    clock.advance(timedelta(seconds=1))

    assert statuses == [200, 200, 200, 429]
    assert client.get("/transactions", headers=bearer).status_code == 200


def test_casso_answers_its_other_calls(bank, order, branch, webhook):
    order(deliver="none")
    key = {"authorization": f"Bearer {SETTINGS['casso']['api_key']}"}
    [row] = bank.get("/v2/transactions", headers=key).json()["data"]["records"]

    one = bank.get(f"/v2/transactions/{row['id']}", headers=key).json()["data"]
    hook = {"url": "http://127.0.0.1/webhooks/casso", "secure_token": "ours"}
    bank.post("/v2/webhooks", headers=key, json=hook).raise_for_status()
    bank.post("/v2/sync", headers=key).raise_for_status()
    branch.run_due()

    assert one == row
    assert bank.get("/v2/transactions/1", headers=key).status_code == 404
    assert bank.get("/v2/transactions/1").status_code == 401
    assert bank.get("/v2/userInfo", headers=key).json()["error"] == 0
    assert webhook.told("casso")[0].headers["secure-token"] == "ours"


def test_sepay_v1_answers_its_other_calls(bank, order):
    order(amount=5_000)
    order(amount=6_000)
    bearer = {"authorization": f"Bearer {SETTINGS['sepay']['api_token']}"}

    def get(path):
        return bank.get("/userapi/transactions" + path, headers=bearer).json()

    assert get("/count")["count_transactions"] == 2
    [found] = get("/list?amount_in=6000")["transactions"]
    assert get(f"/details/{found['id']}")["transaction"] == found
    assert get(f"/list?since_id={found['id']}")["transactions"] == [found]
    assert get("/list?transaction_date_max=2026-11-23")["transactions"] == []
