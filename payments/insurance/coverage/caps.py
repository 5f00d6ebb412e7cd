"""Caps on what is insured: the excess is the patient's own money, not co-payment (coverage D6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from payments.insurance.coverage.model import Line

Key = Callable[[Line], tuple[str, str] | None]


def package(line: Line) -> tuple[str, str] | None:
    """Name the use of a service that *line* is a supply of: MA_DICH_VU and GOI_VTYT."""
    return (line.service, line.package) if line.package else None


def service(line: Line) -> tuple[str, str] | None:
    return (line.service, "") if line.service else None


def cap(lines: Sequence[Line], insured: list[Decimal], key: Key, most: Decimal) -> bool:
    """
    Cut *insured* in place, in the order of the bill, so that no group has more than *most*.

    Returns:
        Whether a line was cut.
    """
    left: dict[tuple[str, str], Decimal] = {}
    was_cut = False
    for index, line in enumerate(lines):
        group = key(line)
        if group is None:
            continue
        rest = left.get(group, most)
        if insured[index] > rest:
            insured[index] = rest
            was_cut = True
        left[group] = rest - insured[index]
    return was_cut
