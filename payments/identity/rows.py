"""Tables of users, sessions and tries to sign in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, Blob, Dong, Flag, Id, UtcTime, Whole, Words

#: ``user`` is a reserved word on PostgreSQL.
STAFF: Final = Table(
    "staff",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("login", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("password_hash", Words, nullable=False),
    Column("disabled", Flag, nullable=False),
    #: The password was given by somebody else: the first sign-in asks for a new one.
    Column("must_change", Flag, nullable=False),
    #: Number of the person in the hospital's own list; one person may have several logins.
    Column("person", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

#: Holds the SHA-256 of the token only: who reads the table cannot take a session over.
STAFF_SESSION: Final = Table(
    "staff_session",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, nullable=False),
    Column("token_hash", Blob, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked", Flag, nullable=False),
    #: Objects that it asked for and that are not there.
    Column("missed", Whole, nullable=False, server_default="0"),
    Column("stage", Words, nullable=False),
    Column("locked", Flag, nullable=False),
)

#: *subject* is a keyed hash of a login or of an address: people type passwords into login fields.
SIGN_IN_TRY: Final = Table(
    "sign_in_try",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("subject", Blob, nullable=False),
    Column("at", UtcTime, nullable=False),
)

#: *last_step* is the newest step whose code was used: no code counts twice.
STAFF_FACTOR: Final = Table(
    "staff_factor",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("staff_id", Id, primary_key=True),
    Column("secret_sealed", Blob, nullable=False),
    Column("last_step", Dong, nullable=False),
    Column("confirmed_at", UtcTime, nullable=True),
    Column("made_at", UtcTime, nullable=False),
)

#: SHA-256 of codes with 80 random bits each: no slower hash is needed.
RECOVERY_CODE: Final = Table(
    "recovery_code",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("staff_id", Id, primary_key=True),
    Column("code_hash", Blob, primary_key=True),
    Column("used_at", UtcTime, nullable=True),
)
