"""
The small protocols of the port. An adapter implements what its gateway has and declares it.

A channel's adapter is made by ``build(settings, transport, clock)``, the only public name of its
package; *settings* are the channel's stored strings.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from payments.gateway.values import (
    Attempt,
    Notification,
    Presentation,
    RawNotification,
    Reply,
    Verdict,
)
from payments.kernel.errors import VienphiError


class NotAuthentic(VienphiError):
    """Not proven to come from the gateway: counted and refused, nothing is stored."""

    code = "not-authentic"


class Malformed(VienphiError):
    """Proven, but not readable: the gateway is asked to try again, a person is told."""

    code = "malformed"


class Capability(StrEnum):
    OPENS = "opens"
    NOTIFIES = "notifies"
    ANSWERS = "answers"
    LISTS = "lists"
    COLLECTS_THE_REST = "collects_the_rest"


class Proof(StrEnum):
    #: Covers the content of the message.
    SIGNATURE = "signature"
    #: Proves only the caller: an API key in a header.
    TOKEN = "token"  # noqa: S105 - a word, no secret


class Adapter(Protocol):
    """What every adapter says of itself."""

    supports: ClassVar[frozenset[Capability]]

    @property
    def is_sandbox(self) -> bool:
        """Whether its credentials are the public ones of a sandbox: refused in production."""
        ...


@runtime_checkable
class Opens(Protocol):
    """Can start collecting."""

    def open(self, attempt: Attempt) -> Presentation: ...


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

    def query(self, reference: str) -> tuple[Notification, ...]: ...


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
