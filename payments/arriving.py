"""
How much of a request of HTTP/1.1 has come: enough to give it to a thread, or not yet.

This reads only where a request ends. Its head is for gunicorn's parser to judge: one that looks
wrong here counts as whole, so that it is read there, and refused. Only chunks are judged here, for
there the program reads them in the middle of its work.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

#: Our longest line has 4 kB; with the cookies and headers of a browser a head has eight.
HEAD_MAX_BYTES: Final = 32 * 1024
#: What nobody has signed in for is smaller: forms of the public, messages of gateways. Of a larger
#: body no more is waited for: the guard refuses it, or a thread reads the file of a known person.
BODY_MAX_BYTES: Final = 256 * 1024
_LINE_MAX_BYTES: Final = 4096
_END: Final = b"\r\n\r\n"


class Came(Enum):
    PART = auto()
    WHOLE = auto()
    #: The head has no end where every head has one.
    TOO_LONG = auto()
    #: A body in chunks whose sizes cannot be read.
    BROKEN = auto()


class Arriving:
    """The bytes of one request so far; each is looked at once."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._body_at = 0
        self._ends_at = 0
        #: Where the next line of a chunk's size begins; 0 for a body of known length.
        self._chunk_at = 0
        self._seen = 0
        #: The client waits for a word from us before it sends the body.
        self.wants_go_ahead = False

    def add(self, data: bytes) -> Came:
        """Take *data* as the next bytes and say how the request stands."""
        self.data += data
        if not self._body_at:
            came = self._read_head()
            if came is not None:
                return came
        if self._chunk_at and len(self.data) - self._body_at <= BODY_MAX_BYTES:
            return self._read_chunks()
        return Came.WHOLE if len(self.data) >= self._ends_at else Came.PART

    def _read_head(self) -> Came | None:
        """Find the end of the head and what it says of the body; None where a body is to come."""
        # An empty line before a request is allowed and means nothing (RFC 9112, 2.2).
        while self.data.startswith(b"\r\n"):
            del self.data[:2]
        end = self.data.find(_END, max(0, self._seen - len(_END)))
        self._seen = len(self.data)
        if max(end, 0 if end >= 0 else len(self.data)) > HEAD_MAX_BYTES:
            return Came.TOO_LONG
        if end < 0:
            return Came.PART
        self._body_at = end + len(_END)
        told = _told(bytes(self.data[:end]))
        length = told.get(b"content-length", b"0")
        if b"transfer-encoding" in told:
            self._chunk_at = self._body_at
        elif not length.isdigit() or len(length) > 18 or int(length) > BODY_MAX_BYTES:
            return Came.WHOLE
        self._ends_at = self._body_at + (0 if self._chunk_at else int(length))
        self.wants_go_ahead = told.get(b"expect", b"").lower() == b"100-continue"
        return None

    def _read_chunks(self) -> Came:
        while self._chunk_at <= len(self.data):
            end = self.data.find(b"\r\n", self._chunk_at, self._chunk_at + _LINE_MAX_BYTES)
            if end < 0:
                is_long = len(self.data) - self._chunk_at >= _LINE_MAX_BYTES
                return Came.BROKEN if is_long else Came.PART
            size = _size(bytes(self.data[self._chunk_at : end]))
            if size is None:
                return Came.BROKEN
            if not size:
                is_over = self.data.find(_END, end) >= 0
                return Came.WHOLE if is_over else Came.PART
            after = end + 2 + size
            if len(self.data) < after + 2:
                return Came.PART
            if self.data[after : after + 2] != b"\r\n":
                return Came.BROKEN
            self._chunk_at = after + 2
        return Came.PART


def _told(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _size(line: bytes) -> int | None:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
        return None
    return int(digits, 16)
