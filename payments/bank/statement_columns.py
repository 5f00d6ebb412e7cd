"""Guesses what a bank calls its columns, so that a person only has to look whether it is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from payments.bank.statement_map import ColumnMap
from payments.bank.statement_text import Row
from payments.kernel.text import unmarked

#: Words of a title, without marks and in small letters; the first that fits is taken, and a title
#: is taken once: *debit* stands before *amount*, for "so tien ghi no" is a debit.
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "balance": ("so du", "balance", "solde"),
        "debit": ("ghi no", "no / debit", "debit", "rut", "chi ra", "phat sinh no"),
        "credit": ("ghi co", "co / credit", "credit", "gui", "thu vao", "phat sinh co"),
        "amount": ("so tien", "amount", "montant"),
        "reference": (
            "tham chieu",
            "so but toan",
            "ma giao dich",
            "so ct",
            "ref",
            "transaction no",
        ),
        "date": ("ngay giao dich", "ngay hieu luc", "ngay gd", "ngay", "date", "thoi gian"),
        "memo": ("noi dung", "dien giai", "mo ta", "description", "remark", "details", "libelle"),
    }
)
#: The same for first cells of rows above the table.
_LABELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "opening": ("so du dau", "opening balance"),
        "closing": ("so du cuoi", "closing balance"),
        "first_day": ("tu ngay", "from date"),
        "last_day": ("den ngay", "to date"),
        "account": ("so tai khoan", "tai khoan", "account"),
    }
)
_NEEDED: Final = ("date", "memo")


def guessed(rows: Sequence[Row]) -> ColumnMap | None:
    """Guess the map from the first rows of a file; None where no row looks like titles."""
    for place, row in enumerate(rows):
        below = rows[place + 1].cells if place + 1 < len(rows) else ()
        columns = _columns(row.cells)
        # Titles over two rows, as "Số tiền" above "Nợ" and "Có".
        if below and not _is_enough(columns):
            columns = _columns(
                tuple(low or high for low, high in zip(below, row.cells, strict=False))
            )
        if _is_enough(columns):
            titles: dict[str, Any] = (
                {"name": "", "date": "", "memo": ""} | columns | _labels(rows[:place])
            )
            return replace(ColumnMap("", "", ""), **titles)
    return None


def _is_enough(columns: Mapping[str, str]) -> bool:
    return all(name in columns for name in _NEEDED) and ("amount" in columns or "credit" in columns)


def _columns(titles: Sequence[str]) -> dict[str, str]:
    found = _found(titles, _COLUMNS)
    if "debit" in found and "credit" in found:
        found.pop("amount", None)
    elif "amount" in found:
        found.pop("debit", None)
        found.pop("credit", None)
    return found


def _labels(rows: Sequence[Row]) -> dict[str, str]:
    return _found([row.cells[0].rstrip(":") for row in rows if len(row.cells) > 1], _LABELS)


def _found(titles: Sequence[str], words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, known in words.items():
        for word in known:
            fits = [
                one for one in titles if one not in found.values() and word in unmarked(one).lower()
            ]
            if fits:
                found[name] = fits[0]
                break
    return found
