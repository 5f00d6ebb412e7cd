"""What a person sees who mistypes a day or names a file that is not there."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import pytest

from payments.cli import main
from payments.kernel.calendar import HospitalDay
from payments.words import arguments
from payments.words.explaining import sentence


def test_a_day_is_read_and_what_is_none_is_told_with_an_example() -> None:
    assert arguments.day("2026-08-31") == date(2026, 8, 31)
    assert arguments.hospital_day("2026-08-31") == HospitalDay(date(2026, 8, 31))
    for wrong in ("", "xx", "2026-02-30", "31/08/2026"):
        with pytest.raises(argparse.ArgumentTypeError, match="as 2026-08-31"):
            arguments.day(wrong)


def test_a_file_that_is_not_there_is_named_and_not_the_number_of_the_error(tmp_path: Path) -> None:
    missing = tmp_path / "none.json"
    with pytest.raises(OSError) as raised:
        missing.read_bytes()

    said = sentence(arguments.unreadable(raised.value), "en")

    assert said == f"The file {missing} cannot be read."


@pytest.mark.parametrize(
    "command",
    [
        ("bhyt", "check", "none.xml"),
        ("bhyt", "explain", "none.json"),
        ("bhyt", "rules", "--rules", "none"),
        ("qr", "decode", "--image", "none.png"),
    ],
)
def test_commands_say_so_in_one_line(
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    # The command sets it for its own process.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    assert main(command) == 1

    said = capsys.readouterr().err
    assert "none" in said
    assert "Errno" not in said
    assert "Traceback" not in said
