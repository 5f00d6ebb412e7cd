"""The choice of the mask: the same as the library makes, one way round."""

from __future__ import annotations

import random

import pytest
from qrcode import util
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from payments.qr import drawing
from payments.qr.masks import penalty


@pytest.mark.parametrize("side", [21, 37, 45])
@pytest.mark.parametrize("dark", [0, 5, 30, 50, 70, 95, 100])
def test_penalty_is_that_of_the_library(side: int, dark: int) -> None:
    chance = random.Random(side * 1000 + dark)
    modules = [[chance.random() * 100 < dark for _ in range(side)] for _ in range(side)]
    packed = int("".join("01"[module] for row in modules for module in row), 2)

    assert penalty(packed, side) == util.lost_point(modules)


@pytest.mark.parametrize("length", [1, 40, 90, 142, 179, 300, 700])
def test_symbol_is_that_of_the_library_module_for_module(length: int) -> None:
    chance = random.Random(length)
    text = "".join(chance.choices("0123456789ABCVPHabc .-", k=length))

    library = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    library.add_data(text)
    library.make()

    assert drawing.modules(text) == [
        "".join("01"[bool(module)] for module in row) for row in library.modules
    ]
