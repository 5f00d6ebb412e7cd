"""
``operation``: one decorator says everything about a view, and the document tells the same.

It stands in front of flask-smorest, which writes the OpenAPI document and calls the schemas; the
guard (token, scope, size) runs before any of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar

from flask_smorest import Blueprint
from marshmallow import INCLUDE, Schema, fields
from werkzeug.wrappers import Response as AnyResponse

from payments.kernel.errors import InvalidField
from payments.tokens.model import TokenScope
from payments.web.api.reading import InvalidInput, Reader, refuse_parameters
from payments.web.current import explain
from payments.web.problem import explained
from payments.web.security import needs_token

V = TypeVar("V", bound=Callable[..., Any])

VERSION: Final = "1"
PREFIX: Final = f"/api/v{VERSION}"
KEY_HEADER: Final = "Idempotency-Key"
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
#: What any request may be answered with.
_ALWAYS: Final = (401, 403, 422, 429, 503)
_WITH_BODY: Final = (400, 409, 413, 415)
_KEY: Final = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "description": (
        "Made new for each thing that is to happen, and sent again with each repeat of it: a"
        " repeat has no second effect and gets the first answer, with Idempotency-Replayed: true."
        " Known for 30 days."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
#: Where a field that a service names stands in the body that we read.
_POINTERS: Final = {
    "name": "/patient/name",
    "birth_year": "/patient/birth_year",
    "file_number": "/patient/file_number",
    "lines": "/lines",
    "service": "/lines/{index}/service",
    "quantity": "/lines/{index}/quantity",
    "reason": "/reason",
    "department": "/amounts",
    "amount": "/amounts",
    "total": "/total/amount",
    "own": "/own/amount",
}


class ErrorDocument(Schema):
    """One wrong place and what is expected there."""

    pointer = fields.String(metadata={"description": "Place in the body (RFC 6901)."})
    parameter = fields.String(metadata={"description": "Parameter of the address."})
    detail = fields.String(required=True)


class ProblemDocument(Schema):
    """RFC 9457: what happened, for programs (type, status) and for people (title, detail)."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"description": "A page that explains it."})
    title = fields.String(required=True, metadata={"description": "In Accept-Language."})
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True, metadata={"description": "urn:request:<X-Request-ID>"})
    errors = fields.List(fields.Nested(ErrorDocument))


class _Blueprint(Blueprint):  # type: ignore[misc]  # the library has no types
    ARGUMENTS_PARSER = Reader()


@dataclass(frozen=True, slots=True)
class Says:
    """What an operation takes and gives, for the document."""

    answer: type[Schema] | None = None
    status: int = 200
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    example: dict[str, Any] | None = None
    #: Statuses of its own besides those that any operation has.
    also: tuple[int, ...] = ()
    #: What a place in the address holds, where Flask's own kinds do not say it.
    path: dict[str, dict[str, str]] | None = None
    #: Of an answer that is no JSON.
    content_type: str = _JSON


api: Any = _Blueprint("api", __name__, url_prefix=PREFIX, description="Version 1")


def operation(method: str, path: str, scope: TokenScope, says: Says) -> Callable[[V], V]:
    """
    Register a view below ``/api/v1`` for tokens with *scope*.

    The view gets what was read as ``asked``; its docstring is the summary and the description.
    A POST carries an idempotency key: answer it through ``once.answered``.
    """

    def register(view: V) -> V:
        marked: Any = needs_token(scope)(view)
        told: Any = _checked(marked, says)
        told = api.response(
            says.status, says.answer or _binary(says), content_type=says.content_type
        )(told)
        for status in sorted(_failures(method, path, says)):
            told = api.alt_response(status, schema=ProblemDocument, content_type=_PROBLEM)(told)
        told = api.doc(**_documented(method, view.__name__, scope))(told)
        # A program that asks what it may do reads the document; OPTIONS is for browsers.
        told.provide_automatic_options = False
        tag = scope.partition(":")[0]
        api.route(path, methods=[method], tags=[tag], parameters=_of_path(says))(told)
        return view

    return register


@api.errorhandler(InvalidField)  # type: ignore[untyped-decorator]
def _named(error: InvalidField) -> AnyResponse:
    """Say the field that a service refuses in the way of the schemas: by its place in the body."""
    index = (error.line or 1) - 1
    pointer = _POINTERS.get(error.field, f"/{error.field}").format(index=index)
    return explained(InvalidInput(errors=({"pointer": pointer, "detail": explain(error)},)))


def _checked(view: Any, says: Says) -> Any:
    if says.body is not None:
        view = api.arguments(says.body, location="json", arg_name="asked", example=says.example)(
            view
        )
    if says.query is not None:
        return api.arguments(says.query, location="query", arg_name="asked")(view)

    @wraps(view)
    def without_parameters(**arguments: Any) -> Any:
        refuse_parameters()
        return view(**arguments)

    return without_parameters


def _failures(method: str, path: str, says: Says) -> set[int]:
    found = {*_ALWAYS, *says.also}
    if method != "GET":
        found |= set(_WITH_BODY)
    if "<" in path:
        found.add(404)
    return found


def _of_path(says: Says) -> list[dict[str, Any]]:
    return [
        {"in": "path", "name": name, "required": True, "schema": schema}
        for name, schema in (says.path or {}).items()
    ]


def _documented(method: str, name: str, scope: TokenScope) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": name,
        "security": [{"token": [scope.value]}],
    }
    if method == "POST":
        told["parameters"] = [_KEY]
    return told


def _binary(says: Says) -> dict[str, Any] | None:
    if says.content_type == _JSON:
        return None
    return {"type": "string", "contentMediaType": says.content_type}
