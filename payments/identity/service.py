"""Sign in and out, and the users that may."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from payments import audit
from payments.identity import passwords, repository
from payments.identity.model import (
    SEEN_EVERY,
    SESSION_LIFE,
    TRIES_PER_ADDRESS,
    TRIES_PER_LOGIN,
    TRIES_WINDOW,
    NotSignedIn,
    Session,
    TooManyTries,
    User,
    WrongCredentials,
    checked_login,
    checked_name,
    checked_password,
)
from payments.identity.permissions import Role
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


def add_user(
    runtime: Runtime, scope: Scope, *, login: str, name: str, role: Role, password: str
) -> User:
    """
    Make a user of this facility.

    Raises:
        InvalidField: the login, the name or the password is not acceptable.
        LoginTaken: another user has the login.
    """
    login = checked_login(login)
    user = User(new_id(), login, checked_name(name), role, is_disabled=False)
    hashed = passwords.hash_of(checked_password(password, login=login))
    with runtime.database.transaction(scope) as tx:
        repository.add(tx, user, hashed)
        audit.append(tx, "user.added", f"user:{user.id}", role=role.value)
    return user


def disable(runtime: Runtime, scope: Scope, user_id: UUID) -> None:
    """Let a user in no more, from the next request on. Raises NotFound."""
    with runtime.database.transaction(scope) as tx:
        repository.change(tx, user_id, disabled=True)
        ended = repository.revoke(tx, user_id=user_id)
        audit.append(tx, "user.disabled", f"user:{user_id}", sessions_ended=ended)


def set_password(runtime: Runtime, scope: Scope, user: User, password: str) -> None:
    """Change the password and end all sessions. Raises InvalidField, NotFound."""
    hashed = passwords.hash_of(checked_password(password, login=user.login))
    with runtime.database.transaction(scope) as tx:
        repository.change(tx, user.id, password_hash=hashed)
        ended = repository.revoke(tx, user_id=user.id)
        audit.append(tx, "user.password_set", f"user:{user.id}", sessions_ended=ended)


def sign_in(runtime: Runtime, scope: Scope, *, login: str, password: str, address: str) -> SignedIn:
    """
    Prove a password and start a session with a new token.

    The try is counted before the password is looked at and taken back when it was right, so that
    parallel guesses through several workers cannot slip between counting and comparing.

    Raises:
        TooManyTries: the limit of this login or of this address is reached.
        WrongCredentials: the login or the password is wrong, or the user is disabled.
    """
    login = login.strip().lower()[:64]
    subjects = [
        runtime.keys.fingerprint("lookup", f"login:{login}"),
        runtime.keys.fingerprint("lookup", f"address:{address}"),
    ]
    tries = _counted(runtime, scope, subjects)
    with runtime.database.reading(scope) as tx:
        found = repository.by_login(tx, login)
    right = passwords.is_right(found[1] if found else None, nfc(password)[:1024])
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with runtime.database.transaction(scope) as tx:
        if found is None or not right or found[0].is_disabled:
            about = f"user:{found[0].id}" if found else "user:unknown"
            audit.append(tx, "user.sign_in_refused", about)
            user = None
        else:
            user = found[0]
            repository.drop_tries(tx, tries)
            repository.add_session(tx, user.id, _hash(token), expires_at=tx.now() + SESSION_LIFE)
            if passwords.is_stale(found[1]):
                repository.change(tx, user.id, password_hash=passwords.hash_of(nfc(password)))
            audit.append(tx, "user.signed_in", f"user:{user.id}")
    # Raised after the commit: the refusal itself must be kept.
    if user is None:
        raise WrongCredentials()
    return SignedIn(user, Secret(token))


def session(runtime: Runtime, scope: Scope, token: str, *, is_activity: bool) -> Session:
    """
    Find the live session of *token*; *is_activity* is False for a screen that asks by itself.

    Raises:
        NotSignedIn: unknown, ended, idle for too long, or the user is disabled.
    """
    with runtime.database.reading(scope) as tx:
        found = repository.session(tx, _hash(token))
        now = tx.now()
    if found is None or not found.is_live(now):
        raise NotSignedIn()
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


def _counted(runtime: Runtime, scope: Scope, subjects: list[bytes]) -> list[UUID]:
    with runtime.database.transaction(scope) as tx:
        since = tx.now() - TRIES_WINDOW
        tries = repository.note_tries(tx, subjects, forget_before=since)
    # In a new transaction, which sees the tries of every other worker that were noted before ours.
    with runtime.database.reading(scope) as tx:
        by_login, by_address = (repository.count_tries(tx, one, since=since) for one in subjects)
    if by_login > TRIES_PER_LOGIN or by_address > TRIES_PER_ADDRESS:
        # What was not looked at is no try: who goes on guessing does not lengthen the wait.
        with runtime.database.transaction(scope) as tx:
            repository.drop_tries(tx, tries)
        raise TooManyTries()
    return tries


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
