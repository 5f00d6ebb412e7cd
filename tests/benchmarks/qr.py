"""
Text, SVG and PNG of a payment code against plain ``qrcode`` and ``segno``, in the same run.

    python -m tests.benchmarks.qr

Every round times ours and a peer one after the other on the same text, and the ratio is taken
within the round, so that a busy machine slows both. Printed: median times, median ratio, and the
middle half of the ratios. Texts differ from round to round: nothing is drawn twice.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import segno
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from payments.kernel.money import vnd
from payments.qr import drawing
from payments.qr.vietqr import BuildRequest, build

_MODULE_PX: Final = 7
Draw = Callable[[BuildRequest], object]


def request(number: int) -> BuildRequest:
    """Make the usual request: a code to the hospital's account, with amount and note."""
    return BuildRequest(
        bin="970436",
        account="0071000123456",
        amount=vnd(100_000 + number),
        purpose=f"VPH{number:09d} VIEN PHI",
    )


def _library(text: str) -> QRCode:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4, box_size=_MODULE_PX)
    code.add_data(text)
    return code


def _segno(text: str) -> segno.QRCode:
    return segno.make(text, error="m", boost_error=False, micro=False)


def _library_svg(wanted: BuildRequest) -> object:
    return _library(build(wanted)).make_image(image_factory=SvgPathImage).to_string()


def _library_png(wanted: BuildRequest) -> object:
    _library(build(wanted)).make_image(image_factory=PilImage).save(file := io.BytesIO())
    return file


def _segno_svg(wanted: BuildRequest) -> object:
    return _segno(build(wanted)).svg_inline(border=4)


def _segno_png(wanted: BuildRequest) -> object:
    _segno(build(wanted)).save(file := io.BytesIO(), kind="png", border=4, scale=_MODULE_PX)
    return file


def _our_svg(wanted: BuildRequest) -> object:
    return drawing.svg(build(wanted))


def _our_png(wanted: BuildRequest) -> object:
    return drawing.png(build(wanted), _MODULE_PX)


PAIRS: Final[dict[tuple[str, str], tuple[Draw, Draw]]] = {
    ("text and SVG", "qrcode"): (_our_svg, _library_svg),
    ("text and SVG", "segno"): (_our_svg, _segno_svg),
    ("text and PNG", "qrcode"): (_our_png, _library_png),
    ("text and PNG", "segno"): (_our_png, _segno_png),
    # The share of the text alone: built, and read again to be sure.
    ("text and SVG", "our text alone"): (_our_svg, build),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians over all rounds, in milliseconds; *ratios* are peer time over our time."""

    ours_ms: float
    peer_ms: float
    ratios: list[float]


def compare(ours: Draw, peer: Draw, rounds: int) -> Comparison:
    """Time both on the same requests, taking turns at going first."""
    for draw in (ours, peer):
        draw(request(0))
    times = [_round(ours, peer, number) for number in range(1, rounds + 1)]
    return Comparison(
        1000 * statistics.median(our for our, _ in times),
        1000 * statistics.median(its for _, its in times),
        [its / our for our, its in times],
    )


def _round(ours: Draw, peer: Draw, number: int) -> tuple[float, float]:
    wanted = request(number)
    if number % 2:
        our = _seconds(ours, wanted)
        return our, _seconds(peer, wanted)
    its = _seconds(peer, wanted)
    return _seconds(ours, wanted), its


def _seconds(draw: Draw, wanted: BuildRequest) -> float:
    start = time.perf_counter()
    draw(wanted)
    return time.perf_counter() - start


def table(rounds: int) -> Iterator[str]:
    """Write the rows of the table, in Markdown."""
    yield "| What | Peer | Ours, ms | Peer, ms | Peer / ours | Middle half |"
    yield "|---|---|---:|---:|---:|---|"
    for (what, name), (ours, peer) in PAIRS.items():
        result = compare(ours, peer, rounds)
        low, middle, high = statistics.quantiles(result.ratios, n=4)
        yield (
            f"| {what} | {name} | {result.ours_ms:.2f} | {result.peer_ms:.2f} "
            f"| {middle:.2f} | {low:.2f} to {high:.2f} |"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description="compare with qrcode and segno")
    arguments.add_argument("--rounds", type=int, default=150)
    for row in table(arguments.parse_args().rounds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
