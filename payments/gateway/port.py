"""
The small protocols of the port. An adapter implements what its gateway has and declares it.

A channel's adapter is made by ``build(settings, transport, clock)``, the only public name of its
package; *settings* are the channel's stored strings.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

from payments.gateway.capabilities import Capabilities, Capability, Proof
from payments.gateway.doubts import Doubt
from payments.gateway.failures import Unsupported
from payments.gateway.settlement import SettlementLine
from payments.gateway.values import (
    Attempt,
    AttemptRef,
    Notification,
    Presentation,
    RawNotification,
    RefundOrder,
    Reply,
    ReturnView,
    Verdict,
)
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import VienphiError

P = TypeVar("P")


class NotAuthentic(VienphiError):
    """Not proven to come from the gateway: counted and refused, nothing is stored."""

    code = "not-authentic"

    def __init__(self, detail: str = "", *, doubt: Doubt = Doubt.WRONG) -> None:
        super().__init__(detail)
        self.doubt = doubt


class Malformed(VienphiError):
    """Proven, but not readable: the gateway is asked to try again, a person is told."""

    code = "malformed"


class Adapter(Protocol):
    """What every adapter says of itself."""

    supports: ClassVar[frozenset[Capability]]
    capabilities: ClassVar[Capabilities]

    @property
    def is_sandbox(self) -> bool:
        """Whether its credentials are the public ones of a sandbox: refused in production."""
        ...


@runtime_checkable
class Opens(Protocol):
    """Can start collecting."""

    def open(self, attempt: Attempt) -> Presentation:
        """
        Start collecting *attempt*; the same attempt again is the same order.

        Raises:
            Declined, NotSent, OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
        """
        ...


@runtime_checkable
class Returns(Protocol):
    """Sends the payer's browser back to us."""

    def read_return(self, raw: RawNotification) -> ReturnView:
        """Read the address or form with which a browser came: display only, never an error."""
        ...


@runtime_checkable
class Notifies(Protocol):
    """Sends us messages."""

    @property
    def proof(self) -> Proof: ...

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        """
        Prove and parse in one step, so that neither can be forgotten.

        Raises:
            NotAuthentic: the proof is missing, wrong or stale.
            Malformed: proven, but a field is missing or no value of its kind.
        """
        ...

    def reply(self, verdict: Verdict) -> Reply: ...


@runtime_checkable
class Answers(Protocol):
    """Can be asked about one attempt."""

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        """
        Ask what became of *attempt*; the events have the ids that messages would have.

        Raises:
            Declined: the gateway does not know it (``Trouble.NOT_FOUND``).
            NotSent, OutcomeUnknown, Misconfigured: as ``gateway.failures`` says.
        """
        ...


@runtime_checkable
class Cancels(Protocol):
    """Can be told that an unpaid attempt is wanted no more."""

    def cancel(self, attempt: AttemptRef) -> Notification:
        """Cancel; what comes back may say CAPTURED, for the payer may have been faster."""
        ...


@runtime_checkable
class Captures(Protocol):
    """Can be told to take money that was set aside."""

    def capture(self, attempt: AttemptRef) -> Notification: ...


@runtime_checkable
class Refunds(Protocol):
    """Can give money back the way it came."""

    def refund(self, order: RefundOrder) -> Notification:
        """
        Ask for a refund: REFUND_PENDING, REFUNDED or REFUND_REFUSED.

        Raises:
            Declined: not asked, or refused by a rule; no money moved and none will.
            NotSent: as ``gateway.failures`` says.
            OutcomeUnknown: ask ``query_refund``; never order it under another name.
            Misconfigured: as ``gateway.failures`` says.
        """
        ...

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]: ...


@runtime_checkable
class Settles(Protocol):
    """Says line by line what it pays us for a day."""

    def settlement(self, day: HospitalDay, file: bytes | None = None) -> tuple[SettlementLine, ...]:
        """
        Read the lines of *day*: from the gateway's *file*, or from its API where it has one.

        Raises:
            InvalidField: names the line of the file that cannot be read.
            Unsupported: no file was given, and there is nobody to ask; or the other way round.
        """
        ...


@runtime_checkable
class Lists(Protocol):
    """Can list the transactions of an account; the net under lost messages."""

    def transactions(self, account: str, since: datetime) -> tuple[Notification, ...]:
        """
        List what moved on *account* at or after *since*, oldest first, through all pages.

        Raises:
            Unavailable: no usable answer within the limits; the same call may work later.
        """
        ...


#: The protocol of each capability; COLLECTS_THE_REST is a habit and has none.
PROTOCOLS: dict[Capability, type] = {
    Capability.OPENS: Opens,
    Capability.RETURNS: Returns,
    Capability.NOTIFIES: Notifies,
    Capability.ANSWERS: Answers,
    Capability.LISTS: Lists,
    Capability.CANCELS: Cancels,
    Capability.CAPTURES: Captures,
    Capability.REFUNDS: Refunds,
    Capability.SETTLES: Settles,
}


def able(adapter: object, protocol: type[P]) -> P:
    """
    Give *adapter* as one that has the verbs of *protocol*.

    Raises:
        Unsupported: it has not.
    """
    if not isinstance(adapter, protocol):
        raise Unsupported(f"{type(adapter).__name__} has no {protocol.__name__}")
    return adapter
