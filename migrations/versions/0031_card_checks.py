"""What the insurer's portal said of cards, never changed, and the questions that wait for it."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, text

from payments.storage.columns import Blob, Flag, Id, UtcTime, Whole, Words
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

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    create_table(
        "card_answer",
        facility_column(),
        must("id", Id),
        must("encounter_id", Id),
        may("question_id", Id),
        must("call", Words),
        must("code", Words),
        must("doubt", Words),
        must("card_key", Whole),
        must("card_hash", Blob),
        must("card_sealed", Blob),
        must("card_last4", Words),
        may("told_sealed", Blob),
        may("raw_hash", Blob),
        may("raw_sealed", Blob),
        must("is_trial", Flag),
        must("asked_at", UtcTime),
        must("answered_at", UtcTime),
        must("asked_by", Words),
        must("reason", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_card_answer"),
        points_at("card_answer", "encounter_id", "id", "encounter"),
        check("card_answer", "call", "call IN ('card', 'copayment', 'hand')"),
        check("card_answer", "reason", "reason IN ('', 'forces', 'portal_down', 'papers')"),
        # Only a person gives a reason, and never none.
        check("card_answer", "by_hand", "(call = 'hand') = (reason <> '')"),
        # A call without code says why there is none.
        check("card_answer", "silent", "call = 'hand' OR code <> '' OR doubt <> ''"),
        app="SELECT, INSERT",
    )
    append_only("card_answer")
    op.create_index(
        "ix_card_answer_encounter", "card_answer", [FACILITY, "encounter_id", "answered_at"]
    )
    op.create_index("ix_card_answer_answered", "card_answer", [FACILITY, "answered_at"])
    op.create_index("ix_card_answer_card", "card_answer", [FACILITY, "card_hash"])
    create_table(
        "card_question",
        facility_column(),
        must("id", Id),
        must("encounter_id", Id),
        must("why", Words),
        must("card_sealed", Blob),
        must("state", Words),
        must("attempts", Whole),
        must("next_at", UtcTime),
        must("asked_at", UtcTime),
        must("asked_by", Words),
        may("done_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_card_question"),
        points_at("card_question", "encounter_id", "id", "encounter"),
        check("card_question", "why", "why IN ('desk', 'opening', 'closing')"),
        check("card_question", "state", "state IN ('waiting', 'answered', 'given_up')"),
        app="SELECT, INSERT, UPDATE",
    )
    waiting = text("state = 'waiting'")
    op.create_index(
        "uq_card_question_waiting",
        "card_question",
        [FACILITY, "encounter_id"],
        unique=True,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index(
        "ix_card_question_due",
        "card_question",
        [FACILITY, "next_at"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def downgrade() -> None:
    drop_tables("card_question", "card_answer")
