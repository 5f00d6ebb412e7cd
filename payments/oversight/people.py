"""Weak places around people and tokens: who can do more than one person should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final

from payments.identity import queries
from payments.identity.permissions import FACTOR_ROLES, conflict
from payments.identity.queries import UserView
from payments.oversight.model import Weakness, Weight
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens import service as tokens
from payments.tokens.model import Token

#: Who was not seen for so long has another post, or left.
UNSEEN_MAX: Final = timedelta(days=90)
#: A token that lives longer than a year outlives the contract of who got it.
TOKEN_LIFE_MAX: Final = timedelta(days=366)
_TOKEN_UNUSED_MAX: Final = timedelta(days=90)


def weak(tx: UnitOfWork) -> Iterator[Weakness]:
    """Name users and tokens that a review would ask about."""
    views = queries.user_views(tx)
    now = tx.now()
    for view in views:
        yield from _of_user(view, now)
    yield from _conflicts(views)
    for token in tokens.listed(tx):
        yield from _of_token(token, now)


def _of_user(view: UserView, now: datetime) -> Iterator[Weakness]:
    user = view.user
    if user.is_disabled:
        if view.open_sessions:
            yield Weakness(
                "session-of-disabled",
                Weight.HIGH,
                f"{user.login} is disabled and has {view.open_sessions} open sessions",
                "end them: `vienphi user sign-out LOGIN`",
                "ASVS 5.0 7.4.2",
            )
        return
    if user.role in FACTOR_ROLES and not view.has_factor:
        yield Weakness(
            "no-second-factor",
            Weight.MEDIUM,
            f"{user.login} ({user.role.value}) has not set up a second factor",
            "let the person sign in and set it up, or disable the login",
            "ASVS 5.0 6.3.3",
        )
    seen = view.last_seen_at
    if seen is None or now - seen > UNSEEN_MAX:
        how_long = "ever" if seen is None else f"for {(now - seen).days} days"
        yield Weakness(
            "user-unseen",
            Weight.LOW,
            f"{user.login} was not seen {how_long}",
            "ask the department, and disable the login of who left",
            "ASVS 5.0 6.1.1",
        )
    if not user.person:
        yield Weakness(
            "user-without-person",
            Weight.LOW,
            f"{user.login} has no staff number",
            "enter it: two logins of one person are found by it alone",
            "ASVS 5.0 8.1.1",
        )


def _conflicts(views: Sequence[UserView]) -> Iterator[Weakness]:
    live = [view.user for view in views if not view.user.is_disabled and view.user.person]
    for one, other in combinations(live, 2):
        if one.person == other.person and conflict(one.role, other.role):
            yield Weakness(
                "role-conflict",
                Weight.HIGH,
                f"{one.login} ({one.role.value}) and {other.login} ({other.role.value})"
                " are one person",
                "disable one of them: whoever makes never checks",
                "ASVS 5.0 8.2.1",
            )


def _of_token(token: Token, now: datetime) -> Iterator[Weakness]:
    if token.revoked_at is not None or token.valid_to <= now:
        return
    if token.valid_to - token.made_at > TOKEN_LIFE_MAX:
        yield Weakness(
            "token-long",
            Weight.LOW,
            f"token {token.name!r} lives {(token.valid_to - token.made_at).days} days",
            "make one of a year at most",
            "ASVS 5.0 13.3.4",
        )
    if now - (token.used_at or token.made_at) > _TOKEN_UNUSED_MAX:
        yield Weakness(
            "token-unused",
            Weight.MEDIUM,
            f"token {token.name!r} was not used for {(now - (token.used_at or token.made_at)).days}"
            " days",
            "revoke it: `vienphi token revoke`",
            "ASVS 5.0 13.3.4",
        )
