"""A patient pays on each gateway's page and comes back; finance gives money back, by two people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters._sandbox.orders import RefundState
from payments.demo.making import PASSWORD
from payments.gateway import Answers, Notifies, Proof, Refunding, Refunds
from payments.gateway.port import Adapter
from payments.intents.service import credit_invoice
from payments.kernel.money import ZERO, vnd
from tests.support.gateways import notifying
from tests.support.street import Street, street

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("gateways")]

WAITING = "Đang chờ cổng xác nhận"
PAID = "Bệnh viện đã nhận tiền"
NOT_PAID = "Lần trả này chưa thành công"
PRICE = 150_000
GIVE_A_PART_BACK = ("momo", "stripe", "vnpay", "zalopay")
#: Longer than a payer is waited for before the gateway is asked.
SOON = timedelta(minutes=2)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Street]:
    """After the browser: a machine without one starts nothing."""
    with street(tmp_path_factory.mktemp("street")) as made:
        yield made
        made.hospital.assert_balanced()


@pytest.fixture(params=notifying())
def gateway(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def adapter(running: Street, gateway: str) -> Adapter:
    runtime = running.hospital.runtime
    return runtime.gateways.build(
        gateway, runtime.gateways.sandbox_settings(gateway), None, runtime.clock
    )


def go_to_gateway(running: Street, phone: Page, gateway: str) -> UUID:
    """Issue an invoice, open its link, choose *gateway* and follow the way to its page."""
    invoice = running.hospital.issue()
    phone.goto(running.link(invoice))
    name = gateway.replace("_", " ").upper()
    phone.get_by_role("button", name=f"Trả bằng {name}", exact=True).click()
    go = phone.get_by_text(f"Mở trang của {name}", exact=True)
    expect(go).to_be_visible()
    go.click()
    expect(phone.locator("h1")).to_have_text(running.stands[gateway].behaviour.title)
    expect(phone.locator("body")).to_contain_text("150.000")
    return invoice


def play(running: Street, phone: Page, gateway: str, act: str, **faults: str) -> None:
    """Press a button of the sandbox's page, with what goes wrong chosen beside it."""
    if faults:
        phone.locator("summary").click()
    for name, value in faults.items():
        if value == "on":
            phone.locator(f"input[name=fault][value={name}]").check()
        else:
            phone.fill(f"input[name={name}]", value)
    label = running.stands[gateway].behaviour.acts[act]
    phone.get_by_role("button", name=label, exact=True).click()
    phone.wait_for_url(f"{running.web}/p/*/back/{gateway}?*")


def paid(running: Street, invoice: UUID) -> int:
    return running.hospital.view(invoice).paid.dong


def ask_if_only_the_sender_is_proven(running: Street, gateway: str) -> None:
    """Let the worker ask at once what a message without a signature told."""
    made = adapter(running, gateway)
    assert isinstance(made, Notifies)
    if made.proof is Proof.TOKEN:
        running.ask_after(timedelta())


def test_return_after_the_message_shows_that_the_money_has_come(
    running: Street, phone: Page, gateway: str
) -> None:
    invoice = go_to_gateway(running, phone, gateway)

    play(running, phone, gateway, "pay")
    ask_if_only_the_sender_is_proven(running, gateway)

    expect(phone.locator("#main")).to_contain_text(PAID)
    assert paid(running, invoice) == PRICE
    phone.get_by_role("link", name="Về phiếu viện phí").click()
    expect(phone.locator("h1")).to_have_text("Đã thanh toán")
    expect(phone.locator("#main")).to_contain_text("150.000")


def test_return_before_the_message_waits_and_turns_by_itself(
    running: Street, phone: Page, gateway: str
) -> None:
    invoice = go_to_gateway(running, phone, gateway)

    play(running, phone, gateway, "pay", delay="60")

    expect(phone.locator("#main")).to_contain_text(WAITING)
    assert paid(running, invoice) == 0
    running.deliver_after(timedelta(seconds=61))
    ask_if_only_the_sender_is_proven(running, gateway)
    expect(phone.locator("#main")).to_contain_text(PAID)
    assert paid(running, invoice) == PRICE


