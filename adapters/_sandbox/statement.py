"""
The bank's statement of one account and one day, as CSV.

Layout (UTF-8, comma, a line end of CR LF, quotes where needed, amounts in whole đồng):

    Ngân hàng,Ngân hàng Thử nghiệm
    Số tài khoản,99001000001
    Chủ tài khoản,BENH VIEN THU NGHIEM
    Loại tiền,VND
    Ngày sao kê,24/11/2026
    Số dư đầu ngày,100000000
    Số dư cuối ngày,100250000
    Tổng ghi nợ,0
    Tổng ghi có,250000
    (an empty line)
    Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Số dư,Nội dung
    24/11/2026 08:15:00,FT26328000001,,250000,100250000,VPH…

From the account holder's side: *Ghi có* came in, *Ghi nợ* went out; exactly one of them is filled.
Opening + Ghi có − Ghi nợ = closing. A memo is written as it is, even one that a spreadsheet would
take for a formula: whoever reads the file must be ready for that.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from adapters._sandbox.bank import BANK_NAME, Bank
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay

COLUMNS: Final = ("Ngày giao dịch", "Số tham chiếu", "Ghi nợ", "Ghi có", "Số dư", "Nội dung")


def statement(bank: Bank, account: str, day: HospitalDay) -> str:
    """Write the statement of *account* for *day*; a day without transfers has no lines."""
    holder = bank.accounts[account]
    own = bank.transfers(account)
    lines = [one for one in own if HospitalDay.of(one.at) == day]
    before = [one for one in own if HospitalDay.of(one.at) < day]
    opening = before[-1].balance if before else holder.opening
    came = sum(one.amount for one in lines if one.amount > 0)
    went = -sum(one.amount for one in lines if one.amount < 0)
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerows(
        [
            ("Ngân hàng", BANK_NAME),
            ("Số tài khoản", account),
            ("Chủ tài khoản", holder.holder),
            ("Loại tiền", "VND"),
            ("Ngày sao kê", f"{day.date:%d/%m/%Y}"),
            ("Số dư đầu ngày", opening),
            ("Số dư cuối ngày", opening + came - went),
            ("Tổng ghi nợ", went),
            ("Tổng ghi có", came),
            (),
            COLUMNS,
        ]
    )
    for one in lines:
        at = f"{one.at.astimezone(HOSPITAL_ZONE):%d/%m/%Y %H:%M:%S}"
        debit, credit = (-one.amount, "") if one.amount < 0 else ("", one.amount)
        rows.writerow((at, one.reference, debit, credit, one.balance, one.memo))
    return text.getvalue()
