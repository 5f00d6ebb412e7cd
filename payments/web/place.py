"""
The cash point at which somebody works: chosen after sign-in, in a cookie of that session.

The cookie of an earlier session is no choice; its code is only what the next one is offered first.
"""

from __future__ import annotations

import hmac
from typing import Final
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from payments.desks import queries, service
from payments.desks.model import CashPoint, NoCashPoint
from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.storage.unit_of_work import UnitOfWork
from payments.web import sessions
from payments.web.current import current, is_trial, runtime, scope

_LIFE_S: Final = 30 * 24 * 3600


def chosen() -> str:
    """Give the code of the cash point of this session; empty where none was chosen."""
    found = current().session
    code, _, proof = request.cookies.get(_cookie(), "").partition(".")
    if found is None or not found.user.may(Permission.COLLECT):
        return ""
    return code if hmac.compare_digest(proof.encode(), _proof(code, found.id).encode()) else ""


def offered() -> str:
    """Give the code that this browser had last, whoever chose it; the caller looks it up."""
    return request.cookies.get(_cookie(), "").partition(".")[0]


def here(tx: UnitOfWork) -> CashPoint | None:
    """Read the cash point of this session; None where none was chosen, or it was closed since."""
    code = chosen()
    if not code:
        return None
    try:
        return queries.cash_point(tx, code)
    except NoCashPoint:
        return None


def choose(answer: Response, point: CashPoint) -> None:
    found = current().session
    assert found is not None, "only who is signed in chooses"
    answer.set_cookie(
        _cookie(),
        f"{point.code}.{_proof(point.code, found.id)}",
        max_age=_LIFE_S,
        httponly=True,
        secure=not is_trial(),
        samesite="Strict",
        path="/",
    )


def show(intent: UUID) -> None:
    """Show a code on the screens of this cash point; without one the desk alone shows it."""
    with runtime().database.reading(scope()) as tx:
        point = here(tx)
    if point is not None:
        service.show(runtime(), scope(), point.code, intent)


def is_showing(tx: UnitOfWork, point: CashPoint, invoice: UUID) -> bool:
    """Say whether the screens of *point* show a code of *invoice*."""
    shown = queries.shown(tx, point.code)
    return (
        shown is not None
        and shown.intent is not None
        and intents.invoice_of(tx, shown.intent).id == invoice
    )


def moved_on(invoice: UUID | None = None) -> None:
    """
    Take the code of another patient off the screens: this desk is now at *invoice*, or at none.

    A page that fetches itself again moves nobody. What is paid leaves the screen by itself.
    """
    code = chosen()
    if not code or sessions.is_live_refresh():
        return
    with runtime().database.reading(scope()) as tx:
        shown = queries.shown(tx, code)
        if shown is None or shown.intent is None:
            return
        before = intents.invoice_of(tx, shown.intent)
    if before.id != invoice and not before.is_paid:
        service.clear(runtime(), scope(), code, seen=shown.version)


def _proof(code: str, session: UUID) -> str:
    text = f"place:{current().facility}:{session}:{code}"
    return runtime().keys.fingerprint("session", text).hex()


def _cookie() -> str:
    return "vienphi_place" if is_trial() else "__Host-vienphi_place"
