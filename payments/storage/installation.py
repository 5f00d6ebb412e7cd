"""What a database is: trial or production, whose facilities it holds, under which hosts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Engine, Table, insert, select, text

from payments.kernel.errors import Rejected
from payments.kernel.scope import FacilityId
from payments.storage.columns import METADATA, UtcTime, Whole, Words

INSTALLATION: Final = Table(
    "installation",
    METADATA,
    Column("id", Whole, primary_key=True),
    Column("mode", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
FACILITY_HOST: Final = Table(
    "facility_host",
    METADATA,
    Column("host", Words, primary_key=True),
    Column("facility_id", Whole, nullable=False),
)
FACILITY: Final = Table(
    "facility",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("name", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)


class WrongInstallation(Rejected):
    """The database and the settings contradict each other; the programs do not start."""

    code = "wrong-installation"


def found(engine: Engine, *, mode: str, at: datetime) -> None:
    """Write *mode* into a new database. It never changes: a trial cannot become the real thing."""
    with engine.begin() as connection:
        if _mode(connection) is None:
            connection.execute(insert(INSTALLATION).values(id=1, mode=mode, made_at=at))


def add_facility(
    engine: Engine, facility: FacilityId, name: str, *, at: datetime, hosts: tuple[str, ...] = ()
) -> None:
    """
    Add a facility (as vp_owner on PostgreSQL).

    Raises:
        WrongInstallation: a SQLite file already holds another facility.
    """
    with engine.begin() as connection:
        present = set(connection.scalars(select(FACILITY.c.facility_id)))
        if engine.dialect.name == "sqlite" and present - {facility}:
            raise WrongInstallation("a SQLite file holds one facility; use PostgreSQL for several")
        if facility not in present:
            connection.execute(insert(FACILITY).values(facility_id=facility, name=name, made_at=at))
        for host in hosts:
            connection.execute(insert(FACILITY_HOST).values(host=host, facility_id=facility))


def check(engine: Engine, *, mode: str) -> None:
    """
    Refuse to serve a database of the other mode, or with a role that policies do not bind.

    Raises:
        WrongInstallation: says which of the two, and what to do.
    """
    with engine.connect() as connection:
        written = _mode(connection)
        if written != mode:
            raise WrongInstallation(
                f"this database is {written or 'not founded'}, VIENPHI_MODE says {mode}:"
                " use the database that was made for this mode"
            )
        if engine.dialect.name == "postgresql":
            _refuse_unbound_role(connection)


def _mode(connection: Connection) -> str | None:
    return connection.scalar(select(INSTALLATION.c.mode))


def _refuse_unbound_role(connection: Connection) -> None:
    role, unbound = connection.execute(
        text(
            "SELECT current_user, rolsuper OR rolbypassrls"
            " OR pg_has_role(current_user, 'vp_owner', 'MEMBER')"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if unbound:
        raise WrongInstallation(
            f"connected as {role}, whom row-level security does not bind: connect as vp_app"
        )


def facilities(engine: Engine) -> tuple[tuple[FacilityId, str], ...]:
    """List the facilities that this role sees: all for vp_worker and vp_owner, none for vp_app."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(FACILITY.c.facility_id, FACILITY.c.name).order_by(FACILITY.c.facility_id)
        )
        return tuple((FacilityId(row.facility_id), row.name) for row in rows)


def facility_of_host(connection: Connection, host: str) -> FacilityId | None:
    """Say which facility answers under *host*; an installation with one facility may name none."""
    found_id = connection.scalar(
        select(FACILITY_HOST.c.facility_id).where(FACILITY_HOST.c.host == host)
    )
    return None if found_id is None else FacilityId(found_id)
