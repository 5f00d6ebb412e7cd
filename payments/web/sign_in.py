"""Sign in and out, by stages; lock and unlock. Only the last stage opens pages of the staff."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity import entering, service
from payments.identity.model import (
    NotSignedIn,
    Session,
    Stage,
    TooManyTries,
    WrongCode,
    WrongCredentials,
)
from payments.identity.service import SignedIn
from payments.kernel.errors import InvalidField
from payments.switches import service as switches
from payments.web import devices, kept, sessions
from payments.web.current import current, explain, runtime, scope
from payments.web.page import Page
from payments.web.pages import rail_of, render
from payments.web.security import public, signed_in
from payments.web.sign_in_pages import (
    CodePage,
    EnrolPage,
    NewPasswordPage,
    RecoveryPage,
    StartPage,
    enrol_page,
    sign_in_page,
)

sign_in = Blueprint("sign_in", __name__)

_STEPS = {
    Stage.CODE: "sign_in.code",
    Stage.PASSWORD: "sign_in.new_password",
    Stage.ENROL: "sign_in.enrol",
}


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
def show() -> AnyResponse | str:
    waiting = current().waiting
    if waiting is not None:
        return redirect(url_for(_STEPS[waiting.stage], next=_next() or None), 303)
    return render(sign_in_page(_next()))


@sign_in.post("/sign-in")
@public
def enter() -> AnyResponse:
    switches.refuse_sign_in(runtime(), scope())
    done = service.sign_in(
        runtime(),
        scope(),
        login=request.form.get("login", ""),
        password=request.form.get("password", ""),
        address=request.remote_addr or "",
        known=devices.known_users(),
    )
    for former in (current().session, current().waiting, current().late):
        # One browser, one session: what another person left open here ends.
        if former is not None:
            service.sign_out(runtime(), scope(), former)
    return _entered(done)


@sign_in.get("/sign-in/code")
@public
def code() -> str:
    _waiting(Stage.CODE)
    return render(CodePage(_next(), "", ""))


@sign_in.post("/sign-in/code")
@public
def prove_code() -> AnyResponse:
    found = _waiting(Stage.CODE)
    return _entered(
        entering.prove_code(runtime(), scope(), found, request.form.get("code", "")[:64])
    )


@sign_in.get("/sign-in/password")
@public
def new_password() -> str:
    _waiting(Stage.PASSWORD)
    return render(NewPasswordPage(_next(), ""))


@sign_in.post("/sign-in/password")
@public
def choose_password() -> AnyResponse:
    found = _waiting(Stage.PASSWORD)
    password = request.form.get("password", "")
    if password != request.form.get("password_again", ""):
        raise InvalidField("password_again", "passwords_differ")
    return _entered(entering.choose_password(runtime(), scope(), found, password))


@sign_in.get("/sign-in/enrol")
@public
def enrol() -> str:
    return render(_enrol_page(""))


@sign_in.post("/sign-in/enrol")
@public
def confirm_enrolment() -> AnyResponse:
    found = _waiting(Stage.ENROL)
    done, codes = entering.enrol(runtime(), scope(), found, request.form.get("code", "")[:64])
    return _rendered(done, RecoveryPage(codes, _next()))


@sign_in.post("/unlock")
@public
def unlock() -> AnyResponse:
    """Open the locked screen; a script gets a document and leaves its page as it stands."""
    found = current().late
    if found is None:
        raise NotSignedIn()
    done = entering.unlock(runtime(), scope(), found, request.form.get("password", ""))
    if request.headers.get("Accept") == "application/json":
        answer: AnyResponse = jsonify({"unlocked": True})
        sessions.start(answer, done.token)
        return answer
    return _entered(done)


@sign_in.post("/lock")
@signed_in
def lock() -> AnyResponse:
    session = current().session
    assert session is not None, "the guard lets nobody else in"
    entering.lock(runtime(), scope(), session)
    return redirect(url_for("sign_in.show", next=_next() or None), 303)


@sign_in.post("/touch")
@signed_in
def touch() -> AnyResponse:
    """Note that somebody types in a long form: the guard has done it."""
    return Response(status=204)


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
@sign_in.errorhandler(WrongCode)
@sign_in.errorhandler(InvalidField)
def again(error: WrongCredentials | TooManyTries | WrongCode | InvalidField) -> AnyResponse:
    """Show the form again, with the login that was typed and never the password."""
    is_over = isinstance(error, TooManyTries)
    status = 429 if is_over else 422
    if request.headers.get("Accept") == "application/json":
        return Response(status=status)
    carried = request.form.get(kept.FIELD, "")
    of_code = "sign_in.too_many_codes" if is_over else "sign_in.wrong_code"
    page: Page
    match request.endpoint:
        case "sign_in.prove_code":
            page = CodePage(_next(), of_code, carried)
        case "sign_in.confirm_enrolment":
            page = _enrol_page(of_code)
        case "sign_in.choose_password":
            page = NewPasswordPage(_next(), explain(error))
        case _:
            failure = "sign_in.too_many" if is_over else "sign_in.wrong"
            page = sign_in_page(_next(), failure, carried)
    return Response(render(page), status)


def ask_again(form: str) -> Response:
    """Answer a form that came too late with the sign-in page that carries it along."""
    return Response(render(sign_in_page("", kept=form)), 401)


def local(path: str) -> str:
    """Give *path* if it leads to a page of ours, else nothing: no open redirect."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and path.isprintable() and len(path) < 500 else ""


def _next() -> str:
    return local(request.values.get("next", ""))


def _waiting(stage: Stage) -> Session:
    found = current().waiting
    if found is None or found.stage is not stage:
        raise NotSignedIn()
    return found


def _enrol_page(failure: str) -> EnrolPage:
    found = _waiting(Stage.ENROL)
    secret = entering.secret_to_enrol(runtime(), scope(), found)
    return enrol_page(secret, found, _next(), failure)


def _entered(done: SignedIn) -> AnyResponse:
    """Lead on: to the next stage, to the form that was kept, or to the page that was asked for."""
    carried = request.form.get(kept.FIELD, "")
    if done.stage is Stage.FULL:
        page = kept.page(carried, done.user.id) if carried else None
        if page is not None:
            return _rendered(done, page)
        address = _next() or url_for("sign_in.start")
    elif done.stage is Stage.CODE and carried:
        return _rendered(done, CodePage(_next(), "", carried))
    else:
        address = url_for(_STEPS[done.stage], next=_next() or None)
    return _started(done, redirect(address, 303))


def _rendered(done: SignedIn, page: Page) -> AnyResponse:
    current().form_seed, current().form_token = sessions.seed_of(done.session_id), ""
    return _started(done, Response(render(page)))


def _started(done: SignedIn, answer: AnyResponse) -> AnyResponse:
    sessions.start(answer, done.token)
    if done.stage is Stage.FULL:
        devices.remember(answer, done.user.id)
    return answer
