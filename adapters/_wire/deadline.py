"""
An end to an exchange that never pauses for long: httpx times each read, not all of them together.

A gateway that sends one byte a second, of its head too, would keep a thread for hours.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

#: What httpx tells when a connection stands; the second one has the socket in its TLS wrapping.
_CONNECTED: Final = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})
Trace = Callable[[str, dict[str, Any]], None]


@contextmanager
def breaking_after(seconds: float) -> Iterator[Trace]:
    """
    Give a trace for httpx under which the line breaks *seconds* from now, whatever it waits for.

    Who reads then is told of a broken line. Looking up the host's name is outside of it.
    """
    line = _Line()
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line.trace
    finally:
        timer.cancel()


class _Line:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: Any = None
        self._is_cut = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        if event not in _CONNECTED:
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_cut:
                self._shut()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            # The socket's own, below TLS: a polite farewell would wait for the other side.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
