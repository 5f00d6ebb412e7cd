"""Vietnamese text in the two forms that we compare: composed, and unmarked upper case."""

from __future__ import annotations

import unicodedata
from typing import Final

_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
#: In the order of the dictionary: none, huyền, hỏi, ngã, sắc, nặng.
_TONES: Final = "\u0300\u0309\u0303\u0301\u0323"


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def unmarked(text: str) -> str:
    """Drop every diacritic: ``Đặng Thị Thử`` → ``Dang Thi Thu``. NFD leaves đ and Đ alone."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.replace("đ", "d").replace("Đ", "D")


def name_order(name: str) -> tuple[list[list[int]], list[list[int]]]:
    """
    Make the key by which a list of Vietnamese names is sorted: given name first, then the rest.

    Letters count before tones, as in a dictionary: ă stands after a and đ after d, and only words
    with the same letters are told apart by their tones.
    """
    words = nfc(name).lower().split()
    parts = [[_placed(char) for char in word] for word in words[-1:] + words[:-1]]
    return (
        [[letter for letter, _ in word] for word in parts],
        [[tone for _, tone in word] for word in parts],
    )


def _placed(char: str) -> tuple[int, int]:
    decomposed = unicodedata.normalize("NFD", char)
    tone = next((place for place, mark in enumerate(_TONES, 1) if mark in decomposed), 0)
    bare = nfc("".join(part for part in decomposed if part not in _TONES))
    place = _LETTERS.find(bare)
    return (place if place >= 0 else len(_LETTERS) + ord(bare[0]), tone)
