"""Addresses of our own pages, built once: a page names two dozen, and most are always the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final

import flask
from flask import Flask, current_app, request

_BUILT: Final = "vienphi_addresses"
#: Some hundred invoices with their forms; what is seldom asked for is built again.
_KEPT_MAX: Final = 4096


def install(app: Flask) -> None:
    """Keep the addresses of *app* in *app*, and give templates the same function."""
    app.extensions[_BUILT] = lru_cache(maxsize=_KEPT_MAX, typed=True)(_build)
    app.jinja_env.globals["url_for"] = url_for


def url_for(endpoint: str, **values: Any) -> str:
    """
    Give the path of *endpoint*, as Flask's function of this name does.

    *values* are ours (an id, a token that was found): what a visitor may choose freely would drive
    the others out, so it is put behind the address by the caller.
    """
    return here()(endpoint, **values)


def here() -> Callable[..., str]:
    """Give ``url_for`` as it is for this request: a template calls it two dozen times."""
    return partial(current_app.extensions[_BUILT], request.root_path)


def _build(_root: str, endpoint: str, **values: Any) -> str:
    # The root is part of the key: the same program may be reached below two paths.
    return flask.url_for(endpoint, **values)
