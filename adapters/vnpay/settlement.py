"""
VNPAY's settlement file of a day.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, refunds negative; the last line counts and sums the others.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from adapters._wire import fields
from payments.gateway import LineKind, SettlementLine
from payments.kernel.errors import InvalidField
from payments.kernel.money import DONG_MAX, ZERO, Money, vnd

COLUMNS: Final = (
    "tmn_code",
    "txn_ref",
    "vnp_transaction_no",
    "bank_code",
    "bank_tran_no",
    "card_type",
    "transaction_type",
    "amount_vnd",
    "fee_vnd",
    "net_vnd",
    "pay_date",
    "settle_date",
    "status",
)
TRAILER: Final = "TOTAL"
_KINDS: Final = {"01": LineKind.PAY, "02": LineKind.REFUND, "03": LineKind.REFUND}
_AMOUNT: Final = re.compile("-?[0-9]{1,16}")
_SIZE_MAX_BYTES: Final = 64 * 1024 * 1024


def read(file: bytes, merchant: str) -> tuple[SettlementLine, ...]:
    """
    Read the whole file, or nothing of it.

    Raises:
        InvalidField: names the line that cannot be read, or the sum that does not come out.
    """
    rows = _rows(file)
    body, trailer = rows[:-1], rows[-1]
    lines = tuple(_line(row, number, merchant) for number, row in enumerate(body, start=2))
    last = len(rows) + 1
    if trailer["tmn_code"] != TRAILER:
        raise InvalidField("file", "settlement_no_total", line=last)
    told = (
        trailer["txn_ref"],
        *(_amount(trailer, name, last) for name in ("amount_vnd", "fee_vnd", "net_vnd")),
    )
    summed = (
        str(len(lines)),
        sum((one.gross for one in lines), ZERO),
        sum((one.fee for one in lines), ZERO),
        sum((one.net for one in lines), ZERO),
    )
    if told != summed:
        raise InvalidField("file", "settlement_total_differs", line=last)
    return lines


def _rows(file: bytes) -> list[Mapping[str, str]]:
    if len(file) > _SIZE_MAX_BYTES:
        raise InvalidField("file", "settlement_unreadable")
    try:
        text = file.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InvalidField("file", "settlement_columns", line=1)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidField("file", "settlement_unreadable") from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InvalidField("file", "settlement_columns", line=number)
    if not rows:
        raise InvalidField("file", "settlement_no_total", line=2)
    return list(rows)


def _line(row: Mapping[str, str], number: int, merchant: str) -> SettlementLine:
    if row["tmn_code"] != merchant:
        raise InvalidField("tmn_code", "settlement_other_merchant", line=number)
    kind = _KINDS.get(row["transaction_type"])
    if kind is None:
        raise InvalidField("transaction_type", "settlement_cell", line=number)
    gross, fee, net = (_amount(row, name, number) for name in ("amount_vnd", "fee_vnd", "net_vnd"))
    if gross - fee != net:
        raise InvalidField("net_vnd", "settlement_net", line=number)
    try:
        occurred_at = fields.from_digits(row, "pay_date")
        settle_date = datetime.strptime(row["settle_date"], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError as error:
        raise InvalidField("pay_date", "settlement_cell", line=number) from error
    return SettlementLine(
        kind=kind,
        reference=row["txn_ref"],
        transaction=row["vnp_transaction_no"],
        gross=gross,
        fee=fee,
        tax=ZERO,
        net=net,
        occurred_at=occurred_at,
        settle_date=settle_date,
        batch=row["settle_date"],
        line=number,
    )


def _amount(row: Mapping[str, str], name: str, number: int) -> Money:
    if not _AMOUNT.fullmatch(row[name]) or abs(int(row[name])) > DONG_MAX:
        raise InvalidField(name, "settlement_cell", line=number)
    return vnd(int(row[name]))
