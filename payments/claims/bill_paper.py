"""Bill 01/KBCB as paper: PDF by typst and a workbook with typed cells; always in Vietnamese."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from payments.claims.bill import GROUPS, Bill01, BillLine, Block, Sums
from payments.claims.fields import day_of
from payments.documents import typesetting
from payments.documents.words import in_words
from payments.insurance.cases.writing import plain
from payments.words.catalogue import say

_VI: Final = "vi"
#: Columns 1 to 13, in the order of the form.
COLUMNS: Final = (
    "bill01.column.content",
    "bill01.column.unit",
    "bill01.column.quantity",
    "bill01.column.price",
    "bill01.column.fund_price",
    "bill01.column.service_rate",
    "bill01.column.cost",
    "bill01.column.insurance_rate",
    "bill01.column.insured",
    "bill01.column.fund",
    "bill01.column.copayment",
    "bill01.column.others",
    "bill01.column.own",
)
#: Visit types that have a box of their own on the form.
_BOXES: Final = {"01": "1", "02": "2", "03": "3", "04": "4"}
_MONEY: Final = "#,##0.00"
Cell = str | Decimal


def pdf(bill: Bill01, facility: str) -> bytes:
    """
    Set the bill of *facility* (its code), A4 across.

    Raises:
        PaperNotMade: the typesetter failed.
    """
    return typesetting.pdf("bill01.typ", _data(bill, facility))


def workbook(bill: Bill01, facility: str) -> bytes:
    """Write the bill as XLSX: amounts are numbers, names are text that no program computes."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("01KBCB")
    bold = Font(bold=True)

    def cell(value: Cell, font: Font | None = None) -> Any:
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, Decimal):
            made.number_format = _MONEY
        else:
            # A name that begins with "=" stays a name.
            made.data_type = "s"
        if font is not None:
            made.font = font
        return made

    data = _data(bill, facility)
    sheet.append([cell(data["title"], bold), cell(data["form"])])
    for fact in data["facts"]:
        sheet.append([cell(fact["label"]), cell(fact["value"])])
    sheet.append([cell(title, bold) for title in data["columns"]])
    sheet.append([cell(f"({number})") for number in range(1, 14)])
    for is_sum, row in _rows(bill):
        sheet.append([cell(value, bold if is_sum else None) for value in row])
    for whole in data["wholes"]:
        sheet.append([cell(whole["label"], bold), cell(whole["amount"]), cell(whole["words"])])
    if data["within"]:
        sheet.append([cell(data["within"])])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _data(bill: Bill01, facility: str) -> dict[str, Any]:
    claim, visit = bill.claim, bill.claim.coverage.bill.visit
    told = claim.summary
    born = day_of(told.get("NGAY_SINH", "")[:8])
    facts = {
        "Mã cơ sở KBCB": facility,
        "Loại": _BOXES.get(visit.visit_type, visit.visit_type),
        "Mã đợt (MA_LK)": claim.ma_lk,
        "Mã người bệnh": told.get("MA_BN", ""),
        "Họ và tên": told.get("HO_TEN", ""),
        "Ngày sinh": _day(born) if born else told.get("NGAY_SINH", "")[:4],
        "Địa chỉ": told.get("DIA_CHI", ""),
        "Chẩn đoán": told.get("CHAN_DOAN_RV", ""),
        "Mã bệnh": told.get("MA_BENH_CHINH", ""),
        "Đến khám": f"{visit.date_in:%H:%M %d/%m/%Y}",
        "Kết thúc": f"{visit.date_out:%H:%M %d/%m/%Y}",
        "Đối tượng KBCB": visit.category,
    }
    wholes = [
        ("bill01.whole.cost", bill.cost),
        ("bill01.whole.fund", bill.fund),
        ("bill01.whole.patient", bill.patient),
        ("bill01.whole.others", bill.others),
    ]
    within = bill.other_payer_within
    return {
        "title": say("bill01.title", _VI),
        "form": say("bill01.form", _VI),
        "facts": [{"label": label, "value": value} for label, value in facts.items() if value],
        "columns": [say(key, _VI) for key in COLUMNS],
        "rows": [
            {"is_sum": is_sum, "cells": [_shown(value) for value in row]}
            for is_sum, row in _rows(bill)
        ],
        "wholes": [
            {"label": say(key, _VI), "amount": _shown(Decimal(sum_.dong)), "words": in_words(sum_)}
            for key, sum_ in wholes
        ],
        "rounding": (
            f"{say('bill01.whole.rounding', _VI)}: {bill.rounding.dong} đ" if bill.rounding else ""
        ),
        "within": say("bill01.within", _VI, {"amount": _shown(within)}) if within else "",
    }


def _rows(bill: Bill01) -> Iterator[tuple[bool, list[Cell]]]:
    """Give every row under the titles: whether it is a sum, and its thirteen cells."""
    for block in bill.blocks:
        yield True, [_head(block), *[""] * 12]
        for group in block.groups:
            yield True, [f"{group.number}. {say(GROUPS[group.number], _VI)}", *_sums(group.sums)]
            for line in group.lines:
                yield False, _line(line)
        yield True, [say("bill01.sum", _VI), *_sums(block.sums)]
    yield True, [say("bill01.total", _VI), *_sums(bill.sums)]


def _head(block: Block) -> str:
    level = {"level": plain(block.level)}
    if block.card is None:
        return say("bill01.no_card", _VI, level)
    card = block.card
    facts = {
        "card": block.card_number,
        "first": _day(card.valid_from),
        "last": _day(card.valid_to),
    }
    return say("bill01.block", _VI, facts | level)


def _line(line: BillLine) -> list[Cell]:
    cost, insured, *parts = _amounts(line.sums)
    return [
        line.content,
        line.unit,
        line.quantity,
        line.price,
        line.fund_price,
        line.service_rate,
        cost,
        line.insurance_rate,
        insured,
        *parts,
    ]


def _sums(sums: Sums) -> list[Cell]:
    cost, insured, *parts = _amounts(sums)
    return ["", "", "", "", "", cost, "", insured, *parts]


def _amounts(sums: Sums) -> list[Decimal]:
    return [sums.cost, sums.insured, sums.fund, sums.copayment, sums.others, sums.own]


def _shown(value: Cell) -> str:
    """Write a number as Vietnamese papers do: 1.250.000,25."""
    if isinstance(value, str):
        return value
    whole, _, rest = plain(value).partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{grouped},{rest}" if rest else grouped


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
