"""The fee table: what each channel costs and takes from a day on; a new row overwrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from payments import audit
from payments.channels.routing import Fee, Terms
from payments.channels.rows import CHANNEL, CHANNEL_FEE
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.inserting import insert_new
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

BASIS_MIN: Final = 3
BASIS_MAX: Final = 200
#: What holds for a channel of which nobody has said anything: no cost that is known, no limit.
FREE: Final = Terms()
_VALID: Final = Prepared(
    select(CHANNEL_FEE)
    .where(mine(CHANNEL_FEE), CHANNEL_FEE.c.valid_from <= bindparam("day"))
    .order_by(CHANNEL_FEE.c.channel, CHANNEL_FEE.c.valid_from, CHANNEL_FEE.c.number)
)


class FeeMeanwhile(Conflict):
    """Somebody else said something of the same channel and day at the same moment."""

    code = "fee-meanwhile"


@dataclass(frozen=True, slots=True)
class Agreed:
    """One row of the table: *terms* hold from the day *since* until a later row does."""

    since: HospitalDay
    number: int
    terms: Terms
    #: The contract or the notice that says so.
    basis: str
    by: str
    at: datetime


def terms(tx: UnitOfWork, day: HospitalDay) -> Mapping[str, Terms]:
    """Give the terms of *day* by channel; a channel without a row is ``FREE``."""
    # Of the rows of a channel the last one wins: the newest day, and of a day what was said last.
    return {row.channel: _terms(row) for row in _VALID.all(tx, day=day.date)}


def history(tx: UnitOfWork, channel: str) -> tuple[Agreed, ...]:
    """List all that was ever said of *channel*, what holds last first."""
    rows = tx.execute(
        select(CHANNEL_FEE)
        .where(CHANNEL_FEE.c.facility_id == tx.facility, CHANNEL_FEE.c.channel == channel)
        .order_by(CHANNEL_FEE.c.valid_from.desc(), CHANNEL_FEE.c.number.desc())
    )
    return tuple(
        Agreed(
            HospitalDay(row.valid_from),
            row.number,
            _terms(row),
            row.basis,
            row.made_by,
            row.made_at,
        )
        for row in rows
    )


def agree(
    runtime: Runtime, scope: Scope, channel: str, since: HospitalDay, new: Terms, basis: str
) -> bool:
    """
    Let *new* hold for *channel* from the day *since*; *basis* names the contract or the notice.

    The same said again of the same day is one row. Says whether anything changed.

    Raises:
        NotFound: no such channel.
        InvalidField: no basis, a day that is over, or bounds that contradict each other.
        FeeMeanwhile: two at the same moment.
    """
    told = " ".join(basis.split())
    if not BASIS_MIN <= len(told) <= BASIS_MAX or not told.isprintable():
        raise InvalidField("basis", "fee_basis", least=BASIS_MIN, most=BASIS_MAX)
    if not new.fee.is_sound:
        raise InvalidField("most_fee", "fee_bounds")
    if not new.is_ordered:
        raise InvalidField("amount_max", "fee_amounts")
    with runtime.database.transaction(scope) as tx:
        if since < HospitalDay.of(tx.now()):
            # What was paid on it has been ordered by the former terms, and somebody looked at them.
            raise InvalidField("since", "fee_day")
        _refuse_unknown(tx, channel)
        last = next((one for one in history(tx, channel) if one.since == since), None)
        if last is not None and (last.terms, last.basis) == (new, told):
            return False
        if not insert_new(tx, CHANNEL_FEE, _values(tx, channel, since, new, told)):
            raise FeeMeanwhile()
        audit.append(
            tx,
            "channel.fee",
            f"channel:{channel}",
            since=since.date.isoformat(),
            basis=told,
            fixed=new.fee.fixed.dong,
            per_million=new.fee.per_million,
        )
    return True


def _values(
    tx: UnitOfWork, channel: str, since: HospitalDay, new: Terms, basis: str
) -> Mapping[str, Any]:
    last = tx.execute(
        select(func.coalesce(func.max(CHANNEL_FEE.c.number), 0)).where(
            CHANNEL_FEE.c.facility_id == tx.facility,
            CHANNEL_FEE.c.channel == channel,
            CHANNEL_FEE.c.valid_from == since.date,
        )
    ).scalar_one()
    return {
        "channel": channel,
        "valid_from": since.date,
        "number": last + 1,
        "fixed": new.fee.fixed.dong,
        "per_million": new.fee.per_million,
        "least_fee": _dong(new.fee.least),
        "most_fee": _dong(new.fee.most),
        "amount_min": _dong(new.amount_min),
        "amount_max": _dong(new.amount_max),
        "basis": basis,
        "made_by": tx.scope.actor,
        "made_at": tx.now(),
    }


def _refuse_unknown(tx: UnitOfWork, slug: str) -> None:
    here = (CHANNEL.c.facility_id == tx.facility) & (CHANNEL.c.slug == slug)
    if tx.execute(select(CHANNEL.c.slug).where(here)).first() is None:
        raise NotFound(f"no channel {slug!r}")


def _terms(row: Row[Any] | Any) -> Terms:
    fee = Fee(vnd(row.fixed), row.per_million, _money(row.least_fee), _money(row.most_fee))
    return Terms(fee, _money(row.amount_min), _money(row.amount_max))


def _money(dong: int | None) -> Money | None:
    return None if dong is None else vnd(dong)


def _dong(money: Money | None) -> int | None:
    return None if money is None else money.dong
