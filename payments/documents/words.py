"""
An amount in Vietnamese words, as on a receipt: ``Một triệu hai trăm năm mươi nghìn đồng``.

The rules of reading: a zero in the tens is *linh*; one after a round ten is *mốt*, five after a ten
is *lăm*; inner groups of three are read in full (*không trăm*), the first one is not.
"""

from __future__ import annotations

from typing import Final

from payments.kernel.money import DONG_MAX, Money

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
#: Names of the groups of three within nine digits; above them everything repeats with *tỷ*.
_GROUPS: Final = ("", "nghìn", "triệu")
_BILLION: Final = 1_000_000_000


def in_words(amount: Money) -> str:
    """
    Read *amount* aloud, capital first, *đồng* last.

    Raises:
        ValueError: negative, or more than 10^15 đồng: no paper of ours says that.
    """
    if not 0 <= amount.dong <= DONG_MAX:
        raise ValueError(f"no receipt is written over {amount}")
    text = _read(amount.dong) or _DIGITS[0]
    return f"{text[0].upper()}{text[1:]} đồng"


def _read(number: int, *, is_inner: bool = False) -> str:
    billions, rest = divmod(number, _BILLION)
    if not billions:
        return _below_billion(rest, is_inner=is_inner)
    # Billions are read as a number of their own: "một triệu tỷ".
    head = f"{_read(billions, is_inner=is_inner)} tỷ"
    return f"{head} {_below_billion(rest, is_inner=True)}" if rest else head


def _below_billion(number: int, *, is_inner: bool) -> str:
    parts: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            parts.append(_three(group, in_full=is_inner or bool(parts)))
            parts.append(_GROUPS[power])
    return " ".join(part for part in parts if part)


def _three(number: int, *, in_full: bool) -> str:
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    words = []
    if hundreds or in_full:
        words += [_DIGITS[hundreds], "trăm"]
    if tens == 0 and units and words:
        words.append("linh")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words += [_DIGITS[tens], "mươi"]
    if units:
        words.append(_unit(units, tens))
    return " ".join(words)


def _unit(units: int, tens: int) -> str:
    if units == 1 and tens > 1:
        return "mốt"
    if units == 5 and tens > 0:
        return "lăm"
    return _DIGITS[units]
