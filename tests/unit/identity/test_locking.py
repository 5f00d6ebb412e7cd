"""A locked screen opens for its own person, keeps its end, and wears a new token."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.identity import entering, service, staff
from payments.identity.model import Locked, NotSignedIn, Session, TooManyTries, WrongCredentials
from payments.identity.permissions import Role
from payments.identity.service import SignedIn
from payments.kernel.clock import FrozenClock
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from tests.support.web import PASSWORD, add_user


@pytest.fixture
def done(runtime: Runtime, scope: Scope) -> SignedIn:
    login = add_user(runtime, scope, Role.CASHIER)
    return service.sign_in(runtime, scope, login=login, password=PASSWORD, address="10.0.0.1")


def look(runtime: Runtime, scope: Scope, done: SignedIn) -> Session:
    return service.session(runtime, scope, done.token.reveal(), is_activity=True)


def asleep(runtime: Runtime, scope: Scope, done: SignedIn) -> Session:
    with pytest.raises(Locked) as error:
        look(runtime, scope, done)
    assert error.value.late is not None
    return error.value.late


def test_idle_screen_locks_and_the_password_opens_it(
    runtime: Runtime, scope: Scope, clock: FrozenClock, done: SignedIn
) -> None:
    clock.advance(timedelta(minutes=15))

    opened = entering.unlock(runtime, scope, asleep(runtime, scope, done), PASSWORD)

    assert look(runtime, scope, opened).user == done.user
    assert opened.token.reveal() != done.token.reveal()
    with pytest.raises(NotSignedIn):
        look(runtime, scope, done)


def test_screen_locked_by_hand_stays_locked_however_often_it_asks(
    runtime: Runtime, scope: Scope, done: SignedIn
) -> None:
    entering.lock(runtime, scope, look(runtime, scope, done))

    for _ in range(3):
        asleep(runtime, scope, done)


def test_unlocking_does_not_lengthen_the_twelve_hours(
    runtime: Runtime, scope: Scope, clock: FrozenClock, done: SignedIn
) -> None:
    clock.advance(timedelta(hours=11))
    opened = entering.unlock(runtime, scope, asleep(runtime, scope, done), PASSWORD)
    clock.advance(timedelta(hours=1))

    with pytest.raises(NotSignedIn) as error:
        look(runtime, scope, opened)
    assert not isinstance(error.value, Locked)


def test_wrong_password_leaves_it_locked_and_is_limited(
    runtime: Runtime, scope: Scope, done: SignedIn
) -> None:
    entering.lock(runtime, scope, look(runtime, scope, done))
    sleeping = asleep(runtime, scope, done)
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            entering.unlock(runtime, scope, sleeping, "sai")

    with pytest.raises(TooManyTries):
        entering.unlock(runtime, scope, sleeping, PASSWORD)


def test_disabled_user_cannot_unlock(runtime: Runtime, scope: Scope, done: SignedIn) -> None:
    entering.lock(runtime, scope, look(runtime, scope, done))
    sleeping = asleep(runtime, scope, done)

    staff.disable(runtime, scope, done.user.id)

    with pytest.raises(NotSignedIn):
        entering.unlock(runtime, scope, sleeping, PASSWORD)


def test_forced_sign_out_ends_every_session_of_the_user_and_no_other(
    runtime: Runtime, scope: Scope, done: SignedIn
) -> None:
    second = service.sign_in(
        runtime, scope, login=done.user.login, password=PASSWORD, address="10.0.0.2"
    )
    other = add_user(runtime, scope, login="nguoi.khac")
    theirs = service.sign_in(runtime, scope, login=other, password=PASSWORD, address="10.0.0.3")

    assert staff.end_sessions(runtime, scope, done.user.id) == 2

    for ended in (done, second):
        with pytest.raises(NotSignedIn):
            look(runtime, scope, ended)
    assert look(runtime, scope, theirs)
