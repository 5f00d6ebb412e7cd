"""Every word that is shown is there in three languages, with the same placeholders."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from payments.resources import resource
from payments.web.problem import known
from payments.words import catalogue

_WORDS = catalogue.read()
_LITERAL = re.compile(r"""\bT\(\s*["']([a-z_.A-Z0-9-]+)["']\s*(?:,|\))""")
_IN_CODE = re.compile(r"""\bwords\(\s*["']([a-z_.0-9-]+)["']""")
_WEB = Path(catalogue.__file__).parent


@pytest.mark.parametrize("key", sorted(_WORDS))
def test_all_languages_have_the_same_placeholders(key: str) -> None:
    texts = _WORDS[key]

    assert len({catalogue.placeholders(text) for text in texts.values()}) == 1


def test_every_key_in_a_template_has_words() -> None:
    used = {
        key
        for path in resource("templates").rglob("*.html")
        for key in _LITERAL.findall(path.read_text(encoding="utf-8"))
    }

    assert len(used) > 50
    assert {key for key in used if not catalogue.has(key)} == set()


def test_every_key_in_the_code_has_words() -> None:
    used = {
        key
        for path in _WEB.rglob("*.py")
        for key in _IN_CODE.findall(path.read_text(encoding="utf-8"))
    }

    assert {key for key in used if not catalogue.has(key)} == set()


def test_no_key_of_ours_is_left_unused() -> None:
    """What nobody shows is not translated three times."""
    with (_WEB / "data" / "more_terms.csv").open(encoding="utf-8", newline="") as file:
        ours = {row["key"] for row in csv.DictReader(file)}
    sources = [*resource("templates").rglob("*.html"), *_WEB.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    codes = {f"problem.{code}" for code in known()}
    # Made from parts: a status, a language, a text with its ".more".
    made = re.compile(r"problem\.(http|advice)\.\d{3}|frame\.language\.\w\w|.*\.more")

    unused = {
        key
        for key in ours
        if f'"{key}"' not in text
        and f"'{key}'" not in text
        and key not in codes
        and not made.fullmatch(key)
    }

    assert unused == set()


def test_missing_words_are_a_mistake_of_ours() -> None:
    with pytest.raises(catalogue.MissingWording):
        catalogue.say("no.such.key", "vi")
    with pytest.raises(catalogue.MissingWording):
        catalogue.say("status.underpaid", "vi")


def test_placeholders_are_filled_and_values_are_not_read_again() -> None:
    text = catalogue.say("status.underpaid", "vi", {"amount": "{amount.__class__}"})

    assert text == "Thanh toán thiếu {amount.__class__}"
