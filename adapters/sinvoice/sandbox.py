"""
The stand-in of S-Invoice, on the real wire: sessions, issue, look-up, bad days.

    GET  /sandbox/einvoices/          what was issued, newest last
    POST /sandbox/einvoices/knobs     {"down", "lose_answers", "refuse", "end_sessions"}

Numbers are given per series from 1 without a gap. One name is issued once, whoever asks how often.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from adapters._sandbox.faults import Wsgi
from adapters.sinvoice import requests
from adapters.sinvoice.checking import fault_of
from payments.external.einvoices import Account
from payments.gateway.sandboxes import SandboxOptions
from payments.kernel.clock import Clock
from payments.kernel.secret import Secret

TAX_CODE: Final = "0100990001"
_PASSWORD: Final = "mat-khau-thu-nghiem"  # noqa: S105 - a sandbox's, shown on purpose
ACCOUNT: Final = Account(
    "0100990001", Secret(_PASSWORD), TAX_CODE, "1/001", "C{yy}TVP", date(2026, 1, 1)
)
_TOKEN_LIFE: Final = timedelta(minutes=20)
_PATHS: Final = ("/auth/login", "/services/einvoiceapplication/")


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the provider behaves from now on."""

    #: The line breaks before anything is done.
    down: bool = False
    #: It is issued, and the line breaks before the answer.
    lose_answers: bool = False
    #: The next are refused with this code.
    refuse: str = ""


