"""Codes as a telephone photographs them: on a counter, turned, bent, unsharp, compressed."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageFilter

from payments.qr import drawing

_MODULE_PX = 6


def photograph(chance: random.Random, *texts: str) -> bytes:
    """Draw each of *texts* as a sticker, lay them on a counter, and photograph it as JPEG."""
    stickers = [_sticker(text, chance) for text in texts]
    width = sum(one.width for one in stickers) + 120 * (len(stickers) + 1)
    height = max(one.height for one in stickers) + 240
    tone = chance.randint(90, 235)
    counter = Image.new("RGB", (width, height), (tone, tone - 10, tone - 25))
    left = 120
    for one in stickers:
        counter.paste(one, (left, chance.randint(60, 180)), one)
        left += one.width + 120
    bent = counter.transform(
        counter.size,
        Image.Transform.PERSPECTIVE,
        (1, chance.uniform(-0.03, 0.03), 0, chance.uniform(-0.03, 0.03), 1, 0,
         chance.uniform(0, 4e-5), chance.uniform(0, 4e-5)),
        resample=Image.Resampling.BICUBIC,
        fillcolor=(tone, tone, tone),
    )  # fmt: skip
    noise = Image.effect_noise(bent.size, chance.uniform(4, 24)).convert("RGB")
    seen = Image.blend(bent, noise, chance.uniform(0.02, 0.12))
    out = io.BytesIO()
    seen.filter(ImageFilter.GaussianBlur(chance.uniform(0, 1.2))).save(
        out, "JPEG", quality=chance.randint(55, 92)
    )
    return out.getvalue()


def _sticker(text: str, chance: random.Random) -> Image.Image:
    with Image.open(io.BytesIO(drawing.png(text, _MODULE_PX))) as drawn:
        paper = drawn.convert("RGBA")
    return paper.rotate(
        chance.uniform(-25, 25), expand=True, resample=Image.Resampling.BICUBIC,
        fillcolor=(0, 0, 0, 0),
    )  # fmt: skip
