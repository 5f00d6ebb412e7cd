"""A user, a session and their limits; what a login and a password look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from payments.identity.permissions import Permission, Role, allows
from payments.kernel.errors import Conflict, Forbidden, InvalidField, Rejected
from payments.kernel.text import nfc

SESSION_LIFE: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(minutes=15)
#: Activity is written at most this often: a busy desk does not write at each click.
SEEN_EVERY: Final = timedelta(seconds=30)

TRIES_WINDOW: Final = timedelta(minutes=1)
TRIES_PER_LOGIN: Final = 10
#: All desks of a hospital may share one address: higher, so that one person who guesses does not
#: lock the whole hospital out at the start of a shift.
TRIES_PER_ADDRESS: Final = 60

PASSWORD_LETTERS_MIN: Final = 12
PASSWORD_LETTERS_MAX: Final = 128
NAME_LETTERS_MAX: Final = 80
_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class WrongCredentials(Rejected):
    """The login or the password is wrong, or the user is disabled; the answer never says which."""

    code = "wrong-credentials"


class TooManyTries(Rejected):
    """Too many failed tries within a minute, for this login or from this address."""

    code = "too-many-tries"


class NotSignedIn(Forbidden):
    """Nobody is signed in, or the session has ended."""

    code = "not-signed-in"


class LoginTaken(Conflict):
    """Another user of this facility has this login."""

    code = "login-taken"


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    login: str
    name: str
    role: Role
    is_disabled: bool

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

    def is_live(self, now: datetime) -> bool:
        """Say whether it still counts: not revoked, not too old, not idle, user not disabled."""
        return (
            not self.is_revoked
            and not self.user.is_disabled
            and now < self.expires_at
            and now - self.seen_at < SESSION_IDLE
        )


def checked_login(text: str) -> str:
    """Give the login in its one form. Raises InvalidField."""
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InvalidField("login", "login")
    return login


def checked_name(text: str) -> str:
    """Give the name composed and trimmed. Raises InvalidField."""
    name = nfc(" ".join(text.split()))
    if not 1 <= len(name) <= NAME_LETTERS_MAX or any(
        unicodedata.category(char).startswith("C") for char in name
    ):
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
