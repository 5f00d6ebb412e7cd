"""Who a patient is, in the minimal form; how two people are told apart; how names are ordered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, NotFound
from payments.kernel.text import name_order, nfc, unmarked
from payments.patients.scanning.model import Birth

FILE_NUMBER: Final = re.compile("[0-9A-Z][0-9A-Z./-]{0,29}")
_PHONE: Final = re.compile("0[0-9]{9}")


class NoPatient(NotFound):
    """This facility has no patient of that id."""

    code = "no-patient"


class FileNumberTaken(Conflict):
    """Another patient has this file number; nothing was saved."""

    code = "file-number-taken"


class IdentityTaken(Conflict):
    """Another patient has this identity number; choose that record, or have the two merged."""

    code = "identity-taken"


class CannotMerge(Conflict):
    """The two records are one already, or would point at each other."""

    code = "cannot-merge"


class Difference(StrEnum):
    """In what a stored patient differs from what was scanned, or from the next in the list."""

    NAME = "name"
    BIRTH = "birth"
    IDENTITY = "identity"
    CARD = "card"
    FILE_NUMBER = "file_number"


@dataclass(frozen=True, slots=True)
class Person:
    """A stored patient as a screen may show them: of each number the last four digits."""

    id: UUID
    file_number: str
    name: str = field(repr=False)
    birth: Birth = field(repr=False)
    identity_last4: str
    card_last4: str
    phone_last4: str


@dataclass(frozen=True, slots=True)
class Candidate:
    person: Person
    differences: frozenset[Difference] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """
    Whom a scan may mean. *is_sure* only for one person whose number and name both agree.

    Nobody is picked between two, nor by name alone: a person decides.
    """

    candidates: tuple[Candidate, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card or a person tells of a patient; empty where it was not told."""

    name: str = field(default="", repr=False)
    birth: Birth | None = field(default=None, repr=False)
    identity: str = field(default="", repr=False)
    card: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


def compared(person: Person, told: Facts) -> Candidate:
    """Mark in what *person* differs from what was *told*; what is not known differs in nothing."""
    found = set()
    if told.name and nfc(told.name).upper() != nfc(person.name).upper():
        found.add(Difference.NAME)
    if told.birth is not None and not agree(told.birth, person.birth):
        found.add(Difference.BIRTH)
    if told.identity and person.identity_last4 not in ("", told.identity[-4:]):
        found.add(Difference.IDENTITY)
    if told.card and person.card_last4 not in ("", told.card[-4:]):
        found.add(Difference.CARD)
    return Candidate(person, frozenset(found))


def against_each_other(people: Sequence[Person]) -> tuple[Candidate, ...]:
    """Mark in what the people of a list differ, so that the eye finds it."""
    if len(people) < 2:
        return tuple(Candidate(person) for person in people)
    facts = {
        Difference.NAME: {nfc(person.name).upper() for person in people},
        Difference.BIRTH: {str(person.birth) for person in people},
        Difference.IDENTITY: {person.identity_last4 for person in people},
        Difference.CARD: {person.card_last4 for person in people},
    }
    differing = frozenset(kind for kind, values in facts.items() if len(values) > 1)
    return tuple(Candidate(person, differing) for person in people)


def agree(one: Birth, other: Birth) -> bool:
    """Compare dates of birth in as many parts as both have."""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(a is None or b is None or a == b for a, b in pairs)


def written(birth: Birth) -> str:
    """Write a date of birth for the sealed column: ``1999-01-31``, ``1999-01``, ``1999``."""
    return "-".join(f"{part:02d}" for part in (birth.year, birth.month, birth.day) if part)


def birth_of(text: str) -> Birth:
    """Read what ``written`` wrote."""
    year, month, day = (*(int(part) for part in text.split("-")), None, None)[:3]
    assert year is not None, "a stored date of birth begins with its year"
    return Birth(year, month, day)


def plain_name(name: str) -> str:
    """Give a name as it is searched: unmarked capitals, single spaces, nothing but letters."""
    letters = re.sub("['\u2019.-]", "", unmarked(nfc(name)).upper())
    return " ".join(letters.split())


def plain_phone(text: str) -> str:
    """Give a Vietnamese telephone number as ``0912345678``; empty where it is none."""
    digits = re.sub("[ .-]", "", text)
    digits = re.sub(r"^(\+84|84(?=[0-9]{9}$))", "0", digits)
    return digits if _PHONE.fullmatch(digits) else ""


def in_order(people: Iterable[Person]) -> list[Person]:
    """Sort as a Vietnamese list does: by given name, then by the words before it."""
    return sorted(people, key=lambda person: name_order(person.name))
