"""One HTTP request as somebody kept it: from a log, a capture or a vendor's page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from payments.gateway import RawNotification
from payments.kernel.errors import InvalidField

#: A head and a body of the webhook at most, and a little: what is longer is no message.
FILE_MAX_BYTES: Final = 320 * 1024
_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_HEADER: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):[ \t]*(.*?)[ \t]*")
_QUERY_NAMES_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A request as it lies in a file; *missing* bytes of the body were promised and are not."""

    path: str
    raw: RawNotification
    missing: int
    surplus: int


def parse(data: bytes, received_at: datetime) -> Kept:
    """
    Read request line, headers, an empty line, and the body as it stands.

    Raises:
        InvalidField: names the line that is no request line or no header.
    """
    if len(data) > FILE_MAX_BYTES:
        raise InvalidField("request", "request_long", most=FILE_MAX_BYTES)
    head, body = _parts(data)
    first, *lines = head.split("\n")
    method, path, query = _first(first.rstrip("\r"))
    headers = _headers(lines)
    length = _length(headers.get("content-length"))
    missing, surplus = max(0, length - len(body)), 0
    if 0 <= length < len(body):
        # An editor ends a file with a line of its own; the proof covers what was sent.
        surplus, body = len(body) - length, body[:length]
    pairs = _pairs(query)
    raw = RawNotification(
        query=dict(reversed(pairs)),
        headers=headers,
        body=body,
        received_at=received_at,
        raw_query=query,
        method=method,
    )
    return Kept(path, raw, missing, surplus)


def _parts(data: bytes) -> tuple[str, bytes]:
    ends = [(data.find(mark), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
    found = [end for end in ends if end[0] >= 0]
    if not found:
        return data.decode("latin-1").rstrip("\r\n"), b""
    at, width = min(found)
    return data[:at].decode("latin-1"), data[at + width :]


def _first(line: str) -> tuple[str, str, str]:
    method, _, rest = line.partition(" ")
    target, _, version = rest.partition(" ")
    if not (_METHOD.fullmatch(method) and target and version.startswith("HTTP/")):
        raise InvalidField("request", "request_line", line=1)
    try:
        parts = urlsplit(target)
    except ValueError:
        raise InvalidField("request", "request_line", line=1) from None
    return method, parts.path, parts.query


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, start=2):
        found = _HEADER.fullmatch(line.rstrip("\r"))
        if found is None:
            raise InvalidField("request", "request_header", line=number)
        name = found[1].lower()
        # As the web server joins what stands twice.
        headers[name] = f"{headers[name]},{found[2]}" if name in headers else found[2]
    return headers


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_NAMES_MAX)
    except ValueError:
        return []


def _length(told: str | None) -> int:
    """Read Content-Length; -1 where nothing readable is said: the body is what is there."""
    return int(told) if told is not None and told.isdecimal() and len(told) < 9 else -1
