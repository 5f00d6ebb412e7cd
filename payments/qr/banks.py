"""
The banks that a code can be paid to, by BIN (bank identification number, six digits).

The table is data: ``data/banks.csv`` is shipped as it was collected, and a hospital replaces it
with a newer file of the same columns (``Banks.from_csv``) without a new release. The row of the
trial bank is not in the table but added to every one, so that no file can lose or change it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from payments.kernel.errors import InvalidField
from payments.kernel.text import nfc

#: The columns that are needed; others of the shipped file may be missing.
_COLUMNS: Final = ("bin", "short_name", "full_name", "vietqr_receive")
_BIN: Final = re.compile("[0-9]{6}")
_FLAGS: Final = {"1": True, "0": False, "": None}
#: The whole country has about a hundred; a file beyond this is not a bank table.
_SIZE_MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bank:
    """One row; a flag is None where the source does not say. *trial* marks the one that is none."""

    bin: str
    short_name: str
    full_name: str
    code: str = ""
    swift: str = ""
    kind: str = "bank"
    receives: bool | None = None
    sends: bool | None = None
    trial: bool = False


#: No bank has this BIN, so that no bank's app can pay a code that shows it.
TRIAL_BANK: Final = Bank(
    bin="999999",
    short_name="Ngân hàng Thử nghiệm",
    full_name="Ngân hàng Thử nghiệm (không phải ngân hàng thật)",
    kind="trial",
    receives=True,
    sends=False,
    trial=True,
)


class Banks(Mapping[str, Bank]):
    """A bank table: BIN → bank, the trial bank included."""

    def __init__(self, banks: Mapping[str, Bank]) -> None:
        self._banks = {**banks, TRIAL_BANK.bin: TRIAL_BANK}

    @classmethod
    def bundled(cls) -> Banks:
        """Load the table that is shipped with the program."""
        return table(None)

    @classmethod
    def from_csv(cls, path: Path) -> Banks:
        """
        Load a table that replaces the shipped one: UTF-8, comma, header as in ``data/banks.csv``.

        Raises:
            InvalidField: with column and line of what is wrong.
            OSError: the file cannot be read.
        """
        with path.open("rb") as file:
            content = file.read(_SIZE_MAX_BYTES + 1)
        if len(content) > _SIZE_MAX_BYTES:
            raise InvalidField("file", "file_bytes", most=_SIZE_MAX_BYTES)
        return cls(_read(content))

    def __getitem__(self, bin_number: str) -> Bank:
        return self._banks[bin_number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._banks)

    def __len__(self) -> int:
        return len(self._banks)


@cache
def table(path: Path | None) -> Banks:
    """
    Load the table at *path*, None the shipped one; read once a process, for each code asks it.

    Raises:
        InvalidField: as ``Banks.from_csv`` says.
    """
    if path is not None:
        return Banks.from_csv(path)
    shipped = resources.files("payments.qr").joinpath("data", "banks.csv")
    return Banks(_read(shipped.read_bytes()))


def _read(content: bytes) -> dict[str, Bank]:
    try:
        # Spreadsheets put a BOM in front of what they call UTF-8.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidField("file", "file_not_utf8", byte=error.start) from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    banks: dict[str, Bank] = {}
    try:
        for column in _COLUMNS:
            if column not in (rows.fieldnames or ()):
                raise InvalidField(column, "column_missing", line=1)
        for row in rows:
            bank = _bank(row, rows.line_num)
            if bank.bin in banks:
                raise InvalidField("bin", "bin_twice", line=rows.line_num, bin=bank.bin)
            banks[bank.bin] = bank
    except csv.Error as error:
        raise InvalidField("file", "file_not_csv", line=rows.reader.line_num) from error
    return banks


def _bank(row: Mapping[str, str | None], line: int) -> Bank:
    def cell(column: str) -> str:
        return nfc((row.get(column) or "").strip())

    def flag(column: str) -> bool | None:
        if cell(column) not in _FLAGS:
            raise InvalidField(column, "cell_flag", line=line)
        return _FLAGS[cell(column)]

    bin_number = cell("bin")
    if not _BIN.fullmatch(bin_number):
        raise InvalidField("bin", "bin_digits", line=line)
    if bin_number == TRIAL_BANK.bin:
        raise InvalidField("bin", "bin_trial", line=line, bin=bin_number)
    return Bank(
        bin=bin_number,
        short_name=cell("short_name"),
        full_name=cell("full_name"),
        code=cell("code"),
        swift=cell("swift"),
        kind=cell("kind") or "bank",
        receives=flag("vietqr_receive"),
        sends=flag("vietqr_send"),
    )
