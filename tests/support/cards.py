"""Visits of people with BHYT cards; names, cards and dates are visibly made up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from adapters._sandbox.wire import SandboxTransport
from adapters.bhyt_portal import build
from adapters.bhyt_portal.sandbox import ACCOUNT, PortalSandbox
from adapters.bhyt_portal.sandbox_book import turned
from payments.card_checks import queries, service
from payments.card_checks.answers import CARD_CALL, Answer, append
from payments.card_checks.asking import look
from payments.card_checks.model import CardAnswer, Doubt, Reason
from payments.card_checks.service import Entered
from payments.card_checks.telling import Told
from payments.encounters.service import open_visit
from payments.external.registry import Portals
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


@dataclass
class Counter:
    """A hospital with an account at the sandbox portal, in this process."""

    runtime: Runtime
    scope: Scope
    sandbox: PortalSandbox

    def ask(self, visit: UUID, card: str = "") -> UUID | None:
        with self.runtime.database.transaction(self.scope) as tx:
            return service.ask(tx, self.runtime.keys, visit, card=card)

    def work(self) -> int:
        """Let the worker look once."""
        return look(self.runtime, self.scope)

    def latest(self, visit: UUID) -> CardAnswer | None:
        with self.runtime.database.reading(self.scope) as tx:
            return queries.latest(tx, self.runtime.keys, visit)

    def waits(self, visit: UUID) -> bool:
        with self.runtime.database.reading(self.scope) as tx:
            return queries.waiting(tx, visit) is not None

    def turn(self, **knobs: Any) -> None:
        self.sandbox.book.knobs = turned(self.sandbox.book.knobs, knobs)

    @property
    def look_ups(self) -> int:
        return self.sandbox.book.calls.count("card")


def a_counter(
    runtime: Runtime, scope: Scope, transport: httpx.BaseTransport | None = None
) -> Counter:
    """Connect *runtime* with a sandbox portal; *transport* None leads to it in this process."""
    sandbox = PortalSandbox(runtime.clock, pause=lambda _: None)
    line = transport or SandboxTransport(sandbox.app)
    portal = build("http://127.0.0.1", scope.facility, ACCOUNT, line, runtime.clock)
    portals = Portals({scope.facility: portal})
    return Counter(replace(runtime, portals=portals), scope, sandbox)
