"""Finds what a page says in a language that it was not asked for."""

from __future__ import annotations

import re
from functools import cache
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
    return {
        name: text
        for name, text, part, form in _others(language)
        if part in said and form.search(said)
    }


@cache
def _others(language: str) -> tuple[tuple[str, str, str, re.Pattern[str]], ...]:
    """
    List the texts that are not of *language*, each as it is found whatever fills its gaps.

    Before that the longest part without a gap: to look for it takes a hundredth of the time.
    """
    words = catalogue.read()
    own = {texts[language] for texts in words.values()}
    found = []
    for key, texts in words.items():
        for other in set(catalogue.LANGUAGES) - {language}:
            parts = [part for part in re.split(r"\{[a-z_]+\}", texts[other]) if part.strip()]
            is_long = sum(len(part.strip()) for part in parts) >= _LETTERS_MIN
            if is_long and texts[other] not in own:
                form = re.compile("[^\n]*?".join(re.escape(part) for part in parts))
                found.append((f"{key}.{other}", texts[other], max(parts, key=len), form))
    return tuple(found)
