"""
Vietnamese typing as tables, apart from the product's own: what a scanner's text becomes.

``telex_keys`` goes the other way: what a reader sends that types letters as their keys.
"""

from __future__ import annotations

import unicodedata

_TELEX_PAIRS = {
    "aa": "â", "aw": "ă", "ee": "ê", "oo": "ô", "ow": "ơ", "uw": "ư", "dd": "đ",
    "Aa": "Â", "AA": "Â", "AW": "Ă", "Aw": "Ă", "EE": "Ê", "Ee": "Ê", "OO": "Ô", "Oo": "Ô",
    "OW": "Ơ", "Ow": "Ơ", "UW": "Ư", "Uw": "Ư", "DD": "Đ", "Dd": "Đ",
}  # fmt: skip
_VNI_PAIRS = {
    "a6": "â", "a8": "ă", "e6": "ê", "o6": "ô", "o7": "ơ", "u7": "ư", "d9": "đ",
    "A6": "Â", "A8": "Ă", "E6": "Ê", "O6": "Ô", "O7": "Ơ", "U7": "Ư", "D9": "Đ",
}  # fmt: skip
_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_TONE_MARKS = set(_TELEX_TONES.values())
#: The layout "Vietnamese" of a common desktop: the row of digits types letters and tones.
_LAYOUT = str.maketrans(
    {"1": "ă", "2": "â", "3": "ê", "4": "ô", "5": "\u0300", "6": "\u0309", "7": "\u0303",
     "8": "\u0301", "9": "\u0323", "0": "đ"}
)  # fmt: skip


def telex(text: str) -> str:
    return _type(text, _TELEX_PAIRS, _TELEX_TONES)


def vni(text: str) -> str:
    return _type(text, _VNI_PAIRS, _VNI_TONES)


def layout(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_LAYOUT))


def _type(text: str, pairs: dict[str, str], tones: dict[str, str]) -> str:
    """Type key by key; a tone goes to the word's last vowel, the same key again takes it off."""
    out: list[str] = []
    start = 0
    for key in text:
        paired = pairs.get(out[-1] + key) if len(out) > start else None
        place = _last_vowel(out, start) if key.lower() in tones else None
        if paired is not None:
            out[-1] = paired
        elif len(out) > start and (undone := _undone(out[-1], key, pairs)):
            out[-1:] = [undone, key]
        elif place is not None:
            mark = tones[key.lower()]
            parts = unicodedata.normalize("NFD", out[place])
            bare = "".join(part for part in parts if part not in _TONE_MARKS)
            again = mark in parts
            out[place] = unicodedata.normalize("NFC", bare if again else bare + mark)
            out += [key] if again else []
        else:
            out.append(key)
            if not key.isalnum():
                start = len(out)
    return "".join(out)


def _last_vowel(out: list[str], start: int) -> int | None:
    for place in range(len(out) - 1, start - 1, -1):
        parts = unicodedata.normalize("NFD", out[place])
        if unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONE_MARKS)) in (
            _VOWELS
        ):
            return place
    return None


def _undone(letter: str, key: str, pairs: dict[str, str]) -> str | None:
    return next((p[0] for p, made in pairs.items() if made == letter and p[1] == key), None)


def telex_keys(text: str) -> str:
    """Write each marked letter as its Telex keys: ``NGUYỄN`` → ``NGUYEEXN``."""
    shapes = {made: pair for pair, made in _TELEX_PAIRS.items() if pair[0].isupper() ==
              pair[1].isupper()}  # fmt: skip
    tones = {mark: key for key, mark in _TELEX_TONES.items()}
    out = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(tones[part] for part in parts if part in tones)
        bare = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
        keys = shapes.get(bare, bare)
        out.append(keys + (tone.upper() if letter.isupper() else tone))
    return "".join(out)


def without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(part for part in parts if not unicodedata.combining(part))


def misread(text: str) -> str:
    """Read UTF-8 byte by byte, as an old reader does."""
    return text.encode().decode("cp1252", "replace")
