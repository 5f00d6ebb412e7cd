"""SePay's webhook and the second version of its list name one transfer in two ways: one posting."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from adapters._sandbox.bank import Transfer
from adapters._sandbox.feeds import sepay_row_v2
from adapters.sepay.messages import from_row_v2
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.inbox import service as inbox
from payments.inbox.rows import NOTIFICATION
from payments.kernel.money import vnd
from payments.reconciliation.importing import take_in
from tests.support.feeds import FURNISHED, transfer
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement, moved_at

PRICE = 150_000
ORDERS = {
    "webhook then list": ("webhook", "list"),
    "list then webhook": ("list", "webhook"),
    "webhook, list, and both again": ("webhook", "list", "webhook", "list"),
}


def hear(hospital: Hospital, voice: str, told: Transfer) -> None:
    """Let SePay tell of *told*, in the wire's words."""
    now = hospital.runtime.clock.now()
    if voice == "webhook":
        raw = FURNISHED["sepay"].raw(told, now)
        assert inbox.accept(hospital.runtime, hospital.scope, "sepay", raw).status == 200
        return
    row = from_row_v2(sepay_row_v2(told))
    assert row is not None
    inbox.take_in(hospital.runtime, hospital.scope, "sepay", [row], b"")


def movements(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return len(tx.execute(select(BANK_CREDIT.c.id)).all())


def sources(hospital: Hospital) -> list[str]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return sorted(tx.execute(select(EVIDENCE.c.source)).scalars())


def kept(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(NOTIFICATION.c.id).where(NOTIFICATION.c.state == "kept"))
        return len(rows.all())


def nameless(number: int, memo: str, at: datetime) -> Transfer:
    return transfer(number, memo, PRICE, at, reference="")


@pytest.fixture
def now(hospital: Hospital) -> datetime:
    return hospital.runtime.clock.now()


@pytest.mark.parametrize("order", ORDERS)
def test_transfer_with_a_code_is_paid_once(hospital: Hospital, now: datetime, order: str) -> None:
    invoice = hospital.issue()
    told = nameless(1, hospital.show(invoice).code, now)

    for voice in ORDERS[order]:
        hear(hospital, voice, told)

    assert len(hospital.payments(invoice)) == 1
    assert (movements(hospital), kept(hospital)) == (1, 0)
    assert sources(hospital) == ["feed:sepay", "feed:sepay:list"]
    assert hospital.balance("1100") == vnd(PRICE)


@pytest.mark.parametrize("order", ORDERS)
def test_transfer_without_a_code_waits_once(hospital: Hospital, now: datetime, order: str) -> None:
    told = nameless(1, "CAM ON BAC SI", now)

    for voice in ORDERS[order]:
        hear(hospital, voice, told)

    assert (movements(hospital), kept(hospital)) == (1, 0)
    assert hospital.balance("2200") == vnd(-PRICE)


@pytest.mark.parametrize("order", ["webhook then list", "list then webhook"])
def test_voices_that_differ_in_day_and_memo_are_joined_by_the_code(
    hospital: Hospital, now: datetime, order: str
) -> None:
    invoice = hospital.issue()
    told = nameless(1, hospital.show(invoice).code, now)
    other = replace(told, memo=f"{told.memo} CT DEN", at=told.at - timedelta(hours=8))
    by_voice = {"webhook": told, "list": other}

    for voice in ORDERS[order]:
        hear(hospital, voice, by_voice[voice])

    assert len(hospital.payments(invoice)) == 1
    assert (movements(hospital), kept(hospital)) == (1, 0)


@pytest.mark.parametrize("has_code", [True, False])
@pytest.mark.parametrize(
    "order", sorted(set(itertools.permutations(("webhook", "webhook", "list", "list"))))
)
def test_second_of_two_true_twins_waits_for_a_person_until_the_statement_tells(
    hospital: Hospital, now: datetime, order: tuple[str, ...], has_code: bool
) -> None:
    memo = hospital.show(hospital.issue()).code if has_code else "CAM ON BAC SI"
    twins = [nameless(1, memo, now), nameless(2, memo, now + timedelta(seconds=9))]
    left = {voice: iter(twins) for voice in ("webhook", "list")}

    for voice in order:
        hear(hospital, voice, next(left[voice]))

    assert movements(hospital) == 1
    assert kept(hospital) == 2
    lines = [Moved(PRICE, "", memo, moved_at(one.at)) for one in twins]
    take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(*lines))
    assert movements(hospital) == 2
    assert hospital.balance("1100") == vnd(2 * PRICE)
    hospital.assert_balanced()


def test_twin_that_only_the_list_tells_of_waits_for_a_person(
    hospital: Hospital, now: datetime
) -> None:
    hear(hospital, "webhook", nameless(1, "CAM ON BAC SI", now))

    for number in (1, 2):
        hear(hospital, "list", nameless(number, "CAM ON BAC SI", now))

    assert (movements(hospital), kept(hospital)) == (1, 1)


def test_transfers_with_a_reference_are_known_by_it(hospital: Hospital, now: datetime) -> None:
    for number in (1, 2):
        for voice in ("webhook", "list"):
            hear(hospital, voice, transfer(number, "CAM ON BAC SI", PRICE, now))

    assert (movements(hospital), kept(hospital)) == (2, 0)
