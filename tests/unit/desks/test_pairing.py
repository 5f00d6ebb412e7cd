"""A screen is paired by whoever sees its code, once, in time, in its own facility."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payments.audit import AUDIT_EVENT
from payments.desks import pairing, queries, service
from payments.desks.model import (
    CODE_LIFE,
    CODE_TRIES,
    DEVICE_LIFE,
    LOST_AFTER,
    TRIES_PER_FACILITY,
    TRIES_WINDOW,
    WAITING_MAX,
    WAITING_PER_ADDRESS,
    Light,
    NoCashPoint,
    Shown,
    TooManyPairings,
    TooManyScreens,
    Waiting,
    WrongPairingCode,
    light_of,
)
from payments.desks.rows import DISPLAY_DEVICE
from payments.desks.waiting import hash_of, is_waiting, wait
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import NotFound
from payments.kernel.scope import FacilityId, Scope
from tests.support.hospital import Hospital

HOME = "203.0.113.7"


def screen(hospital: Hospital, token: str = "", address: str = HOME) -> Waiting:
    """Let a screen ask for a code; one with *token* asks again."""
    return wait(hospital.runtime, hospital.scope, token, address=address)


def pair(hospital: Hospital, code: str, at: str = "Q1") -> None:
    pairing.pair(hospital.runtime, hospital.scope, at, code)


def sees(hospital: Hospital, waiting: Waiting) -> Shown | None:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return queries.shown_to(tx, hash_of(waiting.token.reveal()))


def paired(hospital: Hospital, at: str = "Q1") -> Waiting:
    made = screen(hospital)
    pair(hospital, made.code.reveal(), at)
    return made


def another(code: str) -> str:
    """Give a code that is not *code*, and of no other screen either by any likelihood."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_that_the_cashier_types_binds_the_screen_to_her_cash_point(
    hospital: Hospital,
) -> None:
    made = screen(hospital)
    assert sees(hospital, made) is None

    code = made.code.reveal()
    pair(hospital, f" {code[:3]} {code[3:]} ", "Q2")

    assert sees(hospital, made) == Shown("Q2", 0, None)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [device] = queries.devices(tx)
        assert device.cash_point == "Q2"
        assert queries.devices(tx, "Q1") == ()


def test_neither_the_code_nor_the_token_is_stored(hospital: Hospital) -> None:
    made = screen(hospital)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [row] = tx.execute(select(DISPLAY_DEVICE)).all()
    stored = repr(tuple(row))

    assert made.code.reveal() not in stored
    assert made.token.reveal() not in stored
    assert made.code.reveal() not in repr(made)


def test_a_code_is_good_once(hospital: Hospital) -> None:
    made = paired(hospital)

    with pytest.raises(WrongPairingCode):
        pair(hospital, made.code.reveal(), "Q2")

    assert sees(hospital, made) == Shown("Q1", 0, None)


def test_a_code_ends_and_the_screen_asks_for_another(
    hospital: Hospital, clock: FrozenClock
) -> None:
    made = screen(hospital)
    token = made.token.reveal()
    clock.advance(CODE_LIFE)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert not is_waiting(tx, token)

    with pytest.raises(WrongPairingCode):
        pair(hospital, made.code.reveal())
    again = screen(hospital, token)
    assert again.token.reveal() == token
    pair(hospital, again.code.reveal())

    assert sees(hospital, made) == Shown("Q1", 0, None)


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "\N{FULLWIDTH DIGIT ONE}23456"]
)
def test_what_is_no_code_pairs_nothing(hospital: Hospital, typed: str) -> None:
    made = screen(hospital)

    with pytest.raises(WrongPairingCode):
        pair(hospital, typed)

    assert sees(hospital, made) is None


def test_five_wrong_codes_at_any_desk_end_every_code_that_waits(hospital: Hospital) -> None:
    made = screen(hospital)
    wrong = another(made.code.reveal())
    for number in range(CODE_TRIES):
        with hospital.runtime.database.reading(hospital.scope) as tx:
            assert is_waiting(tx, made.token.reveal())
        with pytest.raises(WrongPairingCode):
            pair(hospital, wrong, f"Q{number % 2 + 1}")

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert not is_waiting(tx, made.token.reveal())
    with pytest.raises(WrongPairingCode):
        pair(hospital, made.code.reveal())
    assert sees(hospital, made) is None


def test_new_codes_are_no_new_chances_for_a_facility(
    hospital: Hospital, clock: FrozenClock
) -> None:
    made = screen(hospital)
    for _ in range(TRIES_PER_FACILITY):
        made = screen(hospital, made.token.reveal())
        with pytest.raises(WrongPairingCode):
            pair(hospital, another(made.code.reveal()))
    made = screen(hospital, made.token.reveal())

    # Even the right one is not compared: who guesses learns nothing.
    with pytest.raises(TooManyPairings) as refused:
        pair(hospital, made.code.reveal())

    assert refused.value.extras == {"minutes": 15}
    clock.advance(TRIES_WINDOW)
    made = screen(hospital, made.token.reveal())
    pair(hospital, made.code.reveal())
    assert sees(hospital, made) is not None


