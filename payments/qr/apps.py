"""
The bank apps that a telephone may open, by name: a telephone cannot scan its own screen.

The table is data: ``data/bank_apps.csv`` is shipped, and a hospital replaces it with a file of the
same columns (``VIENPHI_BANK_APPS_FILE``). The shipped links open an app and tell it nothing: they
go through vietqr.io, which needs not know who pays how much to which hospital. A hospital that has
agreed on it writes the transfer into its own table, by these names in a link:

    https://dl.vietqr.io/pay?app=mb&ba={account}@{bank}&am={amount}&tn={code}
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from urllib.parse import quote

from payments.kernel.errors import InvalidField
from payments.kernel.text import nfc

_COLUMNS: Final = ("id", "name", "bank", "link")
#: An address of the web, or the scheme of an app. What a browser runs or reads itself is neither.
_LINK: Final = re.compile(r"(https://|[a-z][a-z0-9+.-]{2,40}://)[!-~]{0,400}")
_REFUSED: Final = ("http://", "javascript:", "data:", "file:", "blob:", "about:", "intent:", "ftp:")
_NAMED: Final = re.compile(r"\{([a-z]*)\}")
_NAMES: Final = {"account", "bank", "bin", "amount", "code"}
_SIZE_MAX_BYTES: Final = 200_000


@dataclass(frozen=True, slots=True)
class BankApp:
    name: str
    bank: str
    link: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What an app may be told of the transfer."""

    account: str
    bin: str
    bank: str
    amount_dong: int
    code: str


def links(apps: tuple[BankApp, ...], transfer: Transfer) -> tuple[BankApp, ...]:
    """Give *apps* with the *transfer* written into the links that ask for it."""
    values = {
        "account": transfer.account,
        "bank": transfer.bank.lower(),
        "bin": transfer.bin,
        "amount": str(transfer.amount_dong),
        "code": transfer.code,
    }
    return tuple(
        BankApp(
            app.name,
            app.bank,
            _NAMED.sub(lambda match: quote(values[match[1]], safe=""), app.link),
        )
        for app in apps
    )


@cache
def table(path: Path | None) -> tuple[BankApp, ...]:
    """
    Read the table at *path*, None the shipped one; once a process.

    Raises:
        InvalidField: with column and line of what is wrong.
        OSError: the file cannot be read.
    """
    if path is None:
        shipped = resources.files("payments.qr").joinpath("data", "bank_apps.csv")
        return _read(shipped.read_bytes())
    with path.open("rb") as file:
        content = file.read(_SIZE_MAX_BYTES + 1)
    if len(content) > _SIZE_MAX_BYTES:
        raise InvalidField("file", "file_bytes", most=_SIZE_MAX_BYTES)
    return _read(content)


def _read(content: bytes) -> tuple[BankApp, ...]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField("file", "file_not_utf8", byte=error.start) from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for column in _COLUMNS:
            if column not in (rows.fieldnames or ()):
                raise InvalidField(column, "column_missing", line=1)
        return tuple(_app(row, rows.line_num) for row in rows)
    except csv.Error as error:
        raise InvalidField("file", "file_not_csv", line=rows.reader.line_num) from error


def _app(row: Mapping[str, str | None], line: int) -> BankApp:
    name, bank, link = (nfc((row.get(column) or "").strip()) for column in _COLUMNS[1:])
    if not name:
        raise InvalidField("name", "app_name", line=line)
    is_link = _LINK.fullmatch(link) and not link.lower().startswith(_REFUSED)
    if not is_link or not set(_NAMED.findall(link)) <= _NAMES:
        raise InvalidField("link", "app_link", line=line, names=", ".join(sorted(_NAMES)))
    return BankApp(name, bank, link)
