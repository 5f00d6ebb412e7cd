"""A browser of few lines: keeps cookies, reads the form's token, signs in."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payments.app import create_app
from payments.config import Settings
from payments.identity import service
from payments.identity.permissions import Role
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.web.current import EXTENSION

PASSWORD = "mật khẩu để thử nghiệm"
_HOUSES: dict[Settings, Flask] = {}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
_KEY = re.compile(r'name="key" value="([0-9a-f]{32})"')


@dataclass
class Browser:
    """Wraps Flask's client; every request is from one machine with one set of cookies."""

    client: FlaskClient
    token: str = ""
    key: str = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        answer = self.client.get(path, **more)
        self._remember(answer)
        return answer

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form as the page that was read last would: with its token and key."""
        told = {"form_token": self.token, "key": self.key} | (form or {})
        answer = self.client.post(path, data=told, **more)
        self._remember(answer)
        return answer

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"login": login, "password": password})

    def _remember(self, answer: TestResponse) -> None:
        if answer.mimetype != "text/html":
            return
        text = answer.get_data(as_text=True)
        for pattern, name in ((_TOKEN, "token"), (_KEY, "key")):
            found = pattern.search(text)
            if found:
                setattr(self, name, found[1])


def house(runtime: Runtime) -> Flask:
    """
    Give the web application of *runtime*, as ``create_app`` makes it.

    Routes, documents and compiled templates are the same for all tests with these settings and are
    made once in a process, which takes longer than most tests. What an application keeps while it
    runs is each one's own. A test that adds a view calls ``create_app``.
    """
    if runtime.settings not in _HOUSES:
        _HOUSES[runtime.settings] = create_app(runtime)
    made = copy(_HOUSES[runtime.settings])
    made.extensions = {**made.extensions, EXTENSION: runtime}
    return made


def add_user(runtime: Runtime, scope: Scope, role: Role = Role.CASHIER, login: str = "") -> str:
    """Add a user of *role* and return the login."""
    login = login or f"{role.value.replace('_', '.')}.thu"
    service.add_user(runtime, scope, login=login, name="TRẦN THỊ THỬ", role=role, password=PASSWORD)
    return login
