"""``bhyt cover``, ``explain`` and ``rules`` as a person or a program calls them."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path

import pytest

from payments.insurance.commands import add_commands

VECTORS = Path(__file__).parents[2] / "vectors" / "bhyt-coverage.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


def bhyt(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    chosen = parser.parse_args(["bhyt", *arguments])
    return int(chosen.run(chosen))


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    content = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content, encoding="ascii"))
    return content


def test_cover_answers_all_cases_one_a_line(
    standard_input: io.BytesIO, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    standard_input.write(b"".join(json.dumps(case).encode() + b"\n" for case in CASES))
    standard_input.seek(0)

    assert bhyt("cover", "--jsonl") == 0

    told = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one["id"] for one in told] == [case["id"] for case in CASES]
    assert [one.get("expected") for one in told] == [case.get("expected") for case in CASES]
    errors = [case.get("expected_error") for case in CASES]
    assert [one.get("expected_error") for one in told] == errors


def test_cover_names_a_line_that_cannot_be_read_and_goes_on(
    standard_input: io.BytesIO, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    standard_input.write(b"no case\n" + json.dumps(CASES[0]).encode())
    standard_input.seek(0)

    assert bhyt("cover", "--jsonl", "--language", "vi") == 1

    refusal, result = map(json.loads, capfdbinary.readouterr().out.splitlines())
    assert (refusal["line"], refusal["field"]) == (1, "case")
    assert refusal["message"] == "Dòng này không phải JSON hợp lệ."
    assert result["expected"] == CASES[0]["expected"]


def test_explain_finds_a_case_in_a_file_of_cases(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert bhyt("explain", str(VECTORS), "--id", "V16", "--language", "en") == 0

    told = capfdbinary.readouterr().out.decode()
    assert "The patient pays 3.998.135 đ" in told
    assert "art. 22(4)" in told


def test_explain_reads_lines_and_the_input(
    standard_input: io.BytesIO, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    standard_input.write(b"".join(json.dumps(case).encode() + b"\n" for case in CASES[:3]))
    standard_input.seek(0)

    assert bhyt("explain", "--id", "V02") == 0

    assert "Người bệnh trả 0 đ" in capfdbinary.readouterr().out.decode()


def test_explain_takes_the_policy_of_the_file(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    case = next(case for case in CASES if case["id"] == "V33")
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"defaults": {"exempt_on_reduced_route": True}, "cases": [case]}))

    assert bhyt("explain", str(file), "--language", "en") == 0

    assert "level 100% × factor 40%" in capfdbinary.readouterr().out.decode()


def test_explain_tells_a_refusal_and_an_answer(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert bhyt("explain", str(VECTORS), "--id", "V42") == 1
    assert bhyt("explain", str(VECTORS), "--id", "F09") == 0

    told = capfdbinary.readouterr().out.decode()
    assert "CATEGORY_VISIT_TYPE_MISMATCH: Mã đối tượng 3.2" in told
    assert "Ca F09: [100, 30, 30, 30, 10, 0]" in told


@pytest.mark.parametrize(
    ("content", "wanted", "said"),
    [
        ("{", "V01", "not valid JSON"),
        ("[]", "V01", "no case V01"),
        ("{}", "V01", "no case V01"),
        (json.dumps(CASES[0]), "V99", "no case V99"),
        ("\n".join(json.dumps(case) for case in CASES[:2]), "", "id: "),
    ],
)
def test_explain_says_what_it_did_not_find(
    tmp_path: Path,
    content: str,
    wanted: str,
    said: str,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    file = tmp_path / "case.json"
    file.write_text(content)
    named = ["--id", wanted] if wanted else []

    assert bhyt("explain", str(file), *named, "--language", "en") == 1

    assert said in capfdbinary.readouterr().err.decode()


def test_rules_lists_the_numbers_of_a_day_with_their_articles(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert bhyt("rules", "--on", "2026-06-30", "--language", "en") == 0

    told = capfdbinary.readouterr().out.decode()
    assert "2340000 [Decree 73/2024/ND-CP, art. 3(2)]" in told
    [row] = [line for line in told.splitlines() if line.startswith("category 1.13 outpatient")]
    assert " 0 %" in row


@pytest.mark.parametrize("command", [["cover", "--jsonl"], ["rules"], ["explain", str(VECTORS)]])
def test_tables_that_are_not_there_are_told_in_one_line(
    command: list[str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert bhyt(*command, "--rules", str(tmp_path)) == 1

    assert capfdbinary.readouterr().err.decode().startswith("vienphi bhyt: ")
