"""Files that were sent to the insurer's portal, and what it said of each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, Blob, Id, UtcTime, Whole, Words

DOSSIER_SENDING: Final = Table(
    "dossier_sending",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("call", Words, nullable=False),
    Column("standard", Words, nullable=False),
    #: SHA-256 of the file as it was sent; the file itself is health data and not kept.
    Column("file_hash", Blob, nullable=False),
    Column("size", Whole, nullable=False),
    Column("state", Words, nullable=False),
    #: ``maKetQua``, ``maGiaoDich`` and ``thoiGianTiepNhan`` as the portal wrote them.
    Column("code", Words, nullable=False),
    Column("transaction_no", Words, nullable=False),
    Column("received_at", Words, nullable=False),
    Column("raw_hash", Blob, nullable=True),
    Column("raw_sealed", Blob, nullable=True),
    Column("sent_at", UtcTime, nullable=False),
    Column("sent_by", Words, nullable=False),
    Column("answered_at", UtcTime, nullable=True),
)
