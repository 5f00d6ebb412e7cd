"""The words of finance are there in three languages, and none is left unused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from payments.receipts.model import Flag
from payments.reconciliation.model import Verdict
from payments.resources import resource
from payments.web import wording
from payments.web.finance import terms

_TERMS = terms.read()
_USED = re.compile(r"""\b(?:F|say)\(\s*f?["']([a-z_.]+[a-z_])["']""")
#: Made from parts.
_MADE = {f"finance.verdict.{one}" for one in Verdict} | {f"finance.flag.{one}" for one in Flag}
_MADE |= {f"finance.tab.{one}" for one in ("open", "matched", "all")}
_MADE |= {f"finance.kept.{one}" for one in ("message", "line")}
_MADE |= {f"finance.why.{one}" for one in ("code", "code_short", "code_over", "amount_time")}


def used() -> set[str]:
    files = [
        *(resource("templates") / "finance").rglob("*.html"),
        *Path(terms.__file__).parent.glob("*.py"),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return set(_USED.findall(text)) | _MADE


@pytest.mark.parametrize("key", sorted(_TERMS))
def test_all_languages_have_words_with_the_same_placeholders(key: str) -> None:
    texts = _TERMS[key]

    assert set(texts) == set(wording.LANGUAGES)
    assert all(texts.values())
    assert len({wording.placeholders(text) for text in texts.values()}) == 1
    assert not wording.has(key)


def test_every_key_that_is_used_has_words_and_no_other() -> None:
    assert used() == set(_TERMS)
