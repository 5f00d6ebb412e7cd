"""
Let the role of backups read sequences, those of later releases too: pg_dump stops without it.

PostgreSQL only: SQLite has neither roles nor sequences.
"""

from __future__ import annotations

from alembic import op

from payments.storage.migrating import is_postgres

revision = "0071"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if is_postgres():
        op.execute("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO vp_backup")
        op.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO vp_backup"
        )


def downgrade() -> None:
    if is_postgres():
        op.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM vp_backup"
        )
        op.execute("REVOKE SELECT ON ALL SEQUENCES IN SCHEMA public FROM vp_backup")
