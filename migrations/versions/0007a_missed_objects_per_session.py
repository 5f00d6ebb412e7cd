"""A session counts the objects that it asked for and that are not there: who guesses is seen."""

from alembic import op
from sqlalchemy import Column

from payments.storage.columns import Whole
from payments.storage.migrating import is_postgres

revision = "0007a"
down_revision = "0007"


def upgrade() -> None:
    # A constant default: no row is written anew, the lock is held for a moment.
    op.add_column("staff_session", Column("missed", Whole, nullable=False, server_default="0"))
    if is_postgres():
        op.execute("GRANT UPDATE (missed) ON staff_session TO vp_app")


def downgrade() -> None:
    op.drop_column("staff_session", "missed")
