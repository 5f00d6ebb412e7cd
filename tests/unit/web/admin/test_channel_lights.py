"""The light of each channel says how it is, since when, and who stopped it for which reason."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from payments.app import create_app
from payments.channels.breaker import FAILURES_MAX
from payments.identity import queries as identity
from payments.identity.permissions import Role
from payments.intents.pausing import pause_channel
from payments.kernel.clock import FrozenClock
from payments.words.formats import local_time
from tests.support.doubles import DOUBLE, AtTheGateway, double
from tests.support.hospital import Hospital
from tests.support.web import Browser, add_user


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


@pytest.fixture
def boss(gateway: AtTheGateway) -> Browser:
    hospital = gateway.hospital
    browser = Browser(create_app(hospital.runtime).test_client())
    browser.sign_in(add_user(hospital.runtime, hospital.scope, Role.IT_ADMIN))
    return browser


def payers(gateway: AtTheGateway, times: int) -> None:
    for _ in range(times):
        gateway.invoice = gateway.hospital.issue()
        gateway.open(key=f"key-{gateway.invoice}")


def row(boss: Browser, slug: str = DOUBLE) -> str:
    text: str = boss.get("/admin/channels").get_data(as_text=True)
    [found] = [one for one in text.split("<tr>") if f'/admin/channels/{slug}"' in one]
    return found


def test_channel_that_answers_works(boss: Browser, gateway: AtTheGateway) -> None:
    payers(gateway, 1)

    assert "Hoạt động" in row(boss)


def test_lost_answers_are_counted_before_it_is_down(boss: Browser, gateway: AtTheGateway) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway, 2)

    told = row(boss)

    assert "Chậm" in told
    assert "2 lần gọi gần nhất không được trả lời" in told


def test_down_says_since_when_until_it_answers_again(
    boss: Browser, gateway: AtTheGateway, clock: FrozenClock
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway, FAILURES_MAX)
    since = local_time(clock.now())
    assert f"Không trả lời từ {since}" in row(boss)

    clock.advance(timedelta(seconds=61))
    assert f"Không trả lời từ {since}; người trả tiếp theo sẽ thử lại." in row(boss)
    gateway.fail = None
    payers(gateway, 1)

    assert "Hoạt động" in row(boss)


def test_pause_is_told_with_its_reason_and_by_whom(boss: Browser, gateway: AtTheGateway) -> None:
    hospital = gateway.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [maker] = identity.users(tx)
    pause_channel(hospital.runtime, hospital.by(f"user:{maker.id}"), DOUBLE, "cổng bảo trì")

    told = row(boss)

    assert "Tạm dừng" in told
    assert f"{maker.name} tạm dừng lúc" in told
    assert "cổng bảo trì" in told


def test_page_of_lights_says_the_same(boss: Browser, gateway: AtTheGateway) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway, FAILURES_MAX)

    told: str = boss.get("/admin/health").get_data(as_text=True)

    [row] = [one for one in told.split("<tr>") if f"Kênh {DOUBLE}" in one]
    assert "Không trả lời từ" in row
