"""Serves the hospital of ``tests/support/show.py`` and brings people to its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from payments.identity.permissions import Role
from tests.support.show import Show, show_in
from tests.support.visitors import Viewer
from tests.support.ways import Place
from tests.support.web import PASSWORD

AXE = Path(__file__).resolve().parent / "axe" / "axe.min.js"
AXE_ADDRESS = "/test/axe.min.js"
DESKTOP = {"width": 1280, "height": 800}


@dataclass
class Theatre:
    """A hospital behind two addresses, the second of which asks for the second factor."""

    show: Show
    web: str
    strict: str
    browser: Browser
    _signed_in: dict[Role, Viewer] = field(default_factory=dict)

    def visit(self, place: Place) -> Viewer:
        """Open *place*; a role keeps its page, whoever is not signed in gets a fresh one."""
        viewer = self._viewer(place)
        viewer.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        place.way(self.show, viewer)
        return viewer

    def leave(self, place: Place, viewer: Viewer) -> None:
        if place.who is None:
            viewer.page.context.close()

    def _viewer(self, place: Place) -> Viewer:
        if place.who is None:
            return Viewer(self.context().new_page(), self.strict if place.is_strict else self.web)
        if place.who not in self._signed_in:
            viewer = Viewer(self.context().new_page(), self.web)
            told = {"login": self.show.logins[place.who], "password": PASSWORD}
            viewer.send("/sign-in", "/sign-in", told)
            self._signed_in[place.who] = viewer
        return self._signed_in[place.who]

    def context(self) -> BrowserContext:
        made = self.browser.new_context(
            viewport=DESKTOP,  # type: ignore[arg-type]
            locale="vi-VN",
            # Colours that are on their way to others would be measured as they pass.
            reduced_motion="reduce",
        )
        made.set_default_timeout(15_000)
        return made


@contextmanager
def theatre_in(folder: Path, browser: Browser) -> Iterator[Theatre]:
    with (
        show_in(folder) as show,
        _served(show.app) as web,
        _served(show.strict) as strict,
    ):
        yield Theatre(show, web, strict, browser)


def _with_axe(app: Flask) -> Any:
    """Serve axe beside the pages: their policy runs scripts of their own origin alone."""
    body = AXE.read_bytes()

    def serve(environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] != AXE_ADDRESS:
            return app(environ, start)
        headers = [("Content-Type", "text/javascript"), ("Cache-Control", "max-age=86400")]
        start("200 OK", headers)
        return [body]

    return serve


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing: a page asks each second."""


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, _with_axe(app), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
