"""Text: composed in linear time, and one line that people can tell from another."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kernel.text import is_line, nfc, unmarked

HEAP = "a" + "\u0301\u0323" * 50_000


def test_a_heap_of_marks_holds_nobody_up() -> None:
    began = time.process_time()
    composed, bare = nfc(HEAP), unmarked(HEAP)

    # Sorting all of them takes 46 s; the bound is far from both.
    assert time.process_time() - began < 5
    assert bare == "a"
    assert len(composed) <= 31


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_what_people_write_is_composed_as_unicode_says(text: str) -> None:
    runs = "".join("m" if unicodedata.combining(char) else " " for char in text).split()

    if all(len(run) <= 30 for run in runs):
        assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("name", ["Nguyễn Văn Thử", "Y Đăm K'Sơr", "H’Bĭr Niê", "Siu Ƀlưĭ", "李明"])
def test_names_are_lines(name: str) -> None:
    assert is_line(nfc(unicodedata.normalize("NFD", name)))


@pytest.mark.parametrize(
    "odd",
    [
        "\n", "\r", "\t", "\0", "\x7f", "\x9b", "\u2028", "\u2029", "\u200b", "\u200d", "\u2060",
        "\ufeff", "\u00ad", "\u202e", "\u2066", "\u061c", "\u034f", "\u115f", "\u3164", "\ufe0f",
        "\U000e0041", "\U000e0100", "\ue000", "\ud800", "\u0301\u0323\u0316",
    ],
)  # fmt: skip
def test_what_is_not_seen_or_breaks_a_line_is_none(odd: str) -> None:
    assert not is_line(f"THỬ{odd}NGHIỆM")