def test_a_right_code_is_no_try(hospital: Hospital) -> None:
    for _ in range(TRIES_PER_FACILITY + 1):
        paired(hospital)
        with hospital.runtime.database.reading(hospital.scope) as tx:
            [device] = queries.devices(tx)
        pairing.unpair(hospital.runtime, hospital.scope, device.id)


def test_a_screen_of_another_facility_is_refused(hospital: Hospital) -> None:
    if not hospital.runtime.database.is_postgres:
        pytest.skip("a SQLite file holds one facility")
    theirs = Hospital(hospital.runtime, Scope(FacilityId(99002), "user:them", "r"))
    waiting = screen(theirs)

    with pytest.raises(WrongPairingCode):
        pair(hospital, waiting.code.reveal())
    made = paired(theirs)

    assert sees(theirs, made) == Shown("Q1", 0, None)
    assert sees(hospital, made) is None
    assert sees(theirs, waiting) is None
    with theirs.runtime.database.reading(theirs.scope) as tx:
        [device] = queries.devices(tx)
    with pytest.raises(NotFound):
        pairing.unpair(hospital.runtime, hospital.scope, device.id)
    assert sees(theirs, made) is not None


def test_an_unpaired_screen_sees_nothing_from_its_next_question_on(hospital: Hospital) -> None:
    made, other = paired(hospital), paired(hospital)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        gone, _ = queries.devices(tx, "Q1")

    pairing.unpair(hospital.runtime, hospital.scope, gone.id)

    assert sees(hospital, made) is None
    assert sees(hospital, other) is not None
    pairing.seen(hospital.runtime, hospital.scope, made.token.reveal())
    assert sees(hospital, made) is None
    with pytest.raises(NotFound):
        pairing.unpair(hospital.runtime, hospital.scope, gone.id)
    # What it has in its cookie is worth nothing: it waits as any new one.
    again = screen(hospital, made.token.reveal())
    assert again.token.reveal() != made.token.reveal()
    assert sees(hospital, again) is None


def test_a_closed_cash_point_takes_and_keeps_no_screen(hospital: Hospital) -> None:
    made = paired(hospital)
    waiting = screen(hospital)

    service.set_active(hospital.runtime, hospital.scope, "Q1", is_active=False)

    assert sees(hospital, made) is None
    for code in ("Q1", "Q9"):
        with pytest.raises(NoCashPoint):
            pair(hospital, waiting.code.reveal(), code)
    service.set_active(hospital.runtime, hospital.scope, "Q1", is_active=True)
    pair(hospital, waiting.code.reveal())
    assert sees(hospital, made) is None
    assert sees(hospital, waiting) is not None


def test_one_address_asks_for_few_codes_and_renewing_is_free(
    hospital: Hospital, clock: FrozenClock
) -> None:
    made = screen(hospital)
    for _ in range(WAITING_PER_ADDRESS - 1):
        screen(hospital)

    with pytest.raises(TooManyScreens):
        screen(hospital)

    screen(hospital, made.token.reveal())
    screen(hospital, address="203.0.113.8")
    clock.advance(TRIES_WINDOW)
    screen(hospital)


def test_no_more_screens_wait_than_guessing_is_hopeless(
    hospital: Hospital, clock: FrozenClock
) -> None:
    for number in range(WAITING_MAX):
        screen(hospital, address=f"198.51.100.{number}")

    with pytest.raises(TooManyScreens):
        screen(hospital)

    # Who is gone makes room.
    clock.advance(2 * CODE_LIFE + timedelta(seconds=1))
    screen(hospital)


def test_the_light_tells_a_screen_that_is_there_from_one_that_is_lost(
    hospital: Hospital, clock: FrozenClock
) -> None:
    def light() -> Light:
        with hospital.runtime.database.reading(hospital.scope) as tx:
            return light_of(queries.devices(tx, "Q1"), tx.now())

    assert light() is Light.NONE
    made = paired(hospital)
    assert light() is Light.OK
    clock.advance(LOST_AFTER + timedelta(seconds=1))
    assert light() is Light.LOST

    pairing.seen(hospital.runtime, hospital.scope, made.token.reveal())

    assert light() is Light.OK


def test_a_screen_that_nobody_switched_on_for_long_pairs_anew(
    hospital: Hospital, clock: FrozenClock
) -> None:
    made = paired(hospital)
    clock.advance(DEVICE_LIFE + timedelta(days=1))

    screen(hospital)

    assert sees(hospital, made) is None


def test_who_paired_and_unpaired_is_in_the_audit(hospital: Hospital) -> None:
    boss = replace(hospital.scope, actor="user:head")
    made = screen(hospital)
    with pytest.raises(WrongPairingCode):
        pair(hospital, another(made.code.reveal()))
    pair(hospital, made.code.reveal())
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [device] = queries.devices(tx)

    pairing.unpair(hospital.runtime, boss, device.id)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        told = [
            (row.kind, row.actor, row.about)
            for row in tx.execute(
                select(AUDIT_EVENT)
                .where(AUDIT_EVENT.c.kind.like("display.%"))
                .order_by(AUDIT_EVENT.c.id)
            )
        ]
    assert told == [
        ("display.pairing_refused", "user:test", "cash_point:Q1"),
        ("display.paired", "user:test", f"display:{device.id}"),
        ("display.unpaired", "user:head", f"display:{device.id}"),
    ]
