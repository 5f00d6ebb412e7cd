"""Reads what a program sends: JSON under strict limits, then the schema; wrong fields by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from flask import Request, request
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.exceptions import UnsupportedMediaType

from payments.kernel.errors import Rejected, VienphiError

#: Our deepest body has four levels.
DEPTH_MAX: Final = 16
#: The largest amount has sixteen digits. Reading a million of them would take seconds.
DIGITS_MAX: Final = 18
#: Values in one list or object, and in a body. An invoice of a hundred lines has four hundred; a
#: schema takes seconds to name thirty thousand wrong ones.
ITEMS_MAX: Final = 200
VALUES_MAX: Final = 1_000
ERRORS_MAX: Final = 50
_MARKS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_JSON: Final = "application/json"


class UnreadableBody(VienphiError):
    """The body is no JSON in UTF-8, too deep, has a name twice, or a number or text of no use."""

    code = "unreadable-body"


class InvalidInput(Rejected):
    """
    Fields are missing, unknown or wrong; *errors* lists each one and what is expected there.

    ``pointer`` (RFC 6901) names a place in the body, ``parameter`` a parameter of the address.
    """

    code = "invalid-input"


class Reader(FlaskParser):
    """Webargs with our limits: every location refuses what its schema does not know."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - as webargs has it
    USE_ARGS_POSITIONAL = False

    def load_json(self, req: Request, schema: Schema) -> Any:
        if req.mimetype != _JSON:
            raise UnsupportedMediaType(f"send {_JSON}")
        return read_json(req.get_data(cache=True, parse_form_data=False))

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        refuse_repeated()
        return MultiDictProxy(req.args, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        raise InvalidInput("some fields are not right", errors=_told(error)) from error


def read_json(body: bytes) -> object:
    """
    Read JSON that cannot hurt: little depth, short numbers, each name once, plain text.

    Raises:
        UnreadableBody: says what is wrong with it.
    """
    try:
        text = body.decode()
        _refuse_depth(text)
        told: object = json.loads(
            text, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_object
        )
    except ValueError as error:
        raise UnreadableBody("this is no JSON in UTF-8") from error
    _refuse_crowd(told)
    _refuse_strange_text(told)
    return told


def refuse_repeated() -> None:
    """Refuse an address that names a parameter twice, or holds a NUL. Raises InvalidInput."""
    wrong = [
        {"parameter": name, "detail": "Give it once, as text."}
        for name, values in request.args.lists()
        if len(values) > 1 or "\0" in values[0]
    ]
    if wrong:
        raise InvalidInput("some parameters are not right", errors=tuple(wrong[:ERRORS_MAX]))


def refuse_parameters() -> None:
    """Refuse every parameter, where a view has none. Raises InvalidInput."""
    wrong = [{"parameter": name, "detail": "Unknown field."} for name in request.args]
    if wrong:
        raise InvalidInput("this takes no parameters", errors=tuple(wrong[:ERRORS_MAX]))


def _refuse_depth(text: str) -> None:
    depth = 0
    for mark in _MARKS.finditer(text):
        first = text[mark.start()]
        depth += (first in "[{") - (first in "]}")
        if depth > DEPTH_MAX:
            raise UnreadableBody(f"more than {DEPTH_MAX} levels in each other")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise UnreadableBody(f"a number of more than {DIGITS_MAX} digits")
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise UnreadableBody(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise UnreadableBody("an object has a name twice")
    return told


def _refuse_crowd(told: object) -> None:
    waiting, count = [told], 0
    while waiting:
        one = waiting.pop()
        inner = list(one.values()) if isinstance(one, dict) else one
        if not isinstance(inner, list):
            continue
        count += len(inner)
        if len(inner) > ITEMS_MAX or count > VALUES_MAX:
            raise UnreadableBody(f"more than {ITEMS_MAX} values in one, or {VALUES_MAX} in all")
        waiting += inner


def _refuse_strange_text(told: object) -> None:
    """Refuse NUL, which PostgreSQL stores nowhere, and half characters, which no UTF-8 can say."""
    for text in _texts(told):
        if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise UnreadableBody("a text holds a NUL or half a character")


def _texts(told: object) -> Iterator[str]:
    match told:
        case str():
            yield told
        case list():
            for item in told:
                yield from _texts(item)
        case dict():
            for name, item in told.items():
                yield name
                yield from _texts(item)
        case _:
            return


def _told(error: ValidationError) -> tuple[dict[str, str], ...]:
    messages: Any = error.messages
    found: list[dict[str, str]] = []
    for location, wrong in messages.items():
        if location == "json":
            found += [{"pointer": where, "detail": what} for where, what in _leaves(wrong, "")]
        else:
            found += [
                {"parameter": where.lstrip("/"), "detail": what}
                for where, what in _leaves(wrong, "")
            ]
    return tuple(found[:ERRORS_MAX])


def _leaves(wrong: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(wrong, Mapping):
        for name, inner in wrong.items():
            step = (
                "" if name == "_schema" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            )
            yield from _leaves(inner, where + step)
    elif isinstance(wrong, list | tuple):
        yield where, " ".join(str(each) for each in wrong)
    else:
        yield where, str(wrong)
