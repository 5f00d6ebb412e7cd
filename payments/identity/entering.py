"""The stages of a sign-in after the password, and the locked screen; each gives a new token."""

from __future__ import annotations

from uuid import UUID

from payments import audit
from payments.identity import factors, passwords, repository, service, totp, tries
from payments.identity.model import (
    FACTOR_WINDOW,
    SESSION_LIFE,
    TRIES_OF_FACTOR,
    TRIES_PER_LOGIN,
    TRIES_WINDOW,
    NotSignedIn,
    Session,
    Stage,
    WrongCode,
    WrongCredentials,
    checked_password,
)
from payments.identity.service import SignedIn
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.kernel.text import nfc
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def prove_code(runtime: Runtime, scope: Scope, found: Session, typed: str) -> SignedIn:
    """
    Pass the stage CODE with a code of the app or a recovery code.

    Raises:
        TooManyTries: too many wrong codes of this user within a quarter of an hour.
        WrongCode: wrong, used before or too old.
    """
    _refuse_other(found, Stage.CODE)
    counted = _counted(runtime, scope, found)
    kind: str | None = None
    with runtime.database.transaction(scope) as tx:
        try:
            kind = factors.prove(tx, runtime.keys, found.user.id, typed)
        except WrongCode:
            audit.append(tx, "user.code_refused", f"user:{found.user.id}")
        else:
            tries.take_back(tx, counted)
            audit.append(tx, "user.code_proven", f"user:{found.user.id}", proof=kind)
            done = _advance(tx, found, service.after_code(runtime, found.user, is_enrolled=True))
    # Raised after the commit: the refusal itself must be kept.
    if kind is None:
        raise WrongCode()
    return done


def choose_password(runtime: Runtime, scope: Scope, found: Session, password: str) -> SignedIn:
    """
    Pass the stage PASSWORD: the password that somebody else had given is worth nothing any more.

    Raises:
        InvalidField: not acceptable, or the same again.
    """
    _refuse_other(found, Stage.PASSWORD)
    checked = checked_password(password, login=found.user.login)
    with runtime.database.reading(scope) as tx:
        _, former = repository.by_id(tx, found.user.id)
    if passwords.is_right(former, checked):
        raise InvalidField("password", "password_given")
    hashed = passwords.hash_of(checked)
    with runtime.database.transaction(scope) as tx:
        repository.change(tx, found.user.id, password_hash=hashed, must_change=False)
        repository.revoke(tx, user_id=found.user.id)
        audit.append(tx, "user.password_chosen", f"user:{found.user.id}")
        user, _ = repository.by_id(tx, found.user.id)
        stage = service.after_code(
            runtime, user, is_enrolled=factors.is_enrolled(tx, found.user.id)
        )
        token = service.new_token()
        started = repository.add_session(
            tx, user.id, service.hash_of(token), stage, expires_at=tx.now() + SESSION_LIFE
        )
    return SignedIn(user, Secret(token), stage, started)


def secret_to_enrol(runtime: Runtime, scope: Scope, found: Session) -> Secret[bytes]:
    """Give the secret for the page with the QR code."""
    _refuse_other(found, Stage.ENROL)
    with runtime.database.transaction(scope) as tx:
        return Secret(factors.begin(tx, runtime.keys, found.user.id))


def enrol(
    runtime: Runtime, scope: Scope, found: Session, typed: str
) -> tuple[SignedIn, tuple[str, ...]]:
    """
    Pass the stage ENROL with the first code of the app; the recovery codes are told once.

    Raises:
        TooManyTries, WrongCode: as ``prove_code``.
    """
    _refuse_other(found, Stage.ENROL)
    counted = _counted(runtime, scope, found)
    with runtime.database.transaction(scope) as tx:
        codes = factors.confirm(tx, runtime.keys, found.user.id, typed.replace(" ", ""))
        tries.take_back(tx, counted)
        audit.append(tx, "user.factor_enrolled", f"user:{found.user.id}")
        done = _advance(tx, found, Stage.FULL)
    return done, codes


def lock(runtime: Runtime, scope: Scope, found: Session) -> None:
    """Lock the screen by hand, or by the page that nobody touched."""
    with runtime.database.transaction(scope) as tx:
        repository.seen(tx, found.id, locked=True)
        audit.append(tx, "user.locked", f"user:{found.user.id}")


def unlock(runtime: Runtime, scope: Scope, found: Session, password: str) -> SignedIn:
    """
    Open a locked session for the same person; it keeps its absolute end and gets a new token.

    Raises:
        NotSignedIn: the session has ended meanwhile.
        TooManyTries, WrongCredentials: as at sign-in.
    """
    limit = tries.Limit(f"unlock:{found.user.id}", TRIES_PER_LOGIN, TRIES_WINDOW)
    counted = tries.counted(runtime, scope, [limit])
    with runtime.database.reading(scope) as tx:
        user, hashed = repository.by_id(tx, found.user.id)
    right = passwords.is_right(hashed, nfc(password)[:1024])
    done = None
    with runtime.database.transaction(scope) as tx:
        if found.has_ended(tx.now()) or user.is_disabled:
            raise NotSignedIn()
        if right:
            tries.take_back(tx, counted)
            done = _advance(tx, found, found.stage)
            audit.append(tx, "user.unlocked", f"user:{user.id}")
        else:
            audit.append(tx, "user.unlock_refused", f"user:{user.id}")
    if done is None:
        raise WrongCredentials()
    return done


def issuer_address(secret: Secret[bytes], login: str, issuer: str) -> str:
    return totp.address(secret.reveal(), login=login, issuer=issuer)


def issuer_text(secret: Secret[bytes]) -> str:
    return totp.as_text(secret.reveal())


def _advance(tx: UnitOfWork, found: Session, stage: Stage) -> SignedIn:
    """Bring the session to *stage* under a new token: the old one is worth nothing."""
    token = service.new_token()
    repository.seen(
        tx, found.id, token_hash=service.hash_of(token), stage=stage.value, locked=False
    )
    return SignedIn(found.user, Secret(token), stage, found.id)


def _counted(runtime: Runtime, scope: Scope, found: Session) -> list[UUID]:
    limit = tries.Limit(f"factor:{found.user.id}", TRIES_OF_FACTOR, FACTOR_WINDOW)
    return tries.counted(runtime, scope, [limit])


def _refuse_other(found: Session, stage: Stage) -> None:
    if found.stage is not stage:
        raise NotSignedIn()
