"""A program of a few lines that uses the API with its token."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.tokens import service
from payments.tokens.model import PER_MINUTE_MAX, TokenScope

PREFIX = "/api/v1"
_keys = itertools.count(1)


def new_token(
    runtime: Runtime,
    scope: Scope,
    scopes: Iterable[TokenScope] = tuple(TokenScope),
    *,
    per_minute: int = PER_MINUTE_MAX,
) -> str:
    _, secret = service.make(
        runtime,
        scope,
        name="HIS thử nghiệm",
        scopes=[one.value for one in scopes],
        per_minute=per_minute,
    )
    return secret.reveal()


def order(*codes: str, number: int = 1) -> dict[str, Any]:
    """Make a body for POST /invoices: one of each service."""
    return {
        "patient": {
            "name": "NGUYỄN VĂN THỬ",
            "birth_year": 1958,
            "file_number": f"99-{number:06d}",
        },
        "lines": [{"service": code} for code in codes or ("KB01",)],
    }


@dataclass
class Program:
    """Wraps Flask's client: every request carries the token, every POST a key of its own."""

    client: FlaskClient
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(PREFIX + path, headers=self._with({}), **more)

    def post(self, path: str, body: object, *, key: str = "", **more: Any) -> TestResponse:
        key = key or f"key-{next(_keys)}"
        headers = self._with({"Idempotency-Key": key})
        return self.client.post(PREFIX + path, json=body, headers=headers, **more)

    def issue(self, *codes: str, number: int = 1) -> dict[str, Any]:
        answer = self.post("/invoices", order(*codes, number=number))
        assert answer.status_code == 201, answer.get_data(as_text=True)
        told: dict[str, Any] = answer.get_json()
        return told

    def _with(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **self.headers, **more}
