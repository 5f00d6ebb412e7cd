"""What a page object is: a frozen dataclass that names its template and holds what is shown."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, Protocol


class Page(Protocol):
    #: Path below ``templates/``.
    template: ClassVar[str]


def fields_of(page: Page) -> dict[str, Any]:
    """Give the names that the template of *page* may use."""
    return {name: getattr(page, name) for name in _names(type(page))}


@cache
def _names(kind: type[Page]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(kind))  # type: ignore[arg-type]
