"""Files that were asked for, their sealed parts, what is made by itself, and the accounts map."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Id, UtcTime, Whole, Words

EXPORT_PLAN: Final = Table(
    "export_plan",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("file", Words, nullable=False),
    Column("form", Words, nullable=False),
    #: ``daily`` or ``monthly``.
    Column("every", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_by", Words, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
)
EXPORT_ORDER: Final = Table(
    "export_order",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("file", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("first_day", Day, nullable=False),
    Column("last_day", Day, nullable=False),
    Column("state", Words, nullable=False),
    #: Who makes it now: one that was overtaken (its machine slept) stops.
    Column("attempt", Whole, nullable=False),
    Column("rows", Dong, nullable=False),
    Column("sums", Words, nullable=False),
    Column("size", Dong, nullable=False),
    Column("sha256", Blob, nullable=True),
    Column("failure", Words, nullable=False),
    Column("plan_id", Id, nullable=True),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("begun_at", UtcTime, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    ForeignKeyConstraint(["facility_id", "plan_id"], ["export_plan.facility_id", "export_plan.id"]),
)
#: The file itself, for some days: names of patients stand in it.
EXPORT_PART: Final = Table(
    "export_part",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("order_id", Id, primary_key=True),
    Column("attempt", Whole, primary_key=True, autoincrement=False),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("content_sealed", Blob, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "order_id"], ["export_order.facility_id", "export_order.id"]
    ),
)
#: Of a code and day what was said last (the highest number) counts; nothing is changed.
GL_ACCOUNT: Final = Table(
    "gl_account",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("code", Words, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("gl_account", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
