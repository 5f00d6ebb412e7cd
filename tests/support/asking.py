"""
A client that costs little: hundreds of people in one thread, a line for each question.

That is how nginx asks as docs/deploy has it; what a question took is noted under its kind.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

_NO_ANSWER = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """*status* 0 stands for none."""

    status: int
    location: str = ""
    text: str = ""


@dataclass(slots=True)
class Asking:
    port: int
    timeout_s: float = 30.0
    #: Milliseconds from the first byte out to the last byte in, by kind of question.
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    async def get(self, kind: str, path: str, cookie: str = "") -> Answer:
        return await self._ask(kind, "GET", path, {"Cookie": cookie} if cookie else {}, b"")

    async def send_form(
        self, kind: str, path: str, form: Sequence[tuple[str, str]], cookie: str
    ) -> Answer:
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._ask(kind, "POST", path, headers, urlencode(form).encode())

    async def send(self, kind: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return await self._ask(kind, "POST", path, headers, body)

    def count(self) -> int:
        return sum(map(len, self.took.values()))

    async def _ask(
        self, kind: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        told = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.timeout_s):
                answer = _read(await self._exchange(told))
        except _NO_ANSWER:
            answer = Answer(0)
        self.took[kind].append((time.perf_counter() - began) * 1000)
        self.statuses[kind][answer.status] += 1
        return answer

    async def _exchange(self, told: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(told)
            return await reader.read(-1)
        finally:
            writer.close()


def _read(raw: bytes) -> Answer:
    """Read an answer that was sent whole. Raises ValueError where it was cut off."""
    head, found, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if not found or len(body) < int(headers.get("content-length", 0)):
        raise ValueError("cut off")
    return Answer(int(status.split()[1]), headers.get("location", ""), body.decode())
