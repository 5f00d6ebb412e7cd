"""Every route of the application with an address that could be asked, made from the route map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import Flask

_SAMPLES = {
    "uuid": "01a20c1e-90b3-723b-b3b1-ff3eb156c8e4",
    "default": "x" * 22,
    "path": "vienphi.css",
    "integer": "1",
    "date": "2026-11-24",
}
NOBODY = UUID(_SAMPLES["uuid"])


@dataclass(frozen=True)
class Route:
    endpoint: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes(app: Flask, **known: object) -> Iterator[Route]:
    """List routes; *known* gives values for arguments by name, the rest gets samples."""
    for rule in app.url_map.iter_rules():
        values = {
            name: str(known.get(name, _SAMPLES.get(_kind(converter), _SAMPLES["default"])))
            for name, converter in rule._converters.items()
        }
        path = "".join(
            values[part] if is_argument else part for is_argument, part in rule._trace
        ).removeprefix("|")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, path)


def _kind(converter: object) -> str:
    return type(converter).__name__.removesuffix("Converter").lower()
