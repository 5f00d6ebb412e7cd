"""What screens ask about people and about the facility itself."""

from __future__ import annotations

from sqlalchemy import select

from payments.identity.model import User
from payments.identity.permissions import Role
from payments.identity.rows import STAFF
from payments.storage.installation import FACILITY
from payments.storage.unit_of_work import UnitOfWork


def users(tx: UnitOfWork) -> tuple[User, ...]:
    rows = tx.execute(
        select(STAFF).where(STAFF.c.facility_id == tx.facility).order_by(STAFF.c.login)
    )
    return tuple(
        User(row.id, row.login, row.name, Role(row.role), is_disabled=row.disabled) for row in rows
    )


def facility_name(tx: UnitOfWork) -> str:
    """Give the hospital's name; empty where the facility is not in this database."""
    name: str | None = tx.execute(
        select(FACILITY.c.name).where(FACILITY.c.facility_id == tx.facility)
    ).scalar()
    return name or ""
