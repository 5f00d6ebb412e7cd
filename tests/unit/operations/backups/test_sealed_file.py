"""A sealed file opens whole or not at all, and only with its key."""

from __future__ import annotations

import io
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.operations.backups.sealed_file import (
    CHUNK_BYTES,
    BrokenBackup,
    SealingWriter,
    opened,
    read_head,
)

KEY = bytes(range(32))
HEAD = {"key": {"kind": "test"}}


def sealed(*pieces: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, key, HEAD)
    for piece in pieces:
        writer.write(piece)
    writer.close()
    return file.getvalue()


def plain(content: bytes, key: bytes = KEY) -> bytes:
    file = io.BytesIO(content)
    head, _ = read_head(file)
    return b"".join(opened(file, key, head))


@given(st.lists(st.binary(max_size=200)))
def test_what_was_sealed_opens(pieces: list[bytes]) -> None:
    assert plain(sealed(*pieces)) == b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_every_size_around_a_chunk_opens(size: int) -> None:
    content = secrets.token_bytes(size)

    assert plain(sealed(content)) == content


@given(st.data())
def test_no_altered_byte_is_believed(data: st.DataObject) -> None:
    whole = sealed(b"tong cong 150.000")
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    altered = whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]

    with pytest.raises(BrokenBackup):
        plain(altered)


@given(st.data())
def test_no_cut_is_believed(data: st.DataObject) -> None:
    whole = sealed(b"x" * 100)

    with pytest.raises(BrokenBackup):
        plain(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_file_without_its_last_chunk_is_refused() -> None:
    whole = sealed(secrets.token_bytes(2 * CHUNK_BYTES + 5))
    cut = whole[: -(4 + 16 + 5)]

    with pytest.raises(BrokenBackup):
        plain(cut)


def test_chunks_in_another_order_are_refused() -> None:
    whole = sealed(secrets.token_bytes(3 * CHUNK_BYTES))
    start = len(whole) - 3 * (4 + 16 + CHUNK_BYTES)
    size = 4 + 16 + CHUNK_BYTES
    first, second = whole[start : start + size], whole[start + size : start + 2 * size]

    with pytest.raises(BrokenBackup):
        plain(whole[:start] + second + first + whole[start + 2 * size :])


def test_what_stands_behind_the_last_chunk_is_refused() -> None:
    for more in (b"\0", b"\0\0\0\x10" + bytes(16)):
        with pytest.raises(BrokenBackup):
            plain(sealed(b"x") + more)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(BrokenBackup, match="another key"):
        plain(sealed(b"x"), key=bytes(32))


def test_a_foreign_file_is_no_backup() -> None:
    with pytest.raises(BrokenBackup, match="no backup of Vienphi"):
        plain(b"SQLite format 3\0")
