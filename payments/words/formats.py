"""How amounts and times look to people; the only place that formats them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

from payments.kernel.calendar import HOSPITAL_ZONE
from payments.kernel.money import Money

_MINUS: Final = "\N{MINUS SIGN}"
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
#: From so many đồng on an amount in large letters is wider than a narrow screen.
_LONG: Final = 100_000_000


def digits(amount: Money) -> str:
    """``1.250.000``: grouped as on every Vietnamese paper, in all three languages."""
    grouped = f"{abs(amount.dong):,}".replace(",", ".")
    return f"{_MINUS}{grouped}" if amount.dong < 0 else grouped


def vnd(amount: Money) -> str:
    """``1.250.000 đ``, held together by a no-break space."""
    return f"{digits(amount)}{_NO_BREAK}đ"


def exact(number: Decimal) -> str:
    """``3.998.134,8``: amounts to the hundredth and ratios, as claims of BHYT have them."""
    grouped = f"{abs(number):,f}"
    whole, _, rest = grouped.partition(".")
    decimals = rest.rstrip("0")
    text = whole.replace(",", ".") + (f",{decimals}" if decimals else "")
    return f"{_MINUS}{text}" if number < 0 else text


def money(amount: Money, look: str = "", *, has_sign: bool = False) -> Markup:
    """
    The same as markup; *look* is ``due``, ``xl``, ``row`` or ``plain``.

    *has_sign* writes the plus too: where a direction is meant.
    """
    sign = "+" if has_sign and amount.dong > 0 else ""
    if look == "due" and abs(amount.dong) >= _LONG:
        look = "due money--long"
    # A sign, digits and points come from the amount; the names of classes are escaped.
    return Markup(f'<span class="{_classes(look)}">{sign}{digits(amount)}<i>đ</i></span>')  # noqa: S704


@lru_cache(maxsize=64)
def _classes(look: str) -> str:
    return str(escape(f"money money--{look}" if look else "money"))


def local_time(moment: datetime) -> str:
    """``10:14:32 · 22/11/2026``"""
    return moment.astimezone(HOSPITAL_ZONE).strftime("%H:%M:%S · %d/%m/%Y")


def local_clock(moment: datetime) -> str:
    """``10:14``"""
    return moment.astimezone(HOSPITAL_ZONE).strftime("%H:%M")


def local_date(moment: datetime) -> str:
    """``22/11/2026``"""
    return moment.astimezone(HOSPITAL_ZONE).strftime("%d/%m/%Y")


def seconds(left: timedelta) -> int:
    """Whole seconds, never below zero."""
    return max(0, int(left.total_seconds()))


def countdown(left: timedelta) -> str:
    """``12:40``: minutes and seconds that are left."""
    minutes, rest = divmod(seconds(left), 60)
    return f"{minutes:02d}:{rest:02d}"
