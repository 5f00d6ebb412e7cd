"""
Brings a database to the schema of this release, and says what it is.

A release only adds to the schema, so the former release runs on the next one's: to go back after an
upgrade is to start the former program again, never to take the schema back.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from payments.resources import resource


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to *revision*. PostgreSQL: connect as vp_owner."""
    with engine.connect() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Run the migrations back to *revision*; tested on an empty copy only."""
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Name the schema of this release; read once, for readiness asks for it every few seconds."""
    revision, _ = _history()[0]
    return revision


class Standing(StrEnum):
    """How a database's schema stands to this program's."""

    EQUAL = "equal"
    #: Needs ``vienphi db upgrade`` first.
    BEHIND = "behind"
    #: Of a later release, whose schema holds all that this one needs.
    AHEAD = "ahead"


def standing(found: str | None) -> Standing:
    """Compare the revision that a database is at; None is one without a schema."""
    known = {revision for revision, _ in _history()}
    if found == newest_revision():
        return Standing.EQUAL
    return Standing.BEHIND if found is None or found in known else Standing.AHEAD


def pending(found: str | None) -> tuple[tuple[str, str], ...]:
    """List the migrations that a database at *found* lacks, oldest first, with their titles."""
    missing = []
    for revision, title in _history():
        if revision == found:
            break
        missing.append((revision, title))
    return tuple(reversed(missing)) if standing(found) is Standing.BEHIND else ()


@cache
def _history() -> tuple[tuple[str, str], ...]:
    """Give revision and title of each migration, newest first; they are one line."""
    script = ScriptDirectory(str(resource("migrations")))
    return tuple((one.revision, one.doc) for one in script.walk_revisions())


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["connection"] = connection
    return config
