"""
gunicorn's threads, kept for requests that have arrived.

gunicorn gives a thread to a connection as soon as it is made, lets it wait there for the rest of a
head or a body without end, and waits in its only loop for the other side to close. A few hundred
slow clients then keep everybody out. Here the loop itself gathers what comes; a thread gets a
request when it is whole (``arriving``), and what is not whole in time is refused.
"""

from __future__ import annotations

import errno
import resource
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from payments.arriving import Arriving, Came

#: From the first byte, or from the connection, to the last; nginx in front waits for 15 s itself.
ARRIVAL_MAX_S: Final = 20.0
#: For one piece of a long file, or of an answer.
_PIECE_MAX_S: Final = 30.0
#: How long a connection that we ended is still read, so that its answer is not lost on the way.
_LINGER_S: Final = 2.0
_LINGER_MAX: Final = 200
_READ_BYTES: Final = 64 * 1024
#: One client that sends much must not keep the loop to itself.
_READS_AT_ONCE: Final = 4
#: Of all requests of this process that have not arrived; then the oldest go.
_HELD_MAX_BYTES: Final = 64 * 1024 * 1024
#: Each connection is a file; a shell allows 1,024.
_FILES: Final = 65_536
_GO_AHEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_REFUSED: Final = "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW: Final = "408 Request Timeout"
_BROKEN: Final = "400 Bad Request"
_TOO_LONG: Final = "431 Request Header Fields Too Large"


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One client; its worker reads what is left over after our end of it."""

    def __init__(self, worker: WholeRequests, client: socket.socket, address: Any, our: Any):
        super().__init__(worker.cfg, client, address, our)
        self._worker = worker

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._worker.linger(self.sock)
        else:
            super().close()


@dataclass(slots=True)
class _Waiting:
    until: float
    request: Arriving = field(default_factory=Arriving)


class WholeRequests(ThreadWorker):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        #: In the order of their ends: all may take equally long.
        self._arriving: dict[Connection, _Waiting] = {}
        self._lingering: dict[socket.socket, float] = {}
        self._held = 0

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            self._end_oldest()
            return
        self.nr_conns += 1
        # Before new ones would have to wait outside.
        if self.nr_conns * 4 > self.worker_connections * 3:
            self._end_oldest()
        self.enqueue_req(Connection(self, client, address, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Wait for the request of *conn*: it is new, or its last request was answered."""
        conn.sock.setblocking(False)
        self._arriving[conn] = waiting = _Waiting(time.monotonic() + ARRIVAL_MAX_S)
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_readable, conn))
        if conn.parser is None:
            conn.parser = http.get_parser(conn.cfg, conn.sock, conn.client)
        # What came with the end of the last request.
        early = conn.parser.unreader.take_buffered()
        if early:
            self._took(conn, waiting, early)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        # Room may have been made of it in the same turn of the loop.
        if conn in self.keepalived_conns:
            super().on_client_socket_readable(conn, client)

    def murder_pending(self) -> None:
        """End what has not come in time; called with each turn of the loop."""
        super().murder_pending()
        now = time.monotonic()
        while self._arriving:
            conn, waiting = next(iter(self._arriving.items()))
            if waiting.until > now:
                break
            self._refuse(conn, _TOO_SLOW)
        for client in [one for one, until in self._lingering.items() if until <= now]:
            self._forget(client)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        # The rest of a long body, and the answer: no thread waits for them without end either.
        conn.sock.settimeout(_PIECE_MAX_S)
        return super().handle_request(req, conn)

    def linger(self, client: socket.socket) -> None:
        """Say that no more comes from us, and read until the other side says the same."""
        try:
            client.setblocking(False)
            client.shutdown(socket.SHUT_WR)
            self.poller.register(client, EVENT_READ, self._on_leftover)
        except (OSError, ValueError, KeyError):
            client.close()
            return
        self._lingering[client] = time.monotonic() + _LINGER_S
        while len(self._lingering) > _LINGER_MAX:
            self._forget(next(iter(self._lingering)))

    def _on_readable(self, conn: Connection, client: socket.socket) -> None:
        waiting = self._arriving.get(conn)
        # An event before this one in the same turn may have ended it.
        if waiting is None:
            return
        for _ in range(_READS_AT_ONCE):
            try:
                data = client.recv(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._drop(conn)
                self.nr_conns -= 1
                conn.close()
                return
            if self._took(conn, waiting, data):
                return

    def _took(self, conn: Connection, waiting: _Waiting, data: bytes) -> bool:
        """Add *data* to what has come; say whether the wait is over."""
        before = len(waiting.request.data)
        came = waiting.request.add(data)
        self._held += len(waiting.request.data) - before
        match came:
            case Came.WHOLE:
                self._drop(conn)
                conn.parser.unreader.unread(bytes(waiting.request.data))
                conn.data_ready = True
                super().enqueue_req(conn)
                return True
            case Came.TOO_LONG:
                self._refuse(conn, _TOO_LONG)
                return True
            case Came.BROKEN:
                self._refuse(conn, _BROKEN)
                return True
        if waiting.request.wants_go_ahead:
            waiting.request.wants_go_ahead = False
            with suppress(OSError):
                conn.sock.send(_GO_AHEAD)
        while self._held > _HELD_MAX_BYTES:
            self._refuse(next(iter(self._arriving)), _TOO_SLOW)
        return conn not in self._arriving

    def _end_oldest(self) -> None:
        """End the oldest connection that uses no thread."""
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()
        elif self._arriving:
            self._refuse(next(iter(self._arriving)), _TOO_SLOW)

    def _refuse(self, conn: Connection, status: str) -> None:
        waiting = self._drop(conn)
        self.nr_conns -= 1
        # Who has said nothing is told nothing: a browser opens connections in advance.
        if waiting.request.data:
            with suppress(OSError):
                conn.sock.send(_REFUSED.format(status).encode())
        conn.close(graceful=True)

    def _drop(self, conn: Connection) -> _Waiting:
        self.poller.unregister(conn.sock)
        waiting = self._arriving.pop(conn)
        self._held -= len(waiting.request.data)
        return waiting

    def _on_leftover(self, client: socket.socket) -> None:
        if client not in self._lingering:
            return
        try:
            is_over = not client.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over:
            self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        del self._lingering[client]
        self.poller.unregister(client)
        client.close()


def allow_files() -> None:
    """Let this process and its children open as many connections as the system grants."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
