"""Language, theme, keys and printing of this browser: cookies that say nothing about a person."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.kernel.errors import NotFound
from payments.web.current import (
    KEYS,
    KEYS_COOKIE,
    LANGUAGE_COOKIE,
    PRINTING,
    PRINTING_COOKIE,
    THEME_COOKIE,
    THEMES,
    is_trial,
)
from payments.web.security import public
from payments.web.sign_in import local
from payments.words.catalogue import LANGUAGES

preferences = Blueprint("preferences", __name__)
_YEAR_S: Final = 365 * 24 * 3600


@preferences.get("/language/<chosen>")
@public
def language(chosen: str) -> AnyResponse:
    return _keep(LANGUAGE_COOKIE, chosen, LANGUAGES)


@preferences.get("/theme/<chosen>")
@public
def theme(chosen: str) -> AnyResponse:
    return _keep(THEME_COOKIE, chosen, THEMES)


@preferences.get("/keys/<chosen>")
@public
def keys(chosen: str) -> AnyResponse:
    return _keep(KEYS_COOKIE, chosen, KEYS)


@preferences.get("/printing/<chosen>")
@public
def printing(chosen: str) -> AnyResponse:
    return _keep(PRINTING_COOKIE, chosen, PRINTING)


def _keep(cookie: str, chosen: str, choices: tuple[str, ...]) -> AnyResponse:
    if chosen not in choices:
        raise NotFound(f"no {chosen}; there are {', '.join(choices)}")
    answer = redirect(local(request.args.get("back", "")) or "/", 303)
    answer.set_cookie(
        cookie, chosen, max_age=_YEAR_S, samesite="Lax", secure=not is_trial(), httponly=True
    )
    return answer
