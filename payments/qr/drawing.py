"""
Drawing a payment code for screen and paper, and reading a picture of one.

Black on white, level M, four light modules around (ISO/IEC 18004; VietQR adds nothing). No logo
inside, no rounded modules: a thermal printer and a cheap telephone must get along with it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Final, Literal

import zxingcpp
from PIL import Image, UnidentifiedImageError
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

from payments.kernel.errors import InvalidField, Rejected
from payments.qr.masks import penalty

#: Width of the roll, in millimetres.
Paper = Literal[58, 80]

QUIET_ZONE: Final = 4
_MASKS: Final = range(8)
#: Below these a telephone at arm's length begins to fail.
_SCREEN_SIDE_MIN_PX: Final = 240
_SCREEN_MODULE_MIN_PX: Final = 4
_MODULE_MAX_PX: Final = 64

PRINTER_DPI: Final = 203
#: Printable dots at 203 dpi of the two usual widths of paper, in millimetres.
_PAPER_DOTS: Final = {58: 384, 80: 576}
#: 0.5 mm; the usual code of 49 modules gets 7 dots on the narrow paper and 11 on the wide.
_PAPER_MODULE_MIN_DOTS: Final = 4

_PICTURE_MAX_PIXELS: Final = 40_000_000
#: What cameras and screens make; Pillow hands some of the others to programs outside.
_PICTURE_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_QR_ONLY: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


class TooDense(Rejected):
    """The text is too long for a symbol that can be read at the size asked for."""

    code = "qr-too-dense"


def svg(text: str, label: str = "QR") -> str:
    """
    Draw *text* as inline SVG; *label* says in words what the code is, for those who cannot see it.

    Only attributes and a class, because the pages forbid inline styles.
    """
    rows = modules(text)
    side = len(rows) + 2 * QUIET_ZONE
    module_px = max(_SCREEN_MODULE_MIN_PX, -(-_SCREEN_SIDE_MIN_PX // side))
    path = "".join(
        f"M{run.start() + QUIET_ZONE} {y}h{run.end() - run.start()}v1h-{run.end() - run.start()}z"
        for y, row in enumerate(rows, QUIET_ZONE)
        for run in re.finditer("1+", row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr-symbol" role="img" '
        f'aria-label="{escape(label)}" viewBox="0 0 {side} {side}" '
        f'width="{side * module_px}" height="{side * module_px}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    )


def png(text: str, module_px: int) -> bytes:
    """
    Draw *text* as a PNG of two colours with *module_px* pixels to a module.

    Raises:
        ValueError: *module_px* is not within 1 to 64.
    """
    if not 1 <= module_px <= _MODULE_MAX_PX:
        raise ValueError(f"a module has 1 to {_MODULE_MAX_PX} pixels, not {module_px}")
    return _picture(modules(text), module_px)


def for_paper(text: str, paper: Paper = 80) -> bytes:
    """
    Draw *text* as large as the roll of *paper* (mm) allows, in whole dots: scaling blurs edges.

    Raises:
        TooDense: a module would be smaller than four dots.
    """
    rows = modules(text)
    module_dots = _PAPER_DOTS[paper] // (len(rows) + 2 * QUIET_ZONE)
    if module_dots < _PAPER_MODULE_MIN_DOTS:
        raise TooDense(f"too long for paper of {paper} mm")
    return _picture(rows, module_dots)


def texts_in(picture: bytes) -> tuple[str, ...]:
    """
    Read every QR symbol in a picture file.

    Raises:
        InvalidField: not a picture, or too large to look at.
    """
    try:
        with Image.open(io.BytesIO(picture), formats=_PICTURE_FORMATS) as image:
            if image.width * image.height > _PICTURE_MAX_PIXELS:
                raise InvalidField("image", "picture_points", most=_PICTURE_MAX_PIXELS // 1_000_000)
            grey = image.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise InvalidField("image", "picture_unread") from error
    found = zxingcpp.read_barcodes(grey, formats=_QR_ONLY)
    return tuple(symbol.text for symbol in found)


def modules(text: str) -> list[str]:
    """Give the rows of the symbol, without margin, as text: ``1`` is dark."""
    code = _encoded(text)
    side, version = code.modules_count, code.version
    draft, final = _frames(version)
    content = _packed(code) ^ draft[0]
    best = min(_MASKS, key=lambda mask: penalty(content ^ draft[mask], side))
    bits = f"{content ^ final[best]:0{side * side}b}"
    return [bits[start : start + side] for start in range(0, len(bits), side)]


def _picture(rows: Sequence[str], module_px: int) -> bytes:
    side = (len(rows) + 2 * QUIET_ZONE) * module_px
    row_bytes = -(-side // 8)
    white = b"\xff" * row_bytes * QUIET_ZONE * module_px
    wide = {ord("0"): "1" * module_px, ord("1"): "0" * module_px}
    margin = "1" * (QUIET_ZONE * module_px)
    lines = (
        int(f"{margin}{row.translate(wide)}{margin}".ljust(row_bytes * 8, "1"), 2).to_bytes(
            row_bytes
        )
        * module_px
        for row in rows
    )
    image = Image.frombytes("1", (side, side), b"".join([white, *lines, white]))
    file = io.BytesIO()
    image.save(file, "PNG", dpi=(PRINTER_DPI, PRINTER_DPI))
    return file.getvalue()


def _encoded(text: str) -> QRCode:
    """Let the library encode *text* into the smallest symbol, under mask 0."""
    if not text:
        raise InvalidField("payload", "nothing_to_draw")
    code = QRCode(error_correction=ERROR_CORRECT_M)
    try:
        code.add_data(text)
        code.best_fit()
    except UnicodeEncodeError as error:
        raise InvalidField("payload", "half_character") from error
    # The library means the first and raises the second (qrcode 8.2, best_fit).
    except (DataOverflowError, ValueError) as error:
        raise TooDense("the text is too long for a QR code") from error
    code.makeImpl(True, 0)
    return code


@lru_cache(maxsize=40)
def _frames(version: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """
    Draw the symbols of *version* that hold no data, under each mask: as drafts, and for good.

    A draft leaves out the format information, as the library does when it weighs the masks.

    Data and masks are joined by exclusive or, so one drawing of the data serves for all masks.
    """
    code = QRCode(version=version, error_correction=ERROR_CORRECT_M)
    code.data_cache = []
    frames = []
    for is_draft in (True, False):
        packed = []
        for mask in _MASKS:
            code.makeImpl(is_draft, mask)
            packed.append(_packed(code))
        frames.append(tuple(packed))
    return frames[0], frames[1]


def _packed(code: QRCode) -> int:
    return int("".join("1" if module else "0" for row in code.modules for module in row), 2)
