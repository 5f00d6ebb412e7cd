"""Rules by version, and each decision that a rule or a person took."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Day, Dong, Id, UtcTime, Whole, Words

MATCH_RULE: Final = Table(
    "match_rule",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False),
    Column("version", Whole, nullable=False),
    Column("found_by", Words, nullable=False),
    Column("effect", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("pattern", Words, nullable=False),
    Column("window_minutes", Whole, nullable=False),
    Column("tolerance", Dong, nullable=False),
    Column("first_day", Day, nullable=False),
    Column("last_day", Day, nullable=True),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("tried_on", Day, nullable=True),
    Column("tried_matches", Whole, nullable=True),
    Column("on_at", UtcTime, nullable=True),
    Column("on_by", Words, nullable=True),
    Column("off_at", UtcTime, nullable=True),
    Column("off_by", Words, nullable=True),
    Column("off_reason", Words, nullable=False),
    ForeignKeyConstraint(["facility_id"], ["facility.facility_id"]),
)
#: The id is that of the match where it pays an invoice, so that both are one.
MATCH_DECISION: Final = Table(
    "match_decision",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("credit_id", Id, nullable=False),
    Column("invoice_id", Id, nullable=True),
    Column("effect", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("rule_id", Id, nullable=True),
    Column("score", Whole, nullable=True),
    Column("why", Words, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("decided_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "rule_id"], ["match_rule.facility_id", "match_rule.id"]),
)
