"""
The stop switch of a channel: a paused one shows no codes; what it tells of money still counts.

A channel that says where money goes begins as *new*: nothing is collected by it before another
person has looked at it and opened it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from payments import audit
from payments.channels.rows import CHANNEL, CHANNEL_SWITCH
from payments.kernel.errors import Conflict, Forbidden, InvalidField, NotFound, Unavailable
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

REASON_MIN: Final = 3
REASON_MAX: Final = 200


class Switch(StrEnum):
    NEW = "new"
    PAUSED = "paused"
    OPEN = "open"


class ChannelPaused(Unavailable):
    """The channel shows no codes now; the money that comes by it is booked all the same."""

    code = "channel-paused"


class SwitchedMeanwhile(Conflict):
    """Somebody else paused or opened the channel at the same moment."""

    code = "switched-meanwhile"


class OwnChannel(Forbidden):
    """Whoever says where money goes does not open it too: another administrator does."""

    code = "own-channel"


@dataclass(frozen=True, slots=True)
class Switched:
    """The newest change of a channel."""

    slug: str
    number: int
    state: Switch
    reason: str
    at: datetime
    by: str

    @property
    def is_open(self) -> bool:
        return self.state is Switch.OPEN


_OF_SLUG: Final = Prepared(
    select(CHANNEL_SWITCH)
    .where(mine(CHANNEL_SWITCH), CHANNEL_SWITCH.c.slug == bindparam("slug"))
    .order_by(CHANNEL_SWITCH.c.number.desc())
    .limit(1)
)
_ALL: Final = Prepared(
    select(CHANNEL_SWITCH)
    .where(mine(CHANNEL_SWITCH))
    .order_by(CHANNEL_SWITCH.c.slug, CHANNEL_SWITCH.c.number)
)


def switched(tx: UnitOfWork) -> Mapping[str, Switched]:
    """Give the newest change of each channel that ever had one; all others are open."""
    # Of the changes of a slug the last one wins.
    return {row.slug: _model(row) for row in _ALL.all(tx)}


def is_open(tx: UnitOfWork, slug: str) -> bool:
    row = _OF_SLUG.first(tx, slug=slug)
    return row is None or _model(row).is_open


def pause(runtime: Runtime, scope: Scope, slug: str, reason: str) -> bool:
    """
    Let *slug* show no more codes; twice is once. Says whether anything changed.

    Raises:
        NotFound: no such channel.
        InvalidField: no reason.
        SwitchedMeanwhile: two at the same moment.
    """
    told = _reason(reason)
    with runtime.database.transaction(scope) as tx:
        _refuse_unknown(tx, slug)
        last = _last(tx, slug)
        if last is not None and not last.is_open:
            return False
        _append(tx, slug, last, Switch.PAUSED, told)
    return True


def resume(runtime: Runtime, scope: Scope, slug: str, reason: str) -> bool:
    """
    Let *slug* show codes again, or for the first time; twice is once.

    Raises:
        NotFound, InvalidField, SwitchedMeanwhile: as ``pause``.
        OwnChannel: it is new, and the person who made it is the one who asks.
    """
    told = _reason(reason)
    with runtime.database.transaction(scope) as tx:
        _refuse_unknown(tx, slug)
        last = _last(tx, slug)
        if last is None or last.is_open:
            return False
        if last.state is Switch.NEW and last.by == tx.scope.actor:
            raise OwnChannel()
        _append(tx, slug, last, Switch.OPEN, told)
    return True


def begin(tx: UnitOfWork, slug: str, reason: str) -> None:
    """Let a channel that was just made wait for another person."""
    _append(tx, slug, None, Switch.NEW, reason)


def _append(tx: UnitOfWork, slug: str, last: Switched | None, state: Switch, reason: str) -> None:
    number = 1 if last is None else last.number + 1
    values = {
        "slug": slug,
        "number": number,
        "state": state.value,
        "reason": reason,
        "made_at": tx.now(),
        "made_by": tx.scope.actor,
    }
    if not insert_new(tx, CHANNEL_SWITCH, values):
        raise SwitchedMeanwhile()
    audit.append(tx, f"channel.{state.value}", f"channel:{slug}", number=number, reason=reason)


def _reason(text: str) -> str:
    told = " ".join(text.split())
    if not REASON_MIN <= len(told) <= REASON_MAX or not told.isprintable():
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)
    return told


def _refuse_unknown(tx: UnitOfWork, slug: str) -> None:
    found = tx.execute(
        select(CHANNEL.c.slug).where(CHANNEL.c.facility_id == tx.facility, CHANNEL.c.slug == slug)
    ).first()
    if found is None:
        raise NotFound(f"no channel {slug!r}")


def _last(tx: UnitOfWork, slug: str) -> Switched | None:
    row = _OF_SLUG.first(tx, slug=slug)
    return None if row is None else _model(row)


def _model(row: Row[Any] | Any) -> Switched:
    return Switched(row.slug, row.number, Switch(row.state), row.reason, row.made_at, row.made_by)
