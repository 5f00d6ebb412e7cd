"""Visits of people with BHYT cards; names, cards and dates are visibly made up."""

from __future__ import annotations

import itertools
from datetime import date
from uuid import UUID

from payments.card_checks.answers import CARD_CALL, Answer, append
from payments.card_checks.model import Doubt, Reason
from payments.card_checks.service import Entered
from payments.card_checks.telling import Told
from payments.encounters.service import open_visit
from payments.kernel.scope import Scope
from payments.patients.model import Facts
from payments.patients.scanning.model import Birth
from payments.patients.service import admit
from payments.runtime import Runtime

CARD = "DN4990123456789"
NAME = "NGUYỄN VĂN THỬ"
BIRTH = Birth(1958, 3, 14)
_files = itertools.count(1)


def a_visit(
    runtime: Runtime, scope: Scope, *, card: str = CARD, name: str = NAME, birth: Birth = BIRTH
) -> UUID:
    """Open a visit of a new patient who holds *card*; empty: none is noted."""
    patient = admit(
        runtime, scope, f"BN{next(_files):06d}", Facts(name=name, birth=birth, card=card)
    )
    with runtime.database.transaction(scope) as tx:
        return open_visit(tx, patient)


def told(code: str = "000", **changes: object) -> dict[str, object]:
    """Give what an answer keeps, of a card that is right this year."""
    facts: dict[str, object] = {
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "registered_facility": "99001",
        "five_years_from": date(2024, 6, 1),
    }
    return {"code": code, "told": Told(**{**facts, **changes})}  # type: ignore[arg-type]


def answered(
    runtime: Runtime, scope: Scope, encounter: UUID, *, card: str = CARD, **facts: object
) -> UUID:
    """Keep an answer as the worker does."""
    kept = {"call": CARD_CALL, **(facts or told())}
    with runtime.database.transaction(scope) as tx:
        answer = Answer(
            encounter,
            card=card,
            asked_at=tx.now(),
            asked_by="user:test",
            **kept,  # type: ignore[arg-type]
        )
        return append(tx, runtime.keys, answer)


def silent(runtime: Runtime, scope: Scope, encounter: UUID, doubt: Doubt) -> UUID:
    return answered(runtime, scope, encounter, doubt=doubt)


def entered(card: str = "QN5990123456789", reason: Reason = Reason.FORCES) -> Entered:
    return Entered(card, date(2026, 1, 1), date(2026, 12, 31), "99001", reason)
