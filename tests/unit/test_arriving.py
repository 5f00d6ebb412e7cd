"""Where a request ends, however its bytes come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.arriving import BODY_MAX_BYTES, HEAD_MAX_BYTES, Arriving, Came

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab=cd"
CHUNKED = (
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nabcd\r\na;x=y\r\n0123456789\r\n0\r\n\r\n"
)
TRAILED = CHUNKED[:-2] + b"X-Sum: 1\r\n\r\n"


def came(*pieces: bytes) -> Came:
    request = Arriving()
    return [request.add(piece) for piece in pieces][-1]


@pytest.mark.parametrize("whole", [GET, FORM, CHUNKED, TRAILED, b"\r\n\r\n" + GET])
@given(cuts=st.lists(st.integers(1, 200), max_size=6))
def test_a_request_is_whole_with_its_last_byte_and_not_before(
    whole: bytes, cuts: list[int]
) -> None:
    request = Arriving()
    places = [0, *sorted({cut for cut in cuts if cut < len(whole)}), len(whole)]
    told = [request.add(whole[start:end]) for start, end in pairwise(places)]

    assert told == [Came.PART] * (len(told) - 1) + [Came.WHOLE]
    assert bytes(request.data) == whole.lstrip(b"\r\n")


@pytest.mark.parametrize("whole", [GET, FORM, CHUNKED])
def test_every_byte_alone_is_as_good(whole: bytes) -> None:
    request = Arriving()

    told = [request.add(bytes([byte])) for byte in whole]

    assert told == [Came.PART] * (len(whole) - 1) + [Came.WHOLE]


def test_what_comes_behind_is_kept_for_the_next() -> None:
    request = Arriving()

    assert request.add(GET + GET) is Came.WHOLE
    assert bytes(request.data) == GET + GET


def test_a_head_without_end_is_too_long() -> None:
    line = b"X-A: 1\r\n" * (HEAD_MAX_BYTES // 8 + 1)

    assert came(b"GET / HTTP/1.1\r\n", line) is Came.TOO_LONG
    assert came(b"GET /" + b"x" * HEAD_MAX_BYTES) is Came.TOO_LONG


def test_of_a_long_body_nothing_more_is_waited_for() -> None:
    head = f"POST / HTTP/1.1\r\nContent-Length: {BODY_MAX_BYTES + 1}\r\n\r\n".encode()
    chunk = f"{BODY_MAX_BYTES:x}\r\n".encode() + b"a" * BODY_MAX_BYTES

    assert came(head) is Came.WHOLE
    assert came(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", chunk) is Came.WHOLE


@pytest.mark.parametrize("length", ["+5", "-1", "5, 5", "x", "9" * 19])
def test_a_length_that_is_none_is_read_where_it_is_refused(length: str) -> None:
    assert came(f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode()) is Came.WHOLE


@pytest.mark.parametrize("body", [b"zz\r\n", b"-1\r\n", b"\r\n", b"2\r\nabcd\r\n", b"1" * 5_000])
def test_chunks_that_cannot_be_read_are_broken(body: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert came(head + body) is Came.BROKEN


def test_a_client_that_waits_for_a_word_is_noticed() -> None:
    request = Arriving()
    request.add(FORM[:-5].replace(b"\r\n\r\n", b"\r\nExpect: 100-Continue\r\n\r\n"))

    assert request.wants_go_ahead
