"""
Pairs a screen with a cash point by a code that the screen shows and the cashier types.

    screen ─asks─▶ waiting, with a code ─cashier types it─▶ paired ─unpaired─▶ gone
                        │  ten minutes over, or five wrong tries: a new code

A million codes are few, so wrong ones are counted across all desks, in the database, before
anything is compared.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, update

from payments import audit
from payments.desks.model import (
    CODE_TRIES,
    TRIES_PER_FACILITY,
    TRIES_WINDOW,
    TooManyPairings,
    WrongPairingCode,
)
from payments.desks.queries import cash_point as open_cash_point
from payments.desks.rows import DISPLAY_DEVICE
from payments.desks.waiting import hash_of, hash_of_code, of_code
from payments.identity import tries
from payments.identity.model import TooManyTries
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.unit_of_work import UnitOfWork

_SEEN: Final = (
    update(DISPLAY_DEVICE)
    .where(
        mine(DISPLAY_DEVICE),
        DISPLAY_DEVICE.c.token_hash == bindparam("token"),
        DISPLAY_DEVICE.c.cash_point.is_not(None),
    )
    .values(seen_at=bindparam("now"))
)


def pair(runtime: Runtime, scope: Scope, cash_point: str, code: str) -> None:
    """
    Bind the screen that shows *code* to *cash_point*; the code is used up.

    Raises:
        TooManyPairings: too many wrong codes in this facility; nothing was compared.
        WrongPairingCode: no screen of this facility shows it now.
        NoCashPoint: the cash point is unknown or closed.
    """
    limit = tries.Limit(f"pairing:{scope.facility}", TRIES_PER_FACILITY, TRIES_WINDOW)
    try:
        counted = tries.counted(runtime, scope, [limit])
    except TooManyTries:
        raise TooManyPairings(minutes=int(TRIES_WINDOW.total_seconds() // 60)) from None
    typed = "".join(code.split())
    with runtime.database.transaction(scope) as tx:
        point = open_cash_point(tx, cash_point)
        device = of_code(tx, hash_of_code(runtime, scope, typed))
        is_right = device is not None and _bind(tx, device, point.code)
        if is_right:
            tries.take_back(tx, counted)
            audit.append(tx, "display.paired", f"display:{device}", cash_point=point.code)
        else:
            _count_wrong(tx)
            audit.append(tx, "display.pairing_refused", f"cash_point:{point.code}")
    # Raised after the commit: the refusal itself must be kept.
    if not is_right:
        raise WrongPairingCode()


def unpair(runtime: Runtime, scope: Scope, device: UUID) -> None:
    """
    End a screen's right to show anything, from its next question on.

    Raises:
        NotFound: no such screen is paired in this facility.
    """
    with runtime.database.transaction(scope) as tx:
        gone = tx.execute(
            delete(DISPLAY_DEVICE).where(
                DISPLAY_DEVICE.c.facility_id == tx.facility,
                DISPLAY_DEVICE.c.id == device,
                DISPLAY_DEVICE.c.cash_point.is_not(None),
            )
        )
        if not gone.rowcount:
            raise NotFound("no screen with this id is paired here")
        audit.append(tx, "display.unpaired", f"display:{device}")


def seen(runtime: Runtime, scope: Scope, token: str) -> None:
    """Note that a paired screen is there; of one that is not, nothing is noted."""
    with runtime.database.transaction(scope) as tx:
        tx.count(_SEEN, {"mine": tx.facility, "token": hash_of(token), "now": tx.now()})


def _bind(tx: UnitOfWork, device: UUID, cash_point: str) -> bool:
    """Use the code up; of two desks that type it at once one is too late."""
    bound = tx.execute(
        update(DISPLAY_DEVICE)
        .where(
            DISPLAY_DEVICE.c.facility_id == tx.facility,
            DISPLAY_DEVICE.c.id == device,
            DISPLAY_DEVICE.c.code_ends_at > tx.now(),
            DISPLAY_DEVICE.c.code_tries < CODE_TRIES,
        )
        .values(
            cash_point=cash_point,
            code_hash=None,
            code_ends_at=None,
            paired_at=tx.now(),
            seen_at=tx.now(),
        )
    )
    return bound.rowcount == 1


def _count_wrong(tx: UnitOfWork) -> None:
    tx.execute(
        update(DISPLAY_DEVICE)
        .where(DISPLAY_DEVICE.c.facility_id == tx.facility, DISPLAY_DEVICE.c.code_hash.is_not(None))
        .values(code_tries=DISPLAY_DEVICE.c.code_tries + 1)
    )
