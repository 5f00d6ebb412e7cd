"""The insurer's deadlines as work: what is due, whose it is, and the one place to do it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.settlement import board as boards
from payments.settlement.alarms import OF_INSURER, Alarm, Step, alarms
from payments.settlement.board import Board
from payments.storage.unit_of_work import UnitOfWork
from payments.web.addresses import url_for
from payments.web.chips import Chip
from payments.web.current import words

#: A deadline is work for the exceptions list from so many days before it on.
_AHEAD_DAYS: Final = 3
#: An older quarter is on its own board.
_QUARTERS: Final = 2
#: Where on the board a step is done; files have a page of their own.
_PLACES: Final = {
    Step.MONTH: "h-f",
    Step.QUARTER: "h-f",
    Step.EXPLAIN: "h-r",
    Step.NOTICE: "h-m",
    Step.PAY: "h-m",
}


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One deadline with its state in words and the address of what comes next."""

    alarm: Alarm
    chip: Chip
    owner: str
    address: str


def alarm_rows(tx: UnitOfWork, told: Board, today: HospitalDay) -> tuple[AlarmRow, ...]:
    """Put the deadlines of a quarter into words, the nearest first."""
    return tuple(_row(one, told.name, today) for one in alarms(tx, told))


def urgent(tx: UnitOfWork, today: HospitalDay) -> tuple[AlarmRow, ...]:
    """List what of the newest quarters is late, due in three days, or has no known day."""
    soon = today.plus(_AHEAD_DAYS)
    return tuple(
        row
        for quarter in islice(boards.quarters(tx), _QUARTERS)
        for row in alarm_rows(tx, boards.board(tx, quarter.id), today)
        if row.alarm.due is None or not soon < row.alarm.due
    )


def _row(alarm: Alarm, quarter: str, today: HospitalDay) -> AlarmRow:
    if alarm.step is Step.CORRECT:
        address = url_for("finance.bhyt_files")
    else:
        address = f"{url_for('finance.bhyt', period=quarter)}#{_PLACES[alarm.step]}"
    return AlarmRow(alarm, _chip(alarm, today), _owner(alarm), address)


def _chip(alarm: Alarm, today: HospitalDay) -> Chip:
    if alarm.due is None:
        return Chip("warn", "ask", words("bhyt.alarm.no_day"))
    if alarm.is_late(today):
        return Chip("bad", "late", words("bhyt.late"))
    return Chip("wait", "clock", words("bhyt.alarm.runs"))


def _owner(alarm: Alarm) -> str:
    if alarm.owner:
        return alarm.owner.removeprefix("user:")
    return words("bhyt.alarm.insurer" if alarm.step in OF_INSURER else "bhyt.alarm.office")
