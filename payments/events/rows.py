"""Events, who asked for them, and how each was delivered."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Dong, Id, UtcTime, Whole, Words

EVENT: Final = Table(
    "event",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
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
)
#: Which orders of which program an invoice bills; written by whoever issues it from orders.
INVOICE_REFERENCE: Final = Table(
    "invoice_reference",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("invoice_id", Id, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("number", Words, primary_key=True),
    Column("line", Whole, primary_key=True, autoincrement=False),
)
EVENT_SUBSCRIPTION: Final = Table(
    "event_subscription",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("name", Words, primary_key=True),
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
)
EVENT_DELIVERY: Final = Table(
    "event_delivery",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("event_id", Id, nullable=False),
    Column("subscription", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("delivered_at", UtcTime, nullable=True),
    ForeignKeyConstraint(["facility_id", "event_id"], ["event.facility_id", "event.id"]),
    ForeignKeyConstraint(
        ["facility_id", "subscription"],
        ["event_subscription.facility_id", "event_subscription.name"],
    ),
)
EVENT_ATTEMPT: Final = Table(
    "event_attempt",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, nullable=False),
    Column("attempt", Whole, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("status", Whole, nullable=True),
    Column("duration_ms", Whole, nullable=False),
    Column("failure", Words, nullable=False),
    Column("answer", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "delivery_id"], ["event_delivery.facility_id", "event_delivery.id"]
    ),
)
