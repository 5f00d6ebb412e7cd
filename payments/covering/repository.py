"""Insured visits as rows; everything is added and nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, insert, select

from payments.catalogue.rows import SERVICE_ITEM
from payments.covering.model import (
    CardFact,
    InsuredLine,
    InsuredVisit,
    NoInsuredVisit,
    OtherPayer,
    VisitFacts,
)
from payments.covering.rows import INSURED_LINE, INSURED_VISIT, VISIT_FACT, VISIT_FACT_CARD
from payments.insurance.coverage.model import Mode
from payments.kernel.money import vnd
from payments.keys import Keys
from payments.patients.indexing import PURPOSE, card_term
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_CARD: Final = "visit_fact.card_sealed"
_VISIT: Final = Prepared(
    select(INSURED_VISIT).where(
        mine(INSURED_VISIT), INSURED_VISIT.c.encounter_id == bindparam("encounter")
    )
)
_OF_KEY: Final = Prepared(
    select(INSURED_VISIT.c.encounter_id).where(
        mine(INSURED_VISIT), INSURED_VISIT.c.idem_key == bindparam("key")
    )
)
_LINES: Final = Prepared(
    select(INSURED_LINE, SERVICE_ITEM.c.name, SERVICE_ITEM.c.department_code)
    .join(
        SERVICE_ITEM,
        (SERVICE_ITEM.c.facility_id == INSURED_LINE.c.facility_id)
        & (SERVICE_ITEM.c.code == INSURED_LINE.c.service_code),
    )
    .where(mine(INSURED_LINE), INSURED_LINE.c.encounter_id == bindparam("encounter"))
    .order_by(INSURED_LINE.c.line)
)
_FACTS: Final = Prepared(
    select(VISIT_FACT)
    .where(mine(VISIT_FACT), VISIT_FACT.c.encounter_id == bindparam("encounter"))
    .order_by(VISIT_FACT.c.version.desc())
    .limit(1)
)

_SECOND: Final = Prepared(
    select(VISIT_FACT_CARD).where(
        mine(VISIT_FACT_CARD),
        VISIT_FACT_CARD.c.encounter_id == bindparam("encounter"),
        VISIT_FACT_CARD.c.version == bindparam("version"),
    )
)


def add_visit(tx: UnitOfWork, visit: InsuredVisit, lines: Sequence[InsuredLine], key: str) -> None:
    """Say that an encounter is an insured one, with its lines."""
    tx.execute(
        insert(INSURED_VISIT),
        {
            "facility_id": tx.facility,
            "encounter_id": visit.encounter,
            "claim_id": visit.claim,
            "agency": visit.agency,
            "came_at": visit.came_at,
            "opened_at": tx.now(),
            "opened_by": tx.scope.actor,
            "idem_key": key,
        },
    )
    tx.execute(
        insert(INSURED_LINE),
        [
            {
                "facility_id": tx.facility,
                "encounter_id": visit.encounter,
                "line": number,
                "service_code": one.service_code,
                "quantity": one.quantity,
                "price": one.price.dong,
                "fund_price": None if one.fund_price is None else one.fund_price.dong,
                "rate": one.rate,
                "cost_group": one.group,
                "scope": one.scope,
                "claim_table": one.table,
                "ordered_at": one.ordered_at,
            }
            for number, one in enumerate(lines, start=1)
        ],
    )


def visit(tx: UnitOfWork, encounter: UUID) -> InsuredVisit:
    """Raises NoInsuredVisit where nobody said that it is one."""
    row = _VISIT.first(tx, encounter=encounter)
    if row is None:
        raise NoInsuredVisit()
    return InsuredVisit(row.encounter_id, row.claim_id, row.agency, row.came_at)


def has_visit(tx: UnitOfWork, encounter: UUID) -> bool:
    return _VISIT.first(tx, encounter=encounter) is not None


def encounter_of_key(tx: UnitOfWork, key: str) -> UUID | None:
    row = _OF_KEY.first(tx, key=key)
    return None if row is None else row.encounter_id


def lines(tx: UnitOfWork, encounter: UUID) -> tuple[InsuredLine, ...]:
    return tuple(
        InsuredLine(
            row.service_code,
            row.name,
            row.department_code,
            row.quantity,
            vnd(row.price),
            None if row.fund_price is None else vnd(row.fund_price),
            row.rate,
            row.cost_group,
            row.scope,
            row.claim_table,
            row.ordered_at,
        )
        for row in _LINES.all(tx, encounter=encounter)
    )


def facts(tx: UnitOfWork, keys: Keys, encounter: UUID) -> tuple[int, VisitFacts] | None:
    """Give the newest facts of a visit with their version; None before anybody gave some."""
    row = _FACTS.first(tx, encounter=encounter)
    if row is None:
        return None
    second = _SECOND.first(tx, encounter=encounter, version=row.version)
    return row.version, _facts(row, second, keys)


def add_facts(
    tx: UnitOfWork, keys: Keys, encounter: UUID, version: int, given: VisitFacts, reason: str
) -> None:
    """Keep what somebody gave, with who and when."""
    other = given.other
    tx.execute(
        insert(VISIT_FACT),
        {
            "facility_id": tx.facility,
            "encounter_id": encounter,
            "version": version,
            **_card(tx, keys, given.card),
            "area": given.area,
            "shown_at": given.shown_at,
            "five_years_from": given.five_years_from,
            "exempt_from": given.exempt_from,
            "copay_of_year": given.copay_of_year.dong,
            "category": given.category,
            "visit_type": given.visit_type,
            "referral": given.referral,
            "other_source": other.source if other else "",
            "other_line": other.line if other else None,
            "other_amount": other.amount.dong if other else 0,
            "other_mode": (other.mode if other else Mode.PERSONAL).value,
            "reason": reason,
            "noted_at": tx.now(),
            "noted_by": tx.scope.actor,
        },
    )
    if given.second is not None:
        key = {"facility_id": tx.facility, "encounter_id": encounter, "version": version}
        tx.execute(insert(VISIT_FACT_CARD), key | dict(_card(tx, keys, given.second)))


def visits_of_card(tx: UnitOfWork, keys: Keys, number: str) -> tuple[UUID, ...]:
    """Name the visits in which the person of a card was insured, the newest first."""
    hashes = keys.fingerprints(PURPOSE, _salted(tx, number)).values()
    found: set[UUID] = set()
    for table in (VISIT_FACT, VISIT_FACT_CARD):
        found |= set(
            tx.execute(
                select(table.c.encounter_id).where(
                    table.c.facility_id == tx.facility, table.c.card_hash.in_(list(hashes))
                )
            ).scalars()
        )
    return tuple(sorted(found, reverse=True))


def _card(tx: UnitOfWork, keys: Keys, card: CardFact | None) -> Mapping[str, object]:
    if card is None:
        empty = ("card_sealed", "card_hash", "card_key", "valid_from", "valid_to")
        words = ("card_last4", "benefit_code", "registered_at")
        return dict.fromkeys(empty) | dict.fromkeys(words, "")
    return {
        "card_sealed": keys.seal("personal", card.number, context=_CARD),
        "card_hash": keys.fingerprint(PURPOSE, _salted(tx, card.number)),
        "card_key": keys.current(PURPOSE),
        "card_last4": card.number[-4:],
        "benefit_code": card.benefit_code,
        "valid_from": card.valid_from,
        "valid_to": card.valid_to,
        "registered_at": card.registered_at,
    }


def _salted(tx: UnitOfWork, number: str) -> str:
    """Bind a number to its facility and use; the person's part of it, as in the patient index."""
    return f"visit:{tx.facility}:card:{card_term(number)}"


def _card_of(row: Row[Any] | None, keys: Keys) -> CardFact | None:
    if row is None or row.card_sealed is None:
        return None
    number = keys.open("personal", row.card_sealed, context=_CARD)
    return CardFact(number, row.valid_from, row.valid_to, row.registered_at)


def _facts(row: Row[Any], second: Row[Any] | None, keys: Keys) -> VisitFacts:
    other = None
    if row.other_source:
        other = OtherPayer(
            row.other_source, row.other_line, vnd(row.other_amount), Mode(row.other_mode)
        )
    return VisitFacts(
        card=_card_of(row, keys),
        category=row.category,
        visit_type=row.visit_type,
        area=row.area,
        shown_at=row.shown_at,
        five_years_from=row.five_years_from,
        exempt_from=row.exempt_from,
        copay_of_year=vnd(row.copay_of_year),
        referral=row.referral,
        other=other,
        second=_card_of(second, keys),
    )
