"""A user, a session and their limits; what a login and a password look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.identity.permissions import Permission, Role, allows
from payments.kernel.errors import Conflict, Forbidden, InvalidField, Rejected
from payments.kernel.text import is_line, nfc

SESSION_LIFE: Final = timedelta(hours=12)
#: Activity is written at most this often: a busy desk does not write at each click.
SEEN_EVERY: Final = timedelta(seconds=30)

TRIES_WINDOW: Final = timedelta(minutes=1)
TRIES_PER_LOGIN: Final = 10
#: All desks of a hospital may share one address: higher, so that one person who guesses does not
#: lock the whole hospital out at the start of a shift.
TRIES_PER_ADDRESS: Final = 60
#: From a browser in which somebody signed in before; the limit of its address does not count there,
#: so that one who guesses behind the hospital's address keeps no desk out.
TRIES_PER_DEVICE: Final = 20
#: A code has 10^6 values and three of them count: 960 tries a day find one in 350 days.
FACTOR_WINDOW: Final = timedelta(minutes=15)
TRIES_OF_FACTOR: Final = 10

PASSWORD_LETTERS_MIN: Final = 12
PASSWORD_LETTERS_MAX: Final = 128
NAME_LETTERS_MAX: Final = 80
_PERSON: Final = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,19}|")
_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class WrongCredentials(Rejected):
    """The login or the password is wrong, or the user is disabled; the answer never says which."""

    code = "wrong-credentials"


class TooManyTries(Rejected):
    """Too many failed tries for this login, from this address, or of this code."""

    code = "too-many-tries"


class NotSignedIn(Forbidden):
    """Nobody is signed in, or the session has ended."""

    code = "not-signed-in"

    #: The session that was found and does not count any more; None when there is none.
    late: Session | None = None


class Locked(NotSignedIn):
    """The screen was left alone or locked; the password of the same person opens it again."""

    code = "locked"


class RoleConflict(Conflict):
    """One person would hold two roles that must be two persons: one makes, the other checks."""

    code = "role-conflict"


class OwnUser(Conflict):
    """Nobody disables, demotes or signs out the user under which the work is done."""

    code = "own-user"


class WrongCode(Rejected):
    """The code is wrong, was used before, or its 30 seconds are over."""

    code = "wrong-code"


class LoginTaken(Conflict):
    """Another user of this facility has this login."""

    code = "login-taken"


class Stage(StrEnum):
    """
    How far a sign-in has come; only FULL opens anything.

        password right ─▶ CODE ─▶ PASSWORD ─▶ ENROL ─▶ FULL     each only where it is needed
    """

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - a word, no secret
    ENROL = "enrol"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    login: str
    name: str
    role: Role
    is_disabled: bool
    must_change: bool = False
    #: Number of the person in the hospital's list; empty where nobody gave one.
    person: str = ""

    def may(self, permission: Permission) -> bool:
        return allows(self.role, permission)


@dataclass(frozen=True, slots=True)
class Session:
    """A person at a screen, from sign-in to sign-out."""

    id: UUID
    user: User
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_revoked: bool
    stage: Stage = Stage.FULL
    is_locked: bool = False

    def has_ended(self, now: datetime) -> bool:
        """Say whether nothing brings it back: revoked, too old, or the user is disabled."""
        return self.is_revoked or self.user.is_disabled or now >= self.expires_at

    def is_asleep(self, now: datetime, idle: timedelta) -> bool:
        """Say whether the person must show the password again before it counts."""
        return self.is_locked or now - self.seen_at >= idle


def checked_login(text: str) -> str:
    """Give the login in its one form. Raises InvalidField."""
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidField("login", "login")
    return login


def checked_person(text: str) -> str:
    """Give the number of a person in its one form; empty is allowed. Raises InvalidField."""
    person = text.strip().upper()
    if not _PERSON.fullmatch(person):
        raise InvalidField("person", "person_number")
    return person


def checked_name(text: str) -> str:
    """Give the name composed and trimmed. Raises InvalidField."""
    name = nfc(" ".join(text.split()))
    if not 1 <= len(name) <= NAME_LETTERS_MAX or not is_line(name):
        raise InvalidField("name", "person_name", most=NAME_LETTERS_MAX)
    return name


def checked_password(text: str, *, login: str) -> str:
    """
    Refuse what is guessed first; any characters are allowed, and no change is forced later.

    Raises:
        InvalidField: too short, too long, or made of the login.
    """
    password = nfc(text)
    if not PASSWORD_LETTERS_MIN <= len(password) <= PASSWORD_LETTERS_MAX:
        raise InvalidField(
            "password", "password_length", least=PASSWORD_LETTERS_MIN, most=PASSWORD_LETTERS_MAX
        )
    if login in password.lower() or len(set(password)) < 5:
        raise InvalidField("password", "password_guessable")
    return password
