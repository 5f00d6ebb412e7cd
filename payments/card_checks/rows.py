"""Answers, which are never changed, and the questions that wait for one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Flag, Id, UtcTime, Whole, Words

#: One row each call that was made for a card, or each entry by hand; append-only.
CARD_ANSWER: Final = Table(
    "card_answer",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("encounter_id", Id, nullable=False),
    #: Empty where a person entered it.
    Column("question_id", Id, nullable=True),
    Column("call", Words, nullable=False),
    #: The portal's ``maKetQua``; empty where no answer came.
    Column("code", Words, nullable=False),
    #: Why it is not believed, or why there is none; empty where there is nothing to say.
    Column("doubt", Words, nullable=False),
    Column("card_key", Whole, nullable=False),
    Column("card_hash", Blob, nullable=False),
    Column("card_sealed", Blob, nullable=False),
    Column("card_last4", Words, nullable=False),
    #: What was read, as JSON: dates, facility, new card, co-payments.
    Column("told_sealed", Blob, nullable=True),
    #: SHA-256 of the reply as it came, and the reply.
    Column("raw_hash", Blob, nullable=True),
    Column("raw_sealed", Blob, nullable=True),
    Column("is_trial", Flag, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime, nullable=False),
    Column("asked_by", Words, nullable=False),
    #: Why a person entered it; empty for the portal's.
    Column("reason", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"]
    ),
)
CARD_QUESTION: Final = Table(
    "card_question",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("encounter_id", Id, nullable=False),
    Column("why", Words, nullable=False),
    Column("card_sealed", Blob, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Whole, nullable=False),
    #: When it is due; while it is asked, when another worker may take it.
    Column("next_at", UtcTime, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", Words, nullable=False),
    Column("done_at", UtcTime, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"]
    ),
)
