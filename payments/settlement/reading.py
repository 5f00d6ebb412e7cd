"""
Reads a list of assessed lines by a column map: any sheet, each row an amount asked and accepted.

There is no one layout: the office sends a sheet a month with one row for each refused line. A map
says which title means which field; what a sheet does not say (status, code of the reason) follows
from what it says.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from payments.kernel.errors import InvalidField, Problem
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.text import is_line, unmarked
from payments.sheets.table import Line, read

ROWS_MAX: Final = 50_000
FIELDS: Final = (
    "ma_lk", "table", "stt", "portal_xml1_id", "portal_cost_id", "status", "reason_code",
    "reason_text", "amount_asked", "amount_accepted", "amount_refused", "field", "declared",
    "right_value",
)  # fmt: skip
#: A row says at least whose money it is about, and how much is refused.
REQUIRED: Final = ("ma_lk", "amount_refused")
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
_TITLE_LETTERS_MAX: Final = 100
_GROUPED: Final = re.compile(r"\d{1,3}([.,]\d{3})+")
_PLAIN: Final = re.compile(r"(\d{1,15})(?:[.,](\d{1,2}))?")
_TABLES: Final = {"": "XML1", "1": "XML1", "2": "XML2", "3": "XML3"}


class Status(StrEnum):
    ACCEPTED = "accepted"
    REDUCED = "reduced"
    REFUSED = "refused"
    WARNING = "warning"
    NEED_DOCUMENT = "need_document"


#: How offices write the states.
_STATUSES: Final = {
    "chap nhan": Status.ACCEPTED,
    "giam": Status.REDUCED,
    "tu choi": Status.REFUSED,
    "xuat toan": Status.REFUSED,
    "canh bao": Status.WARNING,
    "bo sung ho so": Status.NEED_DOCUMENT,
    **{one.value: one for one in Status},
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Field of the model → title of the sheet."""

    name: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assessed:
    """One row; *asked* is None where the sheet does not say it. *stt* 0 means the whole visit."""

    line: int
    ma_lk: str
    table: str
    stt: int
    status: Status
    reason_code: str
    asked: Money | None
    refused: Money
    portal_xml1_id: str
    portal_cost_id: str
    texts: Mapping[str, str]
    #: The title of each field, for what is said about the row later.
    titles: Mapping[str, str]

    def problem(self, field: str, key: str, **facts: object) -> Problem:
        return Problem(self.line, self.titles.get(field, field), key, facts)


BUILT_IN: Final = ColumnMap(
    "vienphi",
    {
        "ma_lk": "MA_LK", "table": "BANG_XML", "stt": "STT", "reason_text": "LY_DO",
        "amount_asked": "TIEN_DE_NGHI", "amount_refused": "TIEN_TU_CHOI",
    },
)  # fmt: skip


def checked(columns: ColumnMap) -> ColumnMap:
    """Give *columns* cleaned. Raises InvalidField with what is missing or twice."""
    name = columns.name.strip().lower()
    if not _NAME.fullmatch(name):
        raise InvalidField("name", "map_blank")
    told = {field: columns.columns.get(field, "").strip() for field in FIELDS}
    clean = {field: title for field, title in told.items() if title}
    for field in REQUIRED:
        if field not in clean:
            raise InvalidField(field, "map_blank")
    for field, title in clean.items():
        if len(title) > _TITLE_LETTERS_MAX or not is_line(title):
            raise InvalidField(field, "map_title", most=_TITLE_LETTERS_MAX)
    if len(set(clean.values())) != len(clean):
        raise InvalidField("columns", "map_columns")
    return ColumnMap(name, clean)


def to_json(columns: ColumnMap) -> str:
    return json.dumps(dict(columns.columns), ensure_ascii=False, sort_keys=True)


