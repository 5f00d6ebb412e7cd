"""
What Vietnamese typing methods make of a text that a scanner types: Telex and VNI.

They turn keys into marks (``ee`` into ê, ``s`` behind a vowel into a tone; in VNI digits do it) and
take a mark back when its key comes twice. Programs differ in details, so each method is here in two
manners: *free* looks back over the whole word for the letter that a key marks, else only at the
last one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

_TONES: Final = {"grave": "\u0300", "hook": "\u0309", "tilde": "\u0303", "acute": "\u0301",
                 "dot": "\u0323"}  # fmt: skip
_TONE_MARKS: Final = frozenset(_TONES.values())
_HAT, _BREVE, _HORN, _BAR = "\u0302", "\u0306", "\u031b", "đ"
_VOWELS: Final = frozenset("aeiouy")
_TELEX_TONES: Final = {"f": _TONES["grave"], "r": _TONES["hook"], "x": _TONES["tilde"],
                       "s": _TONES["acute"], "j": _TONES["dot"]}  # fmt: skip
_VNI_TONES: Final = {"2": _TONES["grave"], "3": _TONES["hook"], "4": _TONES["tilde"],
                     "1": _TONES["acute"], "5": _TONES["dot"]}  # fmt: skip
_TELEX_SHAPES: Final[Mapping[str, Mapping[str, str]]] = {
    "a": {"a": _HAT},
    "e": {"e": _HAT},
    "o": {"o": _HAT},
    "w": {"a": _BREVE, "o": _HORN, "u": _HORN},
    "d": {"d": _BAR},
}
_VNI_SHAPES: Final[Mapping[str, Mapping[str, str]]] = {
    "6": {"a": _HAT, "e": _HAT, "o": _HAT},
    "7": {"o": _HORN, "u": _HORN},
    "8": {"a": _BREVE},
    "9": {"d": _BAR},
}


def manglings(text: str) -> Iterator[str]:
    """Give what each method makes of *text*; a text that none of them changes gives itself."""
    for is_free in (False, True):
        yield telex(text, is_free=is_free)
        yield vni(text, is_free=is_free)


def is_stable(text: str) -> bool:
    """Say that no method changes *text*: it is the same whether one was on or off."""
    return all(mangled == text for mangled in manglings(text))


def telex(text: str, *, is_free: bool = True) -> str:
    return _typed(text, _TELEX_TONES, _TELEX_SHAPES, is_free=is_free)


def vni(text: str, *, is_free: bool = True) -> str:
    return _typed(text, _VNI_TONES, _VNI_SHAPES, is_free=is_free)


def _typed(
    text: str,
    tones: Mapping[str, str],
    shapes: Mapping[str, Mapping[str, str]],
    *,
    is_free: bool,
) -> str:
    done: list[str] = []
    word: list[str] = []
    for key in unicodedata.normalize("NFC", text):
        low = key.lower()
        if low in tones and _tone(word, key, tones[low]):
            continue
        if low in shapes and _shape(word, key, shapes[low], is_free=is_free):
            continue
        if low == "w" and "w" in shapes:
            word.append("ư" if key == "w" else "Ư")
            continue
        word.append(key)
        # Some programs still see one word behind a digit that marks nothing: A01 may be Á0.
        if not (key.isalnum() if is_free else key.isalpha()):
            done += word
            word = []
    return "".join(done + word)


def _tone(word: list[str], key: str, tone: str) -> bool:
    """Put *tone* on the word's vowel, or take it off and type the *key*; False without vowel."""
    places = [place for place, letter in enumerate(word) if _base(letter) in _VOWELS]
    if not places:
        return False
    toned = next((place for place in places if _marks(word[place]) & _TONE_MARKS), None)
    if toned is not None and tone in _marks(word[toned]):
        word[toned] = _without(word[toned], tone)
        word.append(key)
        return True
    place = toned if toned is not None else _toned_place(word, places)
    word[place] = _with(_without(word[place], *_TONE_MARKS), tone)
    return True


def _toned_place(word: list[str], places: list[int]) -> int:
    """Choose as the schools do: the vowel with a hat or horn, else by what follows."""
    shaped = [place for place in places if _marks(word[place])]
    if shaped:
        return shaped[-1]
    if len(places) > 1 and places[-1] == len(word) - 1:
        return places[-2]
    return places[-1]


def _shape(word: list[str], key: str, shapes: Mapping[str, str], *, is_free: bool) -> bool:
    """Mark the last letter that *key* can mark, or take the mark off and type the *key*."""
    reach = range(len(word) - 1, -1, -1) if is_free else range(len(word) - 1, len(word) - 2, -1)
    for place in reach:
        if place < 0:
            break
        mark = shapes.get(_base(word[place]))
        if mark is None:
            continue
        if _is_shaped(word[place], mark):
            word[place] = _plain(word[place], mark)
            word.append(key)
        elif mark == _BAR:
            word[place] = "đ" if word[place].islower() else "Đ"
        else:
            word[place] = _with(_without(word[place], _HAT, _BREVE, _HORN), mark)
        return True
    return False


def _base(letter: str) -> str:
    low = unicodedata.normalize("NFD", letter)[0].lower()
    return "d" if low == "đ" else low


def _marks(letter: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFD", letter)[1:])


def _is_shaped(letter: str, mark: str) -> bool:
    return letter in "đĐ" if mark == _BAR else mark in _marks(letter)


def _plain(letter: str, mark: str) -> str:
    if mark == _BAR:
        return "d" if letter == "đ" else "D"
    return _without(letter, mark)


def _with(letter: str, mark: str) -> str:
    return unicodedata.normalize("NFC", letter + mark)


def _without(letter: str, *marks: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return unicodedata.normalize("NFC", "".join(part for part in parts if part not in marks))
