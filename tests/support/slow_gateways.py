"""Servers on the loopback that take a request and are bad at answering it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n"
_REQUEST_MAX: Final = 65_536
#: Longer than anybody waits; who is still there then has failed.
_ENDLESS_S: Final = 120.0


def silent(line: socket.socket, stop: threading.Event) -> None:
    """Read, and never answer."""
    line.recv(_REQUEST_MAX)
    stop.wait(_ENDLESS_S)


def dripping_head(line: socket.socket, stop: threading.Event) -> None:
    """Send one byte of the head a second: no read ever waits long."""
    line.recv(_REQUEST_MAX)
    _drip(line, stop, _HEAD)


def dripping_body(line: socket.socket, stop: threading.Event) -> None:
    line.recv(_REQUEST_MAX)
    line.sendall(_HEAD)
    _drip(line, stop, b'{"return_code":1,' + b" " * 600)


def half_closed(line: socket.socket, stop: threading.Event) -> None:
    """Close our side's way after the head, and keep the other open."""
    line.recv(_REQUEST_MAX)
    line.sendall(_HEAD)
    line.shutdown(socket.SHUT_WR)
    stop.wait(_ENDLESS_S)


def stopping_inside(line: socket.socket, stop: threading.Event) -> None:
    """Send half of the body, and then nothing."""
    line.recv(_REQUEST_MAX)
    line.sendall(_HEAD + b'{"return_code":')
    stop.wait(_ENDLESS_S)


def deaf(line: socket.socket, stop: threading.Event) -> None:
    """Read nothing at all."""
    stop.wait(_ENDLESS_S)


WAYS: Final[Mapping[str, Callable[[socket.socket, threading.Event], None]]] = {
    "silent": silent,
    "dripping head": dripping_head,
    "dripping body": dripping_body,
    "half closed": half_closed,
    "stopping inside": stopping_inside,
    "deaf": deaf,
}


@contextmanager
def slow_gateway(way: str) -> Iterator[str]:
    """Serve *way* to any number of callers; gives the address."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        serving = threading.Thread(target=_serve, args=(server, WAYS[way], stop), daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        serving.join()


def _serve(
    server: socket.socket,
    answer: Callable[[socket.socket, threading.Event], None],
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            line, _ = server.accept()
        except TimeoutError:
            continue
        threading.Thread(target=_answer, args=(line, answer, stop), daemon=True).start()


def _answer(
    line: socket.socket,
    answer: Callable[[socket.socket, threading.Event], None],
    stop: threading.Event,
) -> None:
    # The caller may hang up: that is what it is there for.
    with line, suppress(OSError):
        answer(line, stop)


def _drip(line: socket.socket, stop: threading.Event, text: bytes) -> None:
    for place in range(len(text)):
        line.sendall(text[place : place + 1])
        if stop.wait(1.0):
            return
