"""A visit as it is given at the desk, and how it becomes a bill for the coverage engine. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from uuid import UUID

from payments.insurance.coverage import Bill, Card, Line, Visit
from payments.insurance.coverage import card_numbers as numbers
from payments.insurance.coverage.model import NO_SOURCES, Mode, Scope, Sources, Table
from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import ZERO, Money

AREAS: Final = ("", "K1", "K2", "K3")
#: State budget, foreign aid, domestic aid, remaining.
SOURCES: Final = ("nsnn", "vtnn", "vttn", "cl")
REFERRAL_MAX: Final = 40
_FACILITY: Final = re.compile(r"[0-9]{5}")


class NoInsuredVisit(NotFound):
    """Nobody has said that this visit is an insured one."""

    code = "no-insured-visit"


class NoCardYet(Conflict):
    """Card, category and visit type are not given: there is no split to issue."""

    code = "no-card-yet"


class SplitChanged(Conflict):
    """The split is another than the one that was shown: look at it again."""

    code = "split-changed"


class ClaimSent(Conflict):
    """The claim of the visit was sent: what changes now is corrected with the fund first."""

    code = "claim-sent"


class InvoiceReduced(Conflict):
    """A credit note or a programme has taken off more than the new split leaves to the patient."""

    code = "invoice-reduced"


@dataclass(frozen=True, slots=True)
class CardFact:
    """A card as shown: 15 characters, first and last day (both included)."""

    number: str = field(repr=False)
    valid_from: date
    valid_to: date
    #: MA_DKBD, five digits; "" where nobody read it.
    registered_at: str = ""

    @property
    def benefit_code(self) -> str:
        return self.number[:3]


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """Another payer of one line: whose money, how much, and in which mode it is taken off."""

    source: str
    line: int
    amount: Money
    mode: Mode = Mode.PERSONAL


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """
    What somebody gave about card and visit; a correction is a new value.

    *category* is MA_DOITUONG_KCB, *visit_type* MA_LOAI_KCB, *area* the area of residence (K1 to
    K3), *shown_at* the moment at which a card was shown late, *copay_of_year* đồng.
    """

    card: CardFact | None
    category: str
    visit_type: str
    area: str = ""
    shown_at: datetime | None = None
    five_years_from: date | None = None
    exempt_from: date | None = None
    copay_of_year: Money = ZERO
    referral: str = ""
    other: OtherPayer | None = None
    #: Where the patient has two: on each day the one that gives more counts (Decree 188, art. 21).
    second: CardFact | None = None

    @property
    def cards(self) -> tuple[CardFact, ...]:
        """The cards of the visit, in the order of its claim."""
        return tuple(one for one in (self.card, self.second) if one is not None)


@dataclass(frozen=True, slots=True)
class InsuredLine:
    """One line with what the fund says of its service; prices in whole đồng, *rate* per cent."""

    service_code: str
    description: str
    department: str
    quantity: int
    price: Money
    fund_price: Money | None
    rate: int
    group: int
    scope: str
    table: str
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class InsuredVisit:
    """An encounter that the fund has a part in; *claim* is its subject in the ledger."""

    encounter: UUID
    claim: UUID
    agency: str
    came_at: datetime


def card_fact(
    number: str, valid_from: date, valid_to: date, registered_at: str, *, prefix: str = ""
) -> CardFact:
    """
    Read a card as typed, in fields whose names begin with *prefix*.

    Raises:
        InvalidField: names the field: card, valid_to or registered_at.
    """
    joined = "".join(number.split()).upper()
    if not isinstance(numbers.parse(joined), numbers.CardNumber):
        raise InvalidField(f"{prefix}card", "insured_card")
    if valid_to < valid_from:
        raise InvalidField(f"{prefix}valid_to", "insured_days")
    if registered_at and not _FACILITY.fullmatch(registered_at):
        raise InvalidField(f"{prefix}registered_at", "insured_facility")
    return CardFact(joined, valid_from, valid_to, registered_at)


def two_cards(first: CardFact | None, second: CardFact | None) -> None:
    """
    Refuse a second card that is none beside the first.

    Raises:
        InvalidField: there is no first card, or both are one.
    """
    if second is None:
        return
    if first is None:
        raise InvalidField("card", "insured_first_card")
    if first.number == second.number:
        raise InvalidField("second_card", "insured_same_card")


def bill_of(
    visit: InsuredVisit,
    facts: VisitFacts,
    lines: Sequence[InsuredLine],
    *,
    until: datetime,
    is_closed: bool,
) -> Bill:
    """
    Make the bill of a visit that lasted *until*.

    Lines stay in their order: each keeps its number on the invoice; a claim puts XML2 first by
    itself, and no sum depends on it.
    """
    return Bill(
        Visit(
            date_in=_wall(visit.came_at),
            date_out=_wall(until),
            visit_type=facts.visit_type,
            category=facts.category,
            cards=tuple(map(_card, facts.cards)),
            card_shown_at=None if facts.shown_at is None else _wall(facts.shown_at),
            exempt_from=(
                None if facts.exempt_from is None else datetime.combine(facts.exempt_from, time.min)
            ),
            five_years_from=facts.five_years_from,
            copay_of_the_year=Decimal(facts.copay_of_year.dong),
            is_closed=is_closed,
        ),
        tuple(_line(one, number, facts.other) for number, one in enumerate(lines, start=1)),
    )


def fingerprint(bill: Bill, rules_version: str) -> bytes:
    """Hash all that a split follows from: equal inputs are the same version, however often."""
    visit = bill.visit
    told = [
        rules_version,
        # Of the end of a visit only its day counts; the clock of the desk is no change.
        [str(visit.date_in), str(visit.date_out.date()), visit.visit_type, visit.category],
        [[c.letters, c.digit, str(c.valid_from), str(c.valid_to)] for c in visit.cards],
        [str(visit.card_shown_at), str(visit.exempt_from), str(visit.five_years_from)],
        [str(visit.copay_of_the_year), str(visit.copay_ceiling), visit.is_closed],
        [repr(line) for line in bill.lines],
        repr(bill.policy),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


def _card(fact: CardFact) -> Card:
    return Card(fact.number[:2], fact.number[2], fact.valid_from, fact.valid_to)


def _line(one: InsuredLine, number: int, other: OtherPayer | None) -> Line:
    is_other = other is not None and other.line == number
    return Line(
        table=Table(one.table),
        quantity=Decimal(one.quantity),
        price=Decimal(one.price.dong),
        group=one.group,
        fund_price=None if one.fund_price is None else Decimal(one.fund_price.dong),
        insurance_rate=Decimal(one.rate),
        scope=Scope(one.scope),
        ordered_at=_wall(one.ordered_at),
        service=one.service_code,
        sources=_sources(other) if other is not None and is_other else NO_SOURCES,
        mode=other.mode if other is not None and is_other else Mode.PERSONAL,
    )


def _sources(other: OtherPayer) -> Sources:
    return Sources(**{other.source: Decimal(other.amount.dong)})


def _wall(moment: datetime) -> datetime:
    """Turn a moment into the wall clock of the hospital, to the minute as claims write it."""
    return moment.astimezone(HOSPITAL_ZONE).replace(tzinfo=None, second=0, microsecond=0)
