"""Sheets, scripts and fonts are small, cached by their hash, and hold what the design needs."""

from __future__ import annotations

import gzip
import io
import re

import pytest
from flask import Flask

from payments.web import assets
from payments.web.assets import address
from tests.support.hospital import Hospital
from tests.support.web import Browser

#: Of a patient's page with everything it loads, over the wire.
_PATIENT_PAGE_MAX_BYTES = 50_000


@pytest.fixture
def names(app: Flask) -> list[str]:
    return sorted(assets._ASSETS)


def test_file_is_kept_for_a_year_by_its_version(app: Flask, browser: Browser) -> None:
    with app.test_request_context():
        path = address("vienphi.css")

    answer = browser.get(path)

    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_file_without_its_version_is_asked_for_again(browser: Browser) -> None:
    first = browser.get("/static/vienphi.css")
    again = browser.get("/static/vienphi.css", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304


def test_compressed_and_plain_are_the_same(browser: Browser, names: list[str]) -> None:
    for name in names:
        plain = browser.get(f"/static/{name}")
        packed = browser.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"})
        body = packed.get_data()
        if packed.headers.get("Content-Encoding") == "gzip":
            assert len(body) < len(plain.get_data()), name
            body = gzip.decompress(body)
        assert body == plain.get_data(), name


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "nothing.css", "fonts", ""])
def test_nothing_else_is_served(browser: Browser, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


def test_fonts_are_named_by_version_in_the_sheet(browser: Browser) -> None:
    sheet = browser.get("/static/vienphi.css").get_data(as_text=True)

    fonts = re.findall(r"url\((fonts/[^)]+)\)", sheet)
    assert len(fonts) == 2
    for font in fonts:
        assert "immutable" in browser.get(f"/static/{font}").headers["Cache-Control"]


def test_sheets_load_nothing_from_elsewhere(browser: Browser, names: list[str]) -> None:
    for name in names:
        if name.endswith((".css", ".js")):
            text = browser.get(f"/static/{name}").get_data(as_text=True)
            assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.M), name
            assert "@import" not in text, name


def test_patient_page_with_all_it_loads_is_small(browser: Browser, hospital: Hospital) -> None:
    invoice = hospital.issue()
    hospital.show(invoice)
    page = browser.get(f"/p/{hospital.view(invoice).pay_token}").get_data()
    loaded = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.decode())
    sheets = [browser.get(path, headers={"Accept-Encoding": "gzip"}) for path in loaded]
    fonts = [browser.get(f"/static/{name}") for name in assets._ASSETS if "woff2" in name]

    total = len(_gzipped(page)) + sum(len(one.get_data()) for one in [*sheets, *fonts])

    assert total < _PATIENT_PAGE_MAX_BYTES, total


def _gzipped(body: bytes) -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb") as packed:
        packed.write(body)
    return file.getvalue()
