"""What screens ask about people and about the facility itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from payments.identity import factors
from payments.identity.model import RoleConflict, User
from payments.identity.permissions import Role, conflict
from payments.identity.rows import STAFF, STAFF_SESSION
from payments.kernel.errors import NotFound
from payments.storage.installation import FACILITY
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as the administration sees one."""

    user: User
    has_factor: bool
    #: The newest activity of any session; None for who never signed in.
    last_seen_at: datetime | None
    open_sessions: int


def users(tx: UnitOfWork) -> tuple[User, ...]:
    rows = tx.execute(
        select(STAFF).where(STAFF.c.facility_id == tx.facility).order_by(STAFF.c.login)
    )
    return tuple(_user(row) for row in rows)


def user_views(tx: UnitOfWork) -> tuple[UserView, ...]:
    """List the users with their last use; who has not been seen for long may have left."""
    of_facility = STAFF_SESSION.c.facility_id == tx.facility
    seen = {
        row.staff_id: row.at
        for row in tx.execute(
            select(STAFF_SESSION.c.staff_id, func.max(STAFF_SESSION.c.seen_at).label("at"))
            .where(of_facility)
            .group_by(STAFF_SESSION.c.staff_id)
        )
    }
    open_sessions = {
        row.staff_id: row.n
        for row in tx.execute(
            select(STAFF_SESSION.c.staff_id, func.count().label("n"))
            .where(
                of_facility,
                STAFF_SESSION.c.revoked == False,  # noqa: E712 - SQL, not Python
                STAFF_SESSION.c.expires_at > tx.now(),
            )
            .group_by(STAFF_SESSION.c.staff_id)
        )
    }
    enrolled = factors.enrolled(tx)
    return tuple(
        UserView(user, user.id in enrolled, seen.get(user.id), open_sessions.get(user.id, 0))
        for user in users(tx)
    )


def user_view(tx: UnitOfWork, user_id: UUID) -> UserView:
    """Read one user. Raises NotFound."""
    for view in user_views(tx):
        if view.user.id == user_id:
            return view
    raise NotFound(f"no user {user_id}")


def refuse_conflict(tx: UnitOfWork, user: User) -> None:
    """
    Refuse a second login of one person where one would make what the other checks.

    Raises:
        RoleConflict: names the other login.
    """
    if not user.person:
        return
    for other in users(tx):
        is_same_person = other.person == user.person and other.id != user.id
        if is_same_person and not other.is_disabled and conflict(user.role, other.role):
            raise RoleConflict(login=other.login, role=other.role.value)


def facility_name(tx: UnitOfWork) -> str:
    """Give the hospital's name; empty where the facility is not in this database."""
    name: str | None = tx.execute(
        select(FACILITY.c.name).where(FACILITY.c.facility_id == tx.facility)
    ).scalar()
    return name or ""


def _user(row: Any) -> User:
    return User(
        row.id,
        row.login,
        row.name,
        Role(row.role),
        is_disabled=row.disabled,
        must_change=row.must_change,
        person=row.person,
    )
