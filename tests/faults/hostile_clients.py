"""
W4: clients that send too much, too slowly, or two requests as one; everybody else is served.

    python -m tests.faults.hostile_clients --connections 500

Against gunicorn as it is deployed, without a proxy in front. Heads and bodies beyond every limit
are refused early; hundreds of connections that dribble a head or a body, say nothing, or do not
hang up are ended in time, and meanwhile health and a patient's page are asked again and again.
"""

from __future__ import annotations

import itertools
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Final

from payments.whole_requests import ARRIVAL_MAX_S
from tests.faults import script
from tests.faults.script import Outcome
from tests.support.databases import Cluster
from tests.support.programs import Client, Web
from tests.support.stage import stage

_TWO_GB: Final = 2 * 1024**3
#: What may be under way in the buffers of both sides before the answer is seen.
_SENT_MAX: Final = 8 * 1024**2
_EARLY_S: Final = 2.0
#: Nobody else's answer takes longer while the slow are there.
_OTHERS_MAX_S: Final = 1.0
_GIVEN_UP_S: Final = 10.0
#: The loop looks once a second; this end too.
_SLACK_S: Final = 4.0
_HOST: Final = "Host: localhost\r\n"
_FORM: Final = _HOST + "Content-Type: application/x-www-form-urlencoded\r\n"
_TARGETS: Final = ("/tra-cuu", "/sign-in", "/webhooks/sepay", "/api/v1/invoices", "/desk/invoices")
#: By what it is: the request, and what may be answered.
_HEADS: Final = {
    "long line": (f"GET /{'x' * 5_000} HTTP/1.1\r\n{_HOST}\r\n", {414}),
    "long header": (f"GET / HTTP/1.1\r\n{_HOST}X-A: {'x' * 9_000}\r\n\r\n", {431, 400}),
    "many headers": (f"GET / HTTP/1.1\r\n{_HOST}{f'X-A: 1{chr(13) + chr(10)}' * 200}\r\n",
                     {431, 400}),
    "endless head": (f"GET / HTTP/1.1\r\n{_HOST}" + "X-A: 1\r\n" * 20_000, {431}),
    "endless line": ("GET /" + "x" * 100_000, {431, 414}),
    "endless cookie": (f"GET / HTTP/1.1\r\n{_HOST}Cookie: {'x' * 100_000}", {431}),
}  # fmt: skip
_AFTER: Final = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"
#: Requests of which two programs in a row may think that they end at different places.
_SMUGGLED: Final = {
    "length and chunks": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length: 4\r\n"
    f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{_AFTER}",
    "two lengths": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length: 0\r\n"
    f"Content-Length: {len(_AFTER)}\r\n\r\n{_AFTER}",
    "length with a sign": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length: +0\r\n\r\n{_AFTER}",
    "list of lengths": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length: 0, 0\r\n\r\n{_AFTER}",
    "chunked in disguise": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Transfer-Encoding: xchunked\r\n"
    f"\r\n0\r\n\r\n{_AFTER}",
    "blank before the colon": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length : 0\r\n"
    f"\r\n{_AFTER}",
    "folded line": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}X: a\r\n Content-Length: 0\r\n\r\n{_AFTER}",
    "wrong size of a chunk": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Transfer-Encoding: chunked\r\n"
    f"\r\nzz\r\n\r\n0\r\n\r\n{_AFTER}",
    "NUL in a header": f"GET / HTTP/1.1\r\n{_HOST}X: a\0b\r\n\r\n{_AFTER}",
}
_SLOW: Final = {
    "dribbled head": f"GET /sign-in HTTP/1.1\r\n{_HOST}X-Slow: ",
    "dribbled body": f"POST /tra-cuu HTTP/1.1\r\n{_FORM}Content-Length: 5000\r\n\r\nnumber=",
    "dribbled chunk": f"POST /webhooks/sepay HTTP/1.1\r\n{_HOST}Transfer-Encoding: chunked\r\n"
    "\r\n1000\r\n",
    "silence": "",
    "no hanging up": f"GET /readyz HTTP/1.1\r\n{_HOST}Connection: close\r\n\r\n",
}


