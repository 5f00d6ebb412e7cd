"""``bhyt check`` as a person or a program calls it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from payments.claims.commands import add_commands
from tests.support.dossiers import SAMPLES, dossier, envelope, sample


def bhyt(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    chosen = parser.parse_args(["bhyt", *arguments])
    return int(chosen.run(chosen))


def test_every_file_is_one_object_with_verdict_findings_and_totals(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert bhyt("check", "--json", *sorted(map(str, SAMPLES.glob("s*.xml")))) == 0

    told = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one["file"][:2] for one in told] == ["s1", "s2", "s3", "s4", "s5", "s6"]
    assert [one["verdict"] for one in told] == ["accept"] * 5 + ["accept_with_findings"]
    assert told[0]["totals"]["T_BHTT"] == "365064"


def test_a_person_gets_lines_in_their_language(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    [file] = SAMPLES.glob("s6-*.xml")

    assert bhyt("check", str(file), "--language", "en") == 0

    told = capfdbinary.readouterr().out.decode()
    assert "accepted, with findings" in told
    assert "LEVEL_ABOVE_ENTITLEMENT · VPTEST0006 XML2 1 MUC_HUONG · says 100, should be 80" in told


def test_a_refused_or_missing_file_sets_the_status_and_the_others_are_checked(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(envelope(dossier(sample("s1"))))
    bad.write_bytes(b"<!DOCTYPE x><x/>")

    assert bhyt("check", "--json", str(tmp_path / "none.xml"), str(bad), str(good)) == 1

    captured = capfdbinary.readouterr()
    verdicts = [json.loads(line)["verdict"] for line in captured.out.splitlines()]
    assert verdicts == ["reject", "accept"]
    assert b"none.xml" in captured.err


def test_two_files_with_one_visit_are_found(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(envelope(dossier(sample("s1"))))

    assert bhyt("check", "--json", str(tmp_path / "a.xml"), str(tmp_path / "b.xml")) == 1

    second = json.loads(capfdbinary.readouterr().out.splitlines()[1])
    assert second["findings"][0]["code"] == "MA_LK_DUPLICATE"
