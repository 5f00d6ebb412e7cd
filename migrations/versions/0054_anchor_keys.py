"""The key that signed an anchor beside its signature: a proof of a receipt then stands alone."""

from alembic import op

from payments.storage.migrating import is_postgres

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    # Empty for the anchors of before: whoever checks their proofs brings the key.
    kind, nothing = ("bytea", "'\\x'::bytea") if is_postgres() else ("BLOB", "x''")
    op.execute(
        f"ALTER TABLE ledger_anchor ADD COLUMN public_key {kind} NOT NULL DEFAULT {nothing}"
        " CONSTRAINT ck_ledger_anchor_public_key CHECK (length(public_key) IN (0, 32))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE ledger_anchor DROP COLUMN public_key")