def assessed(content: bytes, columns: ColumnMap) -> tuple[list[Assessed], list[Problem]]:
    """
    Read every row of *content*; what is wrong with single rows is listed, each with its line.

    Raises:
        UnreadableSheet: the file as a whole cannot be read, or lacks a column of the map.
    """
    titles = {field: (title,) for field, title in columns.columns.items()}
    lines, problems = read(content, titles, rows_max=ROWS_MAX)
    found: list[Assessed] = []
    seen: dict[tuple[str, str, int, str], int] = {}
    for line in lines:
        try:
            one = _row(line)
        except InvalidField as error:
            problems.append(line.refused(error.field, error))
            continue
        key = (one.ma_lk, one.table, one.stt, one.reason_code)
        if key in seen:
            problems.append(one.problem("ma_lk", "assessment_twice", other=seen[key]))
            continue
        seen[key] = one.line
        found.append(one)
    return found, problems


def amount(text: str, field: str) -> Money:
    """
    Read đồng as offices write them: ``1.234.567``, ``1,234,567`` or ``1234567.50``, half up.

    Raises:
        InvalidField: it is none of these.
    """
    if not text:
        return ZERO
    if _GROUPED.fullmatch(text):
        return vnd(int(re.sub("[.,]", "", text)))
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        raise InvalidField(field, "assessment_amount")
    return vnd(int(plain[1]) + (int((plain[2] or "0").ljust(2, "0")) >= 50))


def reason_of(text: str) -> str:
    """Map a free text of the insurer to a code of ours; OTHER where no word fits."""
    told = " ".join(unmarked(text).lower().split())
    for code, words in _reasons():
        if any(word in told for word in words):
            return code
    return "OTHER"


def codes() -> tuple[str, ...]:
    return (*(code for code, _ in _reasons()), "OTHER")


def _row(line: Line) -> Assessed:
    cells = line.cells
    ma_lk = cells["ma_lk"]
    if not ma_lk or len(ma_lk) > 100:
        raise InvalidField("ma_lk", "assessment_no_visit")
    refused = amount(cells["amount_refused"], "amount_refused")
    asked = _asked(cells, refused)
    table = _TABLES.get(cells.get("table", "").upper().removeprefix("XML"))
    if table is None:
        raise InvalidField("table", "assessment_table")
    stt = cells.get("stt", "")
    if stt and not (stt.isascii() and stt.isdecimal() and len(stt) <= 6):
        raise InvalidField("stt", "assessment_stt")
    return Assessed(
        line.number,
        ma_lk,
        table,
        int(stt or 0),
        _status(cells.get("status", ""), asked, refused),
        _code(cells),
        asked,
        refused,
        cells.get("portal_xml1_id", ""),
        cells.get("portal_cost_id", ""),
        {
            field: cells[field]
            for field in ("reason_text", "field", "declared", "right_value")
            if cells.get(field)
        },
        line.titles,
    )


def _asked(cells: Mapping[str, str], refused: Money) -> Money | None:
    told = cells.get("amount_asked", "")
    accepted = cells.get("amount_accepted", "")
    asked = amount(told, "amount_asked") if told else None
    if accepted:
        sum_of_both = amount(accepted, "amount_accepted") + refused
        if asked is not None and asked != sum_of_both:
            raise InvalidField("amount_accepted", "assessment_sum")
        return sum_of_both
    if asked is not None and refused > asked:
        raise InvalidField("amount_refused", "assessment_too_much", asked=asked)
    return asked


def _status(text: str, asked: Money | None, refused: Money) -> Status:
    if text:
        known = _STATUSES.get(" ".join(unmarked(text).lower().split()))
        if known is None:
            raise InvalidField("status", "assessment_status")
        if bool(refused) is not (known in (Status.REDUCED, Status.REFUSED)):
            raise InvalidField("status", "assessment_status_amount")
        return known
    if not refused:
        return Status.ACCEPTED
    return Status.REFUSED if asked is None or asked == refused else Status.REDUCED


def _code(cells: Mapping[str, str]) -> str:
    told = cells.get("reason_code", "").upper()
    return told if told in codes() else reason_of(cells.get("reason_text", "") or told)


@cache
def _reasons() -> tuple[tuple[str, tuple[str, ...]], ...]:
    path = Path(__file__).resolve().parent / "data" / "reason.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple((row["code"], tuple(row["words"].split("|"))) for row in csv.DictReader(file))
