"""``bhyt board`` sums a quarter up, and says with its status whether the ledger agrees."""

from __future__ import annotations

import argparse
import json
from datetime import date

import pytest

from payments.kernel.money import vnd
from payments.ledger.posting_rules.settlement import claim_recognised
from payments.ledger.service import post
from payments.settlement import commands
from tests.support.settlement import Fund, a_written


def run(fund: Fund, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    args = parser.parse_args(["bhyt", "board", *argv])
    return int(args.run_with(fund.runtime, fund.scope, args))


def test_the_board_is_told_and_proven(fund: Fund, capsys: pytest.CaptureFixture[str]) -> None:
    fund.bring(a_written("VPTEST0001", date(2026, 9, 3)))
    fund.send("202609")

    assert run(fund, "--check", "--json", "--period", "2026Q3") == 0

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

    assert run(fund, "--check") == 1

    assert "2026Q3: 1400 differs" in capsys.readouterr().out
