"""A price list as a file: which columns, and what each cell may hold."""

from __future__ import annotations

import re
from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from payments.catalogue.model import (
    NAME_LETTERS_MAX,
    PRICE_MAX_DONG,
    SCOPES,
    TABLES,
    Entry,
    Insured,
    checked_code,
)
from payments.kernel.errors import InvalidField, Problem
from payments.kernel.money import Money, vnd
from payments.sheets import Line, Titles, UnreadableSheet, read

#: A large hospital sells 12,000 services.
ROWS_MAX: Final = 20_000
TITLES: Final[Titles] = MappingProxyType(
    {
        "code": ("Mã dịch vụ", "Mã DV", "Mã", "code"),
        "name": ("Tên dịch vụ", "Tên DV", "Tên", "name"),
        "department": ("Mã khoa", "Khoa", "department"),
        "price": ("Đơn giá", "Giá", "price"),
    }
)
#: Columns that a list may have: what the fund (BHYT) says of the service.
OF_THE_FUND: Final[Titles] = MappingProxyType(
    {
        "fund_price": ("Giá BHYT", "DON_GIA_BH"),
        "rate": ("Tỷ lệ BHYT", "TYLE_TT_BH"),
        "group": ("Nhóm chi phí", "MA_NHOM"),
        "scope": ("Phạm vi", "PHAM_VI"),
        "table": ("Bảng XML",),
    }
)
_PER_CENT: Final = range(101)
_GROUPS: Final = range(1, 20)
#: 1250000 · 1.250.000 · 1,250,000, each with the unit after it or without.
_AMOUNT: Final = re.compile(
    r"([0-9]{1,15}|[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+)(?: ?(?:đ|₫|VND|VNĐ))?",
    re.IGNORECASE,
)


def entries(content: bytes, departments: Collection[str]) -> tuple[tuple[Line, Entry], ...]:
    """
    Read a whole list, or refuse it with every line that is wrong.

    Raises:
        UnreadableSheet: the file cannot be read, or lines are wrong; nothing of it may be used.
    """
    lines, problems = read(content, TITLES, rows_max=ROWS_MAX, optional=OF_THE_FUND)
    found: list[tuple[Line, Entry]] = []
    seen: dict[str, int] = {}
    for line in lines:
        wrong: list[Problem] = []
        entry = _entry(line, departments, wrong)
        if entry is not None and entry.code in seen:
            wrong.append(line.problem("code", "sheet.twice", former=seen[entry.code]))
        if entry is not None and not wrong:
            seen[entry.code] = line.number
            found.append((line, entry))
        problems += wrong
    if problems:
        raise UnreadableSheet(problems)
    if not found:
        raise UnreadableSheet([Problem(None, "", "sheet.empty")])
    return tuple(found)


def amount(text: str) -> Money:
    """
    Read whole đồng as people write them. Raises ValueError.

    A fraction is refused even where it is zero: ``1.25`` and ``1,25`` mean different things to
    different programs, and a price is not guessed.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return vnd(int(match[1].replace(".", "").replace(",", "")))


def _entry(line: Line, departments: Collection[str], wrong: list[Problem]) -> Entry | None:
    wrong += [line.problem(f, "sheet.missing") for f in TITLES if not line.cells[f]]
    if wrong:
        return None
    codes = {}
    for field in ("code", "department"):
        try:
            codes[field] = checked_code(line.cells[field], field)
        except InvalidField as error:
            wrong.append(line.refused(field, error))
    if "department" in codes and codes["department"] not in departments:
        wrong.append(line.problem("department", "price_list.department", code=codes["department"]))
    name = " ".join(line.cells["name"].split())
    if len(name) > NAME_LETTERS_MAX:
        wrong.append(line.problem("name", "price_list.name", most=NAME_LETTERS_MAX))
    price = None
    try:
        price = amount(line.cells["price"])
    except ValueError:
        wrong.append(line.problem("price", "price_list.price"))
    if price is not None and price.dong > PRICE_MAX_DONG:
        wrong.append(line.problem("price", "price_list.too_high", most=vnd(PRICE_MAX_DONG)))
    if wrong or price is None:
        return None
    insured = _insured(line, wrong)
    return None if wrong else Entry(codes["code"], name, codes["department"], price, insured)


def _insured(line: Line, wrong: list[Problem]) -> Insured | None:
    """Read what a line says of the fund; None where it says nothing: then nothing changes."""
    told = {field: line.cells.get(field, "") for field in OF_THE_FUND}
    if not any(told.values()):
        return None
    price = None
    try:
        price = amount(told["fund_price"]) if told["fund_price"] else None
    except ValueError:
        wrong.append(line.problem("fund_price", "price_list.price"))
    rate, group = _number(told["rate"], _PER_CENT), _number(told["group"], _GROUPS)
    if rate is None:
        wrong.append(line.problem("rate", "price_list.rate"))
    if group is None:
        wrong.append(line.problem("group", "price_list.group", most=_GROUPS[-1]))
    scope, table = told["scope"] or "1", (told["table"] or "XML3").upper()
    if scope not in SCOPES:
        wrong.append(line.problem("scope", "price_list.scope"))
    if table not in TABLES:
        wrong.append(line.problem("table", "price_list.table"))
    if rate is None or group is None:
        return None
    return Insured(price, rate, group, scope, table)


def _number(text: str, within: range) -> int | None:
    plain = text.removesuffix("%").strip()
    if not plain.isascii() or not plain.isdigit() or len(plain) > 3:
        return None
    return int(plain) if int(plain) in within else None
