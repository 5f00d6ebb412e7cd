"""Who may come in, for how long, and how often a password may be guessed."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from payments.identity import queries, service, tries
from payments.identity.model import (
    LoginTaken,
    NotSignedIn,
    TooManyTries,
    WrongCredentials,
)
from payments.identity.permissions import Role
from payments.identity.rows import SIGN_IN_TRY, STAFF, STAFF_SESSION
from payments.identity.service import SignedIn
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from tests.support.web import PASSWORD, add_user


def sign_in(
    runtime: Runtime, scope: Scope, login: str, password: str = PASSWORD, address: str = "10.0.0.1"
) -> SignedIn:
    return service.sign_in(runtime, scope, login=login, password=password, address=address)


@pytest.fixture
def login(runtime: Runtime, scope: Scope) -> str:
    return add_user(runtime, scope)


def test_right_password_starts_a_session(runtime: Runtime, scope: Scope, login: str) -> None:
    done = sign_in(runtime, scope, login)

    found = service.session(runtime, scope, done.token.reveal(), is_activity=True)

    assert found.user.login == login
    assert found.user.role is Role.CASHIER


def test_login_is_known_in_any_case_of_letters(runtime: Runtime, scope: Scope, login: str) -> None:
    assert sign_in(runtime, scope, f" {login.upper()} ").user.login == login


@pytest.mark.parametrize("typed", ["", "wrong", PASSWORD[:-1], PASSWORD + " ", "x" * 5000])
def test_wrong_password_is_refused(runtime: Runtime, scope: Scope, login: str, typed: str) -> None:
    with pytest.raises(WrongCredentials):
        sign_in(runtime, scope, login, typed)


def test_unknown_login_gets_the_same_answer(runtime: Runtime, scope: Scope, login: str) -> None:
    with pytest.raises(WrongCredentials) as unknown:
        sign_in(runtime, scope, "nobody")
    with pytest.raises(WrongCredentials) as wrong:
        sign_in(runtime, scope, login, "wrong")

    assert str(unknown.value) == str(wrong.value)


def test_neither_token_nor_password_is_stored(runtime: Runtime, scope: Scope, login: str) -> None:
    token = sign_in(runtime, scope, login).token.reveal()

    with runtime.database.reading(scope) as tx:
        session = tx.execute(select(STAFF_SESSION)).one()
        user = tx.execute(select(STAFF)).one()

    assert token not in repr(session)
    assert token.encode() != session.token_hash
    assert user.password_hash.startswith("$argon2id$")


def test_every_sign_in_has_a_token_of_its_own(runtime: Runtime, scope: Scope, login: str) -> None:
    first, second = (sign_in(runtime, scope, login).token.reveal() for _ in range(2))

    assert first != second
    assert len(first) >= 43


def test_signing_out_ends_the_session_and_no_other(
    runtime: Runtime, scope: Scope, login: str
) -> None:
    here, there = (sign_in(runtime, scope, login).token.reveal() for _ in range(2))

    service.sign_out(runtime, scope, service.session(runtime, scope, here, is_activity=True))

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, here, is_activity=True)
    assert service.session(runtime, scope, there, is_activity=True)


def test_disabled_user_is_out_at_once(runtime: Runtime, scope: Scope, login: str) -> None:
    done = sign_in(runtime, scope, login)

    service.disable(runtime, scope, done.user.id)

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, done.token.reveal(), is_activity=True)
    with pytest.raises(WrongCredentials):
        sign_in(runtime, scope, login)


def test_new_password_ends_all_sessions(runtime: Runtime, scope: Scope, login: str) -> None:
    done = sign_in(runtime, scope, login)

    service.set_password(runtime, scope, done.user, "một mật khẩu khác hẳn")

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, done.token.reveal(), is_activity=True)
    with pytest.raises(WrongCredentials):
        sign_in(runtime, scope, login)
    assert sign_in(runtime, scope, login, "một mật khẩu khác hẳn")


def test_idle_desk_is_signed_out(
    runtime: Runtime, scope: Scope, clock: FrozenClock, login: str
) -> None:
    token = sign_in(runtime, scope, login).token.reveal()

    clock.advance(timedelta(minutes=15))

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, token, is_activity=True)


def test_activity_keeps_a_session_for_twelve_hours_and_no_longer(
    runtime: Runtime, scope: Scope, clock: FrozenClock, login: str
) -> None:
    token = sign_in(runtime, scope, login).token.reveal()

    for _ in range(12 * 6 - 1):
        clock.advance(timedelta(minutes=10))
        assert service.session(runtime, scope, token, is_activity=True)
    clock.advance(timedelta(minutes=10))

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, token, is_activity=True)


def test_a_screen_that_asks_by_itself_keeps_nobody_signed_in(
    runtime: Runtime, scope: Scope, clock: FrozenClock, login: str
) -> None:
    token = sign_in(runtime, scope, login).token.reveal()

    for _ in range(14):
        clock.advance(timedelta(minutes=1))
        assert service.session(runtime, scope, token, is_activity=False)
    clock.advance(timedelta(minutes=1))

    with pytest.raises(NotSignedIn):
        service.session(runtime, scope, token, is_activity=False)


def test_ten_wrong_passwords_a_minute_and_not_one_more(
    runtime: Runtime, scope: Scope, clock: FrozenClock, login: str
) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            sign_in(runtime, scope, login, "wrong")

    with pytest.raises(TooManyTries):
        sign_in(runtime, scope, login)
    clock.advance(timedelta(seconds=61))
    assert sign_in(runtime, scope, login)


def test_one_guessed_user_does_not_lock_the_others_behind_the_same_address(
    runtime: Runtime, scope: Scope, login: str
) -> None:
    other = add_user(runtime, scope, login="nguyen.van.mau")
    for _ in range(30):
        with pytest.raises((WrongCredentials, TooManyTries)):
            sign_in(runtime, scope, login, "wrong")

    assert sign_in(runtime, scope, other)


def test_one_address_cannot_try_many_users(
    runtime: Runtime, scope: Scope, clock: FrozenClock
) -> None:
    address = runtime.keys.fingerprint("lookup", "address:10.0.0.1")
    with runtime.database.transaction(scope) as tx:
        tries.note(tx, [address] * 59, forget_before=clock.now())

    with pytest.raises(WrongCredentials):
        sign_in(runtime, scope, "user59", "wrong")
    with pytest.raises(TooManyTries):
        sign_in(runtime, scope, "user60", "wrong")
    with pytest.raises(WrongCredentials):
        sign_in(runtime, scope, "user61", "wrong", address="10.0.0.2")


def test_right_passwords_are_no_tries_so_that_a_shift_may_begin_at_one_address(
    runtime: Runtime, scope: Scope, login: str
) -> None:
    for _ in range(12):
        sign_in(runtime, scope, login)

    with runtime.database.reading(scope) as tx:
        assert tx.execute(select(func.count()).select_from(SIGN_IN_TRY)).scalar_one() == 0


def test_tries_at_once_count_across_workers(
    postgres: Database, runtime: Runtime, scope: Scope
) -> None:
    runtime = replace(runtime, database=postgres)
    login = add_user(runtime, scope, login="song.song")
    looked_at = []

    def guess() -> None:
        try:
            sign_in(runtime, scope, login, "wrong")
        except WrongCredentials:
            looked_at.append(1)
        except TooManyTries:
            pass

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 <= len(looked_at) <= 10


def test_login_is_there_once(runtime: Runtime, scope: Scope, login: str) -> None:
    with pytest.raises(LoginTaken):
        add_user(runtime, scope, login=login)


def test_another_facility_neither_sees_nor_admits_the_user(
    postgres: Database, runtime: Runtime, scope: Scope
) -> None:
    runtime = replace(runtime, database=postgres)
    login = add_user(runtime, scope)
    token = sign_in(runtime, scope, login).token.reveal()
    elsewhere = Scope(FacilityId(99002), "public", "r")

    with pytest.raises(NotSignedIn):
        service.session(runtime, elsewhere, token, is_activity=True)
    with pytest.raises(WrongCredentials):
        sign_in(runtime, elsewhere, login)
    with postgres.reading(elsewhere) as tx:
        assert queries.users(tx) == ()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("login", {"login": "x"}),
        ("login", {"login": "có dấu"}),
        ("login", {"login": "a" * 40}),
        ("name", {"name": ""}),
        ("name", {"name": "THỬ\u202eTÊN"}),
        ("password", {"password": "ngắn quá"}),
        ("password", {"password": "aaaaaaaaaaaaaaaa"}),
        ("password", {"password": "thu.ngan.thu.ngan.1"}),
    ],
)
def test_wrong_field_of_a_new_user_is_named(
    runtime: Runtime, scope: Scope, field: str, values: dict[str, str]
) -> None:
    told = {"login": "thu.ngan", "name": "TRẦN THỊ THỬ", "password": PASSWORD} | values

    with pytest.raises(InvalidField) as error:
        service.add_user(runtime, scope, role=Role.CASHIER, **told)

    assert error.value.field == field
