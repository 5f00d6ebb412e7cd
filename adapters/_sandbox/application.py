"""The sandbox bank as one WSGI application: pages, lists, control."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

from adapters._sandbox.branch import Branch
from adapters._sandbox.control import control
from adapters._sandbox.lists import lists
from adapters._sandbox.page import OpenCodes, pages
from adapters._sandbox.picture import SIZE_MAX_BYTES
from adapters._sandbox.weather import Rate, Weather
from adapters._wire.fields import as_local
from payments.kernel.calendar import HospitalDay

#: A page on the internet must not reach this bank through a name that points to loopback.
_HOSTS: Final = ["127.0.0.1", "localhost"]
_FORM_MAX_BYTES: Final = 64 * 1024
_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def application(
    branch: Branch,
    open_codes: OpenCodes | None = None,
    *,
    is_immediate: bool = False,
    is_rate_limited: bool = False,
) -> Flask:
    """
    Make the application.

    *is_immediate* sends due messages within the request that caused them, so that a test needs no
    thread; *is_rate_limited* allows three list requests a second, as SePay does.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = SIZE_MAX_BYTES + _FORM_MAX_BYTES
    app.config["TRUSTED_HOSTS"] = _HOSTS
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    weather = Weather()
    app.register_blueprint(lists(branch, weather, Rate(is_rate_limited)))
    app.register_blueprint(control(branch, weather, is_immediate=is_immediate))
    app.register_blueprint(pages(branch, open_codes, is_immediate=is_immediate))
    app.jinja_env.filters["money"] = lambda dong: f"{dong:,}".replace(",", ".") + " đ"
    app.jinja_env.filters["local"] = as_local
    app.jinja_env.globals["today"] = lambda: str(HospitalDay.of(branch.clock.now()))

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = _CSP
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return app
