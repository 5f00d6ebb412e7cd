"""Insured visits for tests: builders whose defaults do not matter, and what a desk does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from payments.covering import noting, opening, settling
from payments.covering.computing import Computed, compute
from payments.covering.model import CardFact, VisitFacts
from payments.covering.splits import Split
from payments.covering.versions import Happened, effects
from payments.intents.queries import IntentView, latest
from payments.invoicing.model import LineRequest, PatientRequest
from payments.kernel.money import Money
from tests.support.hospital import Hospital

_COUNT = itertools.count(1)
CARD = CardFact("DN4990123456789", date(2026, 1, 1), date(2026, 12, 31), "99001")
POOR = replace(CARD, number="HN2990123456789")
RIGHT_ROUTE = VisitFacts(CARD, category="1.1", visit_type="01")


def some_facts(**changes: Any) -> VisitFacts:
    """Facts of a right-route visit with an 80 % card, but for *changes*."""
    return replace(RIGHT_ROUTE, **changes)


class Desk:
    """What a cashier does about insured visits in a furnished hospital."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.runtime, self.scope = hospital.runtime, hospital.scope

    def open(self, *codes: str, lines: Sequence[LineRequest] = ()) -> UUID:
        """Open an insured visit; XN02, SA02 and XQ01 (531,000 đ) when no service is named."""
        number = next(_COUNT)
        wanted = lines or [LineRequest(code, 1) for code in codes or ("XN02", "SA02", "XQ01")]
        patient = PatientRequest("TRẦN THỊ MẪU", 1951, f"98-{number:06d}")
        return opening.open_insured(
            self.runtime, self.scope, patient, wanted, key=f"insured-{number:06d}"
        )

    def note(self, encounter: UUID, facts: VisitFacts = RIGHT_ROUTE, reason: str = "") -> Split:
        return noting.note(self.runtime, self.scope, encounter, facts, reason=reason)

    def settle(self, encounter: UUID) -> UUID:
        seen = self.computed(encounter).split.parts.patient
        return settling.settle(self.runtime, self.scope, encounter, seen=seen)

    def computed(self, encounter: UUID) -> Computed:
        with self.runtime.database.reading(self.scope) as tx:
            now = tx.now()
            return compute(tx, self.runtime.keys, encounter, until=now, is_closed=True)

    def effects(self, encounter: UUID) -> tuple[Happened, ...]:
        with self.runtime.database.reading(self.scope) as tx:
            return effects(tx, encounter)

    def code(self, invoice: UUID) -> IntentView:
        """Give the newest code of an invoice."""
        with self.runtime.database.reading(self.scope) as tx:
            found = latest(tx, invoice)
        assert found is not None, "no code was shown"
        return found

    def pay(self, invoice: UUID) -> Money:
        """Let the patient pay what the code asks for, by transfer; returns how much."""
        shown = self.hospital.show(invoice)
        self.hospital.arrive(self.hospital.transfer(shown.code, shown.amount))
        return shown.amount
