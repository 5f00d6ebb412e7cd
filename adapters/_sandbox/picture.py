"""The payment code in a picture, as a bank's app sees it through the camera."""

from __future__ import annotations

import io
from typing import Final

import zxingcpp
from PIL import Image

from payments.kernel.errors import InvalidField

#: A photograph of a phone is 3 to 8 MB.
SIZE_MAX_BYTES: Final = 8 * 1024 * 1024
#: Asked before the picture is unpacked: 25 million points are 75 MB.
_POINTS_MAX: Final = 25_000_000
_CODES: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


def code_in(picture: bytes) -> str:
    """
    Read the one QR code in *picture*.

    Raises:
        InvalidField: no picture, too large, no code in it, or several.
    """
    if len(picture) > SIZE_MAX_BYTES:
        raise InvalidField("picture", "picture_size", most=SIZE_MAX_BYTES // 1024 // 1024)
    try:
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as opened:
            if opened.width * opened.height > _POINTS_MAX:
                raise InvalidField("picture", "picture_points", most=_POINTS_MAX // 1_000_000)
            grey = _on_white(opened)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidField("picture", "picture_unread") from error
    codes = {found.text for found in zxingcpp.read_barcodes(grey, formats=_CODES) if found.valid}
    if not codes:
        raise InvalidField("picture", "picture_no_code")
    if len(codes) > 1:
        raise InvalidField("picture", "picture_many_codes")
    return str(codes.pop())


def _on_white(picture: Image.Image) -> Image.Image:
    # Transparent modules would otherwise be read as black.
    shown = picture.convert("RGBA")
    white = Image.new("RGBA", shown.size, "white")
    return Image.alpha_composite(white, shown).convert("L")
