"""
Choosing the mask of a QR symbol (ISO/IEC 18004, 7.8), on whole symbols as one number each.

The ``qrcode`` library draws the symbol eight times and walks over its modules in Python to find the
mask with the lowest penalty, which is most of the time that a code takes. Bit arithmetic on one
number of side x side bits gives the same penalties, and so the same choice, in a fraction of it
(``python -m tests.benchmarks.qr``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: A finder-like run 1:1:3:1:1 with four light modules before or behind it.
_FINDERS: Final = ("10111010000", "00001011101")


@dataclass(frozen=True, slots=True)
class _Places:
    """The modules, as bits, from which a pair or a run of eleven does not leave the symbol."""

    all: int
    pairs_across: int
    pairs_down: int
    elevens_across: int
    elevens_down: int


@lru_cache(maxsize=40)
def _places(side: int) -> _Places:
    def block(width: int, height: int) -> int:
        row = (1 << width) - 1
        return sum(row << side * index for index in range(height))

    return _Places(
        all=block(side, side),
        pairs_across=block(side - 1, side),
        pairs_down=block(side, side - 1),
        elevens_across=block(side - 10, side),
        elevens_down=block(side, side - 10),
    )


def penalty(symbol: int, side: int) -> int:
    """Weigh a symbol, given row by row as *side* x *side* bits, dark = 1."""
    places = _places(side)
    light = symbol ^ places.all
    alike_across = places.pairs_across & ~(symbol ^ (symbol >> 1))
    alike_down = places.pairs_down & ~(symbol ^ (symbol >> side))
    blocks = alike_across & (alike_across >> side) & alike_down
    finders = _finders(symbol, light, 1, places.elevens_across) + _finders(
        symbol, light, side, places.elevens_down
    )
    return (
        _runs(alike_across, 1)
        + _runs(alike_down, side)
        + 3 * blocks.bit_count()
        + 40 * finders
        + 10 * int(abs(symbol.bit_count() / side**2 * 100 - 50) / 5)
    )


def _runs(alike: int, step: int) -> int:
    """Sum length - 2 over all runs of five or more; *alike* marks modules like their neighbour."""
    fives = alike & (alike >> step) & (alike >> 2 * step) & (alike >> 3 * step)
    sixes = fives & (alike >> 4 * step)
    # A run of n holds n - 4 fives and n - 5 sixes: their difference counts the runs.
    return 3 * fives.bit_count() - 2 * sixes.bit_count()


def _finders(symbol: int, light: int, step: int, places: int) -> int:
    count = 0
    for finder in _FINDERS:
        found = places
        for index, module in enumerate(finder):
            found &= (symbol if module == "1" else light) >> index * step
        count += found.bit_count()
    return count
