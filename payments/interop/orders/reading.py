"""
Reads orders: every line good, or a list of what is wrong and where.

    bytes ─decode─▶ rows ─▶ cells by column ─parsed─▶ OrderLine
                      JSON of the interface ─────┘
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from payments.bank.statement_text import DELIMITERS, NotReadable, Row, decode, rows
from payments.interop.orders.model import (
    LINES_MAX,
    PROBLEMS_MAX,
    OrderLine,
    WrongOrders,
)
from payments.invoicing.model import PatientRequest, checked
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Problem
from payments.kernel.money import Money, vnd

T = TypeVar("T")

SIZE_MAX_BYTES: Final = 5 * 1024 * 1024
COLUMNS: Final = (
    "order_number",
    "line",
    "version",
    "status",
    "file_number",
    "patient_name",
    "birth_year",
    "ordered_on",
    "service_code",
    "quantity",
)
OPTIONAL: Final = ("unit_price",)
STATUSES: Final = {"ordered": False, "cancelled": True}
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,29}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: A spreadsheet would run a cell that begins so, and no name does.
_FORMULA: Final = ("=", "+", "-", "@")
_PRICE_MAX: Final = 1_000_000_000
#: Where a field of the patient stands in a file.
_PATIENT_COLUMNS: Final = {"name": "patient_name"}


def read_csv(content: bytes, today: HospitalDay) -> tuple[OrderLine, ...]:
    """
    Read a file of orders; *today* bounds their days.

    Raises:
        WrongOrders: lists what is wrong, up to 50; nothing of the file may be used.
    """
    if len(content) > SIZE_MAX_BYTES:
        raise WrongOrders(
            [Problem(None, "file", "orders_large", {"most": SIZE_MAX_BYTES // 1024**2})]
        )
    try:
        titles, below = _table(decode(content))
    except NotReadable as error:
        raise WrongOrders([Problem(error.line, "file", error.key, error.facts)]) from error
    return parsed(_cells(titles, below), today)


def parsed(
    told: Iterator[tuple[int, Mapping[str, str]]], today: HospitalDay
) -> tuple[OrderLine, ...]:
    """
    Turn rows of cells, numbered, into order lines: the one way in for files and for programs.

    Raises:
        WrongOrders: lists what is wrong, up to 50.
    """
    problems: list[Problem] = []
    lines: list[OrderLine] = []
    for row, cells in told:
        if len(lines) >= LINES_MAX:
            problems.append(Problem(row, "file", "orders_many", {"most": LINES_MAX}))
            break
        line = _line(row, cells, today, problems)
        if line is not None:
            lines.append(line)
        if len(problems) >= PROBLEMS_MAX:
            break
    problems += _contradictions(lines)
    if not lines and not problems:
        problems.append(Problem(None, "file", "orders_empty"))
    if problems:
        raise WrongOrders(problems)
    return tuple(lines)


def _table(text: str) -> tuple[list[str], Iterator[Row]]:
    """Find the delimiter by which the first row names our columns."""
    first, _, _ = text.partition("\n")
    for delimiter in DELIMITERS:
        if delimiter not in first:
            continue
        found = rows(text, delimiter)
        head = next(found, None)
        if head is not None and set(COLUMNS) <= set(head.cells):
            return _known(head), found
    raise WrongOrders([Problem(1, "file", "orders_columns", {"columns": ", ".join(COLUMNS)})])


def _known(head: Row) -> list[str]:
    """A column that we do not know may be a misspelt one, so it is not skipped in silence."""
    for name in head.cells:
        if name not in (*COLUMNS, *OPTIONAL):
            raise WrongOrders([Problem(1, name[:40], "orders_column", {"told": name})])
        if head.cells.count(name) > 1:
            raise WrongOrders([Problem(1, name, "orders_column_twice", {"told": name})])
    return list(head.cells)


def _cells(titles: list[str], below: Iterator[Row]) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        for row in below:
            if row.is_empty:
                continue
            if len(row.cells) != len(titles):
                values = {"found": len(row.cells), "wanted": len(titles)}
                raise WrongOrders([Problem(row.line, "file", "orders_width", values)])
            yield row.line, dict(zip(titles, row.cells, strict=True))
    except NotReadable as error:
        raise WrongOrders([Problem(error.line, "file", error.key, error.facts)]) from error


def _line(
    row: int, cells: Mapping[str, str], today: HospitalDay, problems: list[Problem]
) -> OrderLine | None:
    before = len(problems)

    def cell(column: str, reading: Callable[[str], T], *, wrong: str, **facts: object) -> T | None:
        try:
            return reading(cells.get(column, ""))
        except ValueError:
            problems.append(Problem(row, column, wrong, facts))
            return None

    number = cell("order_number", _matching(_NUMBER), wrong="order_number")
    line = cell("line", _whole(1, 999), wrong="order_whole", low=1, high=999)
    version = cell("version", _whole(1, 999_999), wrong="order_whole", low=1, high=999_999)
    is_cancelled = cell("status", _status, wrong="order_status")
    patient = _patient(row, cells, today, problems)
    ordered_on = cell("ordered_on", lambda text: _day(text, today), wrong="order_day")
    service = cell("service_code", _matching(_CODE), wrong="order_service")
    quantity = cell("quantity", _whole(1, 999), wrong="order_whole", low=1, high=999)
    price = cell("unit_price", _price, wrong="order_price")
    if len(problems) > before:
        return None
    assert number is not None
    assert line is not None
    assert version is not None
    assert is_cancelled is not None
    assert patient is not None
    assert ordered_on is not None
    assert service is not None
    assert quantity is not None
    return OrderLine(
        row, number, line, version, patient, service, quantity, ordered_on, price, is_cancelled
    )


def _patient(
    row: int, cells: Mapping[str, str], today: HospitalDay, problems: list[Problem]
) -> PatientRequest | None:
    year = cells.get("birth_year", "")
    name = cells.get("patient_name", "").upper()
    if name.startswith(_FORMULA):
        problems.append(Problem(row, "patient_name", "order_name"))
        return None
    try:
        return checked(
            PatientRequest(
                name,
                int(year) if re.fullmatch("[0-9]{4}", year) else 0,
                cells.get("file_number", "").upper(),
            ),
            this_year=today.date.year,
        )
    except InvalidField as error:
        column = _PATIENT_COLUMNS.get(error.field, error.field)
        problems.append(Problem(row, column, error.key, error.extras))
        return None


def _contradictions(lines: list[OrderLine]) -> Iterator[Problem]:
    """Find what no single line shows: an order line twice, a patient under two names."""
    seen: dict[tuple[str, int], int] = {}
    people: dict[str, OrderLine] = {}
    for one in lines:
        if one.key in seen:
            yield Problem(one.row, "line", "order_twice", {"first": seen[one.key]})
        seen.setdefault(one.key, one.row)
        known = people.setdefault(one.patient.file_number, one)
        if known.patient != one.patient:
            yield Problem(one.row, "patient_name", "order_two_names", {"first": known.row})


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise ValueError(text)
        return int(text)

    return read


def _status(text: str) -> bool:
    if text.lower() not in STATUSES:
        raise ValueError(text)
    return STATUSES[text.lower()]


def _day(text: str, today: HospitalDay) -> HospitalDay:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    day = HospitalDay.parse(text)
    if day > today:
        raise ValueError(text)
    return day


def _price(text: str) -> Money | None:
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > _PRICE_MAX:
        raise ValueError(text)
    return vnd(int(text))
