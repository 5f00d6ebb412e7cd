"""Vietnamese text in the two forms that we compare: composed, and unmarked upper case."""

from __future__ import annotations

import unicodedata


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def unmarked(text: str) -> str:
    """Drop every diacritic: ``Đặng Thị Thử`` → ``Dang Thi Thu``. NFD leaves đ and Đ alone."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.replace("đ", "d").replace("Đ", "D")
