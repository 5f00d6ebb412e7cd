"""Since when a gateway is spared: a light says it in words."""

from alembic import op
from sqlalchemy import Column

from payments.storage.columns import UtcTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    # A column that may be empty is added without reading the table.
    op.add_column("channel_breaker", Column("down_since", UtcTime, nullable=True))
    op.execute("UPDATE channel_breaker SET down_since = changed_at WHERE open_until IS NOT NULL")


def downgrade() -> None:
    op.drop_column("channel_breaker", "down_since")
