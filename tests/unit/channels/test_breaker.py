"""A gateway that does not answer is spared: by all programs, for a minute, then one payer tries."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from payments.audit import AUDIT_EVENT
from payments.channels import breaker, fees
from payments.channels.breaker import FAILURES_MAX, ChannelDown
from payments.channels.routing import Terms
from payments.gateway import Attempt, Declined, Trouble
from payments.intents.opening import AmountOutOfRange
from payments.intents.status import Status
from payments.intents.waiting import WAITING_MAX
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.storage.unit_of_work import Database
from tests.support.doubles import DOUBLE, AtTheGateway, double
from tests.support.hospital import Hospital

A_MINUTE = timedelta(seconds=61)


@pytest.fixture
def gateway(hospital: Hospital) -> AtTheGateway:
    return double(hospital)


def payer(gateway: AtTheGateway) -> UUID:
    """Let somebody new ask for the gateway's page."""
    gateway.invoice = gateway.hospital.issue()
    return gateway.open(key=f"key-{gateway.invoice}")


def payers(gateway: AtTheGateway, times: int = FAILURES_MAX) -> None:
    for _ in range(times):
        payer(gateway)


def is_down(gateway: AtTheGateway) -> bool:
    hospital = gateway.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        gauge = breaker.gauges(tx).get(DOUBLE)
        return gauge is not None and gauge.is_down(tx.now())


def told(gateway: AtTheGateway, kind: str) -> int:
    hospital = gateway.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(AUDIT_EVENT.c.id).where(AUDIT_EVENT.c.kind == kind)).all()
    return len(rows)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("silence"),
        Declined(Trouble.MAINTENANCE),
    ],
)
def test_the_sixth_payer_is_not_sent_to_a_gateway_that_failed_five(
    gateway: AtTheGateway, failure: Exception
) -> None:
    gateway.fail = failure
    payers(gateway)
    calls = gateway.calls

    with pytest.raises(ChannelDown):
        payer(gateway)

    assert gateway.calls == calls
    assert is_down(gateway)


def down_since(gateway: AtTheGateway) -> datetime | None:
    hospital = gateway.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return breaker.gauges(tx)[DOUBLE].down_since


def test_since_when_it_is_down_does_not_move_with_each_try(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway, FAILURES_MAX - 1)
    assert down_since(gateway) is None
    payers(gateway, 1)
    began = down_since(gateway)

    clock.advance(A_MINUTE)
    payer(gateway)

    assert began is not None
    assert down_since(gateway) == began
    clock.advance(A_MINUTE)
    gateway.fail = None
    payer(gateway)
    assert down_since(gateway) is None


def test_a_gateway_that_does_not_accept_us_is_spared_too(gateway: AtTheGateway) -> None:
    gateway.misconfigured = True
    payers(gateway)

    assert is_down(gateway)


def test_payers_who_are_refused_for_their_own_reasons_count_as_answered(
    gateway: AtTheGateway,
) -> None:
    gateway.fail = Declined(Trouble.LIMIT_EXCEEDED)
    payers(gateway, FAILURES_MAX * 2)

    assert not is_down(gateway)


def test_only_failures_in_a_row_count(gateway: AtTheGateway) -> None:
    for _ in range(3):
        gateway.fail = httpx.ReadTimeout("silence")
        payers(gateway, FAILURES_MAX - 1)
        gateway.fail = None
        payer(gateway)

    assert not is_down(gateway)


def test_after_a_minute_one_payer_tries_and_the_others_are_kept_away(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway)
    clock.advance(A_MINUTE)
    kept_away: list[bool] = []

    def meanwhile(_: Attempt) -> None:
        gateway.on_open = lambda _: None
        with pytest.raises(ChannelDown):
            payer(gateway)
        kept_away.append(True)

    gateway.on_open = meanwhile
    payer(gateway)

    assert kept_away == [True]
    assert is_down(gateway)


def test_it_is_open_again_for_all_as_soon_as_one_was_answered(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway)
    clock.advance(A_MINUTE)
    gateway.fail = None

    opened = payer(gateway)

    assert gateway.intent(opened).status is Status.PENDING
    assert not is_down(gateway)
    payers(gateway)


def test_both_turns_are_told_once_to_those_who_watch(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    with capture_logs() as logs:
        gateway.fail = httpx.ReadTimeout("silence")
        payers(gateway)
        clock.advance(A_MINUTE)
        payer(gateway)
        clock.advance(A_MINUTE)
        gateway.fail = None
        payers(gateway, 2)

    events = [one["event"] for one in logs]
    assert events.count("security.channel_down") == 1
    assert events.count("security.channel_up") == 1
    assert (told(gateway, "channel.down"), told(gateway, "channel.up")) == (1, 1)


def test_an_attempt_that_is_there_is_shown_while_its_gateway_is_spared(
    gateway: AtTheGateway,
) -> None:
    there = gateway.open(key="key-of-before")
    mine = gateway.invoice
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway)
    gateway.invoice = mine

    assert gateway.open(key="another-key") == there


def test_codes_of_our_own_account_are_shown_while_a_gateway_is_down(
    gateway: AtTheGateway,
) -> None:
    gateway.fail = httpx.ReadTimeout("silence")
    payers(gateway)

    assert gateway.hospital.show(gateway.invoice).status is Status.PENDING


def test_gateway_that_keeps_payers_waiting_gets_no_more_of_them(
    gateway: AtTheGateway, clock: FrozenClock
) -> None:
    """The calls are under way: each opens the next one from within, three seconds later."""
    refused: list[int] = []

    def stall(_: Attempt) -> None:
        clock.advance(timedelta(seconds=3))
        try:
            payer(gateway)
        except ChannelDown:
            refused.append(gateway.calls)

    gateway.on_open = stall
    payer(gateway)

    assert refused == [WAITING_MAX]


def test_contract_of_the_hospital_limits_what_is_opened(gateway: AtTheGateway) -> None:
    hospital = gateway.hospital
    day = HospitalDay.of(hospital.runtime.clock.now())
    limit = Terms(amount_max=vnd(149_999))
    fees.agree(hospital.runtime, hospital.scope, DOUBLE, day, limit, "HĐ 12/2026")

    with pytest.raises(AmountOutOfRange) as refused:
        gateway.open()

    assert refused.value.extras["most"] == vnd(149_999)
    assert gateway.calls == 0


def test_five_programs_that_fail_at_once_open_it_together(
    postgres: Database, hospital: Hospital
) -> None:
    """Five connections count on one row, none of them is lost, and one of eight then tries."""
    database, scope = postgres, hospital.scope
    clock = database.clock
    assert isinstance(clock, FrozenClock)
    _at_once(FAILURES_MAX, lambda: database.run(scope, lambda tx: breaker.failed(tx, "x")))
    with database.reading(scope) as tx:
        assert breaker.gauges(tx)["x"].is_down(tx.now())
    clock.advance(A_MINUTE)
    let_in: list[bool] = []

    def ask() -> None:
        try:
            database.run(scope, lambda tx: breaker.let_in(tx, "x"))
        except ChannelDown:
            return
        let_in.append(True)

    _at_once(8, ask)

    assert let_in == [True]


def test_what_one_facility_meets_says_nothing_to_another(
    gateway: AtTheGateway, postgres: Database
) -> None:
    scope = gateway.hospital.scope
    other = replace(scope, facility=type(scope.facility)(99002))
    for _ in range(FAILURES_MAX):
        postgres.run(scope, lambda tx: breaker.failed(tx, DOUBLE))

    with postgres.reading(other) as tx:
        assert breaker.gauges(tx) == {}


def _at_once(times: int, work: object) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
