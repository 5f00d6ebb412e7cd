"""
A form that came after its session slept or ended: kept in the page, never carried out by itself.

The values travel sealed in a hidden field of the sign-in page, bound to the person who typed them;
after the password that person sees them again and sends them with one key. Nothing is stored, on
the server or in the browser.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from flask import request

from payments.keys import WrongKeys
from payments.web.current import current, runtime, words
from payments.web.sessions import FORM_FIELD, ForeignForm, refuse_foreign_form, seed_of
from payments.words import catalogue

FIELD: Final = "kept"
_CONTEXT: Final = "web.kept"
_LIFE: Final = timedelta(hours=12)
#: A desk's longest form has 100 lines; more is a file, and files are chosen again.
_FIELDS_MAX: Final = 500
_BYTES_MAX: Final = 100_000
#: What is typed to prove something is typed again.
_SECRET: Final = re.compile(r"password|code|secret")
#: Numbers that a page gave to itself.
_MACHINE: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class KeptField:
    name: str
    label: str
    value: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What was typed, to be sent as it is or corrected."""

    template: ClassVar[str] = "staff/kept.html"

    action: str
    fields: tuple[KeptField, ...]
    back: str


def take() -> str:
    """Seal the form of this request; empty where there is none of ours to keep."""
    late = current().late
    if late is None or request.method != "POST":
        return ""
    try:
        # The same proof as for a form that is carried out: a stranger's form is never shown.
        refuse_foreign_form(seed_of(late.id))
    except ForeignForm:
        return ""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in (FORM_FIELD, FIELD) and not _SECRET.search(name)
    ]
    size = sum(len(name) + len(value) for name, value in fields)
    if not fields or len(fields) > _FIELDS_MAX or size > _BYTES_MAX:
        return ""
    told = {
        "user": str(late.user.id),
        "at": runtime().clock.now().isoformat(),
        "action": request.full_path.rstrip("?"),
        "fields": fields,
    }
    sealed = runtime().keys.seal("session", json.dumps(told), context=_CONTEXT)
    return base64.b64encode(sealed).decode()


def page(sealed: str, user_id: UUID) -> KeptPage | None:
    """Open what ``take`` sealed, for the person who typed it; None for anybody else."""
    try:
        told = json.loads(
            runtime().keys.open("session", base64.b64decode(sealed), context=_CONTEXT)
        )
    except (binascii.Error, WrongKeys):
        return None
    age = runtime().clock.now() - datetime.fromisoformat(told["at"])
    if told["user"] != str(user_id) or age > _LIFE:
        return None
    chosen = {value for _, value in told["fields"]}
    fields = tuple(
        KeptField(name, _label(name), value, is_shown=_is_shown(name, value, chosen))
        for name, value in told["fields"]
    )
    return KeptPage(told["action"], fields, "/")


def _is_shown(name: str, value: str, chosen: set[str]) -> bool:
    _, _, of_what = name.partition(":")
    if of_what and of_what not in chosen:
        # The quantity of a service that was not picked.
        return False
    return not (_MACHINE.fullmatch(value) or name in ("key", "do", "q", "show", "next"))


def _label(name: str) -> str:
    stem, _, more = name.partition(":")
    key = f"kept.field.{stem}"
    told = words(key) if catalogue.has(key) else stem
    return f"{told} {more}" if more else told
