"""Who opens the pages of ``tests/support/places.py``: Flask's client, or a real browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from playwright.sync_api import Page, Response
from werkzeug.test import TestResponse

from tests.support.web import Browser

#: Sends a form as a page of ours would: with the token and the key of the page that is open.
_SEND = """([action, fields, files]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = action;
    if (Object.keys(files).length) form.enctype = "multipart/form-data";
    const add = (name, value) => {
        const input = document.createElement("input");
        input.type = "hidden"; input.name = name; input.value = value;
        form.append(input);
    };
    for (const name of ["form_token", "key"]) {
        const found = document.querySelector(`input[name=${name}]`);
        if (found && !(name in fields)) add(name, found.value);
    }
    for (const [name, value] of Object.entries(fields)) add(name, value);
    for (const [name, [title, body]] of Object.entries(files)) {
        const input = document.createElement("input");
        input.type = "file"; input.name = name;
        const bytes = Uint8Array.from(atob(body), char => char.charCodeAt(0));
        const chosen = new DataTransfer();
        chosen.items.add(new File([bytes], title));
        input.files = chosen.files;
        form.append(input);
    }
    document.body.append(form);
    form.submit();
}"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file in a form."""

    name: str
    content: bytes


Fields = Mapping[str, str | Sent]


class Visitor(Protocol):
    """Opens one page after the other; redirects are followed."""

    #: Of the page that is open now.
    status: int

    def get(self, path: str) -> None: ...

    def send(self, at: str, action: str, fields: Fields) -> None:
        """Open the page *at* (empty: stay where one is), then send *fields* to *action*."""
        ...

    def text(self) -> str: ...

    def wait_for(self, selector: str) -> None:
        """Let the page's script bring what is meant, where there is one that runs."""
        ...


class Reader:
    """Reads pages without drawing them."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self._browser = Browser(self.client)
        self._answer: TestResponse | None = None
        self.status = 0

    def get(self, path: str) -> None:
        self._keep(self._browser.get(path, follow_redirects=True))

    def send(self, at: str, action: str, fields: Fields) -> None:
        if at:
            self.get(at)
        form = {
            name: (io.BytesIO(value.content), value.name) if isinstance(value, Sent) else value
            for name, value in fields.items()
        }
        self._keep(self._browser.post(action, form, follow_redirects=True))

    def text(self) -> str:
        assert self._answer is not None
        return self._answer.get_data(as_text=True)

    def wait_for(self, selector: str) -> None:
        """No script runs here."""

    def _keep(self, answer: TestResponse) -> None:
        self._answer, self.status = answer, answer.status_code


class Viewer:
    """Sees pages in a real browser."""

    def __init__(self, page: Page, web: str) -> None:
        self.page = page
        self._web = web
        self.status = 0

    def get(self, path: str) -> None:
        self._keep(self.page.goto(self._web + path))

    def send(self, at: str, action: str, fields: Fields) -> None:
        if at:
            self.get(at)
        files = {
            name: (value.name, base64.b64encode(value.content).decode())
            for name, value in fields.items()
            if isinstance(value, Sent)
        }
        texts = {name: value for name, value in fields.items() if isinstance(value, str)}
        with self.page.expect_navigation() as told:
            self.page.evaluate(_SEND, [self._web + action, texts, files])
        self._keep(told.value)

    def text(self) -> str:
        return self.page.content()

    def wait_for(self, selector: str) -> None:
        self.page.locator(selector).first.wait_for()

    def _keep(self, answer: Response | None) -> None:
        assert answer is not None, "the browser went nowhere"
        self.status = answer.status
