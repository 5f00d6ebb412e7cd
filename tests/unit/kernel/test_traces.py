"""A stack trace says where and of which kind, and quotes nobody."""

from __future__ import annotations

import logging
import sys

from payments import gunicorn
from payments.kernel.errors import Conflict
from payments.kernel.traces import described

SECRET = "NGUYEN BIMAT THU 001158000001"


class Refused(Exception):
    sqlstate = "23514"


def failed(*, inner: Exception, outer: Exception) -> BaseException:
    try:
        try:
            raise inner
        except Exception as error:
            raise outer from error
    except Exception as error:
        return error


def test_trace_names_kinds_states_and_places_of_the_whole_chain() -> None:
    error = failed(inner=Refused(f"DETAIL: row contains ({SECRET})"), outer=Conflict(SECRET))

    said = described(error)

    assert "Refused (23514)" in said
    assert "Conflict (conflict)" in said
    assert said.index("Refused") < said.index("Conflict")
    assert "test_traces.py:" in said
    assert SECRET not in said


def test_a_failure_that_leads_to_itself_is_told_once() -> None:
    error = ValueError("x")
    error.__context__ = error

    assert described(error).count("ValueError") == 1


def test_gunicorn_quotes_nothing_that_was_sent() -> None:
    lines = [
        ("GET %s", "/p/abcdefghij?phone=0912345678"),
        ("Invalid request from ip=1.2.3.4: Invalid HTTP header name: %s", f"'X {SECRET}'"),
        ("Error handling request %s", f"/p/{SECRET}"),
    ]
    for text, value in lines:
        record = logging.LogRecord("gunicorn.error", 30, "f", 1, text, (value,), None)
        assert gunicorn.NothingSent().filter(record)
        assert "BIMAT" not in record.getMessage()
        assert "/p/" not in record.getMessage()
        assert "0912" not in record.getMessage()


def test_gunicorn_writes_traces_without_their_words() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("gunicorn.error", 40, "f", 1, "Error", (), sys.exc_info())

    gunicorn.NothingSent().filter(record)

    said = logging.Formatter("%(message)s").format(record)
    assert "ValueError" in said
    assert "BIMAT" not in said


def test_access_log_has_no_address_of_a_page() -> None:
    for name in ("%(r)s", "%(U)s", "%(q)s", "%(f)s", "%(a)s"):
        assert name not in gunicorn.access_log_format
