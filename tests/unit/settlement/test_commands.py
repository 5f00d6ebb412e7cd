"""``bhyt board`` sums a quarter up, and says with its status whether the ledger agrees."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import pytest

from payments.kernel.money import vnd
from payments.ledger.posting_rules.settlement import claim_recognised
from payments.ledger.service import post
from payments.settlement import commands
from tests.support.settlement import Fund, a_file, a_written


def run(fund: Fund, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["bhyt", *argv])
    return int(args.run_with(fund.runtime, fund.scope, args))


def test_the_board_is_told_and_proven(fund: Fund, capsys: pytest.CaptureFixture[str]) -> None:
    fund.bring(a_written("VPTEST0001", date(2026, 9, 3)))
    fund.send("202609")

    assert run(fund, "board", "--check", "--json", "--period", "2026Q3") == 0

    first, last = capsys.readouterr().out.splitlines()
    told = json.loads(first)
    assert told["requested"] == fund.hospital.balance("1410").dong
    assert (told["period"], told["claims"]) == ("2026Q3", {"sent": 1})
    assert "equal the board" in last


def test_a_posting_beside_the_board_is_found(
    fund: Fund, capsys: pytest.CaptureFixture[str]
) -> None:
    fund.bring(a_written("VPTEST0001", date(2026, 9, 3)))
    entry = claim_recognised(
        claim=fund.claim("VPTEST0001"), version=9, agency=fund.agency, amount=vnd(1)
    )
    with fund.runtime.database.transaction(fund.scope) as tx:
        post(tx, entry, effective_at=tx.now(), source="finance")

    assert run(fund, "board", "--check") == 1

    assert "2026Q3: 1400 differs" in capsys.readouterr().out


def test_claims_are_taken_in_sent_and_reported(
    fund: Fund, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for month in (7, 8, 9):
        file = tmp_path / f"{month}.xml"
        file.write_bytes(a_file(a_written(f"VPTEST000{month}", date(2026, month, 3))))
        assert run(fund, "take-in", str(file)) == 0
        assert run(fund, "sent", f"20260{month}") == 0
        assert run(fund, "report", f"20260{month}") == 0
    assert run(fund, "report", "2026Q3") == 0

    out = capsys.readouterr().out
    assert "7.xml: accept, 1 claims" in out
    assert f"2026Q3: fund {fund.board('2026Q3').requested.dong:,}" in out
    assert run(fund, "board", "--check") == 0


def test_a_refused_file_is_kept_and_said(
    fund: Fund, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "broken.xml"
    file.write_bytes(b"<GIAMDINHHS>")

    assert run(fund, "take-in", str(file)) == 1

    assert "XML_MALFORMED: 1" in capsys.readouterr().out
