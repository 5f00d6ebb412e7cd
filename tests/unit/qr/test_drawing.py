"""Every drawing is read back, by another program, byte for byte."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from payments.kernel.errors import InvalidField
from payments.kernel.money import vnd
from payments.qr import drawing
from payments.qr.drawing import TooDense
from payments.qr.vietqr import BuildRequest, build

STATIC = build(BuildRequest(bin="970436", account="0071000123456"))
USUAL = build(
    BuildRequest(
        bin="999999",
        account="0071000123456",
        amount=vnd(1_250_000),
        purpose="VPH000000000 VIEN PHI",
    )
)
LONG = build(
    BuildRequest(
        bin="970436",
        account="VQRQ0001uig8k",
        amount=vnd(499_999_999),
        purpose="VPH000000000 VIEN PHI NGOAI TRU",
        bill_number="HD26000001",
        mcc="8062",
        merchant_name="BENH VIEN THU NGHIEM",
        merchant_city="HA NOI",
    )
)
NOT_ASCII = USUAL.replace("VIEN PHI", "viện phí")
PAYLOADS = pytest.mark.parametrize("text", [STATIC, USUAL, LONG, NOT_ASCII])


RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z")


def read_one(image: Image.Image) -> bytes:
    [symbol] = zxingcpp.read_barcodes(image)
    assert symbol.format == zxingcpp.BarcodeFormat.QRCode
    assert symbol.ec_level == "M"
    return symbol.bytes


def rasterise(svg: str, module_px: int) -> Image.Image:
    """Draw the one path of *svg* by hand: rectangles of one row each, from its absolute moves."""
    root = ElementTree.fromstring(svg)
    [path] = root.iter("{http://www.w3.org/2000/svg}path")
    runs = RUN.findall(path.attrib["d"])
    assert "".join("M{} {}h{}v1h-{}z".format(*run) for run in runs) == path.attrib["d"]
    side = int(root.attrib["viewBox"].split()[2]) * module_px
    image = Image.new("L", (side, side), 255)
    for x, y, width, back in runs:
        assert width == back
        left, top = int(x) * module_px, int(y) * module_px
        image.paste(0, (left, top, left + int(width) * module_px, top + module_px))
    return image


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


@PAYLOADS
@pytest.mark.parametrize("module_px", [3, 4, 7])
def test_svg_is_read_back(text: str, module_px: int) -> None:
    assert read_one(rasterise(drawing.svg(text), module_px)) == text.encode()


@PAYLOADS
@pytest.mark.parametrize("module_px", [2, 3, 8])
def test_png_is_read_back(text: str, module_px: int) -> None:
    assert read_one(opened(drawing.png(text, module_px))) == text.encode()


@PAYLOADS
@pytest.mark.parametrize(("paper", "dots"), [(58, 384), (80, 576)])
def test_paper_is_read_back_and_fits(text: str, paper: drawing.Paper, dots: int) -> None:
    image = opened(drawing.for_paper(text, paper))

    assert read_one(image) == text.encode()
    assert image.width == image.height <= dots


@settings(max_examples=30)
@given(st.text(st.sampled_from("ABCXYZabcđ 0123456789.-:/?&"), min_size=1, max_size=200))
def test_any_text_reads_the_same_from_svg_and_png(text: str) -> None:
    assert read_one(rasterise(drawing.svg(text), 3)) == text.encode()
    assert drawing.texts_in(drawing.png(text, 3)) == (text,)


@PAYLOADS
def test_paper_gets_whole_dots_of_six_or_more(text: str) -> None:
    side = len(drawing.modules(text)) + 8

    narrow = opened(drawing.for_paper(text, 58)).width
    wide = opened(drawing.for_paper(text, 80)).width

    assert narrow % side == wide % side == 0
    assert 384 // side == narrow // side >= 6
    assert 576 // side == wide // side >= 6


def test_usual_code_gets_the_dots_of_the_specification() -> None:
    version_6, version_8 = "A" * 130 + "a", "A" * 190 + "a"

    assert [len(drawing.modules(text)) for text in (version_6, version_8)] == [41, 49]
    assert opened(drawing.for_paper(version_6, 58)).width == 49 * 7
    assert opened(drawing.for_paper(version_6, 80)).width == 49 * 11
    assert opened(drawing.for_paper(version_8, 58)).width == 57 * 6
    assert opened(drawing.for_paper(version_8, 80)).width == 57 * 10


def test_margin_is_white_and_four_modules_wide() -> None:
    image = opened(drawing.png(USUAL, 5))

    ink = image.point(lambda value: 255 - value).getbbox()

    assert ink == (20, 20, image.width - 20, image.height - 20)
    assert {value for _, value in image.getcolors() or []} == {0, 255}


def test_svg_keeps_to_attributes_and_is_named_for_those_who_cannot_see_it() -> None:
    svg = drawing.svg(USUAL, label='1.250.000 đồng, "VPH000000000" <nội dung>')

    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == '1.250.000 đồng, "VPH000000000" <nội dung>'
    assert svg.count("<path") == 1
    assert "style" not in svg
    side = int(root.attrib["viewBox"].split()[2])
    assert int(root.attrib["width"]) == int(root.attrib["height"]) >= max(240, 4 * side)
    assert int(root.attrib["width"]) % side == 0


def test_code_too_dense_for_the_paper_is_refused() -> None:
    text = "a" * 512

    assert read_one(opened(drawing.for_paper(text, 80))) == text.encode()
    with pytest.raises(TooDense):
        drawing.for_paper(text, 58)
    with pytest.raises(TooDense):
        drawing.svg("a" * 3000)


@pytest.mark.parametrize("text", ["", "half \ud800"])
def test_text_that_cannot_be_drawn_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        drawing.svg(text)


@pytest.mark.parametrize("module_px", [0, -1, 65])
def test_module_size_has_limits(module_px: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        drawing.png(USUAL, module_px)


def test_every_symbol_of_a_picture_is_read() -> None:
    both = Image.new("L", (700, 320), 255)
    both.paste(opened(drawing.png(USUAL, 5)), (0, 0))
    both.paste(opened(drawing.png(STATIC, 5)), (400, 0))
    file = io.BytesIO()
    both.save(file, "PNG")

    assert sorted(drawing.texts_in(file.getvalue())) == sorted([USUAL, STATIC])


@pytest.mark.parametrize("content", [b"", b"no picture", drawing.png(USUAL, 5)[:80]])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidField):
        drawing.texts_in(content)


def test_picture_that_unpacks_too_large_is_refused() -> None:
    file = io.BytesIO()
    Image.new("1", (7000, 7000)).save(file, "PNG")

    with pytest.raises(InvalidField):
        drawing.texts_in(file.getvalue())
