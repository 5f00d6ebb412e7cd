"""One statement in each form that banks send, written from the standards, not by our reader."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import openpyxl

_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, slots=True)
class Booked:
    """One movement as the bank books it, in đồng; negative for money that left."""

    amount: int
    reference: str
    memo: str
    day: date = date(2026, 11, 24)


def mt940(
    lines: Sequence[Booked], *, account: str, opening: int = 0, closing: int | None = None
) -> bytes:
    """Write an MT940 of one page (SWIFT, standards category 9): 65 letters a line of ``:86:``."""
    if closing is None:
        closing = opening + sum(one.amount for one in lines)
    told = [":20:VPH26112401", f":25:{account}", ":28C:328/1", f":60F:{_mt_balance(opening)}"]
    for one in lines:
        mark = "D" if one.amount < 0 else "C"
        told.append(
            f":61:{one.day:%y%m%d}{one.day:%m%d}{mark}{abs(one.amount)},NTRFNONREF//{one.reference}"
        )
        cut = [one.memo[start : start + 65] for start in range(0, len(one.memo), 65)] or [""]
        told.append(f":86:{cut[0]}")
        told += cut[1:]
    told += [f":62F:{_mt_balance(closing)}", "-"]
    return ("\r\n".join(told) + "\r\n").encode()


def _mt_balance(dong: int) -> str:
    return f"{'D' if dong < 0 else 'C'}261124VND{abs(dong)},"


def camt053(
    lines: Sequence[Booked], *, account: str, opening: int = 0, closing: int | None = None
) -> bytes:
    """Write a camt.053.001.08 with one statement (ISO 20022)."""
    if closing is None:
        closing = opening + sum(one.amount for one in lines)
    entries = "".join(_entry(one) for one in lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{_CAMT}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-24T20:00:00+07:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id><Ccy>VND</Ccy></Acct>"
        f"{_camt_balance('OPBD', opening)}{_camt_balance('CLBD', closing)}{entries}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def _camt_balance(code: str, dong: int) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(dong)}"
        "<Dt><Dt>2026-11-24</Dt></Dt></Bal>\n"
    )


def _entry(one: Booked) -> str:
    return (
        f"<Ntry>{_amount(one.amount)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{one.day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><AcctSvcrRef>{one.reference}"
        f"</AcctSvcrRef></Refs><RmtInf><Ustrd>{_escaped(one.memo)}</Ustrd></RmtInf></TxDtls>"
        "</NtryDtls></Ntry>\n"
    )


def _amount(dong: int) -> str:
    sign = "DBIT" if dong < 0 else "CRDT"
    return f'<Amt Ccy="VND">{abs(dong)}.00</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def workbook(rows: Sequence[Sequence[object]], *, merged: Sequence[str] = ()) -> bytes:
    """Write an XLSX of one sheet; *merged* are ranges such as ``A1:C1``."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
