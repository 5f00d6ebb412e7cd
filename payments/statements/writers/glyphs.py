"""A TrueType font of ours as a PDF needs it: which glyph is which letter, and how wide it is."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Final
from unicodedata import is_normalized

from payments.documents.printable import UNKNOWN, printable
from payments.resources import resource

_EM: Final = 1000


@dataclass(frozen=True, slots=True)
class Face:
    """Measures are in thousandths of the size of the letters."""

    name: str
    content: bytes
    glyphs: dict[int, int]
    widths: tuple[int, ...]
    ascent: int
    descent: int
    box: tuple[int, int, int, int]
    #: For ``str.translate``: each letter becomes the four digits of its glyph.
    digits: dict[int, str]
    letter_widths: dict[str, int]

    def width(self, text: str) -> int:
        """Say how long *text* is, which has letters of the face only (``shown``)."""
        return sum(map(self.letter_widths.__getitem__, text))

    def shown(self, text: str) -> str:
        """Compose *text* and put a sign for what the face cannot show."""
        if self.letter_widths.keys() >= set(text) and is_normalized("NFC", text):
            return text
        return "".join(one if one in self.letter_widths else self._sign for one in printable(text))

    @property
    def _sign(self) -> str:
        return UNKNOWN if UNKNOWN in self.letter_widths else "?"


@cache
def face(weight: int) -> Face:
    """Read the font of *weight* (400, 600) beside the templates of papers."""
    file = f"be-vietnam-pro-vienphi-{weight}.ttf"
    content = (resource("templates") / "typst" / "fonts" / file).read_bytes()
    tables = _tables(content)
    units: int = struct.unpack_from(">H", content, tables["head"] + 18)[0]
    box = struct.unpack_from(">4h", content, tables["head"] + 36)
    ascent, descent = struct.unpack_from(">2h", content, tables["hhea"] + 4)
    widths = _widths(content, tables, units)
    glyphs = _glyphs(content, tables["cmap"])
    scaled = [side * _EM // units for side in (*box, ascent, descent)]
    return Face(
        f"BeVietnamPro-{weight}",
        content,
        glyphs,
        widths,
        ascent=scaled[4],
        descent=scaled[5],
        box=(scaled[0], scaled[1], scaled[2], scaled[3]),
        digits={code: f"{glyph:04X}" for code, glyph in glyphs.items()},
        letter_widths={chr(code): widths[glyph] for code, glyph in glyphs.items()},
    )


def _tables(content: bytes) -> dict[str, int]:
    count: int = struct.unpack_from(">H", content, 4)[0]
    found = {}
    for at in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", content, 12 + 16 * at)
        found[tag.decode()] = offset
    return found


def _widths(content: bytes, tables: dict[str, int], units: int) -> tuple[int, ...]:
    glyphs: int = struct.unpack_from(">H", content, tables["maxp"] + 4)[0]
    measured: int = struct.unpack_from(">H", content, tables["hhea"] + 34)[0]
    found = [
        round(struct.unpack_from(">H", content, tables["hmtx"] + 4 * at)[0] * _EM / units)
        for at in range(measured)
    ]
    # The glyphs behind the last measured one are as wide as it.
    return (*found, *[found[-1]] * (glyphs - measured))


def _glyphs(content: bytes, cmap: int) -> dict[int, int]:
    """Read the map of the Basic Multilingual Plane (format 4), where all our letters are."""
    for at in range(struct.unpack_from(">H", content, cmap + 2)[0]):
        _, _, offset = struct.unpack_from(">HHI", content, cmap + 4 + 8 * at)
        if struct.unpack_from(">H", content, cmap + offset)[0] == 4:
            return _segments(content, cmap + offset)
    raise ValueError("the font has no map of the Basic Multilingual Plane")


def _segments(content: bytes, table: int) -> dict[int, int]:
    doubled: int = struct.unpack_from(">H", content, table + 6)[0]
    count = doubled // 2

    def column(at: int, kind: str = "H") -> tuple[int, ...]:
        return struct.unpack_from(f">{count}{kind}", content, table + at)

    ends, starts = column(14), column(16 + doubled)
    deltas, offsets = column(16 + 2 * doubled, "h"), column(16 + 3 * doubled)
    found = {}
    for part, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offsets[part]:
                place = table + 16 + 3 * doubled + 2 * part + offsets[part] + 2 * (code - start)
                glyph = struct.unpack_from(">H", content, place)[0]
            if glyph or not offsets[part]:
                glyph = (glyph + deltas[part]) & 0xFFFF
            if glyph:
                found[code] = glyph
    return found
