"""Weak places of books and events: chains that break, anchors and heads that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select

from payments.audit_chain.verifying import verify as verify_events
from payments.kernel.scope import Scope
from payments.ledger import heads
from payments.ledger.heads import Head, WrongHeads
from payments.ledger.rows import ANCHOR, OUTBOX
from payments.ledger.verifying import verify as verify_books
from payments.oversight.model import Weakness, Weight
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: An anchor is made each night; one that is missed twice is forgotten.
ANCHOR_AGE_MAX: Final = timedelta(days=2)
#: The sealer comes every second.
_SEALED_WITHIN: Final = timedelta(minutes=10)
_PROMISE: Final = "docs/trust.md P5"


@dataclass(frozen=True, slots=True)
class Chains:
    """What the two chains were found to be; hashes in hex."""

    told: dict[str, Any]
    weak: tuple[Weakness, ...]


def look(runtime: Runtime, scope: Scope) -> Chains:
    """Recompute both chains of the facility, and hold them against the heads that were exported."""
    path = runtime.settings.heads_file
    exported: tuple[Head, ...] = ()
    weak: list[Weakness] = []
    if path is not None:
        try:
            exported = heads.read(path)
        except WrongHeads as error:
            weak.append(
                Weakness(
                    "heads-unread",
                    Weight.MEDIUM,
                    str(error),
                    "see that the worker writes the file of VIENPHI_HEADS_FILE",
                    _PROMISE,
                )
            )
    books = verify_books(runtime.database, scope, exported=exported)
    events = verify_events(runtime.database, scope, exported=exported)
    for chain, report in (("ledger", books), ("audit", events)):
        for finding in report.findings:
            weak.append(
                Weakness(
                    f"{chain}-altered",
                    Weight.HIGH,
                    f"{chain}, seal {'-' if finding.seq is None else finding.seq}: {finding.what}",
                    f"`vienphi {chain} verify`; stop, keep the disk, call whoever audits",
                    _PROMISE,
                )
            )
    with runtime.database.reading(scope) as tx:
        last = _last_anchor(tx)
        weak += _anchored(tx, last)
    told = {
        "ledger": {"seals": books.seals, "head": books.head.hex(), "sound": books.is_sound},
        "audit": {"seals": events.seals, "head": events.head.hex(), "sound": events.is_sound},
        "last_anchor": None if last is None else last.isoformat(),
    }
    return Chains(told, tuple(weak))


def _last_anchor(tx: UnitOfWork) -> Any:
    return tx.execute(
        select(func.max(ANCHOR.c.exported_at)).where(ANCHOR.c.facility_id == tx.facility)
    ).scalar()


def _anchored(tx: UnitOfWork, last: Any) -> Iterator[Weakness]:
    if last is None or tx.now() - last > ANCHOR_AGE_MAX:
        yield Weakness(
            "anchor-missing",
            Weight.MEDIUM,
            "no anchor was ever signed"
            if last is None
            else f"the last anchor is of {last:%Y-%m-%d}",
            "run `vienphi ledger anchor` each night: docs/deploy/vienphi-anchor.timer",
            _PROMISE,
        )
    waiting = tx.execute(
        select(func.count())
        .select_from(OUTBOX)
        .where(OUTBOX.c.facility_id == tx.facility, OUTBOX.c.created_at < tx.now() - _SEALED_WITHIN)
    ).scalar_one()
    if waiting:
        yield Weakness(
            "unsealed",
            Weight.HIGH,
            f"{waiting} transactions wait for their seal for over {_SEALED_WITHIN}",
            "see that `vienphi worker` runs, and what it logs",
            _PROMISE,
        )
