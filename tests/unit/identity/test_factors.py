"""The second factor: who must have one, and that nothing of it counts twice."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payments.identity import entering, service, staff, totp
from payments.identity.model import (
    NotSignedIn,
    Session,
    Stage,
    TooManyTries,
    WrongCode,
    WrongCredentials,
)
from payments.identity.permissions import FACTOR_ROLES, Role
from payments.identity.rows import RECOVERY_CODE, STAFF_FACTOR
from payments.identity.service import SignedIn
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.web import PASSWORD, add_user


@pytest.fixture
def strict(runtime: Runtime) -> Runtime:
    return replace(runtime, settings=replace(runtime.settings, second_factor=True))


def enter(runtime: Runtime, scope: Scope, login: str, password: str = PASSWORD) -> SignedIn:
    return service.sign_in(runtime, scope, login=login, password=password, address="10.0.0.1")


def session_of(runtime: Runtime, scope: Scope, done: SignedIn) -> Session:
    return service.session(runtime, scope, done.token.reveal(), is_activity=True)


def code(secret: bytes, runtime: Runtime, steps: int = 0) -> str:
    return totp.code_at(secret, totp.step_of(runtime.clock.now()) + steps)


@pytest.fixture
def login(strict: Runtime, scope: Scope) -> str:
    return add_user(strict, scope, Role.ACCOUNTANT)


@pytest.fixture
def enrolled(strict: Runtime, scope: Scope, login: str) -> tuple[bytes, tuple[str, ...]]:
    found = session_of(strict, scope, enter(strict, scope, login))
    secret = entering.secret_to_enrol(strict, scope, found).reveal()
    _, codes = entering.enrol(strict, scope, found, code(secret, strict))
    return secret, codes


@pytest.mark.parametrize("role", Role)
def test_finance_and_administration_need_a_second_factor(
    strict: Runtime, scope: Scope, role: Role
) -> None:
    done = enter(strict, scope, add_user(strict, scope, role))

    assert done.stage is (Stage.ENROL if role in FACTOR_ROLES else Stage.FULL)
    assert {Role.ACCOUNTANT, Role.CHIEF_ACCOUNTANT, Role.IT_ADMIN} <= FACTOR_ROLES


def test_after_enrolment_the_password_alone_opens_nothing(
    strict: Runtime,
    scope: Scope,
    login: str,
    enrolled: tuple[bytes, tuple[str, ...]],
    clock: FrozenClock,
) -> None:
    clock.advance(timedelta(seconds=30))
    done = enter(strict, scope, login)
    found = session_of(strict, scope, done)

    assert found.stage is Stage.CODE
    through = entering.prove_code(strict, scope, found, code(enrolled[0], strict))
    assert session_of(strict, scope, through).stage is Stage.FULL
    with pytest.raises(NotSignedIn):
        session_of(strict, scope, done)


def test_code_counts_once(
    strict: Runtime,
    scope: Scope,
    login: str,
    enrolled: tuple[bytes, tuple[str, ...]],
    clock: FrozenClock,
) -> None:
    clock.advance(timedelta(seconds=30))
    typed = code(enrolled[0], strict)
    first, second = (session_of(strict, scope, enter(strict, scope, login)) for _ in range(2))

    assert entering.prove_code(strict, scope, first, typed)
    with pytest.raises(WrongCode):
        entering.prove_code(strict, scope, second, typed)


def test_code_of_the_enrolment_is_used_up(
    strict: Runtime, scope: Scope, login: str, enrolled: tuple[bytes, tuple[str, ...]]
) -> None:
    found = session_of(strict, scope, enter(strict, scope, login))

    with pytest.raises(WrongCode):
        entering.prove_code(strict, scope, found, code(enrolled[0], strict))


def test_recovery_code_counts_once_in_any_writing(
    strict: Runtime, scope: Scope, login: str, enrolled: tuple[bytes, tuple[str, ...]]
) -> None:
    typed = enrolled[1][3].lower()
    typed = f"{typed[:4]}-{typed[4:8]} {typed[8:]}"
    first, second = (session_of(strict, scope, enter(strict, scope, login)) for _ in range(2))

    assert entering.prove_code(strict, scope, first, typed).stage is Stage.FULL
    with pytest.raises(WrongCode):
        entering.prove_code(strict, scope, second, typed)


def test_one_code_at_two_workers_at_once_lets_one_in(
    postgres: Database, strict: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    strict = replace(strict, database=postgres)
    login = add_user(strict, scope, Role.IT_ADMIN, "song.song")
    found = session_of(strict, scope, enter(strict, scope, login))
    secret = entering.secret_to_enrol(strict, scope, found).reveal()
    entering.enrol(strict, scope, found, code(secret, strict))
    clock.advance(timedelta(seconds=30))
    waiting = [session_of(strict, scope, enter(strict, scope, login)) for _ in range(6)]
    typed, let_in = code(secret, strict), []

    def prove(one: Session) -> None:
        with contextlib.suppress(WrongCode):
            let_in.append(entering.prove_code(strict, scope, one, typed))

    threads = [threading.Thread(target=prove, args=(one,)) for one in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_in) == 1


def test_neither_secret_nor_recovery_code_can_be_read_in_the_database(
    strict: Runtime, scope: Scope, enrolled: tuple[bytes, tuple[str, ...]]
) -> None:
    with strict.database.reading(scope) as tx:
        factor = tx.execute(select(STAFF_FACTOR)).one()
        codes = tx.execute(select(RECOVERY_CODE)).all()

    assert enrolled[0] not in factor.secret_sealed
    assert len(codes) == len(set(enrolled[1])) == 10
    assert all(told.encode() not in row.code_hash for told in enrolled[1] for row in codes)


def test_eleven_codes_in_a_quarter_of_an_hour_are_not_compared(
    strict: Runtime,
    scope: Scope,
    login: str,
    enrolled: tuple[bytes, tuple[str, ...]],
    clock: FrozenClock,
) -> None:
    found = session_of(strict, scope, enter(strict, scope, login))
    for _ in range(10):
        with pytest.raises(WrongCode):
            entering.prove_code(strict, scope, found, "000000")
    clock.advance(timedelta(minutes=5))

    with pytest.raises(TooManyTries):
        entering.prove_code(strict, scope, found, code(enrolled[0], strict))
    clock.advance(timedelta(minutes=11))
    found = session_of(strict, scope, enter(strict, scope, login))
    assert entering.prove_code(strict, scope, found, code(enrolled[0], strict))


def test_reset_factor_is_enrolled_again(
    strict: Runtime, scope: Scope, login: str, enrolled: tuple[bytes, tuple[str, ...]]
) -> None:
    user = enter(strict, scope, login).user

    staff.reset_factor(strict, scope, user.id)

    done = enter(strict, scope, login)
    assert done.stage is Stage.ENROL
    fresh = entering.secret_to_enrol(strict, scope, session_of(strict, scope, done)).reveal()
    assert fresh != enrolled[0]


def test_a_stage_cannot_be_jumped(strict: Runtime, scope: Scope, login: str) -> None:
    found = session_of(strict, scope, enter(strict, scope, login))

    assert found.stage is Stage.ENROL
    with pytest.raises(NotSignedIn):
        entering.prove_code(strict, scope, found, "000000")
    with pytest.raises(NotSignedIn):
        entering.choose_password(strict, scope, found, "một mật khẩu khác hẳn")


def test_given_password_is_good_for_one_sign_in(runtime: Runtime, scope: Scope) -> None:
    user = enter(runtime, scope, add_user(runtime, scope)).user
    _, given = staff.give_password(runtime, scope, user.id)
    done = enter(runtime, scope, user.login, given)

    assert done.stage is Stage.PASSWORD
    found = session_of(runtime, scope, done)
    with pytest.raises(InvalidField):
        entering.choose_password(runtime, scope, found, given)
    chosen = entering.choose_password(runtime, scope, found, "một mật khẩu khác hẳn")
    assert chosen.stage is Stage.FULL
    with pytest.raises(WrongCredentials):
        enter(runtime, scope, user.login, given)
    assert enter(runtime, scope, user.login, "một mật khẩu khác hẳn").stage is Stage.FULL
