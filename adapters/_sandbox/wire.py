"""A sandbox as a network: httpx without a socket, where a lost answer is a broken line."""

from __future__ import annotations

import io
from typing import Any

import httpx

from adapters._sandbox.faults import Wsgi


class SandboxTransport(httpx.BaseTransport):
    """Takes each request to *app* in this process."""

    def __init__(self, app: Wsgi, remote_addr: str = "127.0.0.1") -> None:
        self._app = app
        self._remote_addr = remote_addr

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        told: list[Any] = []
        try:
            parts = self._app(self._environ(request), lambda *given: told.extend(given))
            body = b"".join(parts)
        except ConnectionError as error:
            # It may have acted: what a client sees is a line that breaks while it waits.
            raise httpx.ReadError(str(error), request=request) from error
        status, headers = told[0], told[1]
        return httpx.Response(int(status.split()[0]), headers=headers, content=body)

    def _environ(self, request: httpx.Request) -> dict[str, Any]:
        body = request.read()
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": request.url.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            # WSGI carries bytes as Latin-1.
            "PATH_INFO": request.url.path.encode().decode("latin-1"),
            "QUERY_STRING": request.url.query.decode("ascii"),
            "SERVER_NAME": request.url.host,
            "SERVER_PORT": str(request.url.port or 80),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self._remote_addr,
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ
