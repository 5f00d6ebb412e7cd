"""Papers: every name can be printed, nothing of a text runs, no file is read, nothing overlaps."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest
import typst
from PIL import ImageFont

from payments.documents import typesetting
from payments.documents.printable import UNKNOWN, is_shown, printable
from payments.qr import drawing
from payments.resources import resource

LETTERS = (
    "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ"
    "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬEÈÉẺẼẸÊỀẾỂỄỆIÌÍỈĨỊOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢUÙÚỦŨỤƯỪỨỬỮỰYỲÝỶỸỴĐ"
)
HOSTILE = (
    '#read("/etc/passwd")',
    '#import "@preview/x:1.0.0": *',
    "#panic[x]",
    "$x^2$ *dam* _nghieng_ `ma`",
    "\\ \\u{1F600} \\#",
    "@nguon <nhan>",
    "</svg><script>alert(1)</script>",
    '" + read("paper.typ") + "',
    "= Tieu de",
    "/* */ --- ~ ... https://example.invalid",
    "]#[ ){ }(",
)
TEMPLATES = ("receipt.typ", "roll.typ", "slip.typ")


def data(text: str, **more: object) -> dict[str, object]:
    """A page's data with *text* in every field that holds words."""
    line = dict.fromkeys(("position", "service", "quantity", "unit_price", "amount"), text)
    names = "title number notice copy_mark sandbox hospital facility received_at printed_at"
    names += " patient birth_year file_number department category invoice_number method"
    names += " reference summed total amount due due_label words cashier check_payee later link"
    names += " look_up seal"
    return {
        **dict.fromkeys(names.split(), text),
        "is_trial": True,
        "lines": [line],
        "reductions": [{"label": text, "amount": text}],
        "facts": [{"label": text, "value": text}],
        "qr": drawing.svg("VPH"),
        **more,
    }


def words_on(page: bytes) -> str:
    text = pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text()
    return " ".join(text.replace("\N{ZERO WIDTH SPACE}", "").split())


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_vietnamese_letter_is_on_paper(template: str) -> None:
    words = " ".join(LETTERS[at : at + 8] for at in range(0, len(LETTERS), 8))

    # Where a line is broken is no matter here.
    said = words_on(typesetting.pdf(template, data(words))).replace(" ", "")

    assert LETTERS in said


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "text", ["李 明", "สมชาย", "김", "אבג", "😀", "\ue000", "a\u0300\u0301\u0302"]
)
def test_letters_that_no_font_has_do_not_keep_a_paper_back(template: str, text: str) -> None:
    assert UNKNOWN in words_on(typesetting.pdf(template, data(text)))


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\x00"])
def test_unseen_signs_are_seen_on_paper(sign: str) -> None:
    said = words_on(typesetting.pdf("roll.typ", data(f"A{sign}B")))

    assert f"A{UNKNOWN}B" in said
    assert sign not in said


def test_every_character_that_is_let_through_has_a_shape() -> None:
    every = [chr(point) for point in range(0x10000) if is_shown(chr(point))]

    # PDF/A refuses the page when one is lacking.
    typesetting.pdf("roll.typ", data(" ".join(every)))
    assert len(every) > 900


def test_marks_typed_apart_are_put_together() -> None:
    assert printable("Nguye\u0302\u0303n Thi\u0323 Hu\u031bo\u031b\u0300ng") == "Nguyễn Thị Hường"


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_every_field_is_printed_as_it_is(template: str, text: str) -> None:
    said = words_on(typesetting.pdf(template, data(text))).replace(" ", "")

    assert said.count(text.replace(" ", "")) >= 5
    assert "root:" not in said
    assert "#set" not in said


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.txt", "/../secret.txt"])
def test_template_reads_no_file_outside_its_folder(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "typst"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "page.typ").write_text("#read(json(bytes(sys.inputs.data)).path)")
    monkeypatch.setattr(typesetting, "resource", lambda _: tmp_path)

    with pytest.raises(typesetting.PaperNotMade) as told:
        typesetting.pdf("page.typ", {"path": path})

    reason = told.value.__cause__
    assert isinstance(reason, typst.TypstError)
    assert re.search(r"denied|escape|not found|outside", str(reason))


@pytest.mark.parametrize("name", ["Chụp X-quang ngực thẳng, hai tư thế, có cản quang", "W" * 60])
def test_long_name_does_not_run_into_its_amount_on_the_roll(name: str) -> None:
    line = {"position": "1", "service": name, "quantity": "1", "unit_price": "1", "amount": "77"}
    page = typesetting.pdf("roll.typ", data("Thử", lines=[line]))

    places = _places(page)
    [amount] = [x for text, x in places if text == "77"]
    ends = [x + _width(text) for text, x in places if text and text in name]
    assert len(ends) > 1
    assert max(ends) < amount


def _width(text: str) -> float:
    """Measure *text* in points at the size of the roll, 9.5 pt."""
    font = resource("templates") / "typst" / "fonts" / "be-vietnam-pro-vienphi-400.ttf"
    return ImageFont.truetype(str(font), 950).getlength(text) / 100


def _places(page: bytes) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []

    def visit(text: str, place: list[float], _matrix: object, _font: object, _: object) -> None:
        found.append((text.replace("\N{ZERO WIDTH SPACE}", "").strip(), place[4]))

    pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text(visitor_text=visit)
    return found
