"""Style sheets, scripts and fonts: compressed once at the start, cached for long by their hash."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from payments.kernel.errors import NotFound
from payments.web.addresses import url_for
from payments.web.security import open_to_machines

_FOLDER: Final = Path(__file__).resolve().parent / "static"
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
#: Fonts are compressed already.
_COMPRESSED: Final = {".css", ".js", ".svg", ".txt"}
#: Sheets that pages of patients load as one: each request more is half a second on a poor network.
_JOINED: Final = {"patient.css": ("tokens.css", "vienphi.css", "pay.css")}
_FONT: Final = re.compile(rb"url\((fonts/[a-z0-9.-]+)\)")


@dataclass(frozen=True, slots=True)
class _Asset:
    kind: str
    plain: bytes
    compressed: bytes | None
    version: str


def _read() -> dict[str, _Asset]:
    # Fonts first: a sheet names them with their version.
    files = sorted(_FOLDER.rglob("*.*"), key=lambda path: (path.suffix == ".css", path.as_posix()))
    found: dict[str, _Asset] = {}
    for path in files:
        name = path.relative_to(_FOLDER).as_posix()
        body = path.read_bytes()
        if path.suffix == ".css":
            body = _FONT.sub(
                lambda match: (
                    b"url(%s?v=%s)" % (match[1], found[match[1].decode()].version.encode())
                ),
                body,
            )
        found[name] = _asset(path.suffix, body)
    for name, parts in _JOINED.items():
        found[name] = _asset(Path(name).suffix, b"".join(found[part].plain for part in parts))
    return found


def _asset(suffix: str, body: bytes) -> _Asset:
    compressed = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED else None
    return _Asset(_KINDS[suffix], body, compressed, hashlib.sha256(body).hexdigest()[:12])


_ASSETS: Final = _read()
assets = Blueprint("assets", __name__)


def address(name: str, at: Callable[..., str] = url_for) -> str:
    """Give the address of a file with its version; a misspelt name fails at once."""
    return at("assets.send", name=name, v=_ASSETS[name].version)


@assets.get("/static/<path:name>")
@open_to_machines
def send(name: str) -> AnyResponse:
    found = _ASSETS.get(name)
    if found is None:
        raise NotFound(f"no file {name}")
    body, headers = found.plain, {"Vary": "Accept-Encoding"}
    if found.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body = found.compressed
        headers["Content-Encoding"] = "gzip"
    answer = Response(body, headers=headers, content_type=found.kind)
    answer.set_etag(f"{found.version}{'-gz' if body is found.compressed else ''}")
    is_exact = request.args.get("v") == found.version
    answer.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_exact else "no-cache"
    )
    return answer.make_conditional(request)
