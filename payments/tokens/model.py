"""A token, what it opens, and what it looks like as text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.errors import Forbidden, InvalidField
from payments.kernel.text import is_line, nfc

#: A token that nobody renews ends by itself.
DAYS_DEFAULT: Final = 365
DAYS_MAX: Final = 1100
#: A desk asks once a second while it waits; ten desks behind one token fit.
PER_MINUTE_DEFAULT: Final = 600
PER_MINUTE_MAX: Final = 60_000
NAME_LETTERS_MAX: Final = 80
#: The beginning is fixed, so that a scanner finds a token that was pasted where it should not be.
_TEXT: Final = re.compile(r"vienphi_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


class TokenScope(StrEnum):
    """One word of what a token may do; a token has a set of them."""

    SERVICES_READ = "services:read"
    PATIENTS_READ = "patients:read"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    CODES_WRITE = "codes:write"
    PAYMENTS_READ = "payments:read"
    STATEMENTS_READ = "statements:read"
    EVENTS_READ = "events:read"
    ORDERS_WRITE = "orders:write"
    #: Figures of operation for a monitoring system: no data of patients, no part of the API.
    METRICS_READ = "metrics:read"


class NotAdmitted(Forbidden):
    """The request has no token, or one that is unknown, ended or revoked: send a live one."""

    code = "no-token"


class ScopeMissing(Forbidden):
    """The token is good, but its scopes do not include this: ask for a token that has it."""

    code = "scope-missing"


class TooManyRequests(Forbidden):
    """The token has used up its requests of this minute: wait as long as Retry-After says."""

    code = "too-many-requests"


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret, which is told once and kept nowhere."""

    id: UUID
    name: str
    scopes: frozenset[TokenScope]
    per_minute: int
    made_at: datetime
    made_by: str
    valid_to: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        return f"token:{self.id}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.valid_to

    def allows(self, scope: TokenScope) -> bool:
        return scope in self.scopes


def written(token_id: UUID, secret: str) -> str:
    return f"vienphi_{token_id.hex}_{secret}"


def parsed(text: str) -> tuple[UUID, str]:
    """Take a token apart: its id and its secret. Raises NotAdmitted for any other text."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise NotAdmitted("this is no token: Authorization: Bearer vienphi_…")
    return UUID(found[1]), found[2]


def checked_name(text: str) -> str:
    """Give the name composed and trimmed. Raises InvalidField."""
    name = nfc(" ".join(text.split()))
    if not 1 <= len(name) <= NAME_LETTERS_MAX or not is_line(name):
        raise InvalidField("name", "person_name", most=NAME_LETTERS_MAX)
    return name


def checked_scopes(words: Collection[str]) -> frozenset[TokenScope]:
    """Read scopes by their words. Raises InvalidField that lists the known ones."""
    known = {scope.value for scope in TokenScope}
    unknown = sorted(set(words) - known)
    if unknown or not words:
        raise InvalidField("scope", "token_scope", known=", ".join(sorted(known)))
    return frozenset(TokenScope(word) for word in words)
