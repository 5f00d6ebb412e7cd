"""Password hashes (argon2id), and the time they take whether or not the user exists."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: OWASP's profile for argon2id (19 MiB, two passes): forty desks sign in at the start of a shift,
#: and with RFC 9106's 64 MiB they would need 2.5 GB at once.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Compared with when nobody has the login, so that the answer takes as long as for a real user.
_NOBODY: Final = _HASHER.hash("nobody has this password")


def hash_of(password: str) -> str:
    return _HASHER.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Compare; *stored* is None when nobody has the login, which takes the same time."""
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_stale(stored: str) -> bool:
    """Say whether the hash was made with other limits than today's."""
    return _HASHER.check_needs_rehash(stored)
