"""The second factor of a user: a secret in an app, and recovery codes for a lost telephone."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from payments.identity import totp
from payments.identity.model import WrongCode
from payments.identity.rows import RECOVERY_CODE, STAFF_FACTOR
from payments.keys import Keys
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

RECOVERY_CODES: Final = 10
_CONTEXT: Final = "staff_factor.secret_sealed"
#: 80 bits; Crockford's alphabet has no I, L, O, U to be mistaken on paper.
_RECOVERY_LETTERS: Final = 16
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def is_enrolled(tx: UnitOfWork, user_id: UUID) -> bool:
    row = tx.execute(_of(user_id), {"mine": tx.facility}).first()
    return row is not None and row.confirmed_at is not None


def enrolled(tx: UnitOfWork) -> frozenset[UUID]:
    """List the users with a confirmed factor."""
    rows = tx.execute(
        select(STAFF_FACTOR.c.staff_id).where(
            mine(STAFF_FACTOR), STAFF_FACTOR.c.confirmed_at.is_not(None)
        ),
        {"mine": tx.facility},
    )
    return frozenset(row.staff_id for row in rows)


def begin(tx: UnitOfWork, keys: Keys, user_id: UUID) -> bytes:
    """Give the secret to be enrolled: the same until it is confirmed, so that a page may reload."""
    secret = totp.new_secret()
    insert_new(
        tx,
        STAFF_FACTOR,
        {
            "staff_id": user_id,
            "secret_sealed": keys.seal(
                "settings", base64.b64encode(secret).decode(), context=_CONTEXT
            ),
            "last_step": 0,
            "confirmed_at": None,
            "made_at": tx.now(),
        },
    )
    return _secret(tx, keys, user_id)


def confirm(tx: UnitOfWork, keys: Keys, user_id: UUID, code: str) -> tuple[str, ...]:
    """
    Take the first code of the app as proof that it holds the secret; returns recovery codes.

    Raises:
        WrongCode: another code, or the factor is confirmed already.
    """
    _use(tx, keys, user_id, code, is_first=True)
    codes = tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))
    tx.execute(delete(RECOVERY_CODE).where(*_recovery(tx, user_id)))
    tx.execute(
        insert(RECOVERY_CODE),
        [
            {
                "facility_id": tx.facility,
                "staff_id": user_id,
                "code_hash": _hash(code),
                "used_at": None,
            }
            for code in codes
        ],
    )
    return codes


def prove(tx: UnitOfWork, keys: Keys, user_id: UUID, typed: str) -> str:
    """
    Take a code of the app or a recovery code, each once; says which kind it was.

    Raises:
        WrongCode: neither, or used before.
    """
    code = "".join(char for char in typed.upper() if char.isalnum())
    if len(code) != _RECOVERY_LETTERS:
        _use(tx, keys, user_id, code, is_first=False)
        return "app"
    done = tx.execute(
        update(RECOVERY_CODE)
        .where(
            *_recovery(tx, user_id),
            RECOVERY_CODE.c.code_hash == _hash(code),
            RECOVERY_CODE.c.used_at.is_(None),
        )
        .values(used_at=tx.now())
    )
    if done.rowcount != 1:
        raise WrongCode()
    return "recovery"


def recovery_codes_left(tx: UnitOfWork, user_id: UUID) -> int:
    counted: int = tx.execute(
        select(func.count())
        .select_from(RECOVERY_CODE)
        .where(*_recovery(tx, user_id), RECOVERY_CODE.c.used_at.is_(None))
    ).scalar_one()
    return counted


def reset(tx: UnitOfWork, user_id: UUID) -> bool:
    """Forget the factor of a user, who enrols a new one at the next sign-in."""
    tx.execute(delete(RECOVERY_CODE).where(*_recovery(tx, user_id)))
    done = tx.execute(
        delete(STAFF_FACTOR).where(
            STAFF_FACTOR.c.facility_id == tx.facility, STAFF_FACTOR.c.staff_id == user_id
        )
    )
    return done.rowcount == 1


def _use(tx: UnitOfWork, keys: Keys, user_id: UUID, code: str, *, is_first: bool) -> None:
    row = tx.execute(_of(user_id), {"mine": tx.facility}).first()
    if row is None or (row.confirmed_at is None) != is_first:
        raise WrongCode()
    secret = _secret(tx, keys, user_id)
    step = totp.matching_step(secret, code, tx.now(), after=row.last_step)
    if step is None:
        raise WrongCode()
    # Compared again in the database: of two workers with the same code one is refused.
    done = tx.execute(
        update(STAFF_FACTOR)
        .where(
            STAFF_FACTOR.c.facility_id == tx.facility,
            STAFF_FACTOR.c.staff_id == user_id,
            STAFF_FACTOR.c.last_step < step,
        )
        .values(last_step=step, confirmed_at=row.confirmed_at or tx.now())
    )
    if done.rowcount != 1:
        raise WrongCode()


def _secret(tx: UnitOfWork, keys: Keys, user_id: UUID) -> bytes:
    row = tx.execute(_of(user_id), {"mine": tx.facility}).one()
    return base64.b64decode(keys.open("settings", row.secret_sealed, context=_CONTEXT))


def _of(user_id: UUID):  # type: ignore[no-untyped-def]
    return select(STAFF_FACTOR).where(mine(STAFF_FACTOR), STAFF_FACTOR.c.staff_id == user_id)


def _recovery(tx: UnitOfWork, user_id: UUID):  # type: ignore[no-untyped-def]
    return RECOVERY_CODE.c.facility_id == tx.facility, RECOVERY_CODE.c.staff_id == user_id


def _new_recovery_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LETTERS))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
