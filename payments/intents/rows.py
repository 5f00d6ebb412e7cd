"""Attempts to collect, what gateways know of them, and what each gateway told of money, once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Dong, Id, UtcTime, Whole, Words

INTENT: Final = Table(
    "intent",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("invoice_id", Id, nullable=False),
    Column("channel", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("code", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
GATEWAY_ATTEMPT: Final = Table(
    "gateway_attempt",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("intent_id", Id, primary_key=True),
    Column("number", Dong, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("shown", Words, nullable=False),
    Column("gateway_id", Words, nullable=False),
    Column("asked", Whole, nullable=False),
    Column("next_ask_at", UtcTime, nullable=True),
    Column("told", Words, nullable=False),
    Column("flags", Words, nullable=False),
    Column("trouble", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
)
GATEWAY_ERRAND: Final = Table(
    "gateway_errand",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("intent_id", Id, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("wanted_at", UtcTime, nullable=False),
    Column("wanted_by", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("asked", Whole, nullable=False),
    Column("next_ask_at", UtcTime, nullable=True),
    Column("trouble", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
)
GATEWAY_BOOKING: Final = Table(
    "gateway_booking",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("channel", Words, primary_key=True),
    Column("transaction", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("intent_id", Id, nullable=False),
    Column("payment_id", Id, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
)
#: What was agreed of paying an invoice in parts: the newest counts, one without parts ends it.
PAYMENT_PLAN: Final = Table(
    "payment_plan",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("invoice_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("owed", Dong, nullable=False),
    Column("refunded", Dong, nullable=False),
    Column("agreed_by", Words, nullable=False),
    Column("agreed_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
PAYMENT_PLAN_PART: Final = Table(
    "payment_plan_part",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("invoice_id", Id, primary_key=True),
    Column("plan", Whole, primary_key=True, autoincrement=False),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("amount", Dong, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "invoice_id", "plan"],
        ["payment_plan.facility_id", "payment_plan.invoice_id", "payment_plan.number"],
    ),
)
