"""What was looked at and found, one line each: keys and facts, said in a language at the edge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from payments.gateway import RawNotification, Setting
from payments.kernel.errors import InvalidField, VienphiError
from payments.words import catalogue
from payments.words.explaining import sentence, shown

HIDDEN: Final = "***"
#: A shorter secret is no secret, and hiding it would hide words.
_SECRET_MIN: Final = 6
_TOKEN: Final = re.compile(r"\w+")
_NAME: Final = re.compile(r'(?:^|[?&"\s])([A-Za-z_][A-Za-z0-9_-]*)"?\s*[=:]')


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    BAD = "bad"


_SIGNS: Final = {State.OK: "+", State.NOTE: ".", State.BAD: "!"}


@dataclass(frozen=True, slots=True)
class Word:
    """A fact that is itself a word of the catalogue; *name* is what programs read."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One finding; its sentence is ``diagnosis.<key>`` with *facts* in it."""

    key: str
    state: State
    facts: Mapping[str, object]

    def text(self, language: str) -> str:
        values = {name: _said(value, language) for name, value in self.facts.items()}
        return catalogue.say(f"diagnosis.{self.key}", language, values)

    def line(self, language: str) -> str:
        return f"{_SIGNS[self.state]} {self.text(language)}"

    def for_programs(self, language: str) -> dict[str, Any]:
        facts = {name: _named(value) for name, value in self.facts.items()}
        return {
            "step": self.key,
            "state": self.state.value,
            "facts": facts,
            "text": self.text(language),
        }


def ok(key: str, **facts: object) -> Step:
    return Step(key, State.OK, facts)


def note(key: str, **facts: object) -> Step:
    return Step(key, State.NOTE, facts)


def bad(key: str, **facts: object) -> Step:
    return Step(key, State.BAD, facts)


def secrets_of(settings: Mapping[str, str], schema: Iterable[Setting]) -> frozenset[str]:
    """Give the values that may be printed nowhere; all of them where nothing is declared."""
    declared = {one.name: one for one in schema}
    return frozenset(
        value
        for name, value in settings.items()
        if len(value) >= _SECRET_MIN and (name not in declared or declared[name].is_secret)
    )


def without(secrets: Iterable[str], step: Step) -> Step:
    """Hide *secrets* wherever a message repeated them: in a reference, an address, a reply."""
    longest_first = sorted(secrets, key=len, reverse=True)
    facts = {
        name: _hide(value, longest_first) if isinstance(value, str) else value
        for name, value in step.facts.items()
    }
    return Step(step.key, step.state, facts)


def without_values(detail: str, raw: RawNotification) -> str:
    """Give *detail* of a refusal with the names of fields, and none of the values of *raw*."""
    came = f"{raw.raw_query} {raw.body.decode(errors='replace')}"
    names = set(_NAME.findall(came))
    values = set(_TOKEN.findall(came)) | set(_TOKEN.findall(" ".join(raw.query.values())))
    return _TOKEN.sub(
        lambda found: HIDDEN if found[0] in values - names else found[0],
        detail,
    )


def ending(text: str) -> str:
    """Give enough of an account number to know it again."""
    return f"…{text[-4:]}" if len(text) > 6 else HIDDEN


def _hide(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _named(value: object) -> str:
    match value:
        case Word():
            return value.name
        case InvalidField():
            return value.key
        case _:
            return shown(value)


def _said(value: object, language: str) -> str:
    if isinstance(value, Word):
        return catalogue.say(value.key, language)
    if isinstance(value, VienphiError):
        return sentence(value, language)
    return shown(value)
