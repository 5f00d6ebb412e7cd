"""``qr decode`` and ``qr encode`` as a person or a script calls them."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from payments.qr import drawing
from payments.qr.commands import add_commands

CODE = (
    "00020101021238570010A00000072701270006970436011300710001234560208QRIBFTTA"
    "530370454061500005802VN62140810VP26000001630415CB"
)
ENCODE = ["qr", "encode", "--bin", "970436", "--account", "0071000123456"]
ENCODE_EXAMPLE = [*ENCODE, "--amount", "150000", "--purpose", "VP26000001"]


def vienphi(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    chosen = parser.parse_args(arguments)
    status = chosen.run(chosen)
    assert isinstance(status, int)
    return status


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content, encoding="ascii"))
    return content


def test_text_is_decoded(capsys: pytest.CaptureFixture[str]) -> None:
    assert vienphi("qr", "decode", CODE) == 0

    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["valid", "error", "warnings", "parsed"]
    assert result["parsed"]["amount"] == 150_000


@pytest.mark.parametrize(("text", "error"), [("", "E_EMPTY"), ("\udcff", "E_CHARSET")])
def test_broken_text_is_named_with_status_one(
    text: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vienphi("qr", "decode", text) == 1
    assert json.loads(capsys.readouterr().out)["error"] == error


def test_lines_are_decoded_one_by_one(
    standard_input: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [CODE, "", "\ud800", "xx"]
    standard_input.write("".join(json.dumps(text) + "\n" for text in texts).encode())
    standard_input.seek(0)

    assert vienphi("qr", "decode", "--jsonl") == 0

    errors = [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()]
    assert errors == [None, "E_EMPTY", "E_CHARSET", "E_NOT_EMV"]


@pytest.mark.parametrize(
    "bad", [b"no json", b"[1]", b"17", b"", b'"a" "b"', b'"\xff"', b"[" * 100_000, b"1" * 5000]
)
def test_bad_line_is_reported_by_number_and_the_others_are_decoded(
    bad: bytes, standard_input: io.BytesIO, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps(CODE).encode()
    standard_input.write(b"\n".join([good, bad, good]))
    standard_input.seek(0)

    assert vienphi("qr", "decode", "--jsonl") == 1

    told = capsys.readouterr()
    assert [json.loads(line)["valid"] for line in told.out.splitlines()] == [True, True]
    problem = json.loads(told.err)
    assert problem["line"] == 2
    assert "line 2" in problem["error"]


def test_output_is_utf_8_whatever_the_terminal_speaks(
    standard_input: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="ascii"))
    vectors = json.loads(
        (Path(__file__).parents[2] / "vectors" / "vietqr.json").read_text(encoding="utf-8")
    )
    standard_input.write("".join(json.dumps(v["payload"]) + "\n" for v in vectors).encode())
    standard_input.seek(0)

    vienphi("qr", "decode", "--jsonl")

    lines = output.getvalue().decode().splitlines()
    assert [json.loads(line)["parsed"] for line in lines] == [v["parsed"] for v in vectors]
    assert any("北京" in line for line in lines)


def test_picture_is_decoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(drawing.png(CODE, 4))

    assert vienphi("qr", "decode", "--image", str(picture)) == 0
    assert json.loads(capsys.readouterr().out)["parsed"]["purpose"] == "VP26000001"


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_unreadable_picture_is_told_in_one_line(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "code.png"
    if content is not None:
        picture.write_bytes(content)

    assert vienphi("qr", "decode", "--image", str(picture)) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_code_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert vienphi(*ENCODE_EXAMPLE) == 0
    assert capsys.readouterr().out == CODE + "\n"


def test_every_option_reaches_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    options = {
        "--bill": "B1",
        "--store": "S1",
        "--terminal": "T1",
        "--merchant-name": "BENH VIEN THU",
        "--merchant-city": "HA NOI",
        "--mcc": "8062",
    }
    assert vienphi(*ENCODE_EXAMPLE, *(word for item in options.items() for word in item)) == 0
    assert vienphi("qr", "decode", capsys.readouterr().out) == 0

    parsed: dict[str, Any] = json.loads(capsys.readouterr().out)["parsed"]
    names = ("bill_number", "store_label", "terminal", "merchant_name", "merchant_city", "mcc")
    assert [parsed[name] for name in names] == list(options.values())


def test_pictures_are_written(tmp_path: Path) -> None:
    svg, png, paper = tmp_path / "a.svg", tmp_path / "a.png", tmp_path / "paper.png"

    assert vienphi(*ENCODE_EXAMPLE, "--svg", str(svg)) == 0
    assert vienphi(*ENCODE_EXAMPLE, "--png", str(png)) == 0
    assert vienphi(*ENCODE_EXAMPLE, "--png", str(paper), "--paper", "58") == 0

    assert svg.read_text(encoding="utf-8") == drawing.svg(CODE)
    assert drawing.texts_in(png.read_bytes()) == (CODE,)
    assert paper.read_bytes() == drawing.for_paper(CODE, 58)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ([*ENCODE, "--amount", "0"], "amount"),
        ([*ENCODE, "--amount", "5"], "purpose"),
        (["qr", "encode", "--bin", "123456", "--account", "1"], "bin"),
        ([*ENCODE, "--paper", "58"], "paper"),
    ],
)
def test_wrong_input_is_told_by_field_with_status_one(
    arguments: list[str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vienphi(*arguments) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"vienphi qr: {field}: ")
