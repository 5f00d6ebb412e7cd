"""What the administration does to users; whatever takes something away ends their sessions."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final
from uuid import UUID

from payments import audit
from payments.identity import factors, repository, service
from payments.identity.model import OwnUser, User
from payments.identity.permissions import Role
from payments.identity.queries import refuse_conflict
from payments.kernel.scope import Scope
from payments.runtime import Runtime

#: Without letters and figures that are mistaken for each other when they are read out.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def change_role(runtime: Runtime, scope: Scope, user_id: UUID, role: Role) -> None:
    """
    Give a user another role; open sessions end, for a page may show what is no more theirs.

    Raises:
        NotFound, OwnUser: no such user, or one's own.
        RoleConflict: the person has another login with a role that must be another person's.
    """
    refuse_own(scope, user_id)
    with runtime.database.transaction(scope) as tx:
        user, _ = repository.by_id(tx, user_id)
        refuse_conflict(tx, replace(user, role=role))
        repository.change(tx, user_id, role=role.value)
        repository.revoke(tx, user_id=user_id)
        audit.append(
            tx, "user.role_changed", f"user:{user_id}", former=user.role.value, role=role.value
        )


def disable(runtime: Runtime, scope: Scope, user_id: UUID) -> None:
    """Let somebody else in no more, from the next request on. Raises NotFound, OwnUser."""
    refuse_own(scope, user_id)
    service.disable(runtime, scope, user_id)


def enable(runtime: Runtime, scope: Scope, user_id: UUID) -> None:
    """Let a user in again. Raises NotFound, RoleConflict."""
    with runtime.database.transaction(scope) as tx:
        user, _ = repository.by_id(tx, user_id)
        refuse_conflict(tx, user)
        repository.change(tx, user_id, disabled=False)
        audit.append(tx, "user.enabled", f"user:{user_id}")


def end_sessions(runtime: Runtime, scope: Scope, user_id: UUID) -> int:
    """End all sessions of a user from the next request on; returns how many. Raises NotFound."""
    with runtime.database.transaction(scope) as tx:
        repository.by_id(tx, user_id)
        ended = repository.revoke(tx, user_id=user_id)
        audit.append(tx, "user.sessions_ended", f"user:{user_id}", sessions_ended=ended)
    return ended


def reset_factor(runtime: Runtime, scope: Scope, user_id: UUID) -> None:
    """
    Forget a lost telephone; the user enrols again at the next sign-in.

    Raises:
        NotFound, OwnUser: no such user, or one's own: a stolen session renews no factor.
    """
    refuse_own(scope, user_id)
    with runtime.database.transaction(scope) as tx:
        repository.by_id(tx, user_id)
        had = factors.reset(tx, user_id)
        ended = repository.revoke(tx, user_id=user_id)
        audit.append(
            tx, "user.factor_reset", f"user:{user_id}", had_factor=had, sessions_ended=ended
        )


def give_password(runtime: Runtime, scope: Scope, user_id: UUID) -> tuple[User, str]:
    """
    Give a user a password for one sign-in, which asks for a new one; it is told once.

    Raises:
        NotFound: no such user.
    """
    with runtime.database.reading(scope) as tx:
        user, _ = repository.by_id(tx, user_id)
    password = first_password()
    service.set_password(runtime, scope, user, password, must_change=True)
    return user, password


def first_password() -> str:
    """Make a password that can be read out: 16 letters, 79 bits."""
    told = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(told[start : start + 4] for start in range(0, 16, 4))


def refuse_own(scope: Scope, user_id: UUID) -> None:
    if scope.actor == f"user:{user_id}":
        raise OwnUser()
