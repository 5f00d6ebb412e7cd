"""Appends answers: sealed, with a blind index of the card and the hash of the reply."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.card_checks import telling
from payments.card_checks.model import Doubt, Reason
from payments.card_checks.rows import CARD_ANSWER
from payments.card_checks.telling import Told
from payments.kernel.scope import FacilityId
from payments.keys import Keys
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

CARD: Final = "card_answer.card_sealed"
TOLD: Final = "card_answer.told_sealed"
RAW: Final = "card_answer.raw_sealed"
INDEX: Final = "lookup"

CARD_CALL: Final = "card"
COPAYMENT_CALL: Final = "copayment"
HAND: Final = "hand"


@dataclass(frozen=True, slots=True)
class Answer:
    """One call that was made, or one entry by hand; *code* is empty where no answer came."""

    encounter: UUID
    call: str
    card: str = field(repr=False)
    asked_at: datetime
    asked_by: str
    code: str = ""
    doubt: Doubt | None = None
    told: Told | None = None
    raw: bytes = field(default=b"", repr=False)
    question: UUID | None = None
    is_trial: bool = False
    reason: Reason | None = None
    #: Made with the answer, so that keeping it a second time changes nothing.
    id: UUID = field(default_factory=new_id)


def append(tx: UnitOfWork, keys: Keys, answer: Answer) -> UUID:
    """Keep *answer*, once; nothing changes or deletes it."""
    told, raw = answer.told, answer.raw
    insert_new(
        tx,
        CARD_ANSWER,
        {
            "id": answer.id,
            "encounter_id": answer.encounter,
            "question_id": answer.question,
            "call": answer.call,
            "code": answer.code,
            "doubt": answer.doubt.value if answer.doubt else "",
            "card_key": keys.current(INDEX),
            "card_hash": keys.fingerprint(INDEX, salted(tx.facility, answer.card)),
            "card_sealed": keys.seal("personal", answer.card, context=CARD),
            "card_last4": answer.card[-4:],
            "told_sealed": None
            if told is None
            else keys.seal("personal", telling.written(told), context=TOLD),
            "raw_hash": hashlib.sha256(raw).digest() if raw else None,
            # As text with every byte its own letter: a reply need not be UTF-8.
            "raw_sealed": keys.seal("personal", raw.decode("latin-1"), context=RAW)
            if raw
            else None,
            "is_trial": answer.is_trial,
            "asked_at": answer.asked_at,
            "answered_at": tx.now(),
            "asked_by": answer.asked_by,
            "reason": answer.reason.value if answer.reason else "",
        },
    )
    return answer.id


def salted(facility: FacilityId, card: str) -> str:
    """Bind a card to its facility, so that equal hashes tell nothing across them."""
    return f"card_answer:{facility}:{card}"
