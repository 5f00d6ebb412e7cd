"""A failure as a sentence in a person's language; what is raised holds only a key and facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Problem, VienphiError
from payments.kernel.money import Money
from payments.words import catalogue
from payments.words.formats import local_date, local_time, vnd

#: A fact may be what somebody typed: enough to know it again, no more.
_LETTERS_MAX: Final = 200
_log = structlog.get_logger("words")


def sentence(error: VienphiError, language: str) -> str:
    """Say what *error* means to a person; a line of a file or a form is named first."""
    text = _text(error.wording, _general(type(error)), error.extras, language)
    if isinstance(error, InvalidField) and error.line is not None:
        values = {"line": str(error.line), "text": text}
        return catalogue.say("invalid.at_line", language, values)
    return text


def of_problem(problem: Problem, language: str) -> str:
    """Say what is wrong with a file, without the line, which stands beside it."""
    return _text(problem.wording, "error.invalid-field", problem.facts, language)


def meaning(kind: type[VienphiError], language: str) -> str:
    """Say what failures of *kind* mean, without an occasion: gaps stand for the facts."""
    return catalogue.outline(_general(kind), language)


def shown(value: object) -> str:
    """Write a fact as people read it: money and days in their one form, text tame and short."""
    match value:
        case Money():
            return vnd(value)
        case HospitalDay():
            return local_date(value.starts_at)
        case datetime():
            return local_time(value)
        case _:
            text = "".join(char if char.isprintable() else "\ufffd" for char in str(value))
            return text if len(text) <= _LETTERS_MAX else f"{text[: _LETTERS_MAX - 1]}…"


def _text(key: str, general: str, facts: Mapping[str, object], language: str) -> str:
    values = {name: shown(value) for name, value in facts.items()}
    if catalogue.has(key):
        try:
            return catalogue.say(key, language, values)
        except catalogue.MissingWording:
            # A fact is missing: a mistake of ours that tests find. The person still gets a
            # sentence, with a gap, rather than a failure while a failure is explained.
            _log.error("words.fact_missing", key=key)
            return catalogue.outline(key, language)
    # An adapter from outside may name what it likes.
    _log.error("words.key_missing", key=key)
    return catalogue.outline(general, language)


def _general(kind: type[VienphiError]) -> str:
    """Name the sentence of the narrowest category that has one."""
    return next(
        f"error.{base.code}"
        for base in kind.__mro__
        if issubclass(base, VienphiError) and catalogue.has(f"error.{base.code}")
    )
