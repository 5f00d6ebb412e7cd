"""
Screens that wait to be paired, each with a code that it shows.

Only hashes are stored: who reads the table can neither be a screen nor pair one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from payments.desks.model import (
    CODE_DIGITS,
    CODE_LIFE,
    CODE_TRIES,
    DEVICE_LIFE,
    TRIES_WINDOW,
    WAITING_MAX,
    WAITING_PER_ADDRESS,
    TooManyScreens,
    Waiting,
)
from payments.desks.rows import DISPLAY_DEVICE
from payments.identity import tries
from payments.identity.model import TooManyTries
from payments.kernel.scope import Scope
from payments.kernel.secret import Secret
from payments.runtime import Runtime
from payments.storage.columns import mine, new_id
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: 256 bits.
_TOKEN_BYTES: Final = 32
_IS_GOOD: Final = Prepared(
    select(DISPLAY_DEVICE.c.id).where(
        mine(DISPLAY_DEVICE),
        DISPLAY_DEVICE.c.token_hash == bindparam("token_hash"),
        DISPLAY_DEVICE.c.code_ends_at > bindparam("now"),
        DISPLAY_DEVICE.c.code_tries < CODE_TRIES,
    )
)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def wait(runtime: Runtime, scope: Scope, token: str, *, address: str) -> Waiting:
    """
    Give a new code to the screen with *token*; a new token where it is unknown or empty.

    Raises:
        TooManyScreens: so many wait that one more would make guessing worth while, or *address*
            asked for so many that it is no hospital that sets up its desks.
    """
    with runtime.database.transaction(scope) as tx:
        _forget_old(tx)
        code = _renewed(tx, runtime, token) if token else None
    if code is None:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        code = _added(runtime, scope, token, address)
    return Waiting(Secret(token), Secret(code))


def is_waiting(tx: UnitOfWork, token: str) -> bool:
    """Say whether the code that the screen with *token* shows still pairs it."""
    return _IS_GOOD.first(tx, token_hash=hash_of(token), now=tx.now()) is not None


def hash_of_code(runtime: Runtime, scope: Scope, code: str) -> bytes:
    """Hash with a key: of a million codes a plain hash hides none."""
    return runtime.keys.fingerprint("lookup", f"pairing:{scope.facility}:{code}")


def of_code(tx: UnitOfWork, hashed: bytes) -> UUID | None:
    """Find the screen that shows a code, whether or not the code is still good."""
    found: UUID | None = tx.execute(
        select(DISPLAY_DEVICE.c.id).where(
            DISPLAY_DEVICE.c.facility_id == tx.facility, DISPLAY_DEVICE.c.code_hash == hashed
        )
    ).scalar()
    return found


def _forget_old(tx: UnitOfWork) -> None:
    now = tx.now()
    tx.execute(
        delete(DISPLAY_DEVICE).where(
            DISPLAY_DEVICE.c.facility_id == tx.facility,
            or_(
                DISPLAY_DEVICE.c.seen_at < now - DEVICE_LIFE,
                # A screen that is still there asks for the next code when its own is over.
                and_(
                    DISPLAY_DEVICE.c.cash_point.is_(None),
                    DISPLAY_DEVICE.c.code_ends_at < now - CODE_LIFE,
                ),
            ),
        )
    )


def _renewed(tx: UnitOfWork, runtime: Runtime, token: str) -> str | None:
    """Replace the code of a screen that waits already; None where it does not."""
    code, until = _new_code(tx, runtime)
    renewed = tx.execute(
        update(DISPLAY_DEVICE)
        .where(
            DISPLAY_DEVICE.c.facility_id == tx.facility,
            DISPLAY_DEVICE.c.token_hash == hash_of(token),
            DISPLAY_DEVICE.c.cash_point.is_(None),
        )
        .values(**until)
    )
    return code if renewed.rowcount else None


def _added(runtime: Runtime, scope: Scope, token: str, address: str) -> str:
    limit = tries.Limit(f"display:{scope.facility}:{address}", WAITING_PER_ADDRESS, TRIES_WINDOW)
    try:
        tries.counted(runtime, scope, [limit])
    except TooManyTries:
        raise TooManyScreens() from None
    with runtime.database.transaction(scope) as tx:
        code, until = _new_code(tx, runtime)
        _add(tx, token, until)
    return code


def _new_code(tx: UnitOfWork, runtime: Runtime) -> tuple[str, dict[str, Any]]:
    """Draw a code that no other screen of the facility shows, and what is stored of it."""
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        hashed = hash_of_code(runtime, tx.scope, code)
        if of_code(tx, hashed) is None:
            ends = tx.now() + CODE_LIFE
            return code, {"code_hash": hashed, "code_ends_at": ends, "code_tries": 0}


def _add(tx: UnitOfWork, token: str, until: Mapping[str, Any]) -> None:
    waiting = select(func.count()).where(
        DISPLAY_DEVICE.c.facility_id == tx.facility, DISPLAY_DEVICE.c.cash_point.is_(None)
    )
    if tx.execute(waiting).scalar_one() >= WAITING_MAX:
        raise TooManyScreens()
    tx.execute(
        insert(DISPLAY_DEVICE),
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "token_hash": hash_of(token),
            "cash_point": None,
            "made_at": tx.now(),
            "paired_at": None,
            "seen_at": tx.now(),
            **until,
        },
    )
