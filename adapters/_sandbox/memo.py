"""What banks make of a memo on its way, by the shapes that are seen in real statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from payments.kernel.text import unmarked

#: Longer notes are cut by the banks.
MEMO_MAX: Final = 150


def _prefixed_mbvcb(memo: str, number: int) -> str:
    return f"MBVCB.{10_000_000_000 + number}.{number:06d}.{memo}.CT tu 0123456789 NGUYEN VAN THU"


def _prefixed_ct_den(memo: str, number: int) -> str:
    return f"CT DEN:{600_000_000_000 + number} {memo}"


def _prefixed_vpbank(memo: str, number: int) -> str:
    # "VPBANK" begins like a payment code; a reader that takes the first VP… reads nonsense.
    return f"VPBANK NGUYEN VAN THU chuyen tien {memo}"


def _lower_case(memo: str, number: int) -> str:
    return memo.lower()


def _glued(memo: str, number: int) -> str:
    return "THANHTOAN" + memo.replace(" ", "") + "VIENPHI"


def _cut_behind_code(memo: str, number: int) -> str:
    return memo.split(" ", 1)[0]


def _punctuated(memo: str, number: int) -> str:
    return "-".join(memo.split()) + "/;(." + str(number) + ")"


def _spaced(memo: str, number: int) -> str:
    return " ".join(memo[at : at + 4] for at in range(0, len(memo), 4))


SHAPES: Final[Mapping[str, Callable[[str, int], str]]] = MappingProxyType(
    {
        "mbvcb": _prefixed_mbvcb,
        "ct_den": _prefixed_ct_den,
        "vpbank": _prefixed_vpbank,
        "lower": _lower_case,
        "glued": _glued,
        "cut": _cut_behind_code,
        "punctuation": _punctuated,
        "spaced": _spaced,
    }
)


def as_carried(memo: str) -> str:
    """Drop the marks, as every bank does."""
    return unmarked(memo)[:MEMO_MAX]


def mangled(memo: str, shape: str, number: int) -> str:
    """Give *memo* as the bank of a payer may hand it over; *number* varies what banks number."""
    return as_carried(SHAPES[shape](memo, number) if shape else memo)
