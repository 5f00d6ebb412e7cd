"""The relation of what the fund was asked for and what it accepts, over files of lines."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from payments.engines.model import Column, Kind, Relation, Table


class Assessed(StrEnum):
    """What became of a line (claims section 9); *here* is the hospital, *there* the fund."""

    MATCHED = "matched"
    ROUNDING = "rounding"
    #: Of a month that is not assessed yet, or not decided, or of a month before the claims.
    TIMING = "timing"
    SHORT_PAID = "short_paid"
    SHORT_PAID_NO_REASON = "short_paid_no_reason"
    OVER_PAID = "over_paid"
    ORPHAN_HERE = "orphan_here"
    ORPHAN_THERE = "orphan_there"
    #: The level (MUC_HUONG) differs: the hospital's loss unless a person decides otherwise.
    LEVEL_CHANGED = "level_changed"
    DUPLICATE_HERE = "duplicate_here"
    DUPLICATE_THERE = "duplicate_there"


_LINE: Final = (
    Column("ma_lk", Kind.NAME),
    Column("table_name", Kind.NAME, title="table"),
    Column("stt", Kind.NAME),
)
_LEVEL: Final = Column("level", Kind.HUNDREDTHS_OR_NOTHING, is_optional=True)
_MONTH: Final = Column("month", Kind.NUMBER_OR_NOTHING, is_optional=True)
_SUM: Final = Kind.HUNDREDTHS_OR_NOTHING

CLAIMS_ASSESSMENT: Final = Relation(
    (Path(__file__).parent / "relations" / "claims_assessment.sql").read_text("utf-8"),
    (
        Table("claim_side", (*_LINE, Column("asked", Kind.HUNDREDTHS), _LEVEL, _MONTH)),
        Table(
            "assessment_side",
            (
                *_LINE,
                Column("accepted", _SUM),
                Column("refused", _SUM, is_optional=True),
                Column("reason", Kind.TEXT, is_optional=True),
                _LEVEL,
                _MONTH,
            ),
        ),
    ),
    "ma_lk",
    (
        Column("verdict", Kind.NAME),
        *_LINE,
        Column("asked", _SUM),
        Column("accepted", _SUM),
        Column("refused", _SUM),
        Column("level_asked", _SUM),
        Column("level_given", _SUM),
        Column("reason", Kind.TEXT),
        Column("parts", Kind.DONG),
    ),
)