def run(cluster: Cluster, _seed: int, *, connections: int, seconds: int) -> Outcome:
    outcome = Outcome()
    with stage(cluster) as made, tempfile.TemporaryDirectory(prefix="vienphi-w4-") as place:
        invoice = made.hospital.issue()
        made.hospital.show(invoice)
        page = f"/p/{made.hospital.view(invoice).pay_token}"
        log = Path(place) / "web.log"
        web = Web(made.address, log, workers=2, log_level="error")
        web.start()
        try:
            _heads(web.port, outcome)
            _bodies(web.port, outcome)
            _smuggling(web.port, outcome)
            calm = Others(web.port, page)
            with calm:
                time.sleep(min(5, seconds))
            outcome.figures["others without attack, p99 s"] = calm.p99
            for name, text in _SLOW.items():
                _slow(web.port, page, name, text, connections, seconds, outcome)
            outcome.expect("workers alive", len(web.worker_pids()), 2)
        finally:
            web.stop()
        outcome.expect("traces in the log", log.read_text(errors="replace").count("Traceback"), 0)
    return outcome


def _heads(port: int, outcome: Outcome) -> None:
    for name, (text, wanted) in _HEADS.items():
        statuses, seconds, _ = exchange(port, [text.encode()])
        if len(statuses) != 1 or statuses[0] not in wanted or seconds > _EARLY_S:
            outcome.failures.append(f"{name}: {statuses} after {seconds:.1f} s")
    outcome.figures["heads beyond limits"] = len(_HEADS)


def _bodies(port: int, outcome: Outcome) -> None:
    """Send two gigabytes to each address, by length and in chunks; count what was taken."""
    most = slowest = 0.0
    for target in _TARGETS:
        for how in ("length", "chunks", "expect"):
            head = f"POST {target} HTTP/1.1\r\n{_FORM}Authorization: Bearer x\r\n"
            if how == "chunks":
                head += "Transfer-Encoding: chunked\r\n\r\n"
                pieces: Iterator[bytes] = itertools.repeat(b"10000\r\n" + b"a" * 65_536 + b"\r\n")
            else:
                head += f"Content-Length: {_TWO_GB}\r\n"
                head += "Expect: 100-continue\r\n\r\n" if how == "expect" else "\r\n"
                pieces = itertools.repeat(
                    b"a" * 65_536, 0 if how == "expect" else _TWO_GB // 65_536
                )
            statuses, seconds, sent = exchange(port, itertools.chain([head.encode()], pieces))
            most, slowest = max(most, sent), max(slowest, seconds)
            final = [one for one in statuses if one != 100]
            # A desk without a session is sent to sign in, where the length is not told before.
            asks_who = final == [303] and target.startswith("/desk") and how == "chunks"
            is_refused = (len(final) == 1 and 400 <= final[0] < 500) or asks_who
            if not is_refused or sent > _SENT_MAX or seconds > _EARLY_S:
                outcome.failures.append(
                    f"2 GB by {how} to {target}: {statuses}, {sent} bytes, {seconds:.1f} s"
                )
    outcome.figures["2 GB bodies"] = 3 * len(_TARGETS)
    outcome.figures["bytes sent of one before its refusal"] = int(most)
    outcome.figures["slowest refusal of a body, s"] = round(slowest, 2)


def _smuggling(port: int, outcome: Outcome) -> None:
    for name, text in _SMUGGLED.items():
        statuses, _, _ = exchange(port, [text.encode()])
        # 501: a transfer coding that nobody knows.
        if len(statuses) != 1 or not (400 <= statuses[0] < 500 or statuses[0] == 501):
            outcome.failures.append(f"smuggled by {name}: {statuses}")
    outcome.figures["smuggled requests"] = len(_SMUGGLED)


