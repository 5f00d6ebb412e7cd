"""Finds what a page says in a language that it was not asked for."""

from __future__ import annotations

import re
from html import unescape

from payments.words import catalogue

#: A shorter text may be a name, a number or a word that two languages share.
_LETTERS_MIN = 10


def text_of(page: str) -> str:
    """Give what a page says: text and the attributes that are read aloud, without marks."""
    without_code = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    spoken = " ".join(re.findall(r'(?:aria-label|title|alt|data-lost)="([^"]*)"', without_code))
    return unescape(re.sub(r"<[^>]+>", "\n", without_code)) + "\n" + unescape(spoken)


def foreign(page: str, language: str) -> dict[str, str]:
    """List the texts of other languages on *page*, by key: none of them belongs there."""
    said = text_of(page)
    words = catalogue.read()
    own = {text for texts in words.values() for one, text in texts.items() if one == language}
    return {
        f"{key}.{other}": texts[other]
        for key, texts in words.items()
        for other in catalogue.LANGUAGES
        if other != language and texts[other] not in own and _is_said(texts[other], said)
    }


def _is_said(text: str, said: str) -> bool:
    """Say whether *text* is there, whatever stands in its gaps."""
    parts = [part for part in re.split(r"\{[a-z_]+\}", text) if part.strip()]
    if sum(len(part.strip()) for part in parts) < _LETTERS_MIN:
        return False
    return re.search("[^\n]*?".join(re.escape(part) for part in parts), said) is not None
