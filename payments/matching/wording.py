"""Why a rule matches a line, in words: the reason that stays with the match."""

from __future__ import annotations

from typing import Final

from payments.invoicing.service import REASON_MAX
from payments.kernel.money import ZERO
from payments.matching.model import Planned
from payments.words import catalogue
from payments.words.formats import vnd

#: What the books keep is in the hospital's language, whoever looks at it.
KEPT_IN: Final = "vi"


def why(planned: Planned, language: str) -> str:
    """Give the reason; a difference of amounts is part of it."""
    rule, line = planned.rule, planned.line
    facts: dict[str, object] = {
        "number": planned.target.number,
        "amount": vnd(line.amount),
        "minutes": planned.minutes,
        "pattern": rule.pattern,
        "account": line.account[-4:],
    }
    text = catalogue.say(f"rule.why.{rule.by}", language, facts)
    if planned.difference:
        key = "rule.why.short" if planned.difference < ZERO else "rule.why.over"
        more = catalogue.say(key, language, {"amount": vnd(abs(planned.difference))})
        text = f"{text} {more}"
    return text


def kept(planned: Planned) -> str:
    """Give the reason as it is kept: with the version of the rule."""
    return f"{planned.rule.label}: {why(planned, KEPT_IN)}"[:REASON_MAX]
