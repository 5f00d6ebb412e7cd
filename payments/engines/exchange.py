"""How lines go into engines that read no Parquet, and how their answers come back: plain CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from payments.engines.model import Column, Kind, quoted


def sql_type(kind: Kind) -> str:
    """Name the type of a column; checked text has no line end, so CSV carries it whole."""
    return "TEXT" if kind.is_text else "BIGINT"


def scan_of(file: Path, columns: Sequence[Column]) -> str:
    """Read an answer in CSV without a head, in which an empty cell is NULL."""
    kinds = {True: "VARCHAR", False: "BIGINT"}
    listed = ", ".join(f"'{one.name}': '{kinds[one.kind.is_text]}'" for one in columns)
    return (
        f"read_csv({quoted(file)}, columns = {{{listed}}}, delim = ',', header = false,"
        " auto_detect = false, quote = '\"', escape = '\"')"
    )
