"""The session cookie, and the proof that a form came from one of our own pages."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from payments.identity import service
from payments.identity.model import SESSION_LIFE, Locked, NotSignedIn, Session, Stage
from payments.kernel.errors import Forbidden
from payments.kernel.secret import Secret
from payments.web.current import current, is_trial, runtime, scope

FORM_FIELD: Final = "form_token"
#: Scripts send the token here.
FORM_HEADER: Final = "X-Form-Token"
#: A page that fetches itself again: it keeps nobody signed in.
LIVE_HEADER: Final = "X-Vienphi-Live"
#: The server ends a session; its cookie stays, so that a form that comes too late is known again.
_COOKIE_OUTLIVES: Final = timedelta(hours=12)


class ForeignForm(Forbidden):
    """The form was not made by a page of this session, or the page is too old. Open it again."""

    code = "foreign-form"


def cookie_name() -> str:
    # The prefix makes browsers insist on https, on path / and on this very host.
    return "vienphi" if is_trial() else "__Host-vienphi"


def form_cookie_name() -> str:
    return "vienphi_form" if is_trial() else "__Host-vienphi_form"


def is_live_refresh() -> bool:
    return request.method == "GET" and LIVE_HEADER in request.headers


def load(*, is_activity: bool) -> None:
    """Find out who is there; nobody is no error here."""
    token = request.cookies.get(cookie_name(), "")
    seed: Session | None = None
    if token:
        try:
            found = service.session(runtime(), scope(), token, is_activity=is_activity)
        except NotSignedIn as error:
            current().late = error.late
            # The page below a lock, and the page that opens it, are of the same session.
            seed = error.late if isinstance(error, Locked) else None
        else:
            seed = found
            if found.stage is Stage.FULL:
                current().session = found
            else:
                current().waiting = found
    current().form_seed = seed_of(seed.id) if seed else request.cookies.get(form_cookie_name(), "")


def seed_of(session_id: UUID) -> str:
    """Bind forms to the session, not to its token: a page from before the lock stays good."""
    return f"session:{session_id}"


def start(answer: Response, token: Secret[str]) -> None:
    answer.set_cookie(
        cookie_name(),
        token.reveal(),
        max_age=int((SESSION_LIFE + _COOKIE_OUTLIVES).total_seconds()),
        httponly=True,
        secure=not is_trial(),
        samesite="Lax",
        path="/",
    )


def end(answer: Response) -> None:
    answer.delete_cookie(
        cookie_name(), path="/", httponly=True, secure=not is_trial(), samesite="Lax"
    )


def form_token() -> str:
    """Give the token for a form of this page; bound to the session, or to a cookie without one."""
    found = current()
    if not found.form_seed:
        found.form_seed = secrets.token_urlsafe(16)
        found.is_new_form_seed = True
    if not found.form_token:
        found.form_token = _token_of(found.form_seed)
    return found.form_token


def send_form_cookie(answer: Response) -> None:
    if current().is_new_form_seed:
        answer.set_cookie(
            form_cookie_name(),
            current().form_seed,
            httponly=True,
            secure=not is_trial(),
            samesite="Strict",
            path="/",
        )


def refuse_foreign_form(seed: str | None = None) -> None:
    """
    Check the origin that the browser names, and the token that only our page knows.

    *seed* is what the token is bound to, where it is not this request's session.

    Raises:
        ForeignForm: either is missing where it must be there, or is another's.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        raise ForeignForm("the form comes from another site")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm("the form comes from another site")
    given = request.form.get(FORM_FIELD) or request.headers.get(FORM_HEADER, "")
    seed = current().form_seed if seed is None else seed
    if not seed or not hmac.compare_digest(given.encode(), _token_of(seed).encode()):
        raise ForeignForm("the form is not of this session: open the page again")


def _token_of(seed: str) -> str:
    return runtime().keys.fingerprint("session", f"form:{seed}").hex()
