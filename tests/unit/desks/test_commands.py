"""``vienphi desk``: cash points are made, closed, and their screens are ended."""

from __future__ import annotations

import argparse

import pytest

from payments.desks import commands, pairing, queries
from payments.desks.waiting import hash_of, wait
from tests.support.hospital import Hospital


def vienphi(hospital: Hospital, *words: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["desk", *words])
    return int(args.run_with(hospital.runtime, hospital.scope, args))


def test_a_cash_point_is_added_listed_and_closed(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    vienphi(hospital, "add", "q3", "Quầy 03", "--department", "KB")
    assert capsys.readouterr().out == "Q3  Quầy 03\n"
    vienphi(hospital, "close", "Q1")

    vienphi(hospital, "list")

    listed = capsys.readouterr().out.splitlines()
    assert [line.split() for line in listed] == [
        ["Q1", "closed", "-", "Quầy", "01"],
        ["Q2", "open", "-", "Quầy", "02"],
        ["Q3", "open", "KB", "Quầy", "03"],
    ]
    vienphi(hospital, "open", "Q1")
    vienphi(hospital, "list")
    assert "closed" not in capsys.readouterr().out


def test_a_screen_is_listed_and_unpaired(
    hospital: Hospital, capsys: pytest.CaptureFixture[str]
) -> None:
    made = wait(hospital.runtime, hospital.scope, "", address="203.0.113.7")
    pairing.pair(hospital.runtime, hospital.scope, "Q1", made.code.reveal())
    vienphi(hospital, "screens")
    screen, place, state, *_ = capsys.readouterr().out.split()
    assert (place, state) == ("Q1", "on")

    vienphi(hospital, "unpair", screen)

    vienphi(hospital, "screens")
    assert capsys.readouterr().out == ""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert queries.shown_to(tx, hash_of(made.token.reveal())) is None
