"""``/display``: pairs a screen, then shows what the cashier of its cash point lets it show."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Response, jsonify, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from payments.desks import pairing, queries
from payments.desks.model import CODE_DIGITS, CODE_LIFE, SEEN_EVERY, TooManyScreens
from payments.desks.waiting import hash_of, is_waiting, wait
from payments.web.current import explain, runtime, scope
from payments.web.display.pages import PairingPage, ScreenPage
from payments.web.display.showing import now_of, version_of
from payments.web.display.views import display, remember, token
from payments.web.pages import render
from payments.web.security import public_in_background

_HALF: Final = CODE_DIGITS // 2
_MINUTES: Final = CODE_LIFE // timedelta(minutes=1)
#: What a screen is told that waits with a good code.
_WAITING: Final = "waiting"
_ASK_EVERY: Final = timedelta(seconds=2)
#: Where too many screens wait, one more that asks all the time helps nobody.
_TRY_EVERY: Final = timedelta(minutes=1)
#: A number of a showing is never longer.
_DONE_MAX: Final = 20


@display.get("/display")
@public_in_background
def show() -> AnyResponse:
    told = token()
    with runtime().database.reading(scope()) as tx:
        shown = queries.shown_to(tx, hash_of(told))
        name = "" if shown is None else queries.cash_point(tx, shown.cash_point).name
    if shown is None:
        return _pair(told)
    return make_response(render(ScreenPage(name, SEEN_EVERY)))


@display.get("/display/now")
@public_in_background
def now() -> AnyResponse:
    """Give the part of the page that shows, and only to a paired screen that asks for it."""
    done = request.args.get("done", "")[:_DONE_MAX]
    with runtime().database.reading(scope()) as tx:
        shown = queries.shown_to(tx, hash_of(token()))
        part = None if shown is None else now_of(tx, shown, done=done)
    # The script loads the page anew, which shows a code to pair with.
    return Response(status=204) if part is None else make_response(render(part))


@display.get("/display/status")
@public_in_background
def status() -> Response:
    """Say whether the screen is still true: indexed rows, nothing personal, nothing written."""
    told = token()
    with runtime().database.reading(scope()) as tx:
        shown = queries.shown_to(tx, hash_of(told))
        if shown is not None:
            version = version_of(tx, shown)
        else:
            version = _WAITING if is_waiting(tx, told) else ""
    if request.args.get("seen") == version:
        return Response(status=204)
    return jsonify({"version": version})


@display.post("/display/seen")
@public_in_background
def seen() -> Response:
    """Note that the screen is there, for the light on its desk: apart from the polls."""
    pairing.seen(runtime(), scope(), token())
    return Response(status=204)


def _pair(told: str) -> AnyResponse:
    try:
        waiting = wait(runtime(), scope(), told, address=request.remote_addr or "")
    except TooManyScreens as error:
        page = PairingPage("", _MINUTES, explain(error), _TRY_EVERY)
        return make_response(render(page), 429)
    code = waiting.code.reveal()
    page = PairingPage(f"{code[:_HALF]} {code[_HALF:]}", _MINUTES, "", _ASK_EVERY)
    answer = make_response(render(page))
    remember(answer, waiting.token)
    return answer
