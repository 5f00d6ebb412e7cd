"""The words of the finance pages; those that all pages share stay in the common tables."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from payments.web import current
from payments.web.wording import MissingWording


def read() -> dict[str, dict[str, str]]:
    """Read the table beside this module: key → language → text."""
    with (Path(__file__).parent / "terms.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("key"): row for row in csv.DictReader(file)}


_TERMS: Final = read()


def say(key: str, **values: object) -> str:
    """
    Give the text of *key* in the language of this answer; ``F`` in templates.

    Raises:
        MissingWording: no such key, or a placeholder without a value.
    """
    try:
        return _TERMS[key][current.language()].format_map(values)
    except KeyError as error:
        raise MissingWording(f"{key}: {error}") from error
