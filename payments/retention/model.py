"""
The inventory of personal data, the rules of keeping, and the laws behind both: read from tables.

Each column of each table stands once in ``data/inventory.csv``, with its class:

    identity, contact   who somebody is, and how to reach them
    health              what care somebody had (sensitive by Law 91/2025/QH15, article 2)
    money               whose money it is, from which account (sensitive as well)
    staff               who of the staff did it
    text                words typed by a person, in which a name may stand
    link                joins rows of one patient; names nobody by itself
    secret              lets in whoever knows it
    none                nothing about a person
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

CLASSES: Final = (
    "identity", "contact", "health", "money", "staff", "text", "link", "secret", "none",
)  # fmt: skip
#: What a person may be given: no secret, and nothing about those who served them.
TOLD: Final = frozenset({"identity", "contact", "health", "money", "text", "link", "none"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What one field is for; *seen_by* are roles, empty where no page shows it to anybody."""

    table: str
    field: str
    kind: str
    purpose: str
    basis: str
    retention: str
    seen_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """*read* tells how well we know the text: ``summary``, or ``to confirm`` by a lawyer."""

    key: str
    law: str
    article: str
    says: str
    read: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How long; *days* None: while it is used. *done_by* names the function that erases."""

    name: str
    days: int | None
    at_most: int | None
    counted_from: str
    action: str
    done_by: str
    law: str
    words: dict[str, str]


@cache
def inventory() -> dict[tuple[str, str], Kept]:
    """Give what is known of each field, by table and field."""
    found: dict[tuple[str, str], Kept] = {}
    for row in _rows("inventory.csv"):
        for name in row["fields"].split():
            seen_by = tuple(one for one in row["seen_by"].split() if one != "nobody")
            kept = Kept(
                row["table"],
                name,
                row["class"],
                row["purpose"],
                row["basis"],
                row["retention"],
                seen_by,
            )
            if (kept.table, name) in found:
                raise ValueError(f"{kept.table}.{name} stands twice in the inventory")
            found[kept.table, name] = kept
    return found


@cache
def laws() -> dict[str, Law]:
    return {row["key"]: Law(**row) for row in _rows("legal.csv")}


@cache
def rules() -> dict[str, Rule]:
    """Give the rules of keeping, by name; a hospital's own table takes the place of this one."""
    return {
        row["rule"]: Rule(
            row["rule"],
            _days(row["days"]),
            _days(row["at_most"]),
            row["counted_from"],
            row["action"],
            row["done_by"],
            row["law"],
            {"vi": row["vi"], "en": row["en"]},
        )
        for row in _rows("retention.csv")
    }


def _days(text: str) -> int | None:
    return int(text) if text else None


def _rows(name: str) -> list[dict[str, str]]:
    text = files("payments.retention").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
