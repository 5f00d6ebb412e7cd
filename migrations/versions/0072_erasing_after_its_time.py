"""Let the worker erase the words of a bank's statement after their time."""

from __future__ import annotations

from alembic import op

from payments.storage.migrating import is_postgres

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if is_postgres():
        op.execute("GRANT UPDATE (memo_sealed) ON statement_line TO vp_worker")


def downgrade() -> None:
    if is_postgres():
        op.execute("REVOKE UPDATE (memo_sealed) ON statement_line FROM vp_worker")
