"""Finds patients: by what was scanned, by words without marks, by number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select

from payments.kernel.text import nfc
from payments.keys import Keys
from payments.patients import indexing
from payments.patients.model import (
    Candidate,
    Difference,
    Facts,
    Match,
    NoPatient,
    Person,
    against_each_other,
    birth_of,
    compared,
    in_order,
    plain_name,
    plain_phone,
)
from payments.patients.rows import PATIENT
from payments.patients.scanning import (
    Birth,
    CardCode,
    ChipCard,
    FileNumber,
    HealthCard,
    IdentityNumber,
)
from payments.patients.service import BIRTH, name_of
from payments.storage.unit_of_work import UnitOfWork

#: So many are opened and ranked; more would not be read.
CANDIDATES_MAX: Final = 50
#: A chain of merged records longer than this is a circle.
_MERGES_MAX: Final = 8
_YEAR: Final = re.compile("(19|20)[0-9]{2}")

#: The scans that mean a person.
Scan: TypeAlias = ChipCard | HealthCard | CardCode | IdentityNumber | FileNumber


def person(tx: UnitOfWork, keys: Keys, patient: UUID) -> Person:
    """Read one patient, of a merged record the one that counts. Raises NoPatient."""
    rows = _rows(tx, PATIENT.c.id == patient)
    if not rows:
        raise NoPatient("no such patient")
    return _opened(tx, keys, rows)[0]


def of_number(tx: UnitOfWork, keys: Keys, file_number: str) -> Person | None:
    """Read the patient of a hospital's number, of a merged record the one that counts."""
    people = _opened(tx, keys, _rows(tx, PATIENT.c.file_number == file_number))
    return people[0] if people else None


def other_numbers(tx: UnitOfWork, patient: UUID) -> tuple[str, ...]:
    """List the file numbers of the records that were merged into *patient*."""
    return tuple(sorted(row.file_number for row in _rows(tx, PATIENT.c.merged_into == patient)))


def records_of(tx: UnitOfWork, patient: UUID) -> tuple[UUID, ...]:
    """List *patient* and the records that were merged into it: each may own invoices."""
    rows = _rows(tx, PATIENT.c.merged_into == patient)
    return (patient, *(row.id for row in rows))


def told(scan: Scan) -> Facts:
    """Give what a scan tells of a person."""
    match scan:
        case ChipCard():
            return Facts(name=scan.name, birth=scan.birth, identity=scan.number)
        case HealthCard():
            return Facts(name=scan.name, birth=scan.birth, card=scan.card)
        case CardCode():
            return Facts(card=scan.card)
        case IdentityNumber():
            return Facts(identity=scan.number)
        case FileNumber():
            return Facts()


def find(tx: UnitOfWork, keys: Keys, scan: Scan) -> Match:
    """
    Find whom *scan* means: by number first, then by name and year of birth.

    Sure is one person alone whose number matches and whose name and birth do not differ. Everybody
    else is a candidate, with what differs marked.
    """
    facts = told(scan)
    by_number = _of_terms(tx, keys, _number_terms(facts))
    if isinstance(scan, FileNumber):
        by_number = _opened(tx, keys, _rows(tx, PATIENT.c.file_number == scan.number))
    by_other: list[Person] = []
    if isinstance(scan, CardCode) and len(scan.card) == 10:
        # Ten digits alone may be a card, a telephone or a hospital's own number.
        by_number += _opened(tx, keys, _rows(tx, PATIENT.c.file_number == scan.card))
        phone = plain_phone(scan.card)
        by_other = _of_terms(tx, keys, [("phone", phone)] if phone else [])
        facts = Facts()
    elif facts.name and facts.birth is not None:
        by_other = _namesakes(tx, keys, facts.name, facts.birth)
    sure = {one.id for one in by_number}
    people = _once([*by_number, *by_other])
    candidates = [compared(one, facts) for one in people]
    if not facts.name:
        candidates = list(against_each_other(people))
    known_apart = {Difference.NAME, Difference.BIRTH, Difference.IDENTITY}
    matched = [one for one in candidates if one.person.id in sure]
    # A namesake with another identity number is another person, and no reason to ask.
    others = [
        one
        for one in candidates
        if one.person.id not in sure and Difference.IDENTITY not in one.differences
    ]
    is_sure = len(matched) == 1 and not others and not matched[0].differences & known_apart
    return Match(tuple(matched + others), is_sure)


