"""
People who do not exist, and their cards: one for every code of the look-up.

The last three digits of a number are the code that its card is answered with. A number that begins
with 99 belongs to whoever asks: its card is right, so that a demo need not know these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from payments.kernel.text import nfc, unmarked

NAME: Final = "NGUYỄN VĂN THỬ"
BIRTH: Final = "14/03/1958"
#: What the portal is told of who looks: our choice of a registered member of staff.
STAFF_NAME: Final = "TRẦN THỊ MẪU"
STAFF_ID: Final = "099085000001"

#: Codes that a card itself leads to; the others follow from what is asked, and how.
CARD_CODES: Final = (
    "000", "001", "002", "003", "004", "010", "100", "101", "110",
    "120", "121", "122", "123", "124", "130",
)  # fmt: skip
_LETTERS: Final = {"001": "QN5", "002": "CA5", "130": "TE1"}
_OBLIGING: Final = "99"


@dataclass(frozen=True, slots=True)
class Holder:
    """One card and its holder."""

    code: str
    #: Two letters, benefit digit, province, and the ten digits of the insurance number.
    card: str
    name: str = NAME
    birth: str = BIRTH
    valid_from: date = date(2026, 1, 1)
    valid_to: date = date(2026, 12, 31)
    facility: str = "99001"
    area: str = ""
    five_years_from: date = date(2024, 6, 1)
    new_card: str = ""


def card_of(code: str) -> str:
    """Give the card that is answered with *code*."""
    return f"{_LETTERS.get(code, 'DN4')}99{'0000000'}{code}"


def _holder(code: str, year: int) -> Holder:
    made = Holder(code, card_of(code), valid_from=date(year, 1, 1), valid_to=date(year, 12, 31))
    if code in ("003", "004"):
        return replace(made, new_card=f"HT3990000001{code}")
    if code == "010":
        return replace(made, valid_from=date(year - 1, 1, 1), valid_to=date(year - 1, 12, 31))
    return made


def holders(year: int) -> Mapping[str, Holder]:
    """List the cards by their ten digits, as they are in *year*."""
    made = [_holder(code, year) for code in CARD_CODES]
    return MappingProxyType({one.card[-10:]: one for one in made})


def found(asked: Mapping[str, str], year: int) -> Holder | str:
    """Find whom a look-up means, or give the code by which it is refused."""
    card = "".join(asked["maThe"].split()).upper()
    number = card[-10:]
    if len(card) not in (10, 12, 15):
        return "051"
    if number.startswith(_OBLIGING):
        whole = card if len(card) == 15 else f"DN499{number}"
        return replace(
            _holder("000", year), card=whole, name=asked["hoTen"], birth=asked["ngaySinh"]
        )
    holder = holders(year).get(number)
    if holder is None:
        return "050"
    if len(card) == 15 and card != holder.card:
        if card[3:5] != holder.card[3:5]:
            return "052"
        return "053" if card[2] != holder.card[2] else "051"
    return _person(asked, holder) or holder


def _person(asked: Mapping[str, str], holder: Holder) -> str:
    name, wanted = nfc(asked["hoTen"]).upper(), holder.name
    if name != wanted:
        return "061" if unmarked(name)[:1] == unmarked(wanted)[:1] else "060"
    # A year alone is enough, as the portal takes it.
    return "" if holder.birth.endswith(asked["ngaySinh"]) else "070"
