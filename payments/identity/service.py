"""Users, and their sessions from sign-in to sign-out."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from payments import audit
from payments.identity import factors, passwords, repository, tries
from payments.identity.model import (
    SEEN_EVERY,
    SESSION_LIFE,
    TRIES_PER_ADDRESS,
    TRIES_PER_DEVICE,
    TRIES_PER_LOGIN,
    TRIES_WINDOW,
    Locked,
    NotSignedIn,
    Session,
    Stage,
    User,
    WrongCredentials,
    checked_login,
    checked_name,
    checked_password,
    checked_person,
)
from payments.identity.permissions import FACTOR_ROLES, Role
from payments.identity.queries import refuse_conflict
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.kernel.text import nfc
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: 256 bits.
_TOKEN_BYTES = 32
#: Of the objects that a session asked for in vain: so many are audited each, then one in so many.
_MISSES_AUDITED = 20
_MISSES_APART = 100


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser gets; the token is told once and stored nowhere."""

    user: User
    token: Secret[str]
    stage: Stage
    session_id: UUID


def add_user(
    runtime: Runtime,
    scope: Scope,
    *,
    login: str,
    name: str,
    role: Role,
    password: str,
    person: str = "",
    must_change: bool = False,
) -> User:
    """
    Make a user of this facility; *must_change* where somebody else knows the password.

    Raises:
        InvalidField: the login, the name, the person or the password is not acceptable.
        LoginTaken: another user has the login.
        RoleConflict: the person has another login with a role that must be another person's.
    """
    login = checked_login(login)
    user = User(
        new_id(),
        login,
        checked_name(name),
        role,
        is_disabled=False,
        must_change=must_change,
        person=checked_person(person),
    )
    hashed = passwords.hash_of(checked_password(password, login=login))
    with runtime.database.transaction(scope) as tx:
        refuse_conflict(tx, user)
        repository.add(tx, user, hashed)
        audit.append(tx, "user.added", f"user:{user.id}", role=role.value)
    return user


def disable(runtime: Runtime, scope: Scope, user_id: UUID) -> None:
    """Let a user in no more, from the next request on. Raises NotFound."""
    with runtime.database.transaction(scope) as tx:
        repository.change(tx, user_id, disabled=True)
        ended = repository.revoke(tx, user_id=user_id)
        audit.append(tx, "user.disabled", f"user:{user_id}", sessions_ended=ended)


def set_password(
    runtime: Runtime, scope: Scope, user: User, password: str, *, must_change: bool = False
) -> None:
    """Change the password and end all sessions. Raises InvalidField, NotFound."""
    hashed = passwords.hash_of(checked_password(password, login=user.login))
    with runtime.database.transaction(scope) as tx:
        repository.change(tx, user.id, password_hash=hashed, must_change=must_change)
        ended = repository.revoke(tx, user_id=user.id)
        audit.append(tx, "user.password_set", f"user:{user.id}", sessions_ended=ended)


def sign_in(
    runtime: Runtime,
    scope: Scope,
    *,
    login: str,
    password: str,
    address: str,
    known: Sequence[UUID] = (),
) -> SignedIn:
    """
    Prove a password and start a session with a new token, at the first stage that is still due.

    *known* are the users who signed in from this browser before, newest first: the limits of the
    address, and of the login where it is one of theirs, are then their own.

    Raises:
        TooManyTries: the limit of this login, address or browser is reached.
        WrongCredentials: the login or the password is wrong, or the user is disabled.
    """
    login = login.strip().lower()[:64]
    with runtime.database.reading(scope) as tx:
        found = repository.by_login(tx, login)
        is_enrolled = found is not None and factors.is_enrolled(tx, found[0].id)
    is_own = found is not None and found[0].id in known
    limits = [
        tries.Limit(f"login:{login}{':own' if is_own else ''}", TRIES_PER_LOGIN, TRIES_WINDOW),
        tries.Limit(f"device:{known[0]}", TRIES_PER_DEVICE, TRIES_WINDOW)
        if known
        else tries.Limit(f"address:{address}", TRIES_PER_ADDRESS, TRIES_WINDOW),
    ]
    counted = tries.counted(runtime, scope, limits)
    right = passwords.is_right(found[1] if found else None, nfc(password)[:1024])
    token = new_token()
    with runtime.database.transaction(scope) as tx:
        if found is None or not right or found[0].is_disabled:
            about = f"user:{found[0].id}" if found else "user:unknown"
            audit.append(tx, "user.sign_in_refused", about)
            user = None
        else:
            user = found[0]
            stage = first_stage(runtime, user, is_enrolled=is_enrolled)
            tries.take_back(tx, counted)
            started = repository.add_session(
                tx, user.id, hash_of(token), stage, expires_at=tx.now() + SESSION_LIFE
            )
            if passwords.is_stale(found[1]):
                repository.change(tx, user.id, password_hash=passwords.hash_of(nfc(password)))
            audit.append(tx, "user.signed_in", f"user:{user.id}", stage=stage.value)
    # Raised after the commit: the refusal itself must be kept.
    if user is None:
        raise WrongCredentials()
    return SignedIn(user, Secret(token), stage, started)


def first_stage(runtime: Runtime, user: User, *, is_enrolled: bool) -> Stage:
    """Say what is still due after the password: a factor that is there is asked in any case."""
    return Stage.CODE if is_enrolled else after_code(runtime, user, is_enrolled=False)


def after_code(runtime: Runtime, user: User, *, is_enrolled: bool) -> Stage:
    """Say what is still due when no code is."""
    if user.must_change:
        return Stage.PASSWORD
    needs = runtime.settings.second_factor and user.role in FACTOR_ROLES
    return Stage.ENROL if needs and not is_enrolled else Stage.FULL


def session(runtime: Runtime, scope: Scope, token: str, *, is_activity: bool) -> Session:
    """
    Find the live session of *token*; *is_activity* is False for a screen that asks by itself.

    Raises:
        Locked: it was left alone for too long, or locked by hand.
        NotSignedIn: unknown, ended, or the user is disabled.
    """
    with runtime.database.reading(scope) as tx:
        found = repository.session(tx, hash_of(token))
        now = tx.now()
    if found is None or found.has_ended(now):
        raise _not_signed_in(NotSignedIn(), found)
    if found.is_asleep(now, timedelta(minutes=runtime.settings.idle_minutes)):
        raise _not_signed_in(Locked(), found)
    if is_activity and now - found.seen_at >= SEEN_EVERY:
        with runtime.database.transaction(scope) as tx:
            repository.seen(tx, found.id)
    return found


def sign_out(runtime: Runtime, scope: Scope, found: Session) -> None:
    """End a session; its token is worth nothing from the next request on."""
    with runtime.database.transaction(scope) as tx:
        repository.revoke(tx, session_id=found.id)
        audit.append(tx, "user.signed_out", f"user:{found.user.id}")


def missed(runtime: Runtime, scope: Scope, found: Session, route: str) -> int:
    """
    Note that *found* asked at *route* for an object that is not there; returns the how-manieth.

    The first ones are audited each, then every hundredth: who tries a million identifiers does not
    fill the table.
    """

    def work(tx: UnitOfWork) -> int:
        count = repository.missed(tx, found.id)
        if count <= _MISSES_AUDITED or count % _MISSES_APART == 0:
            audit.append(
                tx,
                "security.not_found_object",
                f"session:{found.id}",
                route=route,
                count_in_session=count,
            )
        return count

    return runtime.database.run(scope, work)


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _not_signed_in(error: NotSignedIn, found: Session | None) -> NotSignedIn:
    error.late = found
    return error
