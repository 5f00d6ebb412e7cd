"""
Browsers in which somebody signed in before, by a cookie that only we can write.

Behind one address sits a whole hospital: without this, who guesses passwords there would use up the
tries of every desk. The cookie opens nothing; it only says whose limits count (OWASP calls it a
device cookie).
"""

from __future__ import annotations

import hmac
from typing import Final
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from payments.web.current import current, is_trial, runtime

#: A desk has few people; who is pushed out falls under the limits of a new browser.
_USERS_MAX: Final = 8
_LIFE_S: Final = 90 * 24 * 3600


def known_users() -> tuple[UUID, ...]:
    """List who signed in from this browser, newest first; nobody where the cookie is not ours."""
    told, _, proof = request.cookies.get(_name(), "").partition(".")
    if not told or not hmac.compare_digest(proof.encode(), _proof(told).encode()):
        return ()
    return tuple(UUID(hex=one) for one in told.split("~"))


def remember(answer: Response, user_id: UUID) -> None:
    users = [user_id, *(one for one in known_users() if one != user_id)][:_USERS_MAX]
    told = "~".join(one.hex for one in users)
    answer.set_cookie(
        _name(),
        f"{told}.{_proof(told)}",
        max_age=_LIFE_S,
        httponly=True,
        secure=not is_trial(),
        samesite="Strict",
        path="/",
    )


def _proof(told: str) -> str:
    return runtime().keys.fingerprint("session", f"device:{current().facility}:{told}").hex()


def _name() -> str:
    return "vienphi_device" if is_trial() else "__Host-vienphi_device"