def search(tx: UnitOfWork, keys: Keys, text: str) -> tuple[Candidate, ...]:
    """
    Find patients by *text*: two words of the name, a word and a year, a file number, or the last
    four digits of a number and a year. Marks and capitals do not matter; the best match is first.
    """
    years = [int(word) for word in text.split() if _YEAR.fullmatch(word)]
    digits = [word for word in text.split() if re.fullmatch("[0-9]{4}", word)]
    words = plain_name(" ".join(word for word in text.split() if not word.isdigit())).split()
    rows = _rows(tx, PATIENT.c.file_number == text.strip().upper())
    people = _opened(tx, keys, rows)
    if not words and len(digits) == 2:
        people += _of_last_four(tx, keys, digits)
    elif words:
        people += _of_words(tx, keys, words, years)
    ranked = _ranked(_once(people), text, words)[:CANDIDATES_MAX]
    return against_each_other(ranked)


def _of_words(tx: UnitOfWork, keys: Keys, words: list[str], years: list[int]) -> list[Person]:
    terms = [("given", f"{words[-1]} {year}") for year in years]
    if len(words) > 1:
        terms += [("name", " ".join(words)), ("tail", " ".join(words[-2:]))]
    found = _of_terms(tx, keys, terms)
    if years:
        found = [one for one in found if one.birth.year in years]
    # The index of given name and year knows nothing of the words before them.
    return [one for one in found if set(words) <= set(plain_name(one.name).split())]


def _of_last_four(tx: UnitOfWork, keys: Keys, digits: list[str]) -> list[Person]:
    found: list[Person] = []
    for last, year in (digits, digits[::-1]):
        if not _YEAR.fullmatch(year):
            continue
        is_last = (
            (PATIENT.c.identity_last4 == last)
            | (PATIENT.c.phone_last4 == last)
            | (PATIENT.c.card_last4 == last)
        )
        found += _opened(tx, keys, _rows(tx, (PATIENT.c.birth_year == int(year)) & is_last))
    return found


def _namesakes(tx: UnitOfWork, keys: Keys, name: str, birth: Birth) -> list[Person]:
    found = _of_terms(tx, keys, [("name", plain_name(name))])
    return [one for one in found if one.birth.year == birth.year]


def _number_terms(facts: Facts) -> list[tuple[str, str]]:
    terms = []
    if facts.identity:
        terms.append(("identity", facts.identity))
    if facts.card:
        terms.append(("card", indexing.card_term(facts.card)))
    return terms


def _ranked(people: list[Person], text: str, words: list[str]) -> list[Person]:
    """Put the same marks before the same letters, and the whole name before a part of it."""
    typed = nfc(" ".join(word for word in text.split() if not word.isdigit())).upper()

    def rank(one: Person) -> int:
        if nfc(one.name).upper() == typed:
            return 0
        plain = plain_name(one.name).split()
        if plain == words:
            return 1
        return 2 if plain[-2:] == words[-2:] else 3

    return sorted(in_order(people), key=rank)


def _of_terms(tx: UnitOfWork, keys: Keys, terms: list[tuple[str, str]]) -> list[Person]:
    ids = indexing.found(tx, keys, terms, limit=CANDIDATES_MAX)
    return _opened(tx, keys, _rows(tx, PATIENT.c.id.in_(list(ids)))) if ids else []


def _rows(tx: UnitOfWork, condition: ColumnElement[bool]) -> list[Row[Any]]:
    statement = (
        select(PATIENT)
        .where(PATIENT.c.facility_id == tx.facility, condition)
        .order_by(PATIENT.c.id.desc())
        .limit(CANDIDATES_MAX)
    )
    return list(tx.execute(statement))


def _opened(tx: UnitOfWork, keys: Keys, rows: Iterable[Row[Any]]) -> list[Person]:
    """Open *rows*; of a merged record the one that counts."""
    people = []
    for row in rows:
        for _ in range(_MERGES_MAX):
            if row.merged_into is None:
                break
            row = _rows(tx, PATIENT.c.id == row.merged_into)[0]
        people.append(_person(row, keys))
    return _once(people)


def _once(people: Iterable[Person]) -> list[Person]:
    return list({one.id: one for one in people}.values())


def _person(row: Row[Any], keys: Keys) -> Person:
    sealed = row.birth_sealed
    birth = Birth(row.birth_year)
    if sealed is not None:
        kept = birth_of(keys.open("personal", sealed, context=BIRTH))
        # The year may have been corrected since, at a desk that knows no more than the year.
        birth = kept if kept.year == row.birth_year else birth
    return Person(
        row.id,
        row.file_number,
        name_of(keys, row.name_sealed),
        birth,
        row.identity_last4 or "",
        row.card_last4 or "",
        row.phone_last4 or "",
    )
