"""Puts the insurer's board together: waterfall, ages, refused amounts, money of a quarter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from payments.identity.permissions import Permission
from payments.insurance.explaining import article
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money
from payments.reconciliation import exceptions
from payments.settlement import board as boards
from payments.settlement import listing, matching, periods, queries
from payments.settlement.board import Board
from payments.settlement.deadlines import working_days_between
from payments.settlement.model import quarter_of
from payments.settlement.permitting import permission
from payments.settlement.queries import Age, RefusalItem, Which
from payments.settlement.status import ANSWERS as NEXT
from payments.settlement.status import Answer, Event, Refused, State, allows
from payments.storage.unit_of_work import UnitOfWork
from payments.web.chips import Chip
from payments.web.current import current, language, runtime, scope, words
from payments.web.finance.bhyt_alarms import alarm_rows
from payments.web.finance.bhyt_pages import AgeBar, Bar, BoardPage, ClaimPage, RefusalRow, Waiting
from payments.words.formats import local_time, vnd

_WIDTH: Final = 352
_ROW: Final = 40
_TOP: Final = 20
_ROWS_MAX: Final = 200
_LOOKS: Final = {
    Refused.OPEN: ("bad", "alert"),
    Refused.EXPLAINED: ("wait", "clock"),
    Refused.APPEALED: ("wait", "clock"),
    Refused.ACCEPTED: ("ok", "check"),
    Refused.UPHELD: ("warn", "stop"),
    Refused.WRITE_OFF_ASKED: ("warn", "ask"),
    Refused.WRITTEN_OFF: ("off", "stop"),
    Refused.CHARGE_ASKED: ("warn", "ask"),
    Refused.CHARGED: ("off", "stop"),
}
_STATES: Final = {
    State.VALIDATED: ("wait", "file"),
    State.SENT: ("wait", "clock"),
    State.RECEIVED: ("wait", "clock"),
    State.RETURNED: ("bad", "back"),
    State.ASSESSED: ("wait", "check"),
    State.SETTLED: ("wait", "cash"),
    State.PAID: ("ok", "check"),
    State.WITHDRAWN: ("off", "stop"),
}
#: What one person alone may do with a refused amount; write-off and charge take another.
_STEPS: Final = {
    "explain": Answer.EXPLAINED,
    "appeal": Answer.APPEALED,
    "decide": Answer.UPHELD,
    "ask_write_off": Answer.WRITE_OFF_ASKED,
    "ask_charge": Answer.CHARGE_ASKED,
    "turn_down": Answer.TURNED_DOWN,
}
#: What another person approves.
_ASKED: Final = {Refused.WRITE_OFF_ASKED: "write_off", Refused.CHARGE_ASKED: "charge"}
#: What a person notes about a claim as a whole.
_MOVES: Final = {
    "number": Event.NUMBERED,
    "come_back": Event.RETURNED,
    "withdraw": Event.WITHDRAWN,
}


def board_page(quarter: str, failure: str = "") -> BoardPage:
    """Put the board of *quarter* together, of the latest one where that is unknown."""
    today = HospitalDay.of(runtime().clock.now())
    with runtime().database.reading(scope()) as tx:
        known = {one.name: one.id for one in boards.quarters(tx)}
        chosen = quarter if quarter in known else next(iter(known), "")
        if not chosen:
            return _empty(today, queries.orphans(tx), failure)
        told = boards.board(tx, known[chosen])
        items = queries.refusals(tx, told.period, Which.OPEN)
        days = [working_days_between(one.refused_on, today) for one in items]
        return BoardPage(
            told,
            tuple(known),
            tuple(one.name for one in periods.months(tx, told.period)),
            bars := waterfall(told),
            _TOP + _ROW * len(bars),
            len(boards.check(tx)),
            alarm_rows(tx, told, today),
            age_bars(queries.ages(items, days)),
            tuple(refusal_row(one, today) for one in items[:_ROWS_MAX]),
            len(items),
            queries.orphans(tx),
            listing.notices(tx, told.period),
            listing.movements(tx, told.period),
            _waiting(tx),
            today,
            _may(Permission.RESOLVE),
            _may(Permission.IMPORT_STATEMENT),
            failure,
        )


def claim_page(claim: UUID, failure: str = "") -> ClaimPage:
    """Put the page of a claim together. Raises NoClaim."""
    today = HospitalDay.of(runtime().clock.now())
    with runtime().database.reading(scope()) as tx:
        found, month = queries.claim(tx, claim)
        rows = tuple(refusal_row(one, today) for one in queries.refusals_of(tx, claim))
        return ClaimPage(
            found,
            month,
            quarter_of(month),
            Chip(*_STATES[found.state], words(f"bhyt.state.{found.state.value}")),
            queries.steps(tx, claim),
            queries.assessed_lines(tx, runtime().keys, claim),
            rows,
            matching.of_visit(tx, claim),
            moves_of(found.state) if _may(Permission.RESOLVE) else (),
            found.version > 1,
            _may(Permission.RESOLVE),
            failure,
        )


def moves_of(state: State) -> tuple[str, ...]:
    """Name what a person may do with a claim in *state*."""
    return tuple(name for name, event in _MOVES.items() if allows(state, event))


def waterfall(told: Board) -> tuple[Bar, ...]:
    """Draw what was asked for down to what is still to come: each bar begins where one ended."""
    steps = (
        ("requested", told.requested, "f1", False),
        ("refused", -told.refused, "f4", True),
        ("won", told.won, "f2", True),
        ("accepted", told.accepted, "f1", False),
        ("set_off", -told.set_off, "f3", True),
        ("received", -told.received, "f3", True),
        ("at_insurer", told.at_insurer, "f1", False),
    )
    whole = max(told.requested.dong, told.accepted.dong, 1)
    bars, level = [], ZERO
    for place, (key, amount, look, is_step) in enumerate(steps):
        start, end = (level, level + amount) if is_step else (ZERO, amount)
        level = end
        low, high = sorted((_x(start, whole), _x(end, whole)))
        bars.append(Bar(key, amount, low, max(high - low, 1), _TOP + _ROW * place, look))
    return tuple(bars)


def age_bars(ages: Sequence[Age]) -> tuple[AgeBar, ...]:
    """Draw how much is how old: the largest class has the whole width."""
    whole = max((one.amount.dong for one in ages), default=0) or 1
    return tuple(
        AgeBar(one, max(_x(one.amount, whole), 1 if one.amount else 0), _TOP + _ROW * place)
        for place, one in enumerate(ages)
    )


def refusal_row(item: RefusalItem, today: HospitalDay) -> RefusalRow:
    """Say of a refused amount how it stands, and what this person may do with it."""
    may = _may(Permission.RESOLVE)
    allowed = permission(item.reason_code, today.date)
    is_chargeable = allowed.patient_may_owe and item.is_billed_here
    steps = [
        name
        for name, answer in _STEPS.items()
        if (item.state, answer) in NEXT and (name != "ask_charge" or is_chargeable)
    ]
    asked = _ASKED.get(item.state, "")
    is_own = bool(asked) and item.asked_by == scope().actor
    return RefusalRow(
        item,
        Chip(*_LOOKS[item.state], words(f"bhyt.refusal.{item.state.value}")),
        bool(item.left) and item.deadline < today,
        tuple(steps) if may else (),
        asked if not is_own and _may(Permission.APPROVE_REFUND) else "",
        is_own,
        article(allowed.basis, language()) if asked == "charge" or "ask_charge" in steps else "",
    )


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def _x(amount: Money, whole: int) -> int:
    return max(0, min(_WIDTH, amount.dong * _WIDTH // whole))


def _waiting(tx: UnitOfWork) -> tuple[Waiting, ...]:
    return tuple(
        Waiting(str(one.credit), f"{vnd(one.left)} · {local_time(one.occurred_at)}")
        for one in exceptions.suspense(tx)
        if one.invoice is None
    )


def _empty(today: HospitalDay, orphans: tuple[queries.Orphan, ...], failure: str) -> BoardPage:
    may = _may(Permission.RESOLVE), _may(Permission.IMPORT_STATEMENT)
    return BoardPage(
        None, (), (), (), _TOP, 0, (), (), (), 0, orphans, (), (), (), today, *may, failure
    )
