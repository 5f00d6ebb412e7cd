"""Parts of pages that follow from their fields and the language alone, drawn once for the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from flask import Flask, current_app
from markupsafe import Markup

from payments.web import environments
from payments.web.current import language
from payments.web.page import Page, fields_of

_KEPT: Final = "vienphi_parts"
#: The list of services of a facility in three languages, and some that are just being replaced.
_KEPT_MAX: Final = 16


def install(app: Flask) -> None:
    """Keep the parts of *app* in *app*."""
    app.extensions[_KEPT] = lru_cache(maxsize=_KEPT_MAX)(_draw)


def drawn(part: Page) -> Markup:
    """Draw *part*; its template sees its fields and the words, nothing of person or request."""
    return _draw(part, language())


def kept(part: Page) -> Markup:
    """
    Give the drawing of an equal part, if one was made before.

    For parts whose fields were read from the database for this very page: who changes a price
    changes a field, and gets another drawing.
    """
    draw: Callable[[Page, str], Markup] = current_app.extensions[_KEPT]
    return draw(part, language())


def _draw(part: Page, chosen: str) -> Markup:
    template = environments.template(part.template, chosen)
    # A template escapes what it is given; what it gives is markup.
    return Markup(template.render(fields_of(part)))  # noqa: S704
