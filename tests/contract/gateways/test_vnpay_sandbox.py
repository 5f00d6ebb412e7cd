"""What all sandboxes of gateways with orders share: knobs, retries, the payer's page, the root."""

from __future__ import annotations

import argparse
from datetime import timedelta

import httpx
import pytest

from adapters._sandbox import faults
from adapters._sandbox.orders import State
from adapters._sandbox.postman import State as LetterState
from adapters._sandbox.wire import SandboxTransport
from adapters.bank_transfer import sandbox as bank
from adapters.vnpay import sandbox as vnpay
from payments.demo.sandboxes import Street, options_of
from payments.gateway import Verdict
from payments.gateway.sandboxes import SandboxOptions
from payments.gateway.testing import Act
from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from tests.contract.gateways.test_vnpay import VnpayBench


@pytest.fixture
def bench(clock):
    return VnpayBench(clock)


@pytest.fixture
def browser(bench):
    return httpx.Client(transport=SandboxTransport(bench.stand.app), base_url="http://localhost")


def _opened(bench):
    attempt, ref = bench.opened(vnd(150_000))
    return attempt, ref, bench.gateway.open(attempt).url


def test_a_person_plays_the_payer(bench, browser):
    attempt, _, url = _opened(bench)

    page = browser.get(url)
    assert page.status_code == 200
    assert "150.000 đ" in page.text
    assert "form-action 'self' http://127.0.0.1:8080" in page.headers["content-security-policy"]
    back = browser.post(f"/sandbox/vnpay/orders/{attempt.reference}/pay", data={"form": "1"})

    assert back.status_code == 303
    assert back.headers["location"].startswith(attempt.return_url)
    assert bench.stand.orders.get(attempt.reference).state is State.PAID
    assert len(bench.webhook.got) == 1


def test_a_program_that_plays_pays_as_soon_as_the_page_opens(bench, browser):
    browser.post("/sandbox/vnpay/payer", json={"mode": "auto"}).raise_for_status()
    attempt = bench.attempt(vnd(150_000))

    answer = browser.get(bench.gateway.open(attempt).url)

    assert answer.status_code == 302
    assert "vnp_ResponseCode=00" in answer.headers["location"]
    assert len(bench.webhook.got) == 1


