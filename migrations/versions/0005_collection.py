"""How money comes in: accounts, channels, codes, messages, bank credits, payments, receipts."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
    points_at,
)

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _channels()
    _intents()
    _bank()
    _inbox()
    _payments()


def _channels() -> None:
    create_table(
        "bank_account",
        facility_column(),
        Column("account", Words, nullable=False),
        Column("bin", Words, nullable=False),
        Column("holder", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "account", name="pk_bank_account"),
        of_facility("bank_account"),
    )
    create_table(
        "channel",
        facility_column(),
        Column("slug", Words, nullable=False),
        Column("version", Whole, nullable=False),
        Column("adapter", Words, nullable=False),
        Column("mode", Words, nullable=False),
        Column("account", Words, nullable=True),
        Column("notified_by", Words, nullable=False),
        Column("settings_sealed", Blob, nullable=False),
        Column("valid_from", UtcTime, nullable=False),
        Column("valid_to", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "slug", "version", name="pk_channel"),
        points_at("channel", "account", "account", "bank_account"),
        CheckConstraint("mode IN ('trial', 'production')", name="ck_channel_mode"),
        app="SELECT, INSERT, UPDATE",
    )


def _intents() -> None:
    create_table(
        "intent",
        facility_column(),
        Column("id", Id, nullable=False),
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
        PrimaryKeyConstraint(FACILITY, "id", name="pk_intent"),
        UniqueConstraint(FACILITY, "code", name="uq_intent_facility_id_code"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_intent_facility_id_idem_key"),
        points_at("intent", "invoice_id", "id", "invoice"),
        CheckConstraint("amount BETWEEN 1 AND 1000000000000", name="ck_intent_amount"),
        CheckConstraint(
            "state IN ('created', 'pending', 'captured', 'failed', 'cancelled', 'expired',"
            " 'superseded', 'unknown')",
            name="ck_intent_state",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    active = text("state IN ('created', 'pending', 'unknown')")
    op.create_index(
        "uq_intent_one_active",
        "intent",
        [FACILITY, "invoice_id", "channel"],
        unique=True,
        postgresql_where=active,
        sqlite_where=active,
    )
    op.create_index("ix_intent_facility_id_invoice", "intent", [FACILITY, "invoice_id"])
    op.create_index(
        "ix_intent_facility_id_state_expires", "intent", [FACILITY, "state", "expires_at"]
    )


def _bank() -> None:
    create_table(
        "bank_credit",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("account", Words, nullable=False),
        Column("external_id", Words, nullable=False),
        Column("bank_reference", Words, nullable=False),
        Column("direction", Words, nullable=False),
        Column("amount", Dong, nullable=False),
        Column("bank_day", Day, nullable=False),
        Column("occurred_at", UtcTime, nullable=False),
        Column("code", Words, nullable=False),
        Column("memo_sealed", Blob, nullable=False),
        Column("state", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_bank_credit"),
        UniqueConstraint(
            FACILITY, "account", "external_id", name="uq_bank_credit_facility_id_external"
        ),
        points_at("bank_credit", "account", "account", "bank_account"),
        CheckConstraint("direction IN ('in', 'out')", name="ck_bank_credit_direction"),
        CheckConstraint("amount BETWEEN 1 AND 1000000000000000", name="ck_bank_credit_amount"),
        CheckConstraint(
            "state IN ('new', 'matched', 'suspense', 'ignored')", name="ck_bank_credit_state"
        ),
        app="SELECT, INSERT, UPDATE",
    )
    # The day comes first: by account alone a young table without statistics would be read whole.
    op.create_index(
        "ix_bank_credit_facility_id_day",
        "bank_credit",
        [FACILITY, "bank_day", "account", "amount"],
    )
    op.create_index("ix_bank_credit_facility_id_code", "bank_credit", [FACILITY, "code"])
    op.create_index(
        "ix_bank_credit_facility_id_reference", "bank_credit", [FACILITY, "bank_reference"]
    )
    create_table(
        "evidence",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("credit_id", Id, nullable=False),
        Column("source", Words, nullable=False),
        Column("source_id", Words, nullable=False),
        Column("seen_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_evidence"),
        UniqueConstraint(FACILITY, "source", "source_id", name="uq_evidence_facility_id_source"),
        points_at("evidence", "credit_id", "id", "bank_credit"),
    )
    op.create_index("ix_evidence_facility_id_credit", "evidence", [FACILITY, "credit_id"])
    append_only("evidence")


def _inbox() -> None:
    create_table(
        "notification",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("channel", Words, nullable=False),
        Column("event_id", Words, nullable=False),
        Column("state", Words, nullable=False),
        Column("verdict", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("facts_sealed", Blob, nullable=False),
        Column("raw_sealed", Blob, nullable=False),
        Column("raw_sha256", Blob, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("applied_at", UtcTime, nullable=True),
        Column("credit_id", Id, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_notification"),
        UniqueConstraint(FACILITY, "channel", "event_id", name="uq_notification_facility_id_event"),
        points_at("notification", "credit_id", "id", "bank_credit"),
        CheckConstraint("state IN ('stored', 'kept', 'applied')", name="ck_notification_state"),
        app="SELECT, INSERT, UPDATE",
    )
    # What was stored and never tried, which the worker looks for: nearly always nothing.
    forgotten = text("state = 'stored'")
    op.create_index(
        "ix_notification_stored",
        "notification",
        [FACILITY, "received_at"],
        postgresql_where=forgotten,
        sqlite_where=forgotten,
    )
    create_table(
        "refused_message",
        facility_column(),
        Column("channel", Words, nullable=False),
        Column("day", Day, nullable=False),
        Column("reason", Words, nullable=False),
        Column("count", Whole, nullable=False),
        Column("last_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "channel", "day", "reason", name="pk_refused_message"),
        app="SELECT, INSERT, UPDATE",
    )


def _payments() -> None:
    create_table(
        "payment",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("method", Words, nullable=False),
        Column("credit_id", Id, nullable=True),
        Column("invoice_id", Id, nullable=True),
        Column("intent_id", Id, nullable=True),
        Column("received", Dong, nullable=False),
        Column("applied", Dong, nullable=False),
        Column("suspense", Dong, nullable=False),
        Column("flags", Words, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("txn_id", Id, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payment"),
        UniqueConstraint(FACILITY, "credit_id", name="uq_payment_facility_id_credit_id"),
        UniqueConstraint(FACILITY, "txn_id", name="uq_payment_facility_id_txn_id"),
        points_at("payment", "credit_id", "id", "bank_credit"),
        points_at("payment", "invoice_id", "id", "invoice"),
        points_at("payment", "intent_id", "id", "intent"),
        ForeignKeyConstraint(
            [FACILITY, "txn_id"],
            [f"ledger_txn.{FACILITY}", "ledger_txn.id"],
            name="fk_payment_txn_id_ledger_txn",
        ),
        CheckConstraint("method IN ('bank', 'cash', 'gateway')", name="ck_payment_method"),
        CheckConstraint(
            "received >= 1 AND applied >= 0 AND suspense >= 0", name="ck_payment_signs"
        ),
        CheckConstraint("received = applied + suspense", name="ck_payment_whole"),
    )
    op.create_index("ix_payment_facility_id_invoice", "payment", [FACILITY, "invoice_id"])
    op.create_index("ix_payment_facility_id_received_at", "payment", [FACILITY, "received_at"])
    create_table(
        "receipt",
        facility_column(),
        Column("payment_id", Id, nullable=False),
        Column("series", Words, nullable=False),
        Column("number", Words, nullable=False),
        Column("issued_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "payment_id", name="pk_receipt"),
        UniqueConstraint(FACILITY, "number", name="uq_receipt_facility_id_number"),
        points_at("receipt", "payment_id", "id", "payment"),
    )
    create_table(
        "suspense_match",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("credit_id", Id, nullable=False),
        Column("invoice_id", Id, nullable=False),
        Column("amount", Dong, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("txn_id", Id, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_suspense_match"),
        points_at("suspense_match", "credit_id", "id", "bank_credit"),
        points_at("suspense_match", "invoice_id", "id", "invoice"),
        CheckConstraint("amount >= 1", name="ck_suspense_match_amount"),
    )
    for table in ("payment", "receipt", "suspense_match"):
        append_only(table)


def downgrade() -> None:
    drop_tables(
        "suspense_match",
        "receipt",
        "payment",
        "refused_message",
        "notification",
        "evidence",
        "bank_credit",
        "intent",
        "channel",
        "bank_account",
    )
