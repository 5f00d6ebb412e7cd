"""Departments, services and their dated prices."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Day, Dong, Flag, Whole, Words

DEPARTMENT: Final = Table(
    "department",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("code", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("is_active", Flag, nullable=False),
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
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
)
