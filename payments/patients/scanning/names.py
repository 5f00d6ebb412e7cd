"""Whether a text can be a person's name as a card prints it, of whatever people of Vietnam."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from payments.kernel.text import unmarked

NAME_MAX: Final = 120
_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SHAPES: Final = frozenset("\u0302\u0306\u031b")
#: Which marks a letter may carry; every other pair belongs to no Vietnamese word.
_SHAPED: Final = {"a": "\u0302\u0306", "e": "\u0302", "o": "\u0302\u031b", "u": "\u031b"}
_APOSTROPHES: Final = "'\u2019"
_SYLLABLE: Final = re.compile(
    "(?:ngh|ng|nh|th|tr|ch|kh|ph|gh|gi|qu|[bcdđghklmnprstvx])?"
    "(?P<vowels>[aeiouy]{1,3})"
    "(?P<coda>ch|ng|nh|[cmnptk])?"
)
#: A final stop is spoken with two tones only.
_STOPS: Final = frozenset({"c", "ch", "p", "t", "k"})
_TONES_OF_STOPS: Final = frozenset("\u0301\u0323")


def is_name(text: str) -> bool:
    """
    Say whether *text* is written as a name: letters of the Vietnamese alphabet, single spaces.

    A word with a tone must be a Vietnamese syllable; words without are free, for the names of the
    peoples of the highlands (``H'Hen Niê``, ``Ksor``) keep rules of their own.
    """
    return 1 <= len(text) <= NAME_MAX and all(_is_word(word) for word in text.split(" "))


def is_cased(text: str) -> bool:
    """Say whether capitals stand where cards put them: all of them, or each word's first."""
    if text == text.upper():
        return True
    return all(_first(word).isupper() for word in text.split(" ")) and not any(
        word[1:].isupper() and len(word) > 2 for word in text.split(" ")
    )


def has_marks(text: str) -> bool:
    """Say whether there is one letter that only Vietnamese has."""
    return any(letter.isalpha() and not letter.isascii() for letter in text)


def _first(word: str) -> str:
    return next((letter for letter in word if letter.isalpha()), "")


def _is_word(word: str) -> bool:
    letters = [letter for letter in word if letter not in _APOSTROPHES and letter not in "-."]
    if not letters or not all(_is_letter(letter) for letter in letters):
        return False
    # A letter that a reader cannot type is left out, often a word's only vowel: TRẦN, TRN.
    if len(letters) == len(word) and not any(unmarked(x).lower() in "aeiouy" for x in letters):
        return False
    pieces = re.split("['\u2019.-]", word)
    return all(_is_piece(piece) for piece in pieces if piece)


def _is_letter(letter: str) -> bool:
    base, *marks = list(unicodedata.normalize("NFD", letter.lower()))
    if base == "đ":
        return not marks
    shapes = [mark for mark in marks if mark in _SHAPES]
    tones = [mark for mark in marks if mark in _TONES]
    return (
        base.isascii()
        and base.isalpha()
        and len(shapes) <= 1
        and len(tones) <= 1
        and len(shapes) + len(tones) == len(marks)
        and all(mark in _SHAPED.get(base, "") for mark in shapes)
        and (not tones or base in "aeiouy")
    )


def _is_piece(piece: str) -> bool:
    decomposed = unicodedata.normalize("NFD", piece.lower())
    tones = [mark for mark in decomposed if mark in _TONES]
    if not tones:
        return True
    syllable = _SYLLABLE.fullmatch(unmarked(piece).lower())
    if syllable is None or len(tones) > 1:
        return False
    return syllable["coda"] not in _STOPS or tones[0] in _TONES_OF_STOPS