def exchange(port: int, pieces: Iterable[bytes]) -> tuple[list[int], float, int]:
    """Send *pieces* until an answer comes; give statuses, seconds to it, and bytes taken of us."""
    began = time.monotonic()
    answered = 0.0
    sent, got = 0, bytearray()
    with socket.create_connection(("127.0.0.1", port), 10) as line, suppress(ConnectionError):
        line.setblocking(False)
        waiting = iter(pieces)
        rest = memoryview(b"")
        # A second answer would come right behind the first.
        while time.monotonic() < (answered + 1.0 if answered else began + _GIVEN_UP_S):
            rest = rest or memoryview(next(waiting, b""))
            readable, writable, _ = select([line], [line] if rest and not got else [], [], 0.2)
            if writable:
                count = line.send(rest)
                sent, rest = sent + count, rest[count:]
            if readable:
                more = line.recv(65_536)
                if not more:
                    break
                answered = answered or time.monotonic()
                got += more
    statuses = [int(part[:3]) for part in bytes(got).split(b"HTTP/1.1 ")[1:]]
    return statuses, (answered or time.monotonic()) - began, sent


def _slow(
    port: int, page: str, name: str, text: str, connections: int, seconds: int, outcome: Outcome
) -> None:
    """Keep *connections* open as *name* says, and ask as somebody else meanwhile."""
    slow = SlowClients(port, text.encode(), connections)
    others = Others(port, page)
    with slow, others:
        time.sleep(seconds)
    outcome.figures[f"{name}: others asked"] = others.asked
    outcome.figures[f"{name}: others, p99 s"] = others.p99
    outcome.figures[f"{name}: ended, after at most s"] = f"{slow.ended}, {slow.longest:.0f}"
    outcome.figures[f"{name}: answered with"] = dict(slow.statuses)
    outcome.expect(f"{name}: others refused or slow", others.unserved, 0)
    if seconds > ARRIVAL_MAX_S + _SLACK_S:
        outcome.expect(f"{name}: still open", slow.still_open, 0)
    wrong = {status for status in slow.statuses if status not in (200, 408)}
    outcome.expect(f"{name}: other answers", wrong, set())


class Others:
    """Somebody who asks for health and for a patient's page all the time, on new connections."""

    def __init__(self, port: int, page: str) -> None:
        self._port = port
        self._page = page
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._times: list[float] = []
        self.unserved = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def asked(self) -> int:
        return len(self._times)

    @property
    def p99(self) -> float:
        return round(sorted(self._times)[int(len(self._times) * 0.99) - 1], 3)

    def _ask(self) -> None:
        for path in itertools.cycle(("/readyz", self._page, f"{self._page}/status")):
            if self._stop.wait(0.05):
                return
            began = time.monotonic()
            status = Client(self._port, timeout_s=30).get(path)
            took = time.monotonic() - began
            self._times.append(took)
            self.unserved += status != 200 or took > _OTHERS_MAX_S


class SlowClients:
    """Connections that send *text* and then one letter each second, for as long as they may."""

    def __init__(self, port: int, text: bytes, count: int) -> None:
        self._address = ("127.0.0.1", port)
        self._text = text
        self._count = count
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._dribble)
        self._open: dict[socket.socket, float] = {}
        self.statuses: Counter[int] = Counter()
        self.ended = 0
        self.longest = 0.0

    def __enter__(self) -> None:
        began = time.monotonic()
        for _ in range(self._count):
            line = socket.create_connection(self._address, 10)
            line.sendall(self._text)
            line.setblocking(False)
            self._open[line] = began
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for line in self._open:
            line.close()

    @property
    def still_open(self) -> int:
        return len(self._open)

    def _dribble(self) -> None:
        while not self._stop.wait(1.0):
            for line, since in list(self._open.items()):
                if not self._is_open(line):
                    self.ended += 1
                    self.longest = max(self.longest, time.monotonic() - since)
                    del self._open[line]
                    line.close()

    def _is_open(self, line: socket.socket) -> bool:
        try:
            if self._text:
                line.send(b"x")
            got = line.recv(65_536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if got.startswith(b"HTTP/1.1 "):
            self.statuses[int(got[9:12])] += 1
        return bool(got)


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "W4 endless and slow clients", {"connections": 500, "seconds": 30})
    )