@dataclass(slots=True)
class Book:
    """What was issued, by name."""

    clock: Clock
    knobs: Knobs = field(default_factory=Knobs)
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Verbs that came, in order: tests count them.
    calls: list[str] = field(default_factory=list)
    _sessions: dict[str, Any] = field(default_factory=dict, repr=False)
    _numbers: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open_session(self) -> str:
        token = secrets.token_hex(24)
        with self._lock:
            self._sessions[token] = self.clock.now() + _TOKEN_LIFE
        return token

    def knows(self, token: str | None) -> bool:
        with self._lock:
            until = self._sessions.get(token or "")
        return until is not None and self.clock.now() < until

    def end_sessions(self) -> None:
        with self._lock:
            self._sessions.clear()

    def issue(self, body: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
        """Issue *body*; gives the record, or the code of what is wrong with it."""
        general = body["generalInvoiceInfo"]
        name, series = general["transactionUuid"], general["invoiceSeries"]
        with self._lock:
            if name in self.issued:
                return None, "TRANSACTION_UUID_INVALID"
            numbers = {one["invoiceNo"] for one in self.issued.values()}
            original = general.get("originalInvoiceId")
            if original is not None and original not in numbers:
                return None, "ORIGINAL_INVOICE_NOT_FOUND"
            number = self._numbers.get(series, 0) + 1
            self._numbers[series] = number
            made = {
                "supplierTaxCode": TAX_CODE,
                "invoiceNo": f"{series}{number}",
                "transactionID": secrets.token_hex(8),
                "reservationCode": secrets.token_hex(8).upper(),
                "codeOfTax": f"M1-26-{secrets.token_hex(5).upper()}-{number:011d}",
                "issueDate": general["invoiceIssuedDate"],
                "adjustmentType": general["adjustmentType"],
                "originalInvoiceId": original,
                "amount": body["summarizeInfo"]["totalAmountWithTax"],
                "isPositive": body["summarizeInfo"]["isTotalAmountPos"],
                "buyer": body["buyerInfo"],
            }
            self.issued[name] = made
        return made, ""


@dataclass(slots=True)
class SinvoiceSandbox:
    """The provider in this process or on a port of this machine."""

    clock: Clock
    book: Book = field(init=False)
    app: Wsgi = field(init=False)
    name: str = "sinvoice"
    hosts: frozenset[str] = frozenset({"sinvoice.localhost"})

    def __post_init__(self) -> None:
        self.book = Book(self.clock)
        self.app = _Doors(self.book, _application(self.book).wsgi_app)

    def claims(self, environ: Mapping[str, Any]) -> bool:
        path = str(environ.get("PATH_INFO", ""))
        return path.startswith((*_PATHS, "/sandbox/einvoices/"))

    def run_due(self) -> int:
        """Do nothing: the provider calls nobody."""
        return 0


def open_sandbox(options: SandboxOptions, clock: Clock) -> SinvoiceSandbox:
    """Open the provider's stand-in; it sends no messages, so *options* change nothing."""
    return SinvoiceSandbox(clock)


@dataclass(frozen=True, slots=True)
class _Doors:
    """Breaks the line before or after the work, as the knobs say."""

    book: Book
    inner: Wsgi

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = environ.get("PATH_INFO", "")
        if path.startswith(_PATHS) and self.book.knobs.down:
            raise ConnectionResetError("the provider is down")
        answer = self.inner(environ, start_response)
        if path.startswith(requests.ISSUE_PATH) and self.book.knobs.lose_answers:
            raise ConnectionResetError("the answer is lost")
        return answer


def _application(book: Book) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    _sessions(app, book)
    _invoices(app, book)
    _steering(app, book)

    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return app


def _sessions(app: Flask, book: Book) -> None:
    @app.post(requests.LOGIN_PATH)
    def login() -> ResponseReturnValue:
        book.calls.append("login")
        asked = request.get_json(silent=True) or {}
        given = str(asked.get("password", "")).encode()
        is_right = hmac.compare_digest(given, _PASSWORD.encode())
        if asked.get("username") != ACCOUNT.user or not is_right:
            return _wrong(400, "BAD_CREDENTIALS", "Tên đăng nhập hoặc mật khẩu không đúng")
        return jsonify(
            access_token=book.open_session(),
            token_type="bearer",  # noqa: S106 - a kind of token, no token
            refresh_token=secrets.token_hex(24),
            expires_in=int(_TOKEN_LIFE.total_seconds()) - 1,
            scope="openid",
        )


def _invoices(app: Flask, book: Book) -> None:
    @app.post(f"{requests.ISSUE_PATH}<tax_code>")
    def issue(tax_code: str) -> ResponseReturnValue:
        book.calls.append("issue")
        if not book.knows(request.cookies.get("access_token")):
            return _wrong(401, "UNAUTHORIZED", "Phiên đăng nhập đã hết")
        body = request.get_json(silent=True)
        wrong = book.knobs.refuse or fault_of(body, tax_code, TAX_CODE)
        if wrong or not isinstance(body, dict):
            return _wrong(400, wrong, "Dữ liệu hóa đơn không hợp lệ")
        made, wrong = book.issue(body)
        if made is None:
            return _wrong(400, wrong, "Transaction Uuid đã được dùng hoặc hóa đơn gốc không có")
        names = ("supplierTaxCode", "invoiceNo", "transactionID", "reservationCode", "codeOfTax")
        return jsonify(errorCode=None, description=None, result={n: made[n] for n in names})

    @app.post(requests.FIND_PATH)
    def find() -> ResponseReturnValue:
        book.calls.append("find")
        if not book.knows(request.cookies.get("access_token")):
            return _wrong(500, "GENERAL", "Internal Server Error")
        name = request.form.get("transactionUuid", "")
        found = book.issued.get(name)
        if request.form.get("supplierTaxCode") != TAX_CODE or found is None:
            return _wrong(400, "NOT_FOUND_DATA", "Không tìm thấy dữ liệu")
        return jsonify(errorCode=None, description="", transactionUuid=name, result=[found])


def _steering(app: Flask, book: Book) -> None:
    @app.get("/sandbox/einvoices/")
    def show() -> ResponseReturnValue:
        return jsonify(issued=list(book.issued.values()), calls=len(book.calls))

    @app.post("/sandbox/einvoices/knobs")
    def turn() -> ResponseReturnValue:
        given = request.get_json(silent=True)
        kinds = {"down": bool, "lose_answers": bool, "refuse": str, "end_sessions": bool}
        if not isinstance(given, dict) or any(
            type(value) is not kinds.get(name) for name, value in given.items()
        ):
            return jsonify(error="knobs", known={n: k.__name__ for n, k in kinds.items()}), 422
        if given.pop("end_sessions", False):
            book.end_sessions()
        book.knobs = replace(book.knobs, **given)
        return jsonify(json.loads(json.dumps(given)))


def _wrong(status: int, code: str, words: str) -> ResponseReturnValue:
    return jsonify(code=status, message=code, data=words, errorCode=None), status
