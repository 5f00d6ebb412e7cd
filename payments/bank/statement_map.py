"""Column maps: what a bank calls the columns of its statement, saved once per account."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Final

from payments.kernel.errors import InvalidField
from payments.kernel.text import nfc

_TITLE_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """
    Titles of the columns and labels of the lines above the table, as the bank writes them.

    Money stands in *debit* (left the account) and *credit* (came), or in one signed *amount*. The
    running *balance*, or *opening* and *closing*, or all three prove that the file is whole.
    Labels (*account*, *opening*, *closing*, *first_day*, *last_day*) are first cells of lines above
    the table, the value is in the next cell; *footer* begins the line behind the last one.
    """

    name: str
    date: str
    memo: str
    reference: str = ""
    debit: str = ""
    credit: str = ""
    amount: str = ""
    balance: str = ""
    account: str = ""
    opening: str = ""
    closing: str = ""
    first_day: str = ""
    last_day: str = ""
    footer: str = ""
    #: Some banks print the latest line first; the running balance then reads upwards.
    newest_first: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """List the titles that the table must have."""
        named = (self.date, self.memo, self.reference, self.debit, self.credit, self.amount)
        return tuple(title for title in (*named, self.balance) if title)

    @property
    def labels(self) -> tuple[str, ...]:
        """List the labels that must stand above the table."""
        named = (self.account, self.opening, self.closing, self.first_day, self.last_day)
        return tuple(dict.fromkeys(label for label in named if label))


def checked(columns: ColumnMap) -> ColumnMap:
    """
    Check a map as a person filled it in.

    Raises:
        InvalidField: names what is missing or contradicts itself.
    """
    told = {
        item.name: nfc(str(getattr(columns, item.name)).strip().rstrip(":"))
        for item in fields(ColumnMap)
        if item.name != "newest_first"
    }
    clean = ColumnMap(**told, newest_first=columns.newest_first)
    for name in ("name", "date", "memo"):
        if not told[name]:
            raise InvalidField(name, "map_blank")
    for name, title in told.items():
        if len(title) > _TITLE_MAX or not title.isprintable():
            raise InvalidField(name, "map_title", most=_TITLE_MAX)
    if bool(clean.amount) == bool(clean.debit or clean.credit) or bool(clean.debit) != bool(
        clean.credit
    ):
        raise InvalidField("amount", "map_amount")
    if not clean.balance and not (clean.opening and clean.closing):
        raise InvalidField("balance", "map_balance")
    if len(set(clean.columns)) != len(clean.columns):
        raise InvalidField("columns", "map_columns")
    return clean


def to_json(columns: ColumnMap) -> str:
    return json.dumps(asdict(columns), ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> ColumnMap:
    return ColumnMap(**json.loads(text))


#: Maps that come with the program; a bank's own is saved by the accountant.
BUILT_IN: Final = MappingProxyType(
    {
        one.name: one
        for one in (
            ColumnMap(
                name="thu-nghiem",
                date="Ngày giao dịch",
                reference="Số tham chiếu",
                debit="Ghi nợ",
                credit="Ghi có",
                balance="Số dư",
                memo="Nội dung",
                account="Số tài khoản",
                opening="Số dư đầu ngày",
                closing="Số dư cuối ngày",
                first_day="Ngày sao kê",
                last_day="Ngày sao kê",
            ),
        )
    }
)
