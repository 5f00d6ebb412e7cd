"""What a check finds in a dossier, under the names that claims use; and its verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

#: From XML_MALFORMED to MA_LK_ORPHAN: what was read cannot be trusted. And two rules of the law.
_REJECTING: Final = frozenset(
    {
        "XML_MALFORMED", "LIMIT_EXCEEDED", "XML_DTD_FORBIDDEN", "ENCODING_NOT_UTF8",
        "BASE64_INVALID", "ENVELOPE_COUNT", "TABLE_MISSING", "FIELD_MISSING", "FIELD_TOO_LONG",
        "NUMBER_FORMAT", "DATE_FORMAT", "CODE_UNKNOWN", "AMOUNT_NEGATIVE", "STT_DUPLICATE",
        "MA_LK_DUPLICATE", "MA_LK_ORPHAN", "CATEGORY_VISIT_TYPE_MISMATCH",
        "OTHER_SOURCE_NOT_BELOW_COST",
    }
)  # fmt: skip


class Verdict(StrEnum):
    ACCEPT = "accept"
    WITH_FINDINGS = "accept_with_findings"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is wrong: *where* is ``envelope`` or a table, *stt* the row of the table.

    *declared* is what the file says, *expected* what it should say, *found* what it has of it.
    """

    code: str
    where: str
    ma_lk: str = ""
    stt: str = ""
    field: str = ""
    declared: str = ""
    expected: str = ""
    found: str = ""

    @property
    def rejects(self) -> bool:
        return self.code in _REJECTING


def verdict(findings: Iterable[Finding]) -> Verdict:
    found = list(findings)
    if any(one.rejects for one in found):
        return Verdict.REJECT
    return Verdict.WITH_FINDINGS if found else Verdict.ACCEPT


def plain(amount: Decimal) -> str:
    """Write no exponent and no zeros at the end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
