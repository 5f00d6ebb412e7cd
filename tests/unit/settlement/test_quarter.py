"""The quarter of the documented command, small: from claim to bank receipt, equal at each stage."""

from __future__ import annotations

from payments.kernel.money import ZERO
from payments.settlement.status import State
from tests.support.quarter import QUARTER, Quarter
from tests.support.settlement import Fund

VISITS = 60


def test_a_quarter_ends_with_every_account_at_zero_and_all_totals_equal(fund: Fund) -> None:
    stages = list(Quarter(fund, VISITS, 2026).run())

    reported = stages[2:]
    assert len(reported) == 9
    for one in reported:
        assert one.requested == one.form_01 == one.form_02 == one.ledger, one.name
    assert set(stages[-1].accounts.values()) == {ZERO}
    board = fund.board(QUARTER)
    assert board.claims == {State.PAID: VISITS}
    assert board.requested == board.set_off + board.received + board.written_off
    assert min(board.won, board.written_off, board.set_off, board.received) > ZERO
    fund.assert_sealed()
