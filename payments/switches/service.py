"""Throws and lifts switches, and says which hold; what was stopped stays so over a restart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select

from payments import audit
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork
from payments.switches.model import (
    HOURS_MAX,
    REASON_MAX,
    REASON_MIN,
    Kind,
    NotStopped,
    RefundsFrozen,
    SignInStopped,
    State,
    Stop,
    ends,
    lifted,
)
from payments.switches.rows import STOP_SWITCH

#: A page asks at each request; another process hears of a change within this time.
_REMEMBERED_S: Final = 2.0
_ALL: Final = Prepared(
    select(STOP_SWITCH).where(mine(STOP_SWITCH)).order_by(STOP_SWITCH.c.kind, STOP_SWITCH.c.number)
)
_OF_KIND: Final = Prepared(
    select(STOP_SWITCH)
    .where(mine(STOP_SWITCH), STOP_SWITCH.c.kind == bindparam("kind"))
    .order_by(STOP_SWITCH.c.number.desc())
    .limit(1)
)
_known: WeakKeyDictionary[Engine, dict[int, tuple[float, Mapping[Kind, Stop]]]] = (
    WeakKeyDictionary()
)


def throw(runtime: Runtime, scope: Scope, kind: Kind, reason: str, hours: int) -> Stop:
    """
    Stop *kind* for so many hours; thrown again it is stopped for as long from now.

    Raises:
        InvalidField: no reason, or no time from an hour to three days.
        NotStopped: somebody else threw it at the same moment.
    """
    told = " ".join(reason.split())
    if not REASON_MIN <= len(told) <= REASON_MAX or not told.isprintable():
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)
    if not 1 <= hours <= HOURS_MAX:
        raise InvalidField("hours", "stop_hours", most=HOURS_MAX)
    with runtime.database.transaction(scope) as tx:
        last = newest(tx, kind)
        number = 1 if last is None else last.number + 1
        made = Stop(kind, number, State.ON, told, ends(tx.now(), hours), tx.now(), tx.scope.actor)
        _append(tx, made)
    _forget(runtime)
    return made


def lift(runtime: Runtime, scope: Scope, kind: Kind) -> Stop:
    """
    Ask to lift a switch, or agree to it as the second person.

    Raises:
        NotStopped: it is off, or somebody else was faster.
        AnotherLifts: the second person is the first one again.
    """
    with runtime.database.transaction(scope) as tx:
        last = newest(tx, kind)
        if last is None or not last.holds(tx.now()):
            raise NotStopped()
        state = lifted(last, tx.scope.actor)
        made = Stop(kind, last.number + 1, state, last.reason, last.until, tx.now(), tx.scope.actor)
        _append(tx, made)
    _forget(runtime)
    return made


def history(tx: UnitOfWork) -> tuple[Stop, ...]:
    """List every change of every switch, by kind, first first."""
    return tuple(_model(row) for row in _ALL.all(tx))


def newest(tx: UnitOfWork, kind: Kind) -> Stop | None:
    row = _OF_KIND.first(tx, kind=kind.value)
    return None if row is None else _model(row)


def holding(tx: UnitOfWork) -> Mapping[Kind, Stop]:
    """Give the switches that hold now, straight from the database."""
    last = {row.kind: _model(row) for row in _ALL.all(tx)}
    now = tx.now()
    return {stop.kind: stop for stop in last.values() if stop.holds(now)}


def active(runtime: Runtime, scope: Scope) -> Mapping[Kind, Stop]:
    """Give the switches that hold, asked anew each two seconds."""
    engine = runtime.database.engine
    known = _known.setdefault(engine, {})
    at, found = known.get(scope.facility, (-_REMEMBERED_S, {}))
    if time.monotonic() - at >= _REMEMBERED_S:
        with runtime.database.reading(scope) as tx:
            found = holding(tx)
        known[scope.facility] = (time.monotonic(), found)
    return found


def refuse_refunds(tx: UnitOfWork) -> None:
    """Let no money go out while refunds are stopped. Raises RefundsFrozen."""
    last = newest(tx, Kind.NO_REFUNDS)
    if last is not None and last.holds(tx.now()):
        raise RefundsFrozen(reason=last.reason, until=last.until)


def refuse_sign_in(runtime: Runtime, scope: Scope) -> None:
    """Let nobody new in while sign-ins are stopped. Raises SignInStopped."""
    stop = active(runtime, scope).get(Kind.NO_SIGN_IN)
    if stop is not None:
        raise SignInStopped(reason=stop.reason, until=stop.until)


def _append(tx: UnitOfWork, stop: Stop) -> None:
    values = {
        "kind": stop.kind.value,
        "number": stop.number,
        "state": stop.state.value,
        "reason": stop.reason,
        "until": stop.until,
        "made_at": stop.made_at,
        "made_by": stop.made_by,
    }
    if not insert_new(tx, STOP_SWITCH, values):
        raise NotStopped()
    audit.append(tx, f"switch.{stop.state}", f"switch:{stop.kind}", reason=stop.reason)


def _forget(runtime: Runtime) -> None:
    _known.pop(runtime.database.engine, None)


def _model(row: Any) -> Stop:
    return Stop(
        Kind(row.kind),
        row.number,
        State(row.state),
        row.reason,
        row.until,
        row.made_at,
        row.made_by,
    )
