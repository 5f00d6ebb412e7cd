"""What a patient can choose from: the cheapest first, why others are shut, and what comes next."""

from __future__ import annotations

import re

import httpx
import pytest
from flask import Flask

from payments.app import create_app
from payments.channels import fees
from payments.channels.breaker import FAILURES_MAX
from payments.channels.routing import Fee, Terms
from payments.gateway import Declined, Trouble
from payments.intents.pausing import pause_channel
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.doubles import DOUBLE, AtTheGateway, another, double
from tests.support.web import Browser

OTHER = "other"


@pytest.fixture
def gateway(hospital: object) -> AtTheGateway:
    """Two gateways of one kind; OTHER always answers."""
    made = double(hospital)  # type: ignore[arg-type]
    another(made, OTHER)
    return made


@pytest.fixture
def browser(gateway: AtTheGateway) -> Browser:
    app: Flask = create_app(gateway.hospital.runtime)
    return Browser(app.test_client())


@pytest.fixture
def link(gateway: AtTheGateway) -> str:
    return f"/p/{gateway.hospital.view(gateway.invoice).pay_token}"


def cost(gateway: AtTheGateway, channel: str, terms: Terms) -> None:
    runtime, scope = gateway.hospital.runtime, gateway.hospital.scope
    fees.agree(runtime, scope, channel, HospitalDay.of(runtime.clock.now()), terms, "HĐ 1/2026")


def shown(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def ways(text: str) -> list[str]:
    return re.findall(r'/ways/([a-z-]+)"', text)


def choose(browser: Browser, link: str, slug: str) -> str:
    browser.get(link)
    answer = browser.post(f"{link}/ways/{slug}")
    assert answer.status_code == 303
    return shown(browser, answer.headers["Location"])


def test_cheapest_gateway_for_this_amount_stands_first(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    cost(gateway, DOUBLE, Terms(Fee(per_million=11_000)))
    cost(gateway, OTHER, Terms(Fee(vnd(1_000))))
    assert ways(shown(browser, link)) == [OTHER, DOUBLE]

    cost(gateway, OTHER, Terms(Fee(vnd(2_000))))
    assert ways(shown(browser, link)) == [DOUBLE, OTHER]


def test_what_the_hospital_pays_for_it_is_no_matter_of_the_patient(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    cost(gateway, OTHER, Terms(Fee(vnd(1_234))))

    assert "1.234" not in shown(browser, link)


def test_each_shut_gateway_is_named_with_its_reason(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    cost(gateway, DOUBLE, Terms(amount_min=vnd(200_000)))
    cost(gateway, OTHER, Terms(amount_max=vnd(100_000)))

    text = shown(browser, link)

    assert ways(text) == []
    assert re.search(r"DOUBLE</strong>: chỉ nhận từ 200\.000\s*đ trở lên", text)
    assert re.search(r"OTHER</strong>: mỗi lần nhận nhiều nhất 100\.000\s*đ", text)


def test_paused_gateway_is_shut_and_the_house_s_reason_stays_in_the_house(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    pause_channel(gateway.hospital.runtime, gateway.hospital.scope, OTHER, "tranh chấp hợp đồng")

    text = shown(browser, link)

    assert ways(text) == [DOUBLE]
    assert "OTHER</strong>: tạm ngừng nhận" in text
    assert "tranh chấp" not in text


def test_gateway_that_failed_five_payers_is_not_offered_to_the_sixth(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    for number in range(FAILURES_MAX):
        gateway.invoice = gateway.hospital.issue()
        gateway.open(key=f"key-{number:06d}")

    text = shown(browser, link)

    assert ways(text) == [OTHER]
    assert "cổng đang không trả lời" in text


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx.ConnectError("no route"), "Lần trả này chưa thành công"),
        (httpx.ReadTimeout("silence"), "Đang chờ cổng xác nhận"),
        (Declined(Trouble.MAINTENANCE), "Lần trả này chưa thành công"),
    ],
)
def test_where_one_gateway_fails_the_next_one_is_offered_at_once(
    gateway: AtTheGateway, browser: Browser, link: str, failure: Exception, said: str
) -> None:
    gateway.fail = failure

    text = choose(browser, link, DOUBLE)

    assert said in text
    assert ways(text) == [OTHER]


def test_nothing_else_is_offered_while_the_page_of_a_gateway_is_open(
    browser: Browser, link: str
) -> None:
    assert ways(choose(browser, link, DOUBLE)) == []


def test_gateway_that_was_shut_meanwhile_leads_back_to_what_is_open(
    gateway: AtTheGateway, browser: Browser, link: str
) -> None:
    browser.get(link)
    pause_channel(gateway.hospital.runtime, gateway.hospital.scope, DOUBLE, "bảo trì")

    text = choose(browser, link, DOUBLE)

    assert "DOUBLE hiện chưa nhận khoản này" in text
    assert ways(text) == [OTHER]


@pytest.mark.parametrize("slug", ["other", "nowhere", "<b>", "x" * 4_000])
def test_address_cannot_make_the_page_say_that_something_is_shut(
    browser: Browser, link: str, slug: str
) -> None:
    assert "hiện chưa nhận" not in shown(browser, f"{link}?instead_of={slug}")
