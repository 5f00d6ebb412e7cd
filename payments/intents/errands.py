"""
What we want done at a gateway beside opening: take what it set aside, or stop collecting.

    WANTED ─asked─▶ DONE | REFUSED ─wanted again─▶ WANTED
      │  ▲ never left   ▲
      │  └─────────┐    │
      └─no usable answer─▶ UNKNOWN ─asked what became of it, then again under the same name
    WANTED, UNKNOWN ─ something else came first ─▶ OVERTAKEN;  no such verb ─▶ IMPOSSIBLE

A row is written in the commit that decides; the gateway is asked outside of it, by the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update

from payments.gateway import Trouble
from payments.intents.rows import GATEWAY_ERRAND, INTENT
from payments.storage.unit_of_work import UnitOfWork

_ITS_INTENT: Final = (INTENT.c.facility_id == GATEWAY_ERRAND.c.facility_id) & (
    INTENT.c.id == GATEWAY_ERRAND.c.intent_id
)


class Kind(StrEnum):
    CAPTURE = "capture"
    CANCEL = "cancel"


class State(StrEnum):
    WANTED = "wanted"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    IMPOSSIBLE = "impossible"
    OVERTAKEN = "overtaken"


UNDER_WAY: Final = frozenset({State.WANTED, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Errand:
    intent: UUID
    kind: Kind
    wanted_at: datetime
    wanted_by: str
    state: State
    asked: int
    next_ask_at: datetime | None
    trouble: Trouble | None

    @property
    def is_under_way(self) -> bool:
        """Whether it is still asked about; after the last question a person decides anew."""
        return self.state in UNDER_WAY and self.next_ask_at is not None


def want(tx: UnitOfWork, intent: UUID, kind: Kind) -> Errand:
    """Note that *kind* is wanted of a held intent; one that is under way stays as it is."""
    known = of(tx, intent, kind)
    if known is not None and known.is_under_way:
        return known
    now = tx.now()
    made = Errand(intent, kind, now, tx.scope.actor, State.WANTED, 0, now, None)
    if known is None:
        tx.execute(insert(GATEWAY_ERRAND), {"facility_id": tx.facility, **_values(made)})
    else:
        save(tx, made)
    return made


def of(tx: UnitOfWork, intent: UUID, kind: Kind) -> Errand | None:
    row = tx.execute(
        _all(tx).where(GATEWAY_ERRAND.c.intent_id == intent, GATEWAY_ERRAND.c.kind == kind.value)
    ).first()
    return None if row is None else _model(row)


def due(tx: UnitOfWork, now: datetime, *, limit: int, channel: str | None = None) -> list[Errand]:
    """List what is to be done or asked about, the longest due first; *channel*: there only."""
    wanted = _all(tx).where(GATEWAY_ERRAND.c.next_ask_at <= now)
    if channel is not None:
        wanted = wanted.join(INTENT, _ITS_INTENT).where(INTENT.c.channel == channel)
    rows = tx.execute(wanted.order_by(GATEWAY_ERRAND.c.next_ask_at).limit(limit))
    return [_model(row) for row in rows]


def claim(tx: UnitOfWork, errand: Errand, next_ask_at: datetime | None) -> bool:
    """Take one asking of *errand*; False where another worker has taken it."""
    taken = tx.execute(
        _this(tx, errand)
        .where(
            GATEWAY_ERRAND.c.asked == errand.asked,
            GATEWAY_ERRAND.c.wanted_at == errand.wanted_at,
            GATEWAY_ERRAND.c.next_ask_at == errand.next_ask_at,
        )
        .values(asked=errand.asked + 1, next_ask_at=next_ask_at)
    )
    return taken.rowcount == 1


def save(tx: UnitOfWork, errand: Errand) -> None:
    """Write back the row of a held intent."""
    tx.execute(_this(tx, errand).values(**_values(errand)))


def ended(errand: Errand, state: State, trouble: Trouble | None = None) -> Errand:
    """Give *errand* as over: nobody is asked any more."""
    return replace(errand, state=state, next_ask_at=None, trouble=trouble or errand.trouble)


def _this(tx: UnitOfWork, errand: Errand) -> Any:
    return update(GATEWAY_ERRAND).where(
        GATEWAY_ERRAND.c.facility_id == tx.facility,
        GATEWAY_ERRAND.c.intent_id == errand.intent,
        GATEWAY_ERRAND.c.kind == errand.kind.value,
    )


def _values(errand: Errand) -> dict[str, Any]:
    return {
        "intent_id": errand.intent,
        "kind": errand.kind.value,
        "wanted_at": errand.wanted_at,
        "wanted_by": errand.wanted_by,
        "state": errand.state.value,
        "asked": errand.asked,
        "next_ask_at": errand.next_ask_at,
        "trouble": errand.trouble.value if errand.trouble else "",
    }


def _model(row: Row[Any]) -> Errand:
    return Errand(
        row.intent_id,
        Kind(row.kind),
        row.wanted_at,
        row.wanted_by,
        State(row.state),
        row.asked,
        row.next_ask_at,
        Trouble(row.trouble) if row.trouble else None,
    )


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(GATEWAY_ERRAND).where(GATEWAY_ERRAND.c.facility_id == tx.facility)
