"""
Refuses the links of a network from which too many wrong ones came, before they are looked up.

A hospital's visitors share one address: whoever opened a link while it was right goes on opening
that link, by a cookie that only we can make and that names no invoice.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Final

import structlog
from flask import Response, current_app, request
from sqlalchemy.exc import DBAPIError

from payments.invoicing import links
from payments.web.current import current, is_trial, runtime, scope

#: The name of the argument of an address that is a link.
_TOKEN: Final = "token"  # noqa: S105 - the argument's name
_EXTENSION: Final = "vienphi_limited_networks"
_COOKIE: Final = "vienphi_links"
_COOKIE_LIFE: Final = timedelta(days=30)
#: A person pays for a family; more links than these are asked as by a stranger.
_LINKS_MAX: Final = 5
#: 64 bits of a keyed hash: forging one takes as many questions, and proves no link.
_PROOF_LETTERS: Final = 16
_log = structlog.get_logger("security")


def refuse() -> None:
    """Raise TooManyLinks where this network is over the limit and this browser is a stranger."""
    token = (request.view_args or {}).get(_TOKEN)
    if token is None:
        return
    now = runtime().clock.now()
    wait = _limited().wait_s(_network(), now)
    if wait and not _is_known(token):
        raise links.TooManyLinks(f"wait {wait} s", retry_after=wait)


def count() -> None:
    """Note that this request's link opens nothing."""
    if _TOKEN not in (request.view_args or {}):
        return
    network = _network()
    try:
        until = links.missed(runtime(), scope(), network)
    except DBAPIError as error:
        # The link opens nothing whether it was counted or not; who watches the log is told.
        _log.error("security.link_not_counted", error=type(error.orig).__name__)
        return
    if until is None:
        return
    _limited().remember(network, until, runtime().clock.now())
    _log.warning(
        "security.too_many_links", facility=scope().facility, request_id=current().request_id
    )


def remembering(answer: Response, token: str) -> Response:
    """Let this browser open the link of *token* again, whatever its network does."""
    proof = _proof(token)
    known = _known()
    if proof in known:
        return answer
    answer.set_cookie(
        _cookie_name(),
        ".".join([proof, *known][:_LINKS_MAX]),
        max_age=int(_COOKIE_LIFE.total_seconds()),
        httponly=True,
        secure=not is_trial(),
        samesite="Lax",
        path="/",
    )
    return answer


def _is_known(token: str) -> bool:
    proof = _proof(token)
    return any(hmac.compare_digest(proof.encode(), known.encode()) for known in _known())


def _known() -> list[str]:
    told = request.cookies.get(_cookie_name(), "")
    return [one for one in told.split(".")[:_LINKS_MAX] if len(one) == _PROOF_LETTERS]


def _proof(token: str) -> str:
    made = runtime().keys.fingerprint("session", f"link:{scope().facility}:{token}")
    return made.hex()[:_PROOF_LETTERS]


def _cookie_name() -> str:
    return _COOKIE if is_trial() else f"__Host-{_COOKIE}"


def _network() -> str:
    return links.network_of(request.remote_addr or "")


def _limited() -> links.Limited:
    found: links.Limited = current_app.extensions.setdefault(_EXTENSION, links.Limited())
    return found
