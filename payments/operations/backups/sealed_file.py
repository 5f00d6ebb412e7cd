"""
The file of a backup: a line that says which key opens it, then sealed chunks.

    VIENPHI-BACKUP 1\\n
    {"key": {...}, "made_at": "...", "release": "..."}\\n
    length (4 bytes, big-endian) and chunk (AES-256-GCM), again and again

Chunks are sealed as in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): the
nonce counts them and marks the last one, and the two lines above are bound to each. So a file that
was cut, reordered, extended or given another head does not open, and nothing of it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payments.kernel.errors import Rejected

_MAGIC: Final = b"VIENPHI-BACKUP 1\n"
_HEAD_MAX_BYTES: Final = 4_096
#: Of plain bytes in a chunk: what is read before it is known to be whole stays small.
CHUNK_BYTES: Final = 1 << 20
_TAG_BYTES: Final = 16


class BrokenBackup(Rejected):
    """The file is no backup, was cut or altered, or is sealed with another key."""

    code = "broken-backup"


def read_head(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    """
    Read which key opens *file*; returns the bytes as well, for they are bound to the chunks.

    Raises:
        BrokenBackup: this is no backup of a version that this release knows.
    """
    magic = file.readline(len(_MAGIC))
    if magic != _MAGIC:
        raise BrokenBackup("this is no backup of Vienphi, or of a later release")
    line = file.readline(_HEAD_MAX_BYTES)
    try:
        told = json.loads(line)
    except ValueError as error:
        raise BrokenBackup("the head of the backup cannot be read") from error
    if not isinstance(told, dict) or not line.endswith(b"\n"):
        raise BrokenBackup("the head of the backup cannot be read")
    return magic + line, told


class SealingWriter:
    """Takes plain bytes, writes sealed chunks; without ``close`` the file is not whole."""

    def __init__(self, file: BinaryIO, key: bytes, head: dict[str, Any]) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._head = _MAGIC + json.dumps(head, sort_keys=True).encode() + b"\n"
        if len(self._head) - len(_MAGIC) > _HEAD_MAX_BYTES:
            raise ValueError("the head of a backup is one short line")
        self._waiting = bytearray()
        self._count = 0
        file.write(self._head)

    def write(self, plain: bytes) -> None:
        self._waiting += plain
        # One byte more than a chunk: the last chunk is known only when no more comes.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def close(self) -> None:
        """Seal the last chunk; the file itself is closed by whoever opened it."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._count, is_last), plain, self._head)
        self._file.write(len(sealed).to_bytes(4) + sealed)
        self._count += 1


def opened(file: BinaryIO, key: bytes, head: bytes) -> Iterator[bytes]:
    """
    Give the plain chunks of *file*, which stands behind its *head*; each is proven before.

    Raises:
        BrokenBackup: in the middle too, so nothing may be kept before the last chunk has come.
    """
    cipher = AESGCM(key)
    count, following = 0, _next(file)
    while following is not None:
        sealed, following = following, _next(file)
        try:
            yield cipher.decrypt(_nonce(count, following is None), sealed, head)
        except InvalidTag as error:
            raise BrokenBackup(
                f"chunk {count} does not open: cut, altered, or sealed with another key"
            ) from error
        count += 1
    if not count:
        raise BrokenBackup("the backup ends behind its head")


def _next(file: BinaryIO) -> bytes | None:
    length = file.read(4)
    if not length:
        return None
    size = int.from_bytes(length)
    if len(length) < 4 or not _TAG_BYTES <= size <= CHUNK_BYTES + _TAG_BYTES:
        raise BrokenBackup("the backup is cut or altered between two chunks")
    sealed = file.read(size)
    if len(sealed) < size:
        raise BrokenBackup("the backup is cut in the middle of a chunk")
    return sealed


def _nonce(count: int, is_last: bool) -> bytes:
    return count.to_bytes(11) + bytes([is_last])
