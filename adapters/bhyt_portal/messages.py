"""The portal's replies as our values; whatever is not exactly of its kind is a ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.strict_json import Json
from adapters.bhyt_portal.requests import Token
from payments.external.portal import CardTold, CopaymentRow, CopaymentTold, NewCard, Submitted
from payments.kernel.secret import Secret

#: The look-up of a card tells the visits of years, too.
SIZE_MAX_BYTES: Final = 4 * 1024 * 1024
_CODE: Final = re.compile("[0-9]{1,4}")
_CODE_DIGITS: Final = 3
_DAYS: Final = (
    re.compile("(?P<d>[0-9]{2})/(?P<m>[0-9]{2})/(?P<y>[0-9]{4})"),
    re.compile("(?P<y>[0-9]{4})-?(?P<m>[0-9]{2})-?(?P<d>[0-9]{2})(T[0-9:.]*Z?|[0-9]{4,6})?"),
)
_AMOUNT: Final = re.compile(r"[0-9]{1,13}(\.[0-9]{1,4})?")
_ROWS_MAX: Final = 2_000


def object_of(body: bytes) -> Mapping[str, Json]:
    """
    Read a reply by its names in small letters: the portal's calls differ in their capitals.

    Raises:
        ValueError: it is no JSON object, or has no code.
    """
    read = strict_json.object_of(strict_json.loads(body, size_max_bytes=SIZE_MAX_BYTES))
    told = _small(read)
    if "maketqua" not in told:
        raise ValueError("maKetQua is missing")
    return told


def code_of(told: Mapping[str, Json]) -> str:
    """Give the code as it is in the lists: ``000`` too where it came as a number."""
    value = told.get("maketqua")
    text = str(value) if type(value) is int or isinstance(value, str) else ""
    if not _CODE.fullmatch(text.strip()):
        raise ValueError("maKetQua is no code")
    return text.strip().zfill(_CODE_DIGITS)


def token(told: Mapping[str, Json]) -> Token:
    key = _small(strict_json.object_of(fields.need(told, "apikey")))
    return Token(
        Secret(fields.needed_key(key, "access_token")), Secret(fields.needed_key(key, "id_token"))
    )


def card(told: Mapping[str, Json], raw: bytes) -> CardTold:
    new = _text(told, "mathemoi")
    return CardTold(
        code_of(told),
        raw,
        card=_text(told, "mathe").upper(),
        name=_text(told, "hoten"),
        birth=_text(told, "ngaysinh"),
        valid_from=_day(told, "gtthetu"),
        valid_to=_day(told, "gttheden"),
        registered_facility=_text(told, "madkbd"),
        area=_text(told, "makv").upper(),
        five_years_from=_day(told, "ngaydu5nam"),
        new_card=NewCard(
            new.upper(),
            _day(told, "gtthetumoi"),
            _day(told, "gtthedenmoi"),
            _text(told, "madkbdmoi"),
        )
        if new
        else None,
    )


def copayment(told: Mapping[str, Json], raw: bytes) -> CopaymentTold:
    listed = told.get("datacct")
    rows = [] if listed is None else strict_json.list_of(listed)
    if len(rows) > _ROWS_MAX:
        raise ValueError(f"more than {_ROWS_MAX} rows")
    read = [_small(strict_json.object_of(row)) for row in rows]
    return CopaymentTold(code_of(told), raw, tuple(_row(row) for row in read))


def submitted(told: Mapping[str, Json], raw: bytes) -> Submitted:
    return Submitted(
        code_of(told),
        raw,
        transaction=_text(told, "magiaodich"),
        received_at=_text(told, "thoigiantiepnhan"),
        message=_text(told, "thongdiep"),
    )


def _row(row: Mapping[str, Json]) -> CopaymentRow:
    day = _day(row, "ngayra")
    if day is None:
        raise ValueError("ngayRa is missing")
    return CopaymentRow(day, _amount(row, "tbncctmcct"), _amount(row, "tbncctluyke"))


def _amount(row: Mapping[str, Json], name: str) -> Decimal:
    """Read đồng with a fraction, as a number or as text; a sign or a comma is none."""
    value = fields.need(row, name)
    text = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
        raise ValueError(f"{name} is no amount")
    return Decimal(text)


def _day(told: Mapping[str, Json], name: str) -> date | None:
    text = _text(told, name)
    if not text:
        return None
    for form in _DAYS:
        if read := form.fullmatch(text):
            return date(int(read["y"]), int(read["m"]), int(read["d"]))
    raise ValueError(f"{name} is no day")


def _text(told: Mapping[str, Json], name: str) -> str:
    """Read text; numbers, which the portal writes here and there, are their digits."""
    value = told.get(name)
    if type(value) is int:
        return str(value)
    return fields.text(told, name)


def _small(told: Mapping[str, Json]) -> Mapping[str, Json]:
    found = {name.lower(): value for name, value in told.items()}
    if len(found) != len(told):
        raise ValueError("a name stands twice in one object")
    return found
