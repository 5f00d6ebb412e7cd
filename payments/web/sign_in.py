"""Sign in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity import service
from payments.identity.model import TooManyTries, WrongCredentials
from payments.web import sessions
from payments.web.current import current, runtime, scope
from payments.web.pages import rail_of, render
from payments.web.security import public, signed_in

sign_in = Blueprint("sign_in", __name__)


@dataclass(frozen=True, slots=True)
class SignInPage:
    template: ClassVar[str] = "staff/sign_in.html"

    login: str
    next_page: str
    #: Wording key of what went wrong; empty at first.
    failure: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """For a role that has no page yet."""

    template: ClassVar[str] = "staff/start.html"


@sign_in.get("/")
@signed_in
def start() -> AnyResponse | str:
    """Bring a person to the first page that the role may open."""
    session = current().session
    assert session is not None, "the guard lets nobody else in"
    first = next(iter(rail_of(session.user)), None)
    return redirect(first.address, 303) if first else render(StartPage())


@sign_in.get("/sign-in")
@public
def show() -> str:
    return render(SignInPage("", local(request.args.get("next", "")), ""))


@sign_in.post("/sign-in")
@public
def enter() -> AnyResponse:
    done = service.sign_in(
        runtime(),
        scope(),
        login=request.form.get("login", ""),
        password=request.form.get("password", ""),
        address=request.remote_addr or "",
    )
    answer = redirect(local(request.form.get("next", "")) or url_for("sign_in.start"), 303)
    sessions.start(answer, done.token)
    return answer


@sign_in.post("/sign-out")
@signed_in
def leave() -> AnyResponse:
    session = current().session
    assert session is not None, "the guard lets nobody else in"
    service.sign_out(runtime(), scope(), session)
    answer = redirect(url_for("sign_in.show"), 303)
    sessions.end(answer)
    return answer


@sign_in.errorhandler(WrongCredentials)
@sign_in.errorhandler(TooManyTries)
def again(error: WrongCredentials | TooManyTries) -> Response:
    """Show the form again, with the login that was typed and never the password."""
    is_wrong = isinstance(error, WrongCredentials)
    page = SignInPage(
        request.form.get("login", "")[:32],
        local(request.form.get("next", "")),
        "sign_in.wrong" if is_wrong else "sign_in.too_many",
    )
    return Response(render(page), 422 if is_wrong else 429)


def local(path: str) -> str:
    """Give *path* if it leads to a page of ours, else nothing: no open redirect."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and path.isprintable() and len(path) < 500 else ""
