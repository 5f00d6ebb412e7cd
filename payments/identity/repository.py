"""Users and sessions between their rows and their values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from payments.identity.model import LoginTaken, Session, Stage, User
from payments.identity.permissions import Role
from payments.identity.rows import STAFF, STAFF_SESSION
from payments.kernel.errors import NotFound
from payments.storage.columns import mine, new_id
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_USER_COLUMNS: Final = (
    STAFF.c.id.label("staff_id"),
    STAFF.c.login,
    STAFF.c.name,
    STAFF.c.role,
    STAFF.c.disabled,
    STAFF.c.must_change,
    STAFF.c.person,
)
#: Every request of the staff asks this.
_SESSION: Final = Prepared(
    select(STAFF_SESSION, *_USER_COLUMNS[1:])
    .join(
        STAFF,
        (STAFF.c.facility_id == STAFF_SESSION.c.facility_id)
        & (STAFF.c.id == STAFF_SESSION.c.staff_id),
    )
    .where(mine(STAFF_SESSION), STAFF_SESSION.c.token_hash == bindparam("token_hash"))
)


def add(tx: UnitOfWork, user: User, password_hash: str) -> None:
    """
    Store a new user.

    Raises:
        LoginTaken: another user of this facility has the login.
    """
    try:
        tx.execute(
            insert(STAFF),
            {
                "facility_id": tx.facility,
                "id": user.id,
                "login": user.login,
                "name": user.name,
                "role": user.role.value,
                "password_hash": password_hash,
                "disabled": user.is_disabled,
                "must_change": user.must_change,
                "person": user.person,
                "made_at": tx.now(),
                "changed_at": tx.now(),
            },
        )
    except IntegrityError as error:
        if "login" not in str(error.orig):
            raise
        raise LoginTaken(login=user.login) from error


def by_login(tx: UnitOfWork, login: str) -> tuple[User, str] | None:
    """Find a user and the hash of the password."""
    row = tx.execute(
        select(*_USER_COLUMNS, STAFF.c.password_hash).where(
            STAFF.c.facility_id == tx.facility, STAFF.c.login == login
        )
    ).first()
    return None if row is None else (_user(row), row.password_hash)


def by_id(tx: UnitOfWork, user_id: UUID) -> tuple[User, str]:
    """Find a user and the hash of the password. Raises NotFound."""
    row = tx.execute(
        select(*_USER_COLUMNS, STAFF.c.password_hash).where(
            STAFF.c.facility_id == tx.facility, STAFF.c.id == user_id
        )
    ).first()
    if row is None:
        raise NotFound(f"no user {user_id}")
    return _user(row), row.password_hash


def change(tx: UnitOfWork, user_id: UUID, **values: Any) -> None:
    """Set columns of a user. Raises NotFound."""
    done = tx.execute(
        update(STAFF)
        .where(STAFF.c.facility_id == tx.facility, STAFF.c.id == user_id)
        .values(changed_at=tx.now(), **values)
    )
    if not done.rowcount:
        raise NotFound(f"no user {user_id}")


def add_session(
    tx: UnitOfWork, user_id: UUID, token_hash: bytes, stage: Stage, *, expires_at: datetime
) -> UUID:
    session_id = new_id()
    tx.execute(
        insert(STAFF_SESSION),
        {
            "facility_id": tx.facility,
            "id": session_id,
            "staff_id": user_id,
            "token_hash": token_hash,
            "started_at": tx.now(),
            "seen_at": tx.now(),
            "expires_at": expires_at,
            "revoked": False,
            "stage": stage.value,
            "locked": False,
        },
    )
    return session_id


def session(tx: UnitOfWork, token_hash: bytes) -> Session | None:
    row = _SESSION.first(tx, token_hash=token_hash)
    if row is None:
        return None
    return Session(
        row.id,
        _user(row),
        row.started_at,
        row.seen_at,
        row.expires_at,
        is_revoked=row.revoked,
        stage=Stage(row.stage),
        is_locked=row.locked,
    )


def seen(tx: UnitOfWork, session_id: UUID, **values: Any) -> None:
    """Note that the person is there, and set columns of the session."""
    tx.execute(
        update(STAFF_SESSION)
        .where(STAFF_SESSION.c.facility_id == tx.facility, STAFF_SESSION.c.id == session_id)
        .values(seen_at=tx.now(), **values)
    )


def missed(tx: UnitOfWork, session_id: UUID) -> int:
    """Count one more object that is not there; returns the count of the session."""
    counted: int = tx.execute(
        update(STAFF_SESSION)
        .where(STAFF_SESSION.c.facility_id == tx.facility, STAFF_SESSION.c.id == session_id)
        .values(missed=STAFF_SESSION.c.missed + 1)
        .returning(STAFF_SESSION.c.missed)
    ).scalar_one()
    return counted


def revoke(tx: UnitOfWork, *, session_id: UUID | None = None, user_id: UUID | None = None) -> int:
    """End one session, or all of a user; returns how many were ended."""
    which = (
        STAFF_SESSION.c.id == session_id
        if session_id is not None
        else STAFF_SESSION.c.staff_id == user_id
    )
    done = tx.execute(
        update(STAFF_SESSION)
        .where(
            STAFF_SESSION.c.facility_id == tx.facility,
            which,
            STAFF_SESSION.c.revoked == False,  # noqa: E712 - SQL, not Python
        )
        .values(revoked=True)
    )
    return done.rowcount


def _user(row: Any) -> User:
    return User(
        row.staff_id,
        row.login,
        row.name,
        Role(row.role),
        is_disabled=row.disabled,
        must_change=row.must_change,
        person=row.person,
    )
