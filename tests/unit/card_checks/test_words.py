"""Whatever the portal says, the desk reads what it means and what to do, in three languages."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import pytest

from payments.card_checks.codes import MEANINGS, Meaning
from payments.card_checks.model import Again, Doubt, Reason, Source
from payments.words import catalogue


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("card.code", MEANINGS),
        ("card.do", Meaning),
        ("card.doubt", Doubt),
        ("card.again", Again),
        ("card.reason", Reason),
        ("card.source", Source),
    ],
)
def test_every_kind_has_words(prefix: str, kinds: Iterable[str | StrEnum], language: str) -> None:
    for kind in kinds:
        assert catalogue.say(f"{prefix}.{kind}", language)