@pytest.mark.parametrize(
    ("knobs", "came"),
    [
        ({"copies": 3}, 3),
        ({"silent": True}, 0),
        ({"forge": True}, 1),
        ({"truncate": True}, 1),
        ({"wrong_amount": True}, 1),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_a_message_suffers_what_the_request_says(bench, browser, knobs, came):
    attempt, _, _ = _opened(bench)

    told = browser.post(f"/sandbox/vnpay/orders/{attempt.reference}/pay", json=knobs)

    assert told.status_code == 200
    assert len(bench.webhook.got) == came


def test_a_forged_message_is_refused_and_a_wrong_amount_is_authentic(bench):
    forged = bench.play(bench.opened(vnd(150_000))[0], Act.PAY, forge=True)
    wrong = bench.play(bench.opened(vnd(150_000))[0], Act.PAY, wrong_amount=True)

    assert not bench.gateway.read_return(forged).is_authentic
    [told] = bench.gateway.read(wrong)
    assert told.amount == vnd(149_000)


def test_a_message_that_is_not_heard_comes_ten_times_five_minutes_apart(bench, clock):
    bench.webhook.reply = lambda: bench.gateway.reply(Verdict.TRY_AGAIN)
    bench.play(bench.opened(vnd(150_000))[0], Act.PAY)

    for minute in range(1, 60):
        clock.advance(timedelta(minutes=1))
        bench.stand.run_due()
        assert len(bench.webhook.got) == min(10, 1 + minute // 5)

    [letter] = bench.stand.postman.letters
    assert letter.state is LetterState.GIVEN_UP


def test_a_clock_that_is_sped_up_brings_the_same_retries_sooner(bench, clock):
    bench.stand.postman.speed = 60
    bench.webhook.reply = lambda: bench.gateway.reply(Verdict.TRY_AGAIN)
    bench.play(bench.opened(vnd(150_000))[0], Act.PAY)

    clock.advance(timedelta(seconds=50))
    bench.stand.run_due()

    assert len(bench.webhook.got) == 10


def test_an_answer_of_ours_that_is_lost_brings_the_message_again(bench, clock):
    bench.play(bench.opened(vnd(150_000))[0], Act.PAY, drop_answer=True)
    clock.advance(timedelta(minutes=5))
    bench.stand.run_due()

    assert len(bench.webhook.got) == 2
    assert bench.webhook.got[0].raw_query == bench.webhook.got[1].raw_query


def test_a_message_waits_until_a_later_one_has_overtaken_it(bench):
    first, second = bench.opened(vnd(1_000))[0], bench.opened(vnd(2_000))[0]
    bench.play(first, Act.PAY, reorder=True)
    assert bench.webhook.got == []
    bench.play(second, Act.PAY)

    told = [bench.gateway.read(raw)[0].reference for raw in bench.webhook.got]

    assert told == [second.reference, first.reference]


def test_a_message_that_is_delayed_comes_when_its_time_has_come(bench, clock):
    bench.play(bench.opened(vnd(1_000))[0], Act.PAY, delay=30)
    assert bench.webhook.got == []

    clock.advance(timedelta(seconds=30))
    bench.stand.run_due()

    assert len(bench.webhook.got) == 1


@pytest.mark.parametrize(("fault", "status"), [("maintenance", 503), ("server_error", 500)])
def test_a_header_spoils_one_request_and_the_next_is_well(browser, bench, fault, status):
    _, _, url = _opened(bench)

    assert browser.get(url, headers={"X-Sandbox-Fault": fault}).status_code == status
    assert browser.get(url).status_code == 200


def test_a_run_of_faults_lasts_as_often_as_was_said(browser, bench):
    _, _, url = _opened(bench)
    browser.post("/sandbox/vnpay/faults", json={"times": 2, "server_error": True})

    assert [browser.get(url).status_code for _ in range(3)] == [500, 500, 200]


def test_a_lost_answer_is_a_broken_line_and_the_gateway_has_acted(bench, browser):
    attempt = bench.attempt(vnd(1_000))
    url = bench.gateway.open(attempt).url

    with pytest.raises(httpx.ReadError):
        browser.get(url, headers={"X-Sandbox-Fault": "drop_answer"})
    assert bench.stand.orders.find(attempt.reference) is not None
    other = bench.attempt(vnd(1_000))
    with pytest.raises(httpx.ReadError):
        browser.get(bench.gateway.open(other).url, headers={"X-Sandbox-Fault": "drop"})
    assert bench.stand.orders.find(other.reference) is None


@pytest.mark.parametrize("text", ["explode", "delay=x", "copies=1;drop"])
def test_an_unknown_knob_is_named(text):
    with pytest.raises(InvalidField):
        faults.from_header(text)


def test_steering_refuses_what_it_does_not_know(browser, bench):
    attempt, _, _ = _opened(bench)

    for path, body in (
        (f"/sandbox/vnpay/orders/{attempt.reference}/explode", {}),
        ("/sandbox/vnpay/orders/nobody/pay", {}),
        ("/sandbox/vnpay/faults", {"explode": True}),
        ("/sandbox/vnpay/payer", {"mode": "dog"}),
        ("/sandbox/vnpay/refunds/1/done", {}),
    ):
        assert browser.post(path, json=body).status_code == 422


def test_all_sandboxes_are_told_apart_at_one_root(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), vnpay.open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url="http://localhost")

    assert "VNPAY" in client.get("/paymentv2/vpcpay.html").text
    assert "VNPAY" in client.get("/sandbox/vnpay/").text
    assert "Ngân hàng Thử nghiệm" in client.get("/").text
    assert client.get("/v2/transactions").status_code == 401


def test_a_host_s_name_leads_to_its_sandbox(clock):
    options = SandboxOptions(is_immediate=True)
    street = Street([bank.open_sandbox(options, clock), vnpay.open_sandbox(options, clock)])
    client = httpx.Client(transport=SandboxTransport(street), base_url="http://vnpay.localhost")

    assert client.get("/").status_code == 404


def test_where_messages_go_is_read_strictly():
    args = argparse.Namespace(payer="auto", speed=60.0, notify=["vnpay=http://x/webhooks/vnpay"])
    assert options_of(args).notify == {"vnpay": "http://x/webhooks/vnpay"}

    with pytest.raises(InvalidField):
        options_of(argparse.Namespace(payer="auto", speed=1.0, notify=["vnpay"]))
