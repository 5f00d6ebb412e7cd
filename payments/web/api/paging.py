"""Lists in pages: what is asked, and how the next page is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from marshmallow import fields, validate

from payments.web.api import cursors
from payments.web.api.fields import QueryNumber, Strict

T = TypeVar("T")

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200


class PageQuery(Strict):
    """What every list understands."""

    limit = QueryNumber(
        load_default=LIMIT_DEFAULT,
        validate=validate.Range(1, LIMIT_MAX),
        metadata={"description": "Rows of a page at most."},
    )
    cursor = fields.String(
        validate=validate.Length(1, cursors.LETTERS_MAX),
        metadata={"description": "`next` of the page before; it is opaque."},
    )


def next_cursor() -> fields.String:
    return fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Ask with it as `cursor` for what follows; null at the end."},
    )


def position(asked: dict[str, Any], about: str) -> list[str | int] | None:
    """Read where the page begins. Raises BadCursor."""
    return cursors.read(about, asked["cursor"]) if "cursor" in asked else None


def page(
    rows: Sequence[T], limit: int, about: str, at: Callable[[T], tuple[str | int, ...]]
) -> tuple[Sequence[T], str | None]:
    """
    Cut *rows*, of which one more was asked for than is shown, and name where the next page begins.
    """
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    return shown, cursors.written(about, *at(shown[-1]))
