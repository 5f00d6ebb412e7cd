"""Vietnamese text in the two forms that we compare: composed, and unmarked upper case."""

from __future__ import annotations

import unicodedata
from typing import Final

#: No language puts as many marks on one letter (UAX 15 ends a stream there, too). Sorting a run of
#: them takes quadratic time: fifty thousand in a form would hold a process for a minute.
_MARKS_SORTED_MAX: Final = 30
#: Marks that stay beside a composed letter: Bahnar and Jarai names have one, Vietnamese ones none.
_MARKS_MAX: Final = 2
#: Seen by nobody and yet no control characters: joiners, fillers, selectors of variants.
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
#: In the order of the dictionary: none, huyền, hỏi, ngã, sắc, nặng.
_TONES: Final = "\u0300\u0309\u0303\u0301\u0323"


def nfc(text: str) -> str:
    """Compose *text*; of a letter with more than thirty marks the rest of them is left out."""
    return unicodedata.normalize("NFC", _sortable(text))


def unmarked(text: str) -> str:
    """Drop every diacritic: ``Đặng Thị Thử`` → ``Dang Thi Thu``. NFD leaves đ and Đ alone."""
    decomposed = unicodedata.normalize("NFD", _sortable(text))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.replace("đ", "d").replace("Đ", "D")


def is_line(text: str) -> bool:
    """
    Say whether composed *text* is what a person reads as one line, and nothing else.

    No line breaks, no marks of direction, nothing that is not seen (two names would look alike),
    no heaps of marks that run over the lines above.
    """
    run = 0
    for char in text:
        category = unicodedata.category(char)
        if category.startswith("C") or category in ("Zl", "Zp") or char in _UNSEEN:
            return False
        run = run + 1 if category.startswith("M") else 0
        if run > _MARKS_MAX:
            return False
    return True


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


def _sortable(text: str) -> str:
    if len(text) <= _MARKS_SORTED_MAX or text.isascii():
        return text
    run = 0
    kept = []
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _MARKS_SORTED_MAX:
            kept.append(char)
    return "".join(kept)
