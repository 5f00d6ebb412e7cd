"""Asks about cards without waiting for the answer, and takes what a person enters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.card_checks import answers, queries, queue
from payments.card_checks.answers import HAND, Answer
from payments.card_checks.model import Again, CardAnswer, NoCard, NoEncounter, Reason, Source, Why
from payments.card_checks.rows import CARD_QUESTION
from payments.card_checks.telling import Told
from payments.encounters.rows import ENCOUNTER
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.keys import Keys
from payments.patients.cards import card_of
from payments.patients.scanning.cards import CARD, IDENTITY_NUMBER, INSURANCE_NUMBER
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: An answer this young is not asked for again: accounts that call too much are restricted.
FRESH: Final = timedelta(minutes=1)
#: A look-up before closing may be this old (workflows A4.2: warn above 24 h).
CHECKED_MAX: Final = timedelta(hours=24)
_NOTE_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person read off a card or off papers; *note* says what they saw."""

    card: str = field(repr=False)
    valid_from: date
    valid_to: date
    registered_facility: str
    reason: Reason
    area: str = ""
    five_years_from: date | None = None
    note: str = field(default="", repr=False)


def ask(
    tx: UnitOfWork, keys: Keys, encounter: UUID, *, card: str = "", why: Why = Why.DESK
) -> UUID | None:
    """
    Put the question about the card of *encounter*; returns at once, the worker asks the portal.

    *card* is what was given at the desk (15, 10 or 12 characters); else the patient's own that was
    noted. A question that waits for the same card is not put twice, and what the portal said less
    than a minute ago is not asked for again: None then.

    Raises:
        NoEncounter: there is no such visit.
        NoCard: none was given and none is noted.
        InvalidField: what was given is no card number.
    """
    patient = patient_of(tx, encounter)
    chosen = normal_card(card) if card else card_of(tx, keys, patient)
    if not chosen:
        raise NoCard("no card is noted")
    known = queries.latest(tx, keys, encounter, of=chosen)
    if known is not None and _is_fresh(known, tx.now()):
        return None
    made = new_id()
    facts = {
        "id": made,
        "encounter_id": encounter,
        "why": why.value,
        "card_sealed": keys.seal("personal", chosen, context=queue.SEALED),
        "state": "waiting",
        "attempts": 0,
        "next_at": tx.now(),
        "asked_at": tx.now(),
        "asked_by": tx.scope.actor,
        "done_at": None,
    }
    waiting = queries.waiting(tx, encounter)
    if waiting is not None:
        if _card_of(tx, keys, waiting.id) == chosen:
            return waiting.id
        # Another card was given since; what is still said of the first one is kept, too.
        queue.settle(tx, waiting.id, "given_up")
    if not insert_new(tx, CARD_QUESTION, facts):
        # Another desk was faster, at this moment.
        waiting = queries.waiting(tx, encounter)
        return waiting.id if waiting else None
    audit.append(tx, "card.asked", f"encounter:{encounter}", why=why.value)
    return made


def enter_by_hand(tx: UnitOfWork, keys: Keys, encounter: UUID, entered: Entered) -> UUID:
    """
    Keep what a person read off a card that the portal does not tell; a look-up later stands above.

    Raises:
        NoEncounter: there is no such visit.
        InvalidField: names the field that is wrong.
    """
    patient_of(tx, encounter)
    card = normal_card(entered.card)
    if entered.valid_to < entered.valid_from:
        raise InvalidField("valid_to", "card_dates")
    if len(entered.note) > _NOTE_MAX:
        raise InvalidField("note", "card_note", most=_NOTE_MAX)
    made = answers.append(
        tx,
        keys,
        Answer(
            encounter,
            HAND,
            card,
            tx.now(),
            tx.scope.actor,
            told=Told(
                entered.valid_from,
                entered.valid_to,
                entered.registered_facility,
                entered.area,
                entered.five_years_from,
                note=entered.note,
            ),
            reason=entered.reason,
        ),
    )
    audit.append(tx, "card.entered", f"encounter:{encounter}", reason=entered.reason.value)
    return made


def must_ask_again(
    tx: UnitOfWork, keys: Keys, encounter: UUID, now: datetime, *, of: str = ""
) -> Again | None:
    """
    Say why the card of *encounter* must be looked up before the visit closes; None if it need not.

    *of* is the card that is meant where there are two.

    A better card counts from its own day, and the facility checks before it closes (Decree
    188/2025/ND-CP, article 21). Forces' cards that were entered by hand are not asked for.
    """
    known = queries.latest(tx, keys, encounter, of=of)
    return Again.NEVER_ANSWERED if known is None else _again(known, now)


def ask_before_closing(tx: UnitOfWork, keys: Keys, encounter: UUID) -> Again | None:
    """
    Put the question that closing needs, if any, and say why; None: the card is known.

    Raises:
        NoEncounter, NoCard: as ``ask``.
    """
    again = must_ask_again(tx, keys, encounter, tx.now())
    if again is not None:
        known = queries.latest(tx, keys, encounter)
        ask(tx, keys, encounter, card=known.card if known else "", why=Why.CLOSING)
    return again


def normal_card(text: str) -> str:
    """
    Give a card number as it is looked up: capitals, no blanks, 15, 10 or 12 characters.

    Raises:
        InvalidField: it is none.
    """
    card = "".join(text.split()).upper()
    if not any(one.fullmatch(card) for one in (CARD, INSURANCE_NUMBER, IDENTITY_NUMBER)):
        raise InvalidField("card", "card_number")
    return card


def patient_of(tx: UnitOfWork, encounter: UUID) -> UUID:
    """Name the patient of a visit. Raises NoEncounter."""
    found: UUID | None = tx.execute(
        select(ENCOUNTER.c.patient_id).where(
            ENCOUNTER.c.facility_id == tx.facility, ENCOUNTER.c.id == encounter
        )
    ).scalar()
    if found is None:
        raise NoEncounter("no such visit")
    return found


def _card_of(tx: UnitOfWork, keys: Keys, question: UUID) -> str:
    sealed: bytes = tx.execute(
        select(CARD_QUESTION.c.card_sealed).where(
            CARD_QUESTION.c.facility_id == tx.facility, CARD_QUESTION.c.id == question
        )
    ).scalar_one()
    return keys.open("personal", sealed, context=queue.SEALED)


def _is_fresh(known: CardAnswer, now: datetime) -> bool:
    told = known.source in (Source.PORTAL, Source.SANDBOX) and not known.is_provisional
    return told and known.failed_at is None and now - known.checked_at < FRESH


def _again(known: CardAnswer, now: datetime) -> Again | None:
    today = HospitalDay.of(now).date
    if known.is_provisional:
        return Again.PROVISIONAL
    if (
        known.valid_to is not None
        and HospitalDay.of(known.checked_at).date <= known.valid_to < today
    ):
        return Again.ENDED_SINCE
    if known.reason is Reason.FORCES:
        return None
    new = known.new_card
    if new is not None and new.valid_from is not None and new.valid_from <= today:
        return Again.NEW_CARD_COUNTS
    if known.copayment is not None and known.copayment.year != today.year:
        return Again.OTHER_YEAR
    return Again.OLD if now - known.checked_at > CHECKED_MAX else None
