"""Tables of tokens, and of the requests that each took of a minute."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Id, UtcTime, Whole, Words

#: *secret_hash* is made with the key *key_number* of the ring ``lookup``: who reads the table, or
#: a copy of it, can neither use a token nor try guesses.
API_TOKEN: Final = Table(
    "api_token",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("name", Words, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("per_minute", Whole, nullable=False),
    Column("key_number", Whole, nullable=False),
    Column("secret_hash", Blob, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("valid_to", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=True),
    Column("revoked_at", UtcTime, nullable=True),
)
#: *minute* counts from 1970; *taken* is what all processes together took of it.
API_TOKEN_MINUTE: Final = Table(
    "api_token_minute",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("token_id", Id, primary_key=True),
    Column("minute", Whole, primary_key=True, autoincrement=False),
    Column("taken", Whole, nullable=False),
    ForeignKeyConstraint(["facility_id", "token_id"], ["api_token.facility_id", "api_token.id"]),
)
