"""
Charts drawn on the server, in the units of their viewBox; each says its finding in words besides.

Bars begin at zero. A line may be cut, and then both ends of its axis are printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: As wide as its panel on a desk of 1024, so that 13 px of text are 13 px.
WIDE: Final = 352
NARROW: Final = 201
ROW_WIDTH: Final = 277
_HEIGHT: Final = 168
_TOP, _BOTTOM, _LEFT, _RIGHT = 18, 144, 42, 6
_ROW: Final = 32
_GRID: Final = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """A grid line with its value."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One block of a stack; *place* (1 to 4) chooses colour and pattern."""

    place: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Stacked bars: one per column."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    segments: tuple[Segment, ...]
    values: tuple[Label, ...]
    columns: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line; *points* is what SVG's polyline takes, *dots* are its ends and corners."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    points: str
    dots: tuple[Label, ...]
    columns: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A lying bar: its name, how long it is, and what stands behind it."""

    y: float
    name: str
    length: float
    text: str
    is_hatched: bool


def bars(names: Sequence[str], stacks: Sequence[Sequence[int]], *, unit: int) -> Bars:
    """
    Draw *stacks* (none below zero), one for each name, the first series lowest.

    Printed values are whole *unit*s, cut and not rounded.
    """
    most = max((sum(stack) for stack in stacks), default=0)
    top = _round_up(-(-most // unit)) * unit
    step = (WIDE - _LEFT - _RIGHT) / max(1, len(names))
    width = round(step * 0.6, 1)
    segments, values, columns = [], [], []
    for place, (name, stack) in enumerate(zip(names, stacks, strict=True)):
        x = round(_LEFT + step * place + (step - width) / 2, 1)
        y = float(_BOTTOM)
        for series, value in enumerate(stack, start=1):
            height = round(value / top * (_BOTTOM - _TOP), 1)
            y = round(y - height, 1)
            if height:
                segments.append(Segment(series, x, y, width, height))
        middle = round(x + width / 2, 1)
        values.append(Label(middle, round(y - 5, 1), str(sum(stack) // unit)))
        columns.append(Label(middle, 161.0, name))
    return Bars(WIDE, _HEIGHT, _marks(top // unit), tuple(segments), tuple(values), tuple(columns))


def curve(names: Sequence[str], values: Sequence[int | None], *, top: int, unit: int) -> Curve:
    """Draw *values* up to *top*; days without one are passed over. An axis prints *unit*s."""
    low = min((value for value in values if value is not None), default=0)
    floor = max(0, low - (top - low) // 4 - unit) // unit * unit
    step = (NARROW - _LEFT - 12) / max(1, len(names) - 1)
    dots = []
    for place, value in enumerate(values):
        if value is not None:
            y = _BOTTOM - (value - floor) / max(1, top - floor) * (_BOTTOM - _TOP)
            dots.append(Label(round(_LEFT + step * place, 1), round(y, 1), names[place]))
    ends = (0, len(names) - 1) if len(names) > 1 else (0,) if names else ()
    # The last name ends with the axis: in the middle of its place it would be cut.
    places = (float(_LEFT), float(NARROW - _RIGHT))
    columns = tuple(Label(x, 161.0, names[place]) for x, place in zip(places, ends, strict=False))
    marks = (
        Mark(float(_BOTTOM), str(floor // unit)),
        Mark(float(_TOP), str(top // unit)),
    )
    points = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    return Curve(NARROW, _HEIGHT, marks, points, tuple(dots), columns)


def rows(names: Sequence[str], values: Sequence[int], texts: Sequence[str]) -> tuple[Row, ...]:
    """Draw lying bars, the longest of 100 units; from the third on they are hatched: too old."""
    most = max(values, default=0) or 1
    return tuple(
        Row(float(place * _ROW), name, round(value / most * 100, 1), text, place > 1)
        for place, (name, value, text) in enumerate(zip(names, values, texts, strict=True))
    )


def _marks(top: int) -> tuple[Mark, ...]:
    span = _BOTTOM - _TOP
    return tuple(
        Mark(round(_BOTTOM - span * part / _GRID, 1), str(top * part // _GRID))
        for part in range(_GRID + 1)
    )


def _round_up(value: int) -> int:
    """Give the least of 3, 6, 15, 30, 60, 150 … that is no less: its thirds are whole."""
    top = 3
    for factor in (2, 2.5, 2) * 12:
        if top >= value:
            break
        top = int(top * factor)
    return top
