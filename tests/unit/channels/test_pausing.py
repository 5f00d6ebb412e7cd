"""A paused channel shows no code, on both databases; what it tells of money counts all the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.channels import pausing
from payments.channels.pausing import ChannelPaused, OwnChannel, Switch, SwitchedMeanwhile
from payments.demo.hospital import DESK
from payments.intents.pausing import pause_channel
from payments.intents.queries import latest
from payments.intents.status import Status
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, vnd
from payments.storage.unit_of_work import Database
from tests.support.hospital import Hospital

WHY = "ngân hàng bảo trì"


def paused(hospital: Hospital, slug: str = DESK) -> bool:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return not pausing.is_open(tx, slug)


def noted(hospital: Hospital, kind: str) -> list[dict[str, object]]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(AUDIT_EVENT.c.facts).where(AUDIT_EVENT.c.kind == kind))
        return [json.loads(row.facts) for row in rows]


def test_a_paused_channel_shows_no_new_code_until_it_is_resumed(hospital: Hospital) -> None:
    invoice = hospital.issue()

    pause_channel(hospital.runtime, hospital.scope, DESK, WHY)

    with pytest.raises(ChannelPaused):
        hospital.show(invoice)
    assert pausing.resume(hospital.runtime, hospital.scope, DESK, "đã xong")
    assert hospital.show(invoice).status is Status.PENDING


def test_the_codes_that_are_shown_end_and_their_pages_hear_of_it(hospital: Hospital) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)
    before = hospital.view(invoice).version

    ended = pause_channel(hospital.runtime, hospital.scope, DESK, WHY)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        newest = latest(tx, invoice)
    assert ended == 1
    assert newest is not None
    assert not newest.is_open
    assert hospital.view(invoice).version > before


def test_money_for_a_code_of_a_paused_channel_counts(hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice)
    pause_channel(hospital.runtime, hospital.scope, DESK, WHY)

    hospital.arrive(hospital.transfer(code.code, code.amount))

    assert hospital.view(invoice).due == ZERO


def test_a_short_payment_opens_no_code_for_the_rest_while_paused(hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice)
    pausing.pause(hospital.runtime, hospital.scope, DESK, WHY)

    hospital.arrive(hospital.transfer(code.code, vnd(100_000)))

    assert hospital.view(invoice).due == vnd(50_000)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        newest = latest(tx, invoice)
    assert newest is not None
    assert newest.code == code.code


def test_a_pause_outlives_the_program(hospital: Hospital) -> None:
    pausing.pause(hospital.runtime, hospital.scope, DESK, WHY)
    url = hospital.runtime.database.engine.url.render_as_string(hide_password=False)

    again = Database(url, hospital.runtime.clock)
    try:
        with again.reading(hospital.scope) as tx:
            assert not pausing.is_open(tx, DESK)
            assert pausing.switched(tx)[DESK].reason == WHY
    finally:
        again.close()


def test_twice_is_once_and_each_change_is_in_the_audit(hospital: Hospital) -> None:
    assert pausing.pause(hospital.runtime, hospital.scope, DESK, WHY)
    assert not pausing.pause(hospital.runtime, hospital.scope, DESK, "một lần nữa")
    assert pausing.resume(hospital.runtime, hospital.scope, DESK, "đã xong")
    assert not pausing.resume(hospital.runtime, hospital.scope, DESK, "đã xong")

    assert noted(hospital, "channel.paused") == [{"number": 1, "reason": WHY}]
    assert noted(hospital, "channel.open") == [{"number": 2, "reason": "đã xong"}]


def test_two_at_the_same_moment_make_one_change(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        pausing.begin(tx, DESK, WHY)
        with pytest.raises(SwitchedMeanwhile):
            pausing.begin(tx, DESK, WHY)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert pausing.switched(tx)[DESK].number == 1


@pytest.mark.parametrize("reason", ["", "x", "y" * 201, "a\u202eb c"])
def test_a_pause_needs_a_reason(hospital: Hospital, reason: str) -> None:
    with pytest.raises(InvalidField, match="reason"):
        pausing.pause(hospital.runtime, hospital.scope, DESK, reason)
    assert not paused(hospital)


def test_nothing_is_paused_that_is_not_there(hospital: Hospital) -> None:
    with pytest.raises(NotFound):
        pausing.pause(hospital.runtime, hospital.scope, "nobody", WHY)


def test_a_new_channel_is_opened_by_another_person(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        pausing.begin(tx, DESK, "bank_transfer")
    with pytest.raises(OwnChannel):
        pausing.resume(hospital.runtime, hospital.scope, DESK, "tự mở")
    assert paused(hospital)

    other = replace(hospital.scope, actor="user:other")
    assert pausing.resume(hospital.runtime, other, DESK, "đã xem số tài khoản")

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert pausing.switched(tx)[DESK].state is Switch.OPEN
