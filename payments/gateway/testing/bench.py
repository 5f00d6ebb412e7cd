"""What the suite needs of an adapter under test: the adapter, its sandbox, a hand to play with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from payments.gateway import (
    Attempt,
    AttemptRef,
    Notification,
    Presentation,
    RawNotification,
    RefundOrder,
)
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money

#: What answers show that are signed and tell an amount.
ALL_FAULTS: Final = frozenset({"forge", "wrong_amount"})


class Act(StrEnum):
    """What a payer, or fate, does at the gateway."""

    PAY = "pay"
    #: Less than was asked for, where a payer can.
    SHORT = "short"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REVIEW = "review"
    #: The gateway tells a code that is in no table.
    UNKNOWN = "unknown"
    #: Pays although all was thought to be over.
    LATE = "late"
    #: Sets money aside, for a later capture.
    AUTHORISE = "authorise"


@dataclass(frozen=True, slots=True)
class Vector:
    """A message from outside this repository, and what must become of it."""

    id: str
    is_accepted: bool
    #: Puts it to the adapter or its signature; tells whether it was accepted.
    check: Callable[[], bool]


class Bench(Protocol):
    """
    One adapter at its sandbox, both in this process under one clock that is moved by hand.

    ``adapters._sandbox.bench.StandBench`` gives most of it for sandboxes that are built on a stand.
    """

    clock: FrozenClock
    #: The adapter under test, connected to the sandbox.
    gateway: Any
    #: Strings that may be seen nowhere.
    secrets: tuple[str, ...]
    #: What the sandbox can be made to do and tell; a feed has PAY alone.
    acts: frozenset[Act]
    vectors: Sequence[Vector]
    #: Faults that an answer of the API can show: unsigned ones cannot be seen to be forged, and
    #: one without an amount cannot have a wrong one.
    answers_show: frozenset[str]

    def attempt(self, amount: Money) -> Attempt:
        """Make an attempt with a new reference."""
        ...

    def opened(self, amount: Money) -> tuple[Attempt, AttemptRef]:
        """Open an attempt and let the payer's browser follow what the adapter shows."""
        ...

    def visit(self, shown: Presentation) -> int:
        """Follow *shown* as the payer's browser does; give the HTTP status of the page."""
        ...

    def play(self, attempt: Attempt, act: Act, **fault: Any) -> RawNotification | None:
        """Let *act* happen, and give the message that came; None where the gateway is silent."""
        ...

    def again(self, attempt: Attempt) -> RawNotification:
        """Let the gateway send its message about *attempt* once more."""
        ...

    def back(self, attempt: Attempt) -> RawNotification:
        """Give the request with which the payer's browser comes back."""
        ...

    def tampered(self, raw: RawNotification) -> Iterator[tuple[str, RawNotification]]:
        """Change each signed field once and keep the old proof: name of the field, message."""
        ...

    def resigned(self, raw: RawNotification, changes: Mapping[str, str]) -> RawNotification:
        """Change or add fields and prove the message anew, as only the gateway could."""
        ...

    def foreign(self, raw: RawNotification) -> RawNotification:
        """The same message for another merchant of the gateway, well signed by the same key."""
        ...

    def fault(self, **knobs: Any) -> None:
        """Let the next answer of the gateway's API suffer."""
        ...

    def unreachable(self) -> Any:
        """Give the adapter again, with a line that takes nothing."""
        ...

    def asked(self) -> int:
        """Count the requests that reached the gateway's API."""
        ...

    def finish_refund(self, told: Notification, *, is_done: bool) -> None:
        """Let the refund that was *told* of come to its end."""
        ...

    def moved_back(self, attempt: Attempt) -> Money:
        """What the gateway has sent back of *attempt*, or is sending."""
        ...

    def refund_order(self, attempt: AttemptRef, amount: Money, **more: Any) -> RefundOrder:
        """Make an order with a new name."""
        ...

    def settlement(
        self, day: HospitalDay, *, missing: int = 0, extra: int = 0, differing: int = 0
    ) -> bytes | None:
        """Give the file of *day*; None where an API is asked, and differences are planted in it."""
        ...
