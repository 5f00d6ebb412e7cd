"""
The relations of finance over files: ledger × channel, and channel × bank with its batches.

What ``comparing`` does with a day of our own ledger, for months and for millions of lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from payments.engines.model import Column, Kind, Relation, Table

_FOLDER: Final = Path(__file__).parent / "relations"
_LINES: Final = (
    Column("line_id", Kind.NAME),
    Column("ref", Kind.TEXT),
    Column("amount", Kind.DONG),
)

LEDGER_CHANNEL: Final = Relation(
    (_FOLDER / "ledger_channel.sql").read_text("utf-8"),
    (Table("ledger_side", _LINES), Table("channel_side", _LINES)),
    "ref",
    (
        Column("verdict", Kind.NAME),
        Column("ref", Kind.TEXT),
        Column("ledger_line", Kind.TEXT),
        Column("ledger_amount", Kind.DONG),
        Column("channel_line", Kind.TEXT),
        Column("channel_amount", Kind.DONG),
    ),
)
CHANNEL_BANK: Final = Relation(
    (_FOLDER / "channel_bank.sql").read_text("utf-8"),
    (
        Table("channel_side", (*_LINES, Column("fee", Kind.DONG), Column("tax", Kind.DONG))),
        Table("bank_side", _LINES),
    ),
    "ref",
    (
        Column("verdict", Kind.NAME),
        Column("ref", Kind.TEXT),
        Column("line", Kind.TEXT),
        Column("lines_here", Kind.DONG),
        Column("amount_here", Kind.DONG),
        Column("fee", Kind.DONG),
        Column("tax", Kind.DONG),
        Column("net_here", Kind.DONG),
        Column("lines_there", Kind.DONG),
        Column("amount_there", Kind.DONG),
    ),
)
