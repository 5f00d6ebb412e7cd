"""Outgoing events: what happened, who asked for it, and each try to tell them."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
    points_at,
)

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _events()
    _subscriptions()
    _deliveries()


def _events() -> None:
    create_table(
        "event",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("kind", Words, nullable=False),
        Column("invoice_id", Id, nullable=False),
        Column("sequence", Whole, nullable=False),
        Column("number", Words, nullable=False),
        Column("document", Words, nullable=False),
        Column("payment", Words, nullable=False),
        Column("version", Whole, nullable=False),
        Column("total", Dong, nullable=False),
        Column("credited", Dong, nullable=False),
        Column("paid", Dong, nullable=False),
        Column("refunded", Dong, nullable=False),
        Column("due", Dong, nullable=False),
        Column("occurred_at", UtcTime, nullable=False),
        Column("state", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_event"),
        UniqueConstraint(FACILITY, "invoice_id", "sequence", name="uq_event_facility_id_sequence"),
        points_at("event", "invoice_id", "id", "invoice"),
        CheckConstraint("state IN ('new', 'told')", name="ck_event_state"),
        CheckConstraint("sequence >= 1", name="ck_event_sequence"),
        app="SELECT, INSERT, UPDATE (state)",
    )
    # The worker looks here each second: only what is new is in this index.
    new = text("state = 'new'")
    op.create_index(
        "ix_event_facility_id_new",
        "event",
        [FACILITY, "occurred_at"],
        postgresql_where=new,
        sqlite_where=new,
    )
    op.create_index("ix_event_facility_id_occurred_at", "event", [FACILITY, "occurred_at"])
    create_table(
        "invoice_reference",
        facility_column(),
        Column("invoice_id", Id, nullable=False),
        Column("source", Words, nullable=False),
        Column("number", Words, nullable=False),
        Column("line", Whole, nullable=False),
        PrimaryKeyConstraint(
            FACILITY, "invoice_id", "source", "number", "line", name="pk_invoice_reference"
        ),
        points_at("invoice_reference", "invoice_id", "id", "invoice"),
    )


def _subscriptions() -> None:
    create_table(
        "event_subscription",
        facility_column(),
        Column("name", Words, nullable=False),
        Column("url", Words, nullable=False),
        Column("kinds", Words, nullable=False),
        Column("state", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("secret_sealed", Blob, nullable=False),
        Column("former_sealed", Blob, nullable=True),
        Column("former_until", UtcTime, nullable=True),
        Column("failing_since", UtcTime, nullable=True),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "name", name="pk_event_subscription"),
        of_facility("event_subscription"),
        CheckConstraint("state IN ('active', 'disabled')", name="ck_event_subscription_state"),
        CheckConstraint(
            "(former_sealed IS NULL) = (former_until IS NULL)", name="ck_event_subscription_former"
        ),
        app="SELECT, INSERT, UPDATE",
    )


def _deliveries() -> None:
    create_table(
        "event_delivery",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("event_id", Id, nullable=False),
        Column("subscription", Words, nullable=False),
        Column("state", Words, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("next_at", UtcTime, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("delivered_at", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_event_delivery"),
        UniqueConstraint(
            FACILITY, "event_id", "subscription", name="uq_event_delivery_facility_id_event"
        ),
        points_at("event_delivery", "event_id", "id", "event"),
        points_at("event_delivery", "subscription", "name", "event_subscription"),
        CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name="ck_event_delivery_state"
        ),
        app="SELECT, INSERT, UPDATE (state, attempts, next_at, delivered_at)",
    )
    op.create_index(
        "ix_event_delivery_facility_id_state", "event_delivery", [FACILITY, "state", "next_at"]
    )
    op.create_index(
        "ix_event_delivery_facility_id_made_at", "event_delivery", [FACILITY, "made_at"]
    )
    create_table(
        "event_attempt",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("delivery_id", Id, nullable=False),
        Column("attempt", Whole, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("status", Whole, nullable=True),
        Column("duration_ms", Whole, nullable=False),
        Column("failure", Words, nullable=False),
        Column("answer", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_event_attempt"),
        points_at("event_attempt", "delivery_id", "id", "event_delivery"),
    )
    op.create_index(
        "ix_event_attempt_facility_id_delivery", "event_attempt", [FACILITY, "delivery_id", "at"]
    )


def downgrade() -> None:
    drop_tables(
        "event_attempt", "event_delivery", "event_subscription", "invoice_reference", "event"
    )
