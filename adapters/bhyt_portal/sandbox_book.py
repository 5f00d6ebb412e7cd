"""What the portal's stand-in remembers: sessions, calls, check-ins, dossiers; and its bad days."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from payments.kernel.clock import Clock
from payments.kernel.errors import InvalidField

USER: Final = "99001_BV"
PASSWORD: Final = "thu-nghiem-cong-99001"  # noqa: S105 - a sandbox's, shown on purpose
FACILITY: Final = "99001"
TOKEN_LIFE: Final = timedelta(minutes=10)
#: Our choice: the portal does not say how many calls are too many, nor for how long it minds.
CALLS_A_MINUTE_MAX: Final = 60
_RESTRICTED_FOR: Final = timedelta(minutes=30)
#: Circular 48/2017 and the portal's notices: 20 MB at busy hours, 100 MB otherwise.
BUSY_MAX_BYTES: Final = 20 * 1024 * 1024
QUIET_MAX_BYTES: Final = 100 * 1024 * 1024
#: Hours of the hospital's day; our choice.
_BUSY: Final = range(7, 18)
_SLOW_MAX_S: Final = 60
LIES: Final = ("", "other_card", "other_person", "dates", "sums")


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the portal behaves from now on."""

    #: The line breaks before anything is done.
    down: bool = False
    #: Seconds before each answer of a look-up.
    slow: int = 0
    #: The account is on the list of those that call too much.
    restricted: bool = False
    #: What a look-up lies about: another's card, another person, dates, sums of co-payments.
    lie: str = ""
    #: Every session is refused, also a new one.
    refuse_tokens: bool = False


NAMES: Final = tuple(one.name for one in fields(Knobs))


def turned(knobs: Knobs, given: dict[str, Any]) -> Knobs:
    """Turn the knobs that are *given*. Raises InvalidField."""
    for name, value in given.items():
        if name not in NAMES:
            raise InvalidField(name, "name_unknown", known=", ".join(NAMES))
        if type(value) is not type(getattr(knobs, name)):
            raise InvalidField(name, "json_type", kind=type(getattr(knobs, name)).__name__)
    made = replace(knobs, **given)
    if made.lie not in LIES:
        raise InvalidField("lie", "one_of", choices=", ".join(LIES))
    return replace(made, slow=max(0, min(made.slow, _SLOW_MAX_S)))


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came: *kind* is ``0`` for a check-in and ``130`` for a dossier."""

    transaction: str
    kind: str
    at: datetime
    size: int
    code: str


@dataclass(slots=True)
class Book:
    """One account, with its sessions and its files."""

    clock: Clock
    knobs: Knobs = field(default_factory=Knobs)
    received: list[Received] = field(default_factory=list)
    #: Verbs that were called, in order: tests count them.
    calls: list[str] = field(default_factory=list)
    size_max_bytes: int | None = None
    _sessions: dict[str, tuple[str, str, datetime]] = field(default_factory=dict, repr=False)
    _looked_up: list[datetime] = field(default_factory=list)
    _restricted_until: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open_session(self, address: str) -> tuple[str, str]:
        """Give the two parts of a new session, bound to the caller's address."""
        access, identity = secrets.token_hex(16), secrets.token_hex(16)
        with self._lock:
            self._sessions[access] = (identity, address, self.clock.now() + TOKEN_LIFE)
        return access, identity

    def knows(self, access: str, identity: str, address: str) -> bool:
        with self._lock:
            kept = self._sessions.get(access)
        if kept is None or self.knobs.refuse_tokens:
            return False
        return kept[0] == identity and kept[1] == address and self.clock.now() < kept[2]

    def forget_sessions(self) -> None:
        """End every session before its time."""
        with self._lock:
            self._sessions.clear()

    def is_restricted(self) -> bool:
        """Count a look-up, and say whether the account has made too many of them."""
        now = self.clock.now()
        with self._lock:
            recent = [at for at in self._looked_up if now - at < timedelta(minutes=1)]
            self._looked_up = [*recent, now]
            if len(self._looked_up) > CALLS_A_MINUTE_MAX:
                self._restricted_until = now + _RESTRICTED_FOR
            until = self._restricted_until
        return self.knobs.restricted or (until is not None and now < until)

    def file_max_bytes(self, hour: int) -> int:
        if self.size_max_bytes is not None:
            return self.size_max_bytes
        return BUSY_MAX_BYTES if hour in _BUSY else QUIET_MAX_BYTES

    def keep(self, kind: str, size: int, code: str) -> Received:
        with self._lock:
            made = Received(
                f"GD99{len(self.received) + 1:010d}", kind, self.clock.now(), size, code
            )
            self.received.append(made)
        return made
