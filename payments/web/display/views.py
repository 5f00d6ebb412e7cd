"""The blueprint of the second screen, and the cookie by which a device is known."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from payments.desks.model import DEVICE_LIFE
from payments.kernel.secret import Secret
from payments.web.current import is_trial

display = Blueprint("display", __name__)
#: What ``secrets.token_urlsafe`` makes of 32 bytes; nothing longer is hashed.
_TOKEN_LETTERS: Final = 43


def token() -> str:
    """Give the token of this device; empty where it sends none that could be ours."""
    told = request.cookies.get(_cookie(), "")
    return told if len(told) == _TOKEN_LETTERS and told.isascii() else ""


def remember(answer: Response, told: Secret[str]) -> None:
    answer.set_cookie(
        _cookie(),
        told.reveal(),
        max_age=int(DEVICE_LIFE.total_seconds()),
        httponly=True,
        secure=not is_trial(),
        samesite="Strict",
        path="/",
    )


def _cookie() -> str:
    return "vienphi_display" if is_trial() else "__Host-vienphi_display"
