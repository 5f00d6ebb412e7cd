"""
Who may open which view, checked in one place before any view runs.

Each view says so itself, with one of these marks; a view without a mark is refused:

    @open_to_machines           no person, no cookie: webhooks, health, static files
    @public                     anybody: patient pages, sign-in, explanations of errors
    @public_in_background       the same, asked by a screen without a person
    @signed_in                  any member of the staff
    @requires(Permission.X)     staff whose role has X
    @needs_token(TokenScope.X)  a program whose token has X; no cookie counts, so no form token
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, g, request
from uuid_utils.compat import uuid7
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, SecurityError

from payments.identity.model import NotSignedIn
from payments.identity.permissions import Permission
from payments.kernel.errors import Forbidden
from payments.switches import service as switches
from payments.switches.model import Kind, ReadOnly
from payments.tokens.model import TokenScope
from payments.web import hosts, sessions, tokens
from payments.web.current import Current, current, is_trial, runtime, scope

V = TypeVar("V", bound=Callable[..., Any])


class Audience(Enum):
    MACHINES = auto()
    PUBLIC = auto()
    STAFF = auto()
    PROGRAMS = auto()


@dataclass(frozen=True, slots=True)
class Access:
    audience: Audience
    permission: Permission | None = None
    token_scope: TokenScope | None = None
    #: A screen that asks by itself: it keeps nobody signed in.
    is_background: bool = False
    body_max_bytes: int = 0


class NotYours(Forbidden):
    """Your role does not include this."""

    code = "not-yours"


#: A form that slept is sent again from the sign-in page, sealed; no other public form is near.
PUBLIC_BODY_MAX_BYTES: Final = 256 * 1024
_MARK: Final = "vienphi_access"
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
#: No page of ours frames, is framed, runs a script of others or holds one in its text.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send "Origin: null" with our own forms, and the check of
    # the origin would have to believe it. To other sites nothing is sent either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
#: Views that write and stay open in read-only mode: to come in, to go, and to lift the switch.
_STILL_OPEN: Final = frozenset(
    {
        "sign_in.enter",
        "sign_in.prove_code",
        "sign_in.unlock",
        "sign_in.lock",
        "sign_in.touch",
        "sign_in.leave",
        "admin.throw_switch",
        "admin.lift_switch",
    }
)
_HSTS: Final = "max-age=31536000; includeSubDomains"


def open_to_machines(view: V) -> V:
    return _marked(view, Access(Audience.MACHINES))


def public(view: V) -> V:
    return _marked(view, Access(Audience.PUBLIC))


def public_in_background(view: V) -> V:
    """Mark a public view that a screen asks by itself: it keeps nobody of the staff signed in."""
    return _marked(view, Access(Audience.PUBLIC, is_background=True))


def signed_in(view: V) -> V:
    return _marked(view, Access(Audience.STAFF))


def requires(
    permission: Permission, *, is_background: bool = False, body_max_bytes: int = 0
) -> Callable[[V], V]:
    """Mark a view of the staff; *body_max_bytes* raises the limit for a file that is sent."""

    def mark(view: V) -> V:
        return _marked(
            view,
            Access(
                Audience.STAFF,
                permission,
                is_background=is_background,
                body_max_bytes=body_max_bytes,
            ),
        )

    return mark


def needs_token(scope: TokenScope, *, body_max_bytes: int = 0) -> Callable[[V], V]:
    """Mark a view of programs; *body_max_bytes* raises the limit for a list that is sent."""

    def mark(view: V) -> V:
        limit = body_max_bytes or tokens.BODY_MAX_BYTES
        return _marked(view, Access(Audience.PROGRAMS, token_scope=scope, body_max_bytes=limit))

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    return getattr(view, _MARK, None)


def posts_to(answer: Response, origin: str) -> Response:
    """Let the form of this page alone, *answer*, be sent to *origin*: a gateway's own page."""
    policy = _POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
    answer.headers["Content-Security-Policy"] = policy
    return answer


def install(app: Flask) -> None:
    app.before_request(_guard)
    app.after_request(_finish)


def _marked(view: V, access: Access) -> V:
    setattr(view, _MARK, access)
    return view


def _guard() -> Response | None:
    g.vienphi = Current(uuid7().hex)
    if isinstance(request.routing_exception, SecurityError):
        # Nothing may be built from this host name, not even a page.
        return Response("This host is not served here.\n", 400, content_type="text/plain")
    if request.endpoint is None:
        # No such address, or not with this method: routing answers.
        hosts.try_facility()
        return None
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise NotYours(f"the view {request.endpoint} says nobody may open it")
    if access.audience is Audience.MACHINES:
        return None
    if access.body_max_bytes:
        request.max_content_length = access.body_max_bytes
    elif access.audience is Audience.PUBLIC:
        request.max_content_length = PUBLIC_BODY_MAX_BYTES
    _refuse_long_body()
    if access.token_scope is not None:
        tokens.admit(access.token_scope)
        _refuse_while_read_only()
        return None
    current().facility = hosts.facility()
    sessions.load(is_activity=not access.is_background and not sessions.is_live_refresh())
    found = current().session
    if access.audience is Audience.STAFF:
        if found is None:
            raise NotSignedIn("sign in first")
        if access.permission is not None and not found.user.may(access.permission):
            raise NotYours(f"this needs the permission {access.permission}")
    if request.method not in _SAFE:
        _refuse_broken_text()
        sessions.refuse_foreign_form()
    _refuse_while_read_only()
    return None


def _refuse_while_read_only() -> None:
    """
    Write nothing while a switch says so; who signs in and lifts it still may.

    Messages of gateways and banks are kept all the same: money that has moved cannot be refused.
    """
    if request.method in _SAFE or request.endpoint in _STILL_OPEN:
        return
    stop = switches.active(runtime(), scope()).get(Kind.READ_ONLY)
    if stop is not None:
        raise ReadOnly(reason=stop.reason, until=stop.until)


def _finish(answer: Response) -> Response:
    given = {name.lower() for name, _ in answer.headers}
    answer.headers.extend(
        [(name, value) for name, value in _HEADERS.items() if name.lower() not in given]
    )
    answer.headers["X-Request-ID"] = current().request_id
    if not is_trial():
        answer.headers["Strict-Transport-Security"] = _HSTS
    sessions.send_form_cookie(answer)
    tokens.finish(answer)
    return answer


def _refuse_long_body() -> None:
    """Refuse what is said to be too long before anybody is asked who they are."""
    length, most = request.content_length, request.max_content_length
    if length is not None and most is not None and length > most:
        raise RequestEntityTooLarge


def _refuse_broken_text() -> None:
    """Refuse a form with a NUL: no name has one, and PostgreSQL stores none."""
    if any("\0" in value for values in request.form.listvalues() for value in values):
        raise BadRequest("a NUL character is in no text of ours")
