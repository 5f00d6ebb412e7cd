"""
The report for a security review: what runs, what is weak, what the chains say.

It is made from the database, the settings and what is installed, and from nothing else: the same
state gives the same bytes at the same moment. No password, key, name of a patient or number of a
card is in it; logins are.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from payments.audit import AUDIT_EVENT
from payments.identity import queries as people_queries
from payments.kernel.scope import Scope
from payments.ledger.bodies import canonical_json
from payments.ledger.loading import moment
from payments.operations import checking
from payments.oversight import advisories, chains, people, settings
from payments.oversight.model import Weakness, Weight
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.storage.upgrading import current_revision

FORMAT: Final = "vienphi-security-report-1"
#: A week of events shows a habit; a review asks for more from the log that is shipped.
_WINDOW: Final = timedelta(days=7)
_REFUSED: Final = (
    "user.sign_in_refused",
    "user.code_refused",
    "user.unlock_refused",
    "invoice.look_up_refused",
    "display.pairing_refused",
    "security.not_found_object",
)
_ORDER: Final = {weight: place for place, weight in enumerate(Weight)}


@dataclass(frozen=True, slots=True)
class Report:
    """*told* is what is signed; *weak* its weak places, the heaviest first."""

    told: dict[str, Any]
    weak: tuple[Weakness, ...]

    @property
    def is_clean(self) -> bool:
        """Say whether nothing heavy was found."""
        return all(one.weight is not Weight.HIGH for one in self.weak)

    def text(self, key: Ed25519PrivateKey | None) -> str:
        """Write the report, signed over its canonical JSON (RFC 8785) where a key is given."""
        signed: dict[str, Any] = {"report": self.told}
        if key is not None:
            signed["signature"] = key.sign(canonical_json(self.told)).hex()
            signed["public_key"] = key.public_key().public_bytes_raw().hex()
        return json.dumps(signed, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def make(runtime: Runtime, scope: Scope, *, brought: Path | None = None) -> Report:
    """
    Look at everything once; *brought* is a folder of advisories.

    Raises:
        WrongAdvisories: it holds none, or one that is not of the schema.
    """
    now = runtime.clock.now()
    present = advisories.installed()
    found = chains.look(runtime, scope)
    weak = list(settings.weak(runtime.settings, runtime.keys, now))
    weak += _database(runtime)
    weak += found.weak
    if brought is not None:
        weak += advisories.weak(advisories.read(brought), present)
    with runtime.database.reading(scope) as tx:
        weak += people.weak(tx)
        refused = _refused(tx, now)
        users = _users(tx)
    ordered = tuple(sorted(weak, key=lambda one: (_ORDER[one.weight], one.id, one.where)))
    told = {
        "format": FORMAT,
        "facility": int(scope.facility),
        "at": moment(now),
        "runs": {
            "python": platform.python_version(),
            "database": runtime.database.engine.dialect.name,
            "schema": current_revision(runtime.database.engine),
            "mode": runtime.settings.mode.value,
            "gateways": sorted(runtime.settings.gateways),
            "packages": present,
        },
        "advisories": "not brought" if brought is None else "held against",
        "users": users,
        "refused_in_a_week": refused,
        "chains": found.told,
        "weak": [one.told for one in ordered],
    }
    return Report(told, ordered)


def _database(runtime: Runtime) -> list[Weakness]:
    mode = runtime.settings.mode.value
    return [
        Weakness("database", Weight.HIGH, wrong, "`vienphi db check` says more", "ASVS 5.0 8.4.1")
        for wrong in checking.findings(runtime.database.engine, mode=mode)
    ]


def _users(tx: UnitOfWork) -> dict[str, int]:
    return dict(sorted(Counter(one.role.value for one in people_queries.users(tx)).items()))


def _refused(tx: UnitOfWork, now: datetime) -> dict[str, int]:
    rows = tx.execute(
        select(AUDIT_EVENT.c.kind, func.count().label("n"))
        .where(
            AUDIT_EVENT.c.facility_id == tx.facility,
            AUDIT_EVENT.c.at >= now - _WINDOW,
            AUDIT_EVENT.c.kind.in_(_REFUSED),
        )
        .group_by(AUDIT_EVENT.c.kind)
    )
    counted = {row.kind: int(row.n) for row in rows}
    return {kind: counted.get(kind, 0) for kind in _REFUSED}
