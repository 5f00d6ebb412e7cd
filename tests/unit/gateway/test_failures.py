"""What goes wrong at gateways: five classes, one taxonomy, words in three languages."""

from __future__ import annotations

import pytest

from payments.gateway import (
    HANDLING,
    CallOutcome,
    Declined,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
    Retry,
    Side,
    Trouble,
    Unsupported,
    outcome_of,
)
from payments.kernel.errors import Unavailable
from payments.words import catalogue


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_says_who_acts_and_in_three_languages(trouble):
    assert HANDLING[trouble].actor
    said = {
        language: catalogue.say(f"trouble.{trouble}", language) for language in ("vi", "en", "fr")
    }
    assert len(set(said.values())) == 3


def test_what_may_have_acted_is_never_sent_again_by_itself():
    for trouble in (Trouble.TIMEOUT_UNKNOWN, Trouble.BAD_REPLY):
        assert HANDLING[trouble].retry is Retry.NEVER
    assert HANDLING[Trouble.NOT_SENT].retry is Retry.SAME_KEY
    assert {one.side for one in HANDLING.values()} == set(Side)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Declined(Trouble.NOT_FOUND), CallOutcome.DECLINED),
        (Unsupported("no such verb"), CallOutcome.DECLINED),
        (NotSent("no route"), CallOutcome.NOT_SENT),
        (OutcomeUnknown("no answer"), CallOutcome.UNKNOWN),
        (Misconfigured(Trouble.BAD_SIGNATURE), CallOutcome.MISCONFIGURED),
        (Unavailable("anything"), CallOutcome.UNKNOWN),
        (RuntimeError("a mistake of ours"), CallOutcome.UNKNOWN),
    ],
)
def test_what_nobody_foresaw_may_have_acted(failure, outcome):
    assert outcome_of(failure) is outcome
