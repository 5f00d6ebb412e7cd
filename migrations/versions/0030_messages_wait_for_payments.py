"""
What a message waits for that takes money back before its payment was told.

Only adds: the column may be empty, so the former release goes on writing. Adding an empty column
rewrites no row; the index holds waiting messages alone, of which there are few.
"""

from alembic import op
from sqlalchemy import Column, text

from payments.storage.columns import Words
from payments.storage.migrating import FACILITY

revision = "0030"
down_revision = "0029a"


def upgrade() -> None:
    op.add_column("notification", Column("waits_for", Words, nullable=True))
    waiting = text("waits_for IS NOT NULL")
    op.create_index(
        "ix_notification_waiting",
        "notification",
        [FACILITY, "channel", "waits_for"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def downgrade() -> None:
    op.drop_index("ix_notification_waiting", "notification")
    op.drop_column("notification", "waits_for")
