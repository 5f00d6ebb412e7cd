"""Attempts at gateways beside their intents, and each movement of money a gateway told of, once."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    create_table(
        "gateway_attempt",
        facility_column(),
        must("intent_id", Id),
        must("number", Dong),
        must("opened_at", UtcTime),
        must("shown", Words),
        must("gateway_id", Words),
        must("asked", Whole),
        may("next_ask_at", UtcTime),
        must("told", Words),
        must("flags", Words),
        must("trouble", Words),
        PrimaryKeyConstraint(FACILITY, "intent_id", name="pk_gateway_attempt"),
        UniqueConstraint(FACILITY, "number", name="uq_gateway_attempt_facility_id_number"),
        points_at("gateway_attempt", "intent_id", "id", "intent"),
        # Gateways read it as a floating number: above 2^53 two numbers would be one.
        check("gateway_attempt", "number", "number BETWEEN 1 AND 9007199254740991"),
        app="SELECT, INSERT, UPDATE",
    )
    # The few that are asked about, of all that ever were.
    asked = text("next_ask_at IS NOT NULL")
    op.create_index(
        "ix_gateway_attempt_asked",
        "gateway_attempt",
        [FACILITY, "next_ask_at"],
        postgresql_where=asked,
        sqlite_where=asked,
    )
    create_table(
        "gateway_booking",
        facility_column(),
        must("channel", Words),
        must("transaction", Words),
        must("kind", Words),
        must("intent_id", Id),
        must("payment_id", Id),
        must("amount", Dong),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "channel", "transaction", "kind", name="pk_gateway_booking"),
        points_at("gateway_booking", "intent_id", "id", "intent"),
        points_at("gateway_booking", "payment_id", "id", "payment"),
        check("gateway_booking", "kind", "kind IN ('capture', 'refund')"),
        check("gateway_booking", "amount", "amount >= 1"),
    )
    op.create_index(
        "ix_gateway_booking_facility_id_payment", "gateway_booking", [FACILITY, "payment_id"]
    )
    append_only("gateway_booking")


def downgrade() -> None:
    drop_tables("gateway_booking", "gateway_attempt")
