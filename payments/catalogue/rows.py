"""Departments, services, their dated prices, and the lists that were read in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words

DEPARTMENT: Final = Table(
    "department",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("code", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("is_active", Flag, nullable=False),
    Column("valid_from", Day, nullable=False),
    #: The first day on which it is no more; open where None.
    Column("valid_to", Day, nullable=True),
)
SERVICE_ITEM: Final = Table(
    "service_item",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("code", Words, primary_key=True),
    Column("department_code", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("is_active", Flag, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "department_code"], ["department.facility_id", "department.code"]
    ),
)
SERVICE_PRICE: Final = Table(
    "service_price",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("service_code", Words, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    Column("price", Dong, nullable=False),
    #: From this day on the service is not sold; the row ends the former price as a new one would.
    Column("ends", Flag, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
)
#: What the fund says of a service; a day without a row says what the day before said.
SERVICE_INSURANCE: Final = Table(
    "service_insurance",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("service_code", Words, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    #: DON_GIA_BH; empty where it is the hospital's price.
    Column("fund_price", Dong, nullable=True),
    #: TYLE_TT_BH, per cent.
    Column("rate", Whole, nullable=False),
    #: MA_NHOM, PHAM_VI, and the table of a claim.
    Column("cost_group", Whole, nullable=False),
    Column("scope", Words, nullable=False),
    Column("claim_table", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
)
#: A list that was shown to a person and is applied when the person says so, once.
PRICE_LIST: Final = Table(
    "price_list",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("sha256", Blob, nullable=False),
    Column("valid_from", Day, nullable=False),
    Column("is_whole", Flag, nullable=False),
    #: What was read, as compressed JSON: what is applied is what was shown.
    Column("entries", Blob, nullable=False),
    Column("lines", Whole, nullable=False),
    Column("state", Words, nullable=False),
    Column("added", Whole, nullable=False),
    Column("changed", Whole, nullable=False),
    Column("ended", Whole, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("applied_at", UtcTime, nullable=True),
)
