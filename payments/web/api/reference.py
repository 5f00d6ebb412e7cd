"""The document, and a page that shows it: made by us, nothing is fetched from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Blueprint, Response, jsonify, url_for

from payments.web.api.blueprint import PREFIX
from payments.web.api.document import document
from payments.web.pages import render
from payments.web.security import open_to_machines

reference = Blueprint("reference", __name__, url_prefix=PREFIX)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field or a parameter; *see* names the document that it holds."""

    name: str
    kind: str
    is_required: bool
    description: str
    see: str


@dataclass(frozen=True, slots=True)
class DocumentCard:
    name: str
    description: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class OperationCard:
    name: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[FieldRow, ...]
    body: str
    example: str
    answers: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """All operations and all documents, on one page that can be printed and searched."""

    template: ClassVar[str] = "api/reference.html"

    version: str
    document: str
    introduction: tuple[str, ...]
    operations: tuple[OperationCard, ...]
    documents: tuple[DocumentCard, ...]


@reference.get("/openapi.json")
@open_to_machines
def openapi() -> Response:
    """Give the OpenAPI document; it holds no data of anybody."""
    return jsonify(document())


@reference.get("/docs")
@open_to_machines
def show() -> str:
    told = document()
    return render(
        ReferencePage(
            version=told["info"]["version"],
            document=url_for("reference.openapi"),
            introduction=tuple(told["info"]["description"].strip().split("\n\n")),
            operations=tuple(_operations(told)),
            documents=tuple(
                DocumentCard(name, schema.get("description", ""), tuple(_fields(schema)))
                for name, schema in sorted(told["components"]["schemas"].items())
            ),
        )
    )


def _operations(told: Mapping[str, Any]) -> Iterator[OperationCard]:
    for path, methods in told["paths"].items():
        common = methods.get("parameters", [])
        for method, one in methods.items():
            if method == "parameters":
                continue
            body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
            example = body.get("example")
            yield OperationCard(
                one["operationId"],
                method.upper(),
                path,
                one.get("summary", ""),
                one.get("description", ""),
                one["security"][0]["token"][0],
                tuple(_parameter(each) for each in [*common, *one.get("parameters", [])]),
                _see(body.get("schema", {})),
                "" if example is None else json.dumps(example, ensure_ascii=False, indent=2),
                tuple(_answer(status, each) for status, each in one["responses"].items()),
            )


def _parameter(one: Mapping[str, Any]) -> FieldRow:
    return FieldRow(
        f"{one['name']} ({one['in']})",
        _kind(one.get("schema", {})),
        bool(one.get("required", False)),
        one.get("description", ""),
        "",
    )


def _answer(status: str, one: Mapping[str, Any]) -> FieldRow:
    [(kind, content)] = one["content"].items()
    return FieldRow(
        status, kind, is_required=False, description=one.get("description", ""),
        see=_see(content.get("schema", {})),
    )  # fmt: skip


def _fields(schema: Mapping[str, Any]) -> Iterator[FieldRow]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        held = one.get("items", one)
        see = _see(held)
        kind = f"list of {_kind(held)}" if one.get("type") == "array" else _kind(one)
        yield FieldRow(name, kind, name in required, one.get("description", ""), see)


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    kind = schema.get("type", "")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    extra = schema.get("format") or schema.get("pattern", "")
    return f"{kind} {extra}".strip()


def _see(schema: Mapping[str, Any]) -> str:
    """Name the document that *schema* points at, directly or with a description beside it."""
    for each in (schema, *schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in each:
            return str(each["$ref"]).rpartition("/")[2]
    return ""
