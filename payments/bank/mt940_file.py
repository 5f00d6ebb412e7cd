"""
A statement as SWIFT writes it (MT940), parsed by the library and then held to what it says itself.

The library passes over what it does not know; so the ``:61:`` lines of the file are counted, and
the balances that MT940 always carries prove the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import mt940
from mt940.models import Amount

from payments.bank.statement_model import LINES_MAX, Line, Told
from payments.bank.statement_text import NotReadable
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import DONG_MAX, Money, vnd

#: The envelope of the network, or the first tag.
BEGINS: Final = re.compile(rb"\{1:|:20:")
_LINE: Final = re.compile(r"^:61:", re.MULTILINE)
_CLOSES: Final = re.compile(r"^:62[FM]:", re.MULTILINE)
_ACCOUNT: Final = re.compile(r"^:25:", re.MULTILINE)
#: Subfields of a structured ``:86:`` (``166?00GIRO?20VPH…``): their numbers are nobody's words.
_STRUCTURED: Final = re.compile(r"\d{3}(?=\?\d\d)")
_SUBFIELD: Final = re.compile(r"\?\d\d")
#: Its own repairs are left out: a day that is none (30 February) would become another day, and the
#: words of a payer would be sorted into fields.
_AS_WRITTEN: Final[dict[str, list[Any]]] = {"pre_statement": [], "post_transaction_details": []}
_NO_REFERENCE: Final = "NONREF"
_CURRENCY: Final = "VND"


def told(text: str, problems: list[Problem]) -> Told:
    """
    Read the pages of one account; each begins with the balance that the one before it ends with.

    Raises:
        NotReadable: no MT940, or a ``:61:`` line that cannot be read.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    at = [_number(text, one.start()) for one in _LINE.finditer(text)]
    if len(at) > LINES_MAX:
        raise NotReadable("statement_rows", at[LINES_MAX], most=LINES_MAX)
    try:
        pages = mt940.parse_statements(text, processors=_AS_WRITTEN, options=mt940.Options.all())
    except (RuntimeError, ValueError, ArithmeticError) as error:
        raise NotReadable("statement_mt940") from error
    moved = [one.data for page in pages for one in page.transactions if "amount" in one.data]
    if not pages or len(moved) != len(at):
        raise NotReadable("statement_mt940_lines", at[0] if at else None, found=len(moved))
    balances = [(_balance(page, "opening"), _balance(page, "closing")) for page in pages]
    closes = [_number(text, one.start()) for one in _CLOSES.finditer(text)]
    for place, ((_, left), (begun, _)) in enumerate(pairwise(balances)):
        if left != begun:
            line = closes[place] if place < len(closes) else None
            facts = {"told": begun, "expected": left}
            problems.append(Problem(line, ":62F:", "statement_page", facts))
    accounts = {_account(page) for page in pages}
    account = _ACCOUNT.search(text)
    if len(accounts) != 1:
        raise NotReadable("statement_accounts", 1, accounts=", ".join(sorted(accounts)))
    return Told(
        account=accounts.pop(),
        account_line=None if account is None else _number(text, account.start()),
        opening=balances[0][0],
        closing=balances[-1][1],
        closing_line=closes[-1] if closes else None,
        first_day=None,
        last_day=_day(pages[-1], "closing"),
        lines=tuple(_lines(at, moved)),
        closing_title=":62F:",
    )


def _lines(at: list[int], moved: list[dict[str, Any]]) -> Iterator[Line]:
    for number, data in zip(at, moved, strict=True):
        customer = _one_line(data.get("customer_reference"))
        reference = _one_line(data.get("bank_reference")) or (
            "" if customer == _NO_REFERENCE else customer
        )
        # Booked, not valued: the day on which the bank's own balance changed.
        day: date = data.get("entry_date") or data["date"]
        yield Line(
            number,
            datetime(day.year, day.month, day.day, tzinfo=HOSPITAL_ZONE),
            _dong(data["amount"], number),
            reference,
            _memo(data.get("transaction_details") or ""),
        )


def _memo(details: str) -> str:
    """Join what SWIFT cut into lines of 65 letters: a code may stand across two of them."""
    whole = details.replace("\n", "")
    return _SUBFIELD.sub("", whole[3:]) if _STRUCTURED.match(whole) else whole


def _one_line(told_: object) -> str:
    return " ".join(str(told_ or "").split())


def _balance(page: Any, end: str) -> Money:
    return _dong(_of_page(page, end).amount, None)


def _day(page: Any, end: str) -> HospitalDay:
    told_: date = _of_page(page, end).date
    return HospitalDay(date(told_.year, told_.month, told_.day))


def _of_page(page: Any, end: str) -> Any:
    """Give the library's balance at one end of a page, with an amount and a day."""
    for kind in ("final", "intermediate"):
        balance = page.data.get(f"{kind}_{end}_balance")
        if balance is not None and balance.amount is not None and balance.date is not None:
            return balance
    raise NotReadable("statement_mt940_balance", tag=":60F:" if end == "opening" else ":62F:")


def _account(page: Any) -> str:
    # Some banks put the name of the bank, or the currency, beside the number.
    return str(page.data.get("account_identification") or "").split("/")[-1].split(" ")[0]


def _dong(amount: Amount, number: int | None) -> Money:
    if amount.currency not in (None, _CURRENCY):
        raise NotReadable("statement_currency", number, currency=amount.currency)
    told_: Decimal = amount.amount
    if told_ != told_.to_integral_value() or abs(told_) > DONG_MAX:
        raise NotReadable("cell_amount", number, title=":61:", told=str(told_))
    return vnd(int(told_))


def _number(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1