def test_return_without_any_message_is_true_once_the_gateway_was_asked(
    running: Street, phone: Page, gateway: str
) -> None:
    invoice = go_to_gateway(running, phone, gateway)

    play(running, phone, gateway, "pay", silent="on")

    expect(phone.locator("#main")).to_contain_text(WAITING)
    assert paid(running, invoice) == 0
    running.ask_after(SOON)
    phone.reload()
    if isinstance(adapter(running, gateway), Answers):
        expect(phone.locator("#main")).to_contain_text(PAID)
        assert paid(running, invoice) == PRICE
    else:
        # Nobody can be asked: the page goes on saying that it waits, and the file of the day tells.
        expect(phone.locator("#main")).to_contain_text(WAITING)
        assert paid(running, invoice) == 0


def test_payer_who_was_refused_reads_why_and_pays_in_another_way(
    running: Street, phone: Page
) -> None:
    invoice = go_to_gateway(running, phone, "vnpay")
    play(running, phone, "vnpay", "refuse")
    expect(phone.locator("#main")).to_contain_text(NOT_PAID)

    phone.get_by_role("link", name="Về phiếu viện phí").click()
    phone.get_by_role("button", name="Trả bằng MOMO", exact=True).click()
    phone.get_by_text("Mở trang của MOMO", exact=True).click()
    play(running, phone, "momo", "pay")

    expect(phone.locator("#main")).to_contain_text(PAID)
    assert paid(running, invoice) == PRICE


def test_address_that_says_success_shows_nothing_that_is_not_stored(
    running: Street, phone: Page
) -> None:
    invoice = go_to_gateway(running, phone, "vnpay")
    stand, now = running.stands["vnpay"], running.clock.now()
    order = list(stand.orders)[-1]

    phone.goto(stand.behaviour.back(stand.behaviour.play(order, "pay", now), now))

    expect(phone.locator("#main")).to_contain_text(WAITING)
    expect(phone.locator("#main")).not_to_contain_text(PAID)
    assert paid(running, invoice) == 0


def sign_in(browser: Browser, running: Street, login: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(running.web)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Đăng xuất").wait_for()
    return page


@pytest.fixture(scope="module")
def people(browser: Browser, running: Street) -> Iterator[tuple[Page, Page]]:
    """Who asks and who approves, each at a browser of their own."""
    pages = sign_in(browser, running, "ketoan"), sign_in(browser, running, "ketoantruong")
    yield pages
    for page in pages:
        page.context.close()


@pytest.mark.parametrize("gateway", GIVE_A_PART_BACK)
def test_refund_is_approved_by_another_person_and_confirmed_afterwards(
    running: Street, phone: Page, people: tuple[Page, Page], gateway: str
) -> None:
    asks, approves = people
    made = adapter(running, gateway)
    assert isinstance(made, Refunds)
    assert made.capabilities.refunding is Refunding.PARTIAL
    invoice = go_to_gateway(running, phone, gateway)
    play(running, phone, gateway, "pay")
    hospital = running.hospital
    held = hospital.balance(f"1200:{gateway}").dong
    credit_invoice(
        hospital.runtime, hospital.scope, invoice, {"KB": vnd(50_000)},
        reason="không làm dịch vụ", key=f"credit-{gateway}",
    )  # fmt: skip
    number = hospital.view(invoice).number

    asks.goto(f"{running.web}/finance/refunds?number={number}")
    asks.fill("#reason-1", "không làm dịch vụ")
    asks.get_by_role("button", name="Đề nghị hoàn", exact=True).click()
    row = asks.locator(".bar", has_text=number)
    expect(row).to_contain_text("Chờ duyệt")
    expect(row.get_by_role("button", name=re.compile("Duyệt"))).to_have_count(0)
    assert hospital.balance(f"1200:{gateway}").dong == held

    approves.goto(f"{running.web}/finance/refunds")
    row = approves.locator(".bar", has_text=number)
    row.get_by_role("button", name=re.compile("Duyệt")).click()
    expect(row).to_contain_text("Cổng đang hoàn")
    assert hospital.balance(f"1200:{gateway}").dong == held
    confirm_at_gateway(running, gateway)
    approves.goto(f"{running.web}/finance/refunds")

    expect(row).to_contain_text("Đã hoàn")
    assert hospital.balance(f"1200:{gateway}").dong == held - 50_000
    assert hospital.balance("2100") == ZERO
    assert hospital.view(invoice).due == ZERO


def confirm_at_gateway(running: Street, gateway: str) -> None:
    """Let what the gateway only took in come to its end there, and be told or asked about."""
    stand = running.stands[gateway]
    refund = [one for order in stand.orders for one in order.refunds][-1]
    stand.finish_refund(refund.number, RefundState.DONE)
    running.ask_after(SOON)
