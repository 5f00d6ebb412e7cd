"""Makes, lists, revokes and recognises tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select, update

from payments import audit
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.keys import Keys, WrongKeys
from payments.runtime import Runtime
from payments.storage.columns import mine, new_id
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens.model import (
    DAYS_DEFAULT,
    DAYS_MAX,
    PER_MINUTE_DEFAULT,
    PER_MINUTE_MAX,
    NotAdmitted,
    Token,
    TokenScope,
    checked_name,
    checked_scopes,
    parsed,
    written,
)
from payments.tokens.rows import API_TOKEN

#: 256 bits.
_SECRET_BYTES: Final = 32
_RING: Final = "lookup"
_ONE: Final = select(API_TOKEN).where(mine(API_TOKEN), API_TOKEN.c.id == bindparam("token"))


def make(
    runtime: Runtime,
    scope: Scope,
    *,
    name: str,
    scopes: Collection[str],
    days: int = DAYS_DEFAULT,
    per_minute: int = PER_MINUTE_DEFAULT,
) -> tuple[Token, Secret[str]]:
    """
    Make a token of this facility; its text is given back here and never again.

    Raises:
        InvalidField: the name, a scope, the days or the limit is not acceptable.
    """
    if not 1 <= days <= DAYS_MAX:
        raise InvalidField("days", "token_days", most=DAYS_MAX)
    if not 1 <= per_minute <= PER_MINUTE_MAX:
        raise InvalidField("per_minute", "token_per_minute", most=PER_MINUTE_MAX)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    number = runtime.keys.current(_RING)
    with runtime.database.transaction(scope) as tx:
        token = Token(
            new_id(),
            checked_name(name),
            checked_scopes(scopes),
            per_minute,
            tx.now(),
            scope.actor,
            tx.now() + timedelta(days=days),
            used_at=None,
            revoked_at=None,
        )
        _add(tx, token, number, _hash(runtime.keys, token.id, secret, number))
        audit.append(
            tx,
            "token.made",
            token.actor,
            scopes=sorted(token.scopes),
            valid_to=token.valid_to.isoformat(),
            per_minute=per_minute,
        )
    return token, Secret(written(token.id, secret))


def admit(runtime: Runtime, scope: Scope, text: str) -> Token:
    """
    Recognise the token *text* in the facility of *scope*.

    Raises:
        NotAdmitted: it is no token, not of this facility, over or revoked; the answer does not
            say which.
    """
    token_id, secret = parsed(text)
    with runtime.database.reading(scope) as tx:
        row = tx.execute(_ONE, {"mine": tx.facility, "token": token_id}).first()
        now = tx.now()
    if row is None or not _is_right(runtime.keys, row, secret) or not _token(row).is_live(now):
        raise NotAdmitted("this token is not valid here")
    return _token(row)


def revoke(runtime: Runtime, scope: Scope, token_id: UUID) -> None:
    """End a token, from the next request on. Raises NotFound; twice is once."""
    with runtime.database.transaction(scope) as tx:
        row = tx.execute(_ONE, {"mine": tx.facility, "token": token_id}).first()
        if row is None:
            raise NotFound(f"no token {token_id}")
        if row.revoked_at is not None:
            return
        tx.execute(
            update(API_TOKEN)
            .where(API_TOKEN.c.facility_id == tx.facility, API_TOKEN.c.id == token_id)
            .values(revoked_at=tx.now())
        )
        audit.append(tx, "token.revoked", f"token:{token_id}")


def listed(tx: UnitOfWork) -> tuple[Token, ...]:
    """List the tokens of this facility, ended ones too, the oldest first."""
    rows = tx.execute(
        select(API_TOKEN).where(API_TOKEN.c.facility_id == tx.facility).order_by(API_TOKEN.c.id)
    )
    return tuple(_token(row) for row in rows)


def _add(tx: UnitOfWork, token: Token, number: int, secret_hash: bytes) -> None:
    tx.execute(
        insert(API_TOKEN),
        {
            "facility_id": tx.facility,
            "id": token.id,
            "name": token.name,
            "scopes": " ".join(sorted(token.scopes)),
            "per_minute": token.per_minute,
            "key_number": number,
            "secret_hash": secret_hash,
            "made_at": token.made_at,
            "made_by": token.made_by,
            "valid_to": token.valid_to,
            "used_at": None,
            "revoked_at": None,
        },
    )


def _is_right(keys: Keys, row: Row[Any], secret: str) -> bool:
    try:
        made = _hash(keys, row.id, secret, row.key_number)
    except WrongKeys:
        # Its key was taken out of the ring, which ends the tokens that were made with it.
        return False
    return hmac.compare_digest(row.secret_hash, made)


def _hash(keys: Keys, token_id: UUID, secret: str, number: int) -> bytes:
    # With its id: a hash that was moved to the row of another token is worth nothing there.
    return keys.fingerprint(_RING, f"api_token:{token_id}:{secret}", number=number)


def _token(row: Row[Any]) -> Token:
    return Token(
        row.id,
        row.name,
        frozenset(TokenScope(word) for word in row.scopes.split()),
        row.per_minute,
        row.made_at,
        row.made_by,
        row.valid_to,
        row.used_at,
        row.revoked_at,
    )
