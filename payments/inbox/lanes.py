"""
Asks different gateways at the same time: one that stalls delays no question to another.

Each channel of a facility has one lane: its questions are asked one after the other, in the order
in which they fell due. A question is claimed in the database before it is asked, so that lanes of
several workers never ask one twice.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from payments.inbox import errands
from payments.inbox.asking import ask_due
from payments.intents.awaited import channels_to_ask
from payments.kernel.scope import FacilityId, Scope
from payments.refunds import asking as refunds
from payments.refunds import repository as refund_rows
from payments.runtime import Runtime

#: Lanes hold no connection to the database while they wait for a gateway.
LANES_MAX: Final = 12
#: Where one gateway stalls for many facilities, the others keep this many lanes at least.
SAME_MAX: Final = 4
_log = structlog.get_logger("gateway")
_Lane = tuple[FacilityId, str]


class Lanes:
    """The lanes of one worker; threads of their own, which end when nothing more is due."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._guard = threading.Lock()
        self._busy: dict[_Lane, threading.Thread] = {}

    def start_due(self, runtime: Runtime, scope: Scope) -> int:
        """
        Start a lane for each channel of which something is due; waits for no answer.

        Says how many were started. A channel whose lane is still busy, or for which none is free,
        is looked at again in the next round.
        """
        with runtime.database.reading(scope) as tx:
            now = tx.now()
            due = channels_to_ask(tx, now) | refund_rows.due_channels(tx, now)
        return sum(self._start(runtime, scope, channel) for channel in sorted(due))

    def close(self) -> None:
        """Ask nothing more, and wait for the questions in hand."""
        self._stop.set()
        with self._guard:
            running = list(self._busy.values())
        for one in running:
            one.join()

    def _start(self, runtime: Runtime, scope: Scope, channel: str) -> bool:
        lane = (scope.facility, channel)
        with self._guard:
            same = sum(name == channel for _, name in self._busy)
            is_full = len(self._busy) >= LANES_MAX or same >= SAME_MAX
            if self._stop.is_set() or lane in self._busy or is_full:
                return False
            thread = threading.Thread(
                target=self._run, args=(runtime, scope, channel), name=f"lane-{channel}"
            )
            self._busy[lane] = thread
            thread.start()
        return True

    def _run(self, runtime: Runtime, scope: Scope, channel: str) -> None:
        try:
            ask_channel(runtime, scope, channel, stop=self._stop)
        except DBAPIError as error:
            # What was claimed and not asked is asked at its next moment.
            _log.error("lane.database_away", channel=channel, error=type(error.orig).__name__)
        except Exception as error:
            # Whatever it is: the lane of one gateway must not end the others.
            _log.error("lane.failed", channel=channel, error=type(error).__name__, exc_info=True)
        finally:
            with self._guard:
                del self._busy[scope.facility, channel]


def ask_channel(
    runtime: Runtime, scope: Scope, channel: str, *, stop: threading.Event | None = None
) -> int:
    """Ask one gateway about all that is due: attempts, refunds, then what is wanted of it."""
    asked = 0
    for ask in (ask_due, refunds.ask_due, errands.run_due):
        asked += ask(runtime, scope, channel=channel, stop=stop)
    return asked
