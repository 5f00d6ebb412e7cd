"""The request at hand: its runtime, facility, person, language. The web alone may ask here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import current_app, g, request

from payments.config import Mode
from payments.identity.model import Session
from payments.identity.permissions import Permission
from payments.kernel.errors import Problem, VienphiError
from payments.kernel.scope import FacilityId, Scope
from payments.runtime import Runtime
from payments.tokens.model import Token
from payments.words import catalogue, explaining

EXTENSION: Final = "vienphi"
LANGUAGE_COOKIE: Final = "vienphi_language"
THEME_COOKIE: Final = "vienphi_theme"
THEMES: Final = ("light", "dark")
#: Whether keys of a single character answer (WCAG 2.1.4): they do until somebody says no.
KEYS_COOKIE: Final = "vienphi_keys"
KEYS: Final = ("on", "off")
#: Whether this desk's printer takes each receipt by itself as soon as it has its number.
PRINTING_COOKIE: Final = "vienphi_printing"
PRINTING: Final = ("off", "on")
#: Pages for people who are no staff.
_PUBLIC: Final = {"patient", "problems"}
_TYPES: Final = ("text/html", "application/problem+json", "application/json")


@dataclass(slots=True)
class Current:
    """What the guard found out about this request; kept in Flask's ``g``."""

    request_id: str
    facility: FacilityId | None = None
    session: Session | None = None
    #: The program that asks, where it is one.
    token: Token | None = None
    #: A sign-in that is not through all its stages: it opens nothing.
    waiting: Session | None = None
    #: The session of this browser that sleeps or has ended; its form is kept, not carried out.
    late: Session | None = None
    #: The secret in a cookie to which the tokens of this browser's forms are bound.
    form_seed: str = ""
    is_new_form_seed: bool = False
    #: Made of the seed when the first form asks.
    form_token: str = ""
    #: Of this answer; empty until somebody asks.
    language: str = ""


def current() -> Current:
    return cast(Current, g.vienphi)


def has_current() -> bool:
    return "vienphi" in g


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions[EXTENSION])


def scope() -> Scope:
    """Give the scope of this request: a person's, a program's, or the public's."""
    found = current()
    assert found.facility is not None, "a view without a facility touches no data"
    actor = f"user:{found.session.user.id}" if found.session else "public"
    if found.token is not None:
        actor = found.token.actor
    return Scope(found.facility, actor, found.request_id)


def is_trial() -> bool:
    return runtime().settings.mode is Mode.TRIAL


def language() -> str:
    """
    Give the language of this answer: the chosen one, else the caller's for public and programs.

    Staff get Vietnamese until they choose: many desks run an English Windows. Programs have no
    cookies.
    """
    found = current()
    if not found.language:
        found.language = _language()
    return found.language


def wants_document() -> bool:
    """Say whether a failure is told as a problem document: to programs, not to browsers."""
    if request.blueprint == "webhooks" or request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(_TYPES, default=_TYPES[0]) != _TYPES[0]


def theme() -> str:
    """Give the chosen theme; empty follows the system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def has_single_keys() -> bool:
    """Say whether keys of a single character answer at this browser."""
    return request.cookies.get(KEYS_COOKIE, "") != "off"


def prints_itself() -> bool:
    """Say whether receipts are printed at this browser without a key; somebody chose so."""
    return request.cookies.get(PRINTING_COOKIE, "") == "on"


def words(key: str, **values: object) -> str:
    """Give the text of *key* in the language of this answer; ``T`` in templates."""
    return catalogue.say(key, language(), values)


def explain(error: VienphiError) -> str:
    """Say what *error* means in the language of this answer."""
    return explaining.sentence(error, language())


def explain_problem(problem: Problem) -> str:
    """Say what is wrong with a file, without the line, in the language of this answer."""
    return explaining.of_problem(problem, language())


def _language() -> str:
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(catalogue.LANGUAGES) or catalogue.DEFAULT
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in catalogue.LANGUAGES:
        return chosen
    if request.blueprint in _PUBLIC or wants_document():
        return request.accept_languages.best_match(catalogue.LANGUAGES) or catalogue.DEFAULT
    return catalogue.DEFAULT


def may(permission: Permission) -> bool:
    """Say whether whoever is signed in may do it; a page shows what it asks for accordingly."""
    session = current().session
    return session is not None and session.user.may(permission)
