"""
Reads the codes of the chip identity card (CCCD) and of the BHYT card: fields between bars.

Neither is signed and neither has a checksum: a scan is help with typing. Layouts as seen in public
readers; there is no official text of either.

    CCCD   number | old number or nothing | name | ddMMyyyy | Nam/Nữ | address | issued ddMMyyyy
    BHYT   card | name in hex | dd/MM/yyyy | 1/2 | address in hex | facility | from | to | … | $
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from payments.kernel.text import nfc, unmarked
from payments.patients.scanning.model import Birth, ChipCard, HealthCard, Oddity, Sex
from payments.patients.scanning.names import has_marks, is_cased, is_name
from payments.patients.scanning.refusals import ScanRefused, Seen, Why
from payments.patients.scanning.typing_methods import is_stable

#: 2 letters of the object, benefit digit, province, insurance number (letters on old cards).
CARD: Final = re.compile("[A-Z]{2}[1-5][0-9]{2}[0-9A-Z]{10}")
INSURANCE_NUMBER: Final = re.compile("[0-9]{10}")
IDENTITY_NUMBER: Final = re.compile("[0-9]{12}")
_OLD_NUMBER: Final = re.compile("([0-9]{9})?")
_CHIP_FIELDS: Final = 7
_HEALTH_FIELDS_MIN: Final = 8
_SEXES: Final = {"Nam": Sex.MALE, "Nữ": Sex.FEMALE}
_BORN_FROM: Final = 1880
_BORN_TO: Final = 2100
_HEX: Final = re.compile("([0-9a-fA-F]{2})+")


def card(text: str, length: int) -> ChipCard | HealthCard:
    """Read a text with bars. Raises ScanRefused for whatever is not one whole card."""
    fields = text.split("|")
    first = fields[0].strip()
    if IDENTITY_NUMBER.fullmatch(first):
        return _chip_card(fields, length)
    upper = first.upper()
    if CARD.fullmatch(upper):
        return _health_card(upper, fields, length)
    if INSURANCE_NUMBER.fullmatch(first) and len(fields) > 1 and _HEX.fullmatch(fields[1]):
        return _health_card(first, fields, length)
    raise ScanRefused(_why_no_card(first, fields), seen=_seen(fields), length=length)


def _chip_card(fields: list[str], length: int) -> ChipCard:
    def refused(why: Why) -> ScanRefused:
        return ScanRefused(why, seen=Seen.CHIP_CARD, length=length)

    if len(fields) < _CHIP_FIELDS:
        raise refused(Why.FIELDS)
    number, old, name, born, sex_text, address, *_ = (field.strip() for field in fields)
    if not _OLD_NUMBER.fullmatch(old):
        raise refused(Why.NUMBER)
    if not any(char.isalpha() for char in name):
        raise refused(Why.NAME)
    # Before the name is looked at: what a typing method did is told as that.
    if not has_marks(name + sex_text + address):
        keys = is_stable(f"{name}|{sex_text}|{address}")
        raise refused(Why.MARKS_LOST if keys else Why.TYPING_METHOD)
    _refuse_odd_name(name, refused(Why.CASE), refused(Why.NAME))
    birth = _chip_birth(born)
    if birth is None:
        raise refused(Why.DATE)
    if sex_text not in _SEXES and sex_text:
        is_case = sex_text.casefold() in {known.casefold() for known in _SEXES}
        is_bare = unmarked(sex_text).casefold() in {"nu", "nux", "nuw", "nuwx"}
        raise refused(Why.CASE if is_case else Why.MARKS_LOST if is_bare else Why.SEX)
    sex = _SEXES.get(sex_text)
    oddities = set()
    if not _number_agrees(number, birth, sex):
        oddities.add(Oddity.NUMBER_DIFFERS)
    if len(fields) > _CHIP_FIELDS:
        oddities.add(Oddity.EXTRA_FIELDS)
    return ChipCard(number, nfc(name), birth, sex, frozenset(oddities))


def _health_card(number: str, fields: list[str], length: int) -> HealthCard:
    def refused(why: Why) -> ScanRefused:
        return ScanRefused(why, seen=Seen.HEALTH_CARD, length=length)

    if fields[-1].strip() == "$":
        fields = fields[:-1]
    if len(fields) < _HEALTH_FIELDS_MIN:
        raise refused(Why.FIELDS)
    _, name_hex, born, sex, address_hex, *_ = (field.strip() for field in fields)
    name = _unhex(name_hex)
    # The address is not kept, but where it was changed the name may have been too.
    if name is None or (address_hex and _unhex(address_hex) is None):
        garbled = not (name_hex + address_hex).isascii()
        raise refused(Why.TYPING_METHOD if garbled else Why.NAME)
    _refuse_odd_name(name, refused(Why.CASE), refused(Why.NAME))
    birth = slashed_birth(born)
    if birth is None:
        raise refused(Why.DATE)
    if sex not in {"1", "2"}:
        raise refused(Why.SEX)
    return HealthCard(number, name, birth, Sex.MALE if sex == "1" else Sex.FEMALE)


def _refuse_odd_name(name: str, wrong_case: ScanRefused, wrong_name: ScanRefused) -> None:
    if not is_name(name):
        raise wrong_name
    if not is_cased(name):
        raise wrong_case


def _unhex(field: str) -> str | None:
    if not _HEX.fullmatch(field):
        return None
    try:
        text = nfc(bytes.fromhex(field).decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return text.strip() if text.isprintable() else None


def _chip_birth(field: str) -> Birth | None:
    if not re.fullmatch("[0-9]{4}|[0-9]{6}|[0-9]{8}", field):
        return None
    day, month, year = field[-8:-6], field[-6:-4], field[-4:]
    return _birth(int(year), int(month) if month else None, int(day) if day else None)


def slashed_birth(field: str) -> Birth | None:
    """Read ``31/01/1999`` or ``1999``; None for a day that never was."""
    match = re.fullmatch("(?:([0-9]{1,2})/([0-9]{1,2})/)?([0-9]{4})", field)
    if match is None:
        return None
    day, month, year = match.groups()
    return _birth(int(year), int(month) if month else None, int(day) if day else None)


def _birth(year: int, month: int | None, day: int | None) -> Birth | None:
    """Make a date that was; None for the 31st of February and for years of no living person."""
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return Birth(year, month, day) if _BORN_FROM <= year <= _BORN_TO else None


def _number_agrees(number: str, birth: Birth, sex: Sex | None) -> bool:
    """Compare century, sex and year inside the number: 3 digits province, 1 both, 2 the year."""
    century, odd = divmod(int(number[3]), 2)
    is_sex = sex is None or odd == (sex is Sex.FEMALE)
    return is_sex and 1900 + 100 * century + int(number[4:6]) == birth.year


def _why_no_card(first: str, fields: list[str]) -> Why:
    if not first.isascii():
        return Why.TYPING_METHOD
    if first.isdigit() or re.fullmatch("[A-Za-z]{2}[0-9A-Za-z]+", first):
        return Why.NUMBER
    return Why.UNKNOWN if len(fields) < _CHIP_FIELDS else Why.NUMBER


def _seen(fields: list[str]) -> Seen:
    if len(fields) < 3:
        return Seen.TEXT
    return (
        Seen.CHIP_CARD
        if len(fields) <= 11 and not _HEX.fullmatch(fields[1])
        else (Seen.HEALTH_CARD)
    )
