"""Statement files of the trial bank, with defaults for what does not matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from payments.kernel.calendar import HOSPITAL_ZONE
from tests.support.hospital import PAYEE

TITLES = "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Số dư,Nội dung"


@dataclass(frozen=True, slots=True)
class Moved:
    """One line: *amount* negative for money that left."""

    amount: int
    reference: str = ""
    memo: str = "CK TIEN VIEN PHI"
    at: str = "24/11/2026 08:00:00"


def moved_at(moment: datetime) -> str:
    return moment.astimezone(HOSPITAL_ZONE).strftime("%d/%m/%Y %H:%M:%S")


def a_statement(
    *lines: Moved,
    account: str = PAYEE.account,
    day: str = "24/11/2026",
    opening: int = 1_000_000,
    encoding: str = "utf-8",
) -> bytes:
    """Write what the sandbox bank would write: labels, titles, lines with a running balance."""
    return "\r\n".join((*_head(lines, account, day, opening), *_table(lines, opening), "")).encode(
        encoding
    )


def as_1258(content: bytes) -> bytes:
    """Write UTF-8 as Windows-1258 has it: the letter with its hat or horn, then the tone."""
    return "".join(_letters_and_tones(content.decode())).encode("cp1258")


def _letters_and_tones(text: str) -> list[str]:
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    told = []
    for char in text:
        parts = unicodedata.normalize("NFD", char)
        kept = "".join(one for one in parts if one not in tones)
        told.append(unicodedata.normalize("NFC", kept) + "".join(o for o in parts if o in tones))
    return told


def _head(lines: Sequence[Moved], account: str, day: str, opening: int) -> list[str]:
    return [
        "Ngân hàng,Ngân hàng Thử nghiệm",
        f"Số tài khoản,{account}",
        f"Ngày sao kê,{day}",
        f"Số dư đầu ngày,{opening}",
        f"Số dư cuối ngày,{opening + sum(line.amount for line in lines)}",
        "",
        TITLES,
    ]


def _table(lines: Sequence[Moved], opening: int) -> list[str]:
    told, balance = [], opening
    for line in lines:
        balance += line.amount
        debit, credit = (-line.amount, "") if line.amount < 0 else ("", line.amount)
        told.append(f'{line.at},{line.reference},{debit},{credit},{balance},"{line.memo}"')
    return told
