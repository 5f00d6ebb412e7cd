"""The word catalogue: text by key and language, from the tables in ``data`` beside this."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("vi", "en", "fr")
#: Receipts and desks speak Vietnamese unless a person chose otherwise.
DEFAULT: Final = "vi"
#: Commands, their options and their reports are English, for whoever runs the server.
TERMINAL: Final = "en"

_DATA: Final = Path(__file__).resolve().parent / "data"
_BRACE: Final = re.compile("[{}]")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
#: Stands for a fact that is not known, where a sentence is shown without its occasion.
LEFT_OUT: Final = "…"


class MissingWording(KeyError):
    """A template or a program names a key that is in no table: a mistake of ours, never shown."""


def read(folder: Path = _DATA) -> dict[str, dict[str, str]]:
    """
    Read all wordings: key → language → text. One table a topic; a key stands in one of them.

    Raises:
        ValueError: a key is there twice, or a language is empty.
    """
    words: dict[str, dict[str, str]] = {}
    for table in sorted(folder.glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                key = row["key"]
                if key in words:
                    raise ValueError(f"{table.name}: the key {key} is there twice")
                words[key] = {language: row[language] for language in LANGUAGES}
                if not all(words[key].values()):
                    raise ValueError(f"{table.name}: {key} lacks a language")
    return words


_WORDS: Final = read()


def has(key: str) -> bool:
    return key in _WORDS


@cache
def speaker(language: str) -> Callable[..., str]:
    """Give the function that says words in *language*; ``T`` in templates."""
    plain = {
        key: texts[language] for key, texts in _WORDS.items() if not _BRACE.search(texts[language])
    }

    def speak(key: str, **values: object) -> str:
        found = plain.get(key)
        return say(key, language, values) if found is None else found

    return speak


def say(key: str, language: str, values: Mapping[str, object] | None = None) -> str:
    """
    Give the text of *key* with its placeholders filled from *values*.

    Raises:
        MissingWording: no such key, or a placeholder without a value.
    """
    try:
        return _WORDS[key][language].format_map(values or {})
    except KeyError as error:
        raise MissingWording(f"{key} ({language}): {error}") from error


def outline(key: str, language: str) -> str:
    """Give the text of *key* with a gap for each placeholder: what such a sentence says."""
    return _PLACEHOLDER.sub(LEFT_OUT, _WORDS[key][language])


def placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))
