"""
A statement as ISO 20022 writes it (camt.053, any version): booked entries, one line a movement.

An entry that bundles transfers and says how much each is becomes as many lines; else it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final

from lxml.etree import _Element as Node

from payments.bank import statement_cells as cells
from payments.bank.statement_model import LINES_MAX, Line, Told
from payments.bank.statement_text import SIZE_MAX_BYTES, NotReadable
from payments.foreign_xml import Unreadable, root_of
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import ZERO, Money
from payments.kernel.text import nfc

_CURRENCY: Final = "VND"
_ROOT: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document")
#: Opening and closing balance of the book, the latter of the period before where a bank says so.
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
_MEMO_MAX: Final = 1000
_REFERENCE_MAX: Final = 150
#: 20 MB of entries have fewer.
_TAGS_MAX: Final = 1_000_000


def told(content: bytes, problems: list[Problem]) -> Told:
    """
    Read every statement of one account; each begins with the balance that the last one ends with.

    Raises:
        NotReadable: no camt.053, a DOCTYPE, or a figure that cannot be read.
    """
    statements = _root(content).findall("{*}BkToCstmrStmt/{*}Stmt")
    if not statements:
        raise NotReadable("statement_camt", 1)
    accounts = {_account(one) for one in statements}
    if len(accounts) != 1:
        raise NotReadable("statement_accounts", 1, accounts=", ".join(sorted(accounts)))
    balances = [(_balance(one, _OPENING), _balance(one, _CLOSING)) for one in statements]
    for place, ((_, left), (begun, _)) in enumerate(pairwise(balances), 1):
        if left != begun:
            facts = {"told": begun, "expected": left}
            line = statements[place].sourceline
            problems.append(Problem(line, "OPBD", "statement_page", facts))
    lines = tuple(line for one in statements for line in _lines(one))
    if len(lines) > LINES_MAX:
        raise NotReadable("statement_rows", lines[LINES_MAX].number, most=LINES_MAX)
    return Told(
        account=accounts.pop(),
        account_line=statements[0].sourceline,
        opening=balances[0][0],
        closing=balances[-1][1],
        closing_line=statements[-1].sourceline,
        first_day=_day(statements[0], "FrToDt/FrDtTm"),
        last_day=_day(statements[-1], "FrToDt/ToDtTm"),
        lines=lines,
        closing_title="CLBD",
    )


def _root(content: bytes) -> Node:
    try:
        root = root_of(content, most=SIZE_MAX_BYTES, tags_most=_TAGS_MAX)
    except Unreadable as error:
        raise NotReadable("statement_camt", error.line or 1) from error
    if not _ROOT.fullmatch(str(root.tag)):
        raise NotReadable("statement_camt", root.sourceline)
    return root


def _account(statement: Node) -> str:
    found = _text(statement, "Acct/Id/Othr/Id") or _text(statement, "Acct/Id/IBAN")
    if not found:
        raise NotReadable("statement_camt_lacks", statement.sourceline, tag="Acct/Id")
    return found


def _balance(statement: Node, codes: tuple[str, ...]) -> Money:
    by_code = {_text(one, "Tp/CdOrPrtry/Cd"): one for one in statement.findall("{*}Bal")}
    for code in codes:
        if code in by_code:
            return _signed(by_code[code])
    raise NotReadable("statement_camt_lacks", statement.sourceline, tag=f"Bal {codes[0]}")


def _lines(statement: Node) -> Iterator[Line]:
    for entry in statement.findall("{*}Ntry"):
        # Sts is a word until version 7 and has a Cd from version 8 on.
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) != "BOOK":
            continue
        whole = _signed(entry)
        parts = _parts(entry, whole)
        if not parts:
            details = entry.findall("{*}NtryDtls/{*}TxDtls")
            yield _line(entry, details[0] if len(details) == 1 else None, whole)
        for one, amount in parts:
            yield _line(entry, one, amount)


def _parts(entry: Node, whole: Money) -> list[tuple[Node, Money]]:
    """Part a bundle, where all its transfers tell their amounts and these make the whole."""
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    if len(details) < 2:
        return []
    parts = []
    for one in details:
        amount = one.find("{*}Amt")
        if amount is None:
            amount = one.find("{*}AmtDtls/{*}TxAmt/{*}Amt")
        if amount is None:
            return []
        sign = _text(one, "CdtDbtInd") or _text(entry, "CdtDbtInd")
        parts.append((one, _with_sign(_amount(amount), sign, one)))
    return parts if sum((amount for _, amount in parts), ZERO) == whole else []


def _line(entry: Node, details: Node | None, amount: Money) -> Line:
    reference = memo = ""
    if details is not None:
        reference = _text(details, "Refs/AcctSvcrRef")
        memo = "".join(nfc(one.text or "") for one in details.findall("{*}RmtInf/{*}Ustrd"))
        memo = memo or _text(details, "AddtlTxInf")
    reference = reference or _text(entry, "AcctSvcrRef")
    memo = memo.strip() or _text(entry, "AddtlNtryInf")
    for tag, text, most in (
        ("AcctSvcrRef", reference, _REFERENCE_MAX),
        ("Ustrd", memo, _MEMO_MAX),
    ):
        if len(text) > most:
            raise NotReadable("cell_long", entry.sourceline, title=tag, most=most)
    at = _moment(entry, "BookgDt")
    if at is None:
        raise NotReadable("statement_camt_lacks", entry.sourceline, tag="BookgDt")
    return Line(entry.sourceline or 1, at, amount, reference, memo)


def _signed(node: Node) -> Money:
    """Read an amount with its direction; of a reversal, too, it says where the money went."""
    amount = node.find("{*}Amt")
    if amount is None:
        raise NotReadable("statement_camt_lacks", node.sourceline, tag="Amt")
    return _with_sign(_amount(amount), _text(node, "CdtDbtInd"), node)


def _with_sign(amount: Money, sign: str, node: Node) -> Money:
    if sign not in ("CRDT", "DBIT"):
        raise NotReadable("statement_camt_lacks", node.sourceline, tag="CdtDbtInd")
    return amount if sign == "CRDT" else -amount


def _amount(node: Node) -> Money:
    currency = node.get("Ccy")
    if currency != _CURRENCY:
        raise NotReadable("statement_currency", node.sourceline, currency=currency or "")
    text = (node.text or "").strip()
    whole, _, fraction = text.partition(".")
    if not whole.isascii() or not whole.isdigit() or fraction.strip("0"):
        raise NotReadable("cell_amount", node.sourceline, title="Amt", told=text)
    try:
        return cells.amount(whole)
    except cells.NotACell as error:
        raise NotReadable(error.key, node.sourceline, title="Amt", told=text) from error


def _day(statement: Node, path: str) -> HospitalDay | None:
    text = _text(statement, path)
    return None if not text else HospitalDay.of(_at(text, statement))


def _moment(entry: Node, tag: str) -> datetime | None:
    text = _text(entry, f"{tag}/DtTm") or _text(entry, f"{tag}/Dt")
    return None if not text else _at(text, entry)


def _at(text: str, node: Node) -> datetime:
    """Read an ISO date or time; without a zone it is the clock in Vietnam."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotReadable("cell_date", node.sourceline, title="Dt", told=text[:40]) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=HOSPITAL_ZONE)


def _text(node: Node, path: str) -> str:
    found = node.find("/".join(f"{{*}}{part}" for part in path.split("/")))
    return nfc((found.text or "").strip()) if found is not None else ""
