"""The desk lists the channels for the amount: what each costs the hospital, and why not another."""

from __future__ import annotations

import re

import httpx
import pytest

from payments.app import create_app
from payments.channels import fees
from payments.channels.breaker import FAILURES_MAX
from payments.channels.routing import Fee, Terms
from payments.demo.hospital import DESK
from payments.identity.permissions import Role
from payments.intents.pausing import pause_channel
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.doubles import DOUBLE, AtTheGateway, another, double
from tests.support.web import Browser, add_user

OTHER = "other"


@pytest.fixture
def gateway(hospital: object) -> AtTheGateway:
    """Two gateways of one kind; OTHER always answers."""
    made = double(hospital)  # type: ignore[arg-type]
    another(made, OTHER)
    return made


@pytest.fixture
def browser(gateway: AtTheGateway) -> Browser:
    hospital = gateway.hospital
    made = Browser(create_app(hospital.runtime).test_client())
    made.sign_in(add_user(hospital.runtime, hospital.scope, Role.HEAD_CASHIER))
    return made


def cost(gateway: AtTheGateway, channel: str, terms: Terms) -> None:
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope
    fees.agree(runtime, scope, channel, HospitalDay.of(runtime.clock.now()), terms, "HĐ 1/2026")


def page(browser: Browser, gateway: AtTheGateway) -> str:
    text: str = browser.get(f"/desk/invoices/{gateway.invoice}").get_data(as_text=True)
    return text


def listed(browser: Browser, gateway: AtTheGateway) -> list[tuple[str, str, str]]:
    """Give name, fee and state of each channel, in their order."""
    [part] = re.findall(r'id="part-ways">(.*?)</section>', page(browser, gateway), re.DOTALL)
    rows = re.findall(
        r'<th scope="row">(.*?)</th><td class="num">(.*?)</td><td>(.*?)</td>', part, re.DOTALL
    )
    return [tuple(re.sub(r"<[^>]+>", "", one) for one in row) for row in rows]  # type: ignore[misc]


def test_cheapest_stands_first_with_the_fee_that_the_hospital_bears(
    gateway: AtTheGateway, browser: Browser
) -> None:
    cost(gateway, DESK, Terms(Fee(vnd(1_000))))
    cost(gateway, DOUBLE, Terms(Fee(per_million=11_000)))
    cost(gateway, OTHER, Terms(Fee(vnd(500))))

    assert listed(browser, gateway) == [
        ("OTHER", "500đ", "Thu được"),
        ("VIETQR", "1.000đ", "Thu được"),
        ("DOUBLE", "1.650đ", "Thu được"),
    ]


def test_each_channel_that_is_not_offered_has_its_reason(
    gateway: AtTheGateway, browser: Browser
) -> None:
    cost(gateway, DESK, Terms(amount_max=vnd(100_000)))
    cost(gateway, OTHER, Terms(amount_min=vnd(200_000)))
    gateway.fail = httpx.ReadTimeout("silence")
    shown = gateway.invoice
    for number in range(FAILURES_MAX):
        gateway.invoice = gateway.hospital.issue()
        gateway.open(key=f"key-{number:06d}")
    gateway.invoice = shown

    told = {name: why for name, _, why in listed(browser, gateway)}

    assert told["DOUBLE"].startswith("cổng đang không trả lời")
    assert told["OTHER"] == "chỉ nhận từ 200.000\N{NO-BREAK SPACE}đ trở lên."
    assert told["VIETQR"] == "mỗi lần nhận nhiều nhất 100.000\N{NO-BREAK SPACE}đ."


def test_pause_is_told_to_the_desk_with_the_house_s_reason(
    gateway: AtTheGateway, browser: Browser
) -> None:
    pause_channel(gateway.hospital.runtime, gateway.hospital.scope, OTHER, "tranh chấp hợp đồng")

    told = {name: why for name, _, why in listed(browser, gateway)}

    assert told["OTHER"] == "Kênh other đang tạm dừng: tranh chấp hợp đồng."


def test_code_is_not_offered_through_a_channel_that_does_not_take_the_amount(
    gateway: AtTheGateway, browser: Browser
) -> None:
    cost(gateway, DESK, Terms(amount_max=vnd(100_000)))

    told = page(browser, gateway)

    assert "Kênh VIETQR: mỗi lần nhận nhiều nhất 100.000" in told
    answer = browser.post(f"/desk/invoices/{gateway.invoice}/codes", {"key": "0" * 32})
    assert answer.status_code == 503


def test_settled_invoice_lists_nothing(gateway: AtTheGateway, browser: Browser) -> None:
    hospital = gateway.hospital
    code = hospital.show(gateway.invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))

    assert 'id="part-ways"></section>' in page(browser, gateway)
