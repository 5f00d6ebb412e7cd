"""Lets programs in by their token; a cookie means nothing to them."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Response, current_app, request

from payments.tokens import service
from payments.tokens.limits import Leases
from payments.tokens.model import NotAdmitted, ScopeMissing, TokenScope
from payments.web import hosts
from payments.web.current import current, runtime, scope

#: An order of a hundred lines has a few thousand characters.
BODY_MAX_BYTES: Final = 64 * 1024
API_PATH: Final = "/api/"
_BEARER: Final = "bearer"
_LEASES: Final = "vienphi_leases"
_log = structlog.get_logger("web")


def admit(needed: TokenScope) -> None:
    """
    Find out which program asks, and whether it may.

    Raises:
        NotAdmitted: there is no live token of the facility of this host.
        TooManyRequests: the token has used up its minute.
        ScopeMissing: the token does not include *needed*.
    """
    current().facility = hosts.facility()
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != _BEARER:
        raise NotAdmitted("send the token as Authorization: Bearer vienphi_…")
    try:
        token = service.admit(runtime(), scope(), text.strip())
    except NotAdmitted:
        _log.warning("api.refused", request_id=current().request_id, reason="no-token")
        raise
    leases: Leases = current_app.extensions.setdefault(_LEASES, Leases())
    leases.take(runtime(), scope(), token)
    current().token = token
    if not token.allows(needed):
        _log.warning("api.refused", request_id=current().request_id, reason="scope-missing")
        raise ScopeMissing(f"this needs the scope {needed.value}", scope=needed.value)


def finish(answer: Response) -> None:
    """Say to a program how to ask (RFC 6750), in the header that its library reads."""
    if not request.path.startswith(API_PATH):
        return
    if answer.status_code == 401:
        given = "Authorization" in request.headers
        answer.headers["WWW-Authenticate"] = 'Bearer realm="vienphi"' + (
            ', error="invalid_token"' if given else ""
        )
    elif answer.status_code == 403:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="vienphi", error="insufficient_scope"'
