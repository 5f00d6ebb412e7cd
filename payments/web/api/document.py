"""The OpenAPI document: made from the views when the application starts."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final, cast

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, current_app
from flask_smorest import Api

from payments.web.api.blueprint import api

_KEPT: Final = "vienphi_openapi"
_DESCRIPTION: Final = """\
Everything a program of the hospital may do with invoices, payment codes and payments. It calls the
services that the desk calls: same rules, same books, same audit.

Send the token as `Authorization: Bearer vienphi_…`; each operation names the scope it needs. Money
is whole đồng: `{"amount": 150000, "currency": "VND"}`. Moments are RFC 3339 in UTC, days are
calendar days in Vietnam. Failures are `application/problem+json` (RFC 9457); `type` is a page that
explains the code. Unknown fields and parameters are refused. Lists are read in pages: follow
`next`, or the `Link` header.
"""


class _Api(Api):  # type: ignore[misc]  # the library has no types
    #: Failures are told per operation, in our own words.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave HTTP's failures to ``web.problem``: there is one way to explain them."""


def install(app: Flask) -> None:
    """Register the API in *app* and make its document."""
    shapes = MarshmallowPlugin(schema_name_resolver=_name)
    made = _Api(
        app,
        spec_kwargs={
            "marshmallow_plugin": shapes,
            "title": "Vienphi",
            "version": "1",
            "openapi_version": "3.1.0",
            "info": {"description": _DESCRIPTION, "license": {"name": "Apache-2.0"}},
        },
    )
    made.spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "description": "vienphi_…"}
    )
    made.register_blueprint(api)
    app.extensions[_KEPT] = _described(made.spec.to_dict(), shapes)


def document() -> dict[str, Any]:
    return cast(dict[str, Any], current_app.extensions[_KEPT])


def _name(schema: Any) -> str:
    kind = resolve_schema_cls(schema)
    return str(getattr(kind, "__name__", kind)).removesuffix("Document")


def _described(told: dict[str, Any], shapes: MarshmallowPlugin) -> dict[str, Any]:
    """Say of each schema what its class says of itself; keep to ours."""
    assert shapes.converter is not None
    schemas = told["components"]["schemas"]
    ours = {name: kind for (kind, *_), name in shapes.converter.refs.items()}
    for name in list(schemas):
        # The library adds schemas of its own failures and pages, which nothing here points at.
        if ours[name].__module__.startswith(__package__ or ""):
            schemas[name]["description"] = inspect.getdoc(ours[name]) or ""
        else:
            del schemas[name]
    used = {tag for one in told["paths"].values() for what in _operations(one) for tag in what}
    told["tags"] = [{"name": name} for name in sorted(used)]
    return told


def _operations(path: dict[str, Any]) -> Iterator[list[str]]:
    return (what["tags"] for what in path.values() if isinstance(what, dict))
