"""JSON from the network is read in one way or not at all, and never costs much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters._wire import fields, strict_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a":Infinity}',
        b'{"a":1,"a":2}',
        b'{"a":9007199254740992}',
        b"1" * 5_000,
        b"1e999999999",
        b'{"a":1e-99999}',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 13 + b"]" * 13,
        b'"' + b"a" * strict_json.BODY_MAX_BYTES + b'"',
    ],
    ids=lambda body: body[:16].decode("latin-1"),
)
def test_ambiguous_or_costly_text_is_a_value_error(body):
    with pytest.raises(ValueError):
        strict_json.loads(body)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_bytes_raise_anything_else(body):
    try:
        strict_json.loads(body)
    except ValueError:
        return


@pytest.mark.parametrize("amount", [True, "1", 1.5, None, 10**15 + 1, -(10**15) - 1, [], {}])
def test_what_is_no_whole_dong_is_refused(amount):
    with pytest.raises(ValueError):
        fields.dong({"amount": amount}, "amount")


@pytest.mark.parametrize("text", ["1.5", "-1", "1e3", " 1", "1,000", "", "1.00000", "٣", None, 5])
def test_text_that_is_no_whole_dong_is_refused(text):
    with pytest.raises(ValueError):
        fields.dong_text({"amount": text}, "amount")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30 00:00:00",
        "0001-01-01 00:00:00",
        "2026-11-24",
        "2026-11-24T08:00:00",
        "",
        5,
        None,
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        fields.local_time({"at": text}, "at")


def test_odd_characters_cost_the_memo_a_space_and_not_the_payment():
    assert fields.text({"memo": "VPH1\x00\ud800\nABC"}, "memo") == "VPH1   ABC"
