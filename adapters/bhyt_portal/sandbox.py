"""
The portal's stand-in, on the real wire: sessions, look-ups, check-ins, dossiers, bad days.

    GET  /sandbox/portal/              what it has seen, and the cards of its people
    POST /sandbox/portal/knobs         {"down", "slow", "restricted", "lie", "refuse_tokens"}
    POST /sandbox/portal/sessions/end  every session ends before its time

What the public descriptions of the calls do not say is our choice and said so where it is made.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.faults import Wsgi
from adapters.bhyt_portal import requests, sandbox_files, sandbox_replies
from adapters.bhyt_portal.sandbox_book import PASSWORD, USER, Book, turned
from adapters.bhyt_portal.sandbox_people import CARD_CODES, STAFF_ID, STAFF_NAME, card_of
from payments.external.portal import Account
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField
from payments.kernel.secret import Secret

#: A hundred megabytes in base64, and the form around it.
_BODY_MAX_BYTES: Final = 220 * 1024 * 1024
_PATHS: Final = ("/api/token/", "/api/egw/", "/api/TraCuuCCT/", "/api/qd130/")
#: What takes long at the real one.
_LOOK_UPS: Final = (requests.CARD_PATH, requests.COPAYMENT_PATH)

ACCOUNT: Final = Account(USER, Secret(PASSWORD), STAFF_NAME, Secret(STAFF_ID))


@dataclass(slots=True)
class PortalSandbox:
    """The portal in this process or on a port of this machine."""

    clock: Clock
    pause: Callable[[float], None] = time.sleep
    book: Book = field(init=False)
    app: Wsgi = field(init=False)
    name: str = "portal"
    hosts: frozenset[str] = frozenset({"portal.localhost"})

    def __post_init__(self) -> None:
        self.book = Book(self.clock)
        self.app = _Doors(self, _application(self.book).wsgi_app)

    def claims(self, environ: Mapping[str, Any]) -> bool:
        path = str(environ.get("PATH_INFO", ""))
        return path.startswith((*_PATHS, "/sandbox/portal/"))

    def run_due(self) -> int:
        """Do nothing: the portal calls nobody."""
        return 0


def open_sandbox(options: SandboxOptions, clock: Clock) -> PortalSandbox:
    """Open the portal's stand-in; it has no messages, so *options* change nothing."""
    return PortalSandbox(clock)


@dataclass(frozen=True, slots=True)
class _Doors:
    """Lets nobody in while the portal is down, and lets look-ups wait where it is slow."""

    sandbox: PortalSandbox
    inner: Wsgi

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path, knobs = environ.get("PATH_INFO", ""), self.sandbox.book.knobs
        if path.startswith(_PATHS) and knobs.down:
            raise ConnectionResetError("the portal is down")
        if path in _LOOK_UPS and knobs.slow:
            self.sandbox.pause(knobs.slow)
        return self.inner(environ, start_response)


def _application(book: Book) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _BODY_MAX_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = _BODY_MAX_BYTES
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    _sessions(app, book)
    _look_ups(app, book)
    _files(app, book)
    _steering(app, book)

    @app.errorhandler(InvalidField)
    def refuse(error: InvalidField) -> ResponseReturnValue:
        return jsonify(error=error.code, field=error.field, what=error.key), 422

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return app


def _sessions(app: Flask, book: Book) -> None:
    @app.post(requests.TOKEN_PATH)
    def take() -> ResponseReturnValue:
        book.calls.append("token")
        asked = _asked()
        is_right = asked.get("username") == USER and _is_password(asked.get("password"))
        if not is_right:
            return jsonify(maKetQua="401", APIKey=None)
        access, identity = book.open_session(_address())
        ends = book.clock.now() + timedelta(minutes=10)
        return jsonify(
            maKetQua="200",
            APIKey={
                "access_token": access,
                "id_token": identity,
                "token_type": "bearer",
                "username": USER,
                "expires_in": ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            },
        )


def _look_ups(app: Flask, book: Book) -> None:
    @app.post(requests.CARD_PATH)
    def card() -> ResponseReturnValue:
        book.calls.append("card")
        given = request.args
        if not _is_let_in(book, given.get("token"), given.get("id_token"), given.get("password")):
            return jsonify(maKetQua="401", ghiChu="Chưa xác thực")
        return jsonify(sandbox_replies.card(book, _asked()))

    @app.post(requests.COPAYMENT_PATH)
    def copayment() -> ResponseReturnValue:
        book.calls.append("copayment")
        if not _has_session(book):
            return Response(status=401)
        return jsonify(sandbox_replies.copayment(book, _asked()))


def _files(app: Flask, book: Book) -> None:
    def take(kind: str) -> ResponseReturnValue:
        book.calls.append("file")
        if not _has_session(book):
            return jsonify(maKetQua="401", thongDiep=sandbox_files.WORDS["401"])
        code, size = sandbox_files.judged(request.form, kind, book)
        told = {"maKetQua": code, "thongDiep": sandbox_files.WORDS[code]}
        if code == sandbox_files.OK:
            kept = book.keep(kind, size, code)
            at = kept.at.astimezone(HOSPITAL_ZONE).strftime("%Y%m%d%H%M%S")
            told |= {"maGiaoDich": kept.transaction, "thoiGianTiepNhan": at}
        return jsonify(told)

    for path in requests.CHECK_IN_PATHS.values():
        app.add_url_rule(path, path, lambda: take("0"), methods=["POST"])
    for path in requests.SUBMIT_PATHS.values():
        app.add_url_rule(path, path, lambda: take("130"), methods=["POST"])


def _steering(app: Flask, book: Book) -> None:
    @app.get("/")
    @app.get("/sandbox/portal/")
    def show() -> ResponseReturnValue:
        cards = {code: card_of(code) for code in CARD_CODES}
        received = [
            {"maGiaoDich": one.transaction, "loaiHoSo": one.kind, "bytes": one.size}
            for one in book.received
        ]
        return jsonify(cards=cards, received=received, calls=len(book.calls))

    @app.post("/sandbox/portal/knobs")
    def turn() -> ResponseReturnValue:
        given = request.get_json(silent=True)
        if not isinstance(given, dict):
            raise InvalidField("body", "json_object")
        book.knobs = turned(book.knobs, given)
        return jsonify(sandbox_replies.knobs(book))

    @app.post("/sandbox/portal/sessions/end")
    def end() -> ResponseReturnValue:
        book.forget_sessions()
        return jsonify(ended=True)


def _asked() -> dict[str, str]:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        return {}
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _has_session(book: Book) -> bool:
    told = request.headers
    return _is_let_in(book, told.get("accessToken"), told.get("tokenId"), told.get("passwordHash"))


def _is_let_in(book: Book, access: str | None, identity: str | None, password: str | None) -> bool:
    return _is_password(password) and book.knows(access or "", identity or "", _address())


def _is_password(told: str | None) -> bool:
    return hmac.compare_digest((told or "").encode(), requests.password_hash(ACCOUNT).encode())


def _address() -> str:
    return request.remote_addr or ""
