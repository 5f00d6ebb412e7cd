"""Failures as RFC 9457 problem documents for programs, as pages for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import structlog
from flask import Blueprint, Flask, Response, jsonify, redirect, request, url_for
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.model import NotSignedIn, TooManyTries
from payments.invoicing.links import TooManyLinks
from payments.invoicing.look_up import TooManyLookUps
from payments.kernel.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Rejected,
    Unavailable,
    VienphiError,
)
from payments.kernel.money import Money
from payments.tokens.model import NotAdmitted, TooManyRequests
from payments.web import kept, security_events, sign_in
from payments.web.current import (
    current,
    explain,
    explain_problem,
    language,
    wants_document,
    words,
)
from payments.web.pages import render
from payments.web.security import public
from payments.words import catalogue, explaining

problems = Blueprint("problems", __name__)
_log = structlog.get_logger("web")

#: The narrowest class that is found decides.
_STATUS: Final[dict[type[VienphiError], int]] = {
    NotSignedIn: 401,
    TooManyTries: 429,
    TooManyLookUps: 429,
    TooManyLinks: 429,
    NotAdmitted: 401,
    TooManyRequests: 429,
    NotFound: 404,
    Conflict: 409,
    Rejected: 422,
    Forbidden: 403,
    Unavailable: 503,
    # Neither of ours to explain further: a message from outside that could not be read.
    VienphiError: 400,
}
_RETRY_AFTER_S: Final = {429: 60, 503: 5}
#: HTTP's own failures, by status: no such address, wrong method, body too large.
_HTTP_CODES: Final = {404: "not-found", 405: "wrong-method", 413: "too-large"}


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """What happened, and what to do; the same facts as the document."""

    template: ClassVar[str] = "errors/problem.html"

    status: int
    code: str
    title: str
    advice: str
    detail: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ExplanationPage:
    """What a problem code means, for the person who integrates."""

    template: ClassVar[str] = "errors/explanation.html"

    code: str
    title: str
    status: int
    meaning: str
    advice: str


def install(app: Flask) -> None:
    app.register_error_handler(VienphiError, explained)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(Exception, _unknown)


def known() -> dict[str, type[VienphiError]]:
    """List every failure by its code, those of capabilities included."""
    found: dict[str, type[VienphiError]] = {}
    waiting: list[type[VienphiError]] = [VienphiError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        # A subclass without a code of its own is its parent under another name.
        if "code" in vars(kind):
            found[kind.code] = kind
    return found


def status_of(kind: type[VienphiError]) -> int:
    return next(_STATUS[base] for base in kind.__mro__ if base in _STATUS)


@problems.get("/problems/<code>")
@public
def show(code: str) -> str:
    kind = known().get(code)
    if kind is None:
        raise NotFound(f"no problem is called {code}")
    status = status_of(kind)
    # Without an occasion there are no facts: the sentence is shown with gaps.
    told = explaining.meaning(kind, language())
    return render(ExplanationPage(code, _title(kind), status, told, _advice(status)))


def explained(error: VienphiError) -> AnyResponse:
    """Answer with a failure of ours; a blueprint that shows a form again calls it for the rest."""
    kind = type(error)
    if isinstance(error, NotFound):
        security_events.not_found()
    if isinstance(error, NotSignedIn) and not wants_document():
        late_form = kept.take()
        if late_form:
            return sign_in.ask_again(late_form)
        here = request.full_path.rstrip("?") if request.method == "GET" else ""
        here = "" if here == "/" else here
        return redirect(url_for("sign_in.show", next=here or None), 303)
    return _answer(status_of(kind), error.code, _title(kind), explain(error), error.extras)


def _of_http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code = _HTTP_CODES.get(status, "bad-request" if status < 500 else "unknown")
    answer = _answer(status, code, words(f"problem.http.{_of_group(status)}"), "", {})
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _busy(error: Exception) -> AnyResponse:
    _log.warning("web.busy", request_id=current().request_id, reason=type(error).__name__)
    return _answer(503, Unavailable.code, _title(Unavailable), "", {})


def _unknown(error: Exception) -> AnyResponse:
    _log.error("web.failed", request_id=current().request_id, exc_info=error)
    return _answer(500, "unknown", words("problem.http.500"), "", {})


def _answer(status: int, code: str, title: str, detail: str, extras: Mapping[str, Any]) -> Response:
    if wants_document():
        body = {
            **{name: _plain(value) for name, value in extras.items()},
            "type": f"/problems/{code}" if code in known() else "about:blank",
            "title": title,
            "status": status,
            "detail": detail or _advice(status),
            "instance": f"urn:request:{current().request_id}",
        }
        answer = jsonify(body)
        answer.content_type = "application/problem+json"
    else:
        page = ProblemPage(status, code, title, _advice(status), detail, current().request_id)
        answer = Response(render(page))
    answer.status_code = status
    if status in _RETRY_AFTER_S:
        answer.headers["Retry-After"] = str(extras.get("retry_after", _RETRY_AFTER_S[status]))
    return answer


def _plain(value: object) -> object:
    """Write a typed fact as JSON: money always with its currency."""
    if isinstance(value, Money):
        return {"amount": value.dong, "currency": "VND"}
    if isinstance(value, Problem):
        return {"line": value.line, "field": value.field, "detail": explain_problem(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return value if isinstance(value, str | int | bool | None) else str(value)


def _title(kind: type[VienphiError]) -> str:
    """Give the narrowest title that is worded: the failure's own, or that of its category."""
    for base in kind.__mro__:
        if issubclass(base, VienphiError) and catalogue.has(f"problem.{base.code}"):
            return words(f"problem.{base.code}")
    raise catalogue.MissingWording(kind.code)


def _advice(status: int) -> str:
    return words(f"problem.advice.{_of_group(status)}")


def _of_group(status: int) -> str:
    """Name the group of advice: a status of its own, else the rest of its hundred."""
    own = {401, 403, 404, 405, 409, 413, 422, 429, 503}
    return str(status if status in own else 400 if status < 500 else 500)
