"""Objects and checksum, by the numbers of the standards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.qr import tlv
from payments.qr.tlv import Unreadable

OBJECTS = st.dictionaries(
    st.integers(0, 99).map("{:02d}".format), st.text(min_size=1, max_size=99), max_size=10
)


def test_checksum_has_its_published_check_value() -> None:
    assert tlv.crc16(b"123456789") == 0x29B1
    assert tlv.crc16(b"") == 0xFFFF


@given(st.binary(max_size=300))
def test_checksum_is_the_long_division_of_the_definition(data: bytes) -> None:
    remainder = 0xFFFF
    for byte in data:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x1021 if remainder & 0x8000 else 0)
            remainder &= 0xFFFF

    assert tlv.crc16(data) == remainder


def test_length_counts_characters_not_bytes() -> None:
    assert tlv.write("59", "đĐ") == "5902đĐ"
    assert tlv.read("5902đĐ") == {"59": "đĐ"}


@pytest.mark.parametrize("value", ["", "x" * 100])
def test_value_that_two_digits_cannot_measure_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="59"):
        tlv.write("59", value)


@given(OBJECTS)
def test_what_is_written_is_read(objects: dict[str, str]) -> None:
    text = "".join(tlv.write(*item) for item in objects.items())

    assert tlv.read(text) == objects
    assert list(tlv.read(text)) == list(objects)


@pytest.mark.parametrize(
    ("text", "at_root", "inside"),
    [
        ("590", "E_TRUNCATED:root", "E_TRUNCATED:62"),
        ("5903ab", "E_TRUNCATED:root", "E_TRUNCATED:62"),
        ("59xxab", "E_TLV_HEADER:root", "E_TLV_HEADER:62"),
        ("59０２ab", "E_TLV_HEADER:root", "E_TLV_HEADER:62"),
        ("59²2ab", "E_TLV_HEADER:root", "E_TLV_HEADER:62"),
        ("59+1a", "E_TLV_HEADER:root", "E_TLV_HEADER:62"),
        ("5901a5901a", "E_DUPLICATE:59", "E_DUPLICATE:62-59"),
        ("59005901a", "E_DUPLICATE:59", "E_DUPLICATE:62-59"),
    ],
)
def test_broken_run_is_named_with_its_place(text: str, at_root: str, inside: str) -> None:
    with pytest.raises(Unreadable, match=f"^{at_root}$"):
        tlv.read(text)
    with pytest.raises(Unreadable, match=f"^{inside}$"):
        tlv.read(text, "62")
