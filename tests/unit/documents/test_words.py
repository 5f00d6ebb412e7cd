"""An amount in words is what a Vietnamese cashier would write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.documents.words import in_words
from payments.kernel.money import vnd

_VALUES = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "lăm": 5,
    "sáu": 6, "bảy": 7, "tám": 8, "chín": 9,
}  # fmt: skip


@pytest.mark.parametrize(
    ("dong", "words"),
    [
        (0, "Không đồng"),
        (1, "Một đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (11, "Mười một đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi bốn đồng"),
        (25, "Hai mươi lăm đồng"),
        (101, "Một trăm linh một đồng"),
        (105, "Một trăm linh năm đồng"),
        (110, "Một trăm mười đồng"),
        (115, "Một trăm mười lăm đồng"),
        (151, "Một trăm năm mươi mốt đồng"),
        (1_000, "Một nghìn đồng"),
        (1_001, "Một nghìn không trăm linh một đồng"),
        (1_015, "Một nghìn không trăm mười lăm đồng"),
        (86_500, "Tám mươi sáu nghìn năm trăm đồng"),
        (100_000, "Một trăm nghìn đồng"),
        (1_250_000, "Một triệu hai trăm năm mươi nghìn đồng"),
        (1_000_005, "Một triệu không trăm linh năm đồng"),
        (2_005_000, "Hai triệu không trăm linh năm nghìn đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (1_000_000_001, "Một tỷ không trăm linh một đồng"),
        (1_234_567_891,
         "Một tỷ hai trăm ba mươi bốn triệu năm trăm sáu mươi bảy nghìn"
         " tám trăm chín mươi mốt đồng"),
        (1_000_000_000_000_000, "Một triệu tỷ đồng"),
    ],
)  # fmt: skip
def test_amounts_read_as_people_read_them(dong: int, words: str) -> None:
    assert in_words(vnd(dong)) == words


@given(st.integers(0, 10**15))
def test_words_say_the_amount_and_nothing_else(dong: int) -> None:
    words = in_words(vnd(dong)).removesuffix(" đồng").lower().split()

    assert _number(words) == dong


@pytest.mark.parametrize("dong", [-1, 10**15 + 1])
def test_what_no_paper_says_is_refused(dong: int) -> None:
    with pytest.raises(ValueError, match="no receipt"):
        in_words(vnd(dong))


def _number(words: list[str]) -> int:
    """Read words back, by other rules than those that wrote them."""
    if "tỷ" in words:
        cut = len(words) - 1 - words[::-1].index("tỷ")
        return _number(words[:cut]) * 10**9 + _number(words[cut + 1 :])
    for name, value in (("triệu", 10**6), ("nghìn", 10**3), ("trăm", 100)):
        if name in words:
            cut = words.index(name)
            return _number(words[:cut]) * value + _number(words[cut + 1 :])
    total = 0
    for word in words:
        if word == "mươi":
            total *= 10
        elif word == "mười":
            total = 10
        elif word != "linh":
            total += _VALUES[word]
    return total
