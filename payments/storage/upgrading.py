"""Brings a database to the schema of this release, and says what it is."""

from __future__ import annotations

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
    head = ScriptDirectory(str(resource("migrations"))).get_current_head()
    assert head is not None, "migrations/versions is never empty"
    return head


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["connection"] = connection
    return config
