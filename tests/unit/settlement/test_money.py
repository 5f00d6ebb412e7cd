"""From claim to bank receipt: every account ends where the rules say, at every stage."""

from __future__ import annotations

from datetime import date

import pytest

from payments.kernel.money import ZERO, vnd
from payments.settlement import refusing, writing_off
from payments.settlement.model import NoticeDiffers
from payments.settlement.status import State
from tests.support.settlement import Fund, a_written


def brought(fund: Fund) -> None:
    for month, number in ((7, 1), (8, 2), (9, 3)):
        fund.bring(
            a_written(f"VPTEST{number}1", date(2026, month, 3), 300_000),
            a_written(f"VPTEST{number}2", date(2026, month, 4), 1_234_567, 250_001),
        )


MONTHS = ("202607", "202608", "202609")


def test_a_quarter_goes_from_claim_to_receipt(fund: Fund) -> None:
    brought(fund)
    fund.assert_equal()
    assert fund.board("2026Q3").unsent > ZERO

    sent = [fund.send(month) for month in MONTHS]
    assert sent == [2, 2, 2]
    fund.assert_equal()
    assert fund.report("2026Q3", *MONTHS) == fund.board("2026Q3").requested
    fund.assert_equal()

    taken = fund.assess("202607", ("VPTEST12", "XML3", 2, 100_000, "vượt giá thuốc"))
    fund.assess("202608", ("VPTEST21", "XML3", 1, 200_000, "sai mức hưởng"))
    fund.assess("202609")
    fund.assert_equal()
    assert (taken.refusals, taken.refused, taken.accepted_unnamed) == (1, vnd(100_000), 1)
    assert fund.hospital.balance("1420") == vnd(300_000)

    fund.advance("2026Q3", vnd(1_500_000))
    fund.assert_equal()
    assert fund.hospital.balance("2300") == vnd(-1_500_000)

    settled = fund.notice("2026Q3", fund.due("2026Q3"))
    fund.assert_equal()
    assert settled.set_off == vnd(1_500_000)
    assert fund.pay("2026Q3", settled.to_come) == settled.to_come
    fund.assert_equal()
    assert (fund.hospital.balance("1410"), fund.hospital.balance("2300")) == (ZERO, ZERO)

    first, second = fund.refusals("2026Q3")
    refusing.appeal(fund.runtime, fund.scope, first.id, "đã gửi hồ sơ")
    refusing.decide(fund.runtime, fund.scope, first.id, first.amount, "BHXH chấp nhận")
    refusing.decide(fund.runtime, fund.scope, second.id, vnd(50_000), "chấp nhận một phần")
    writing_off.ask_write_off(fund.runtime, fund.scope, second.id, "không còn cách khác")
    writing_off.write_off(fund.runtime, fund.hospital.by("user:chief"), second.id)
    fund.assert_equal()
    won = first.amount + vnd(50_000)
    again = fund.notice("2026Q3", won, "TB-02")
    fund.pay("2026Q3", again.to_come)
    fund.assert_equal()

    board = fund.board("2026Q3")
    assert board.claims == {State.PAID: 6}
    assert all(not amount for amount in board.accounts.values())
    assert board.written_off == fund.hospital.balance("5200") == second.amount - vnd(50_000)
    assert board.requested == board.set_off + board.received + board.written_off


def test_a_notice_of_another_sum_is_refused_with_both(fund: Fund) -> None:
    brought(fund)
    for month in MONTHS:
        fund.send(month)
    fund.report("2026Q3", *MONTHS)
    for month in MONTHS:
        fund.assess(month)

    with pytest.raises(NoticeDiffers) as refusal:
        fund.notice("2026Q3", fund.due("2026Q3") - vnd(1))

    assert refusal.value.extras["expected"] == fund.due("2026Q3")
    fund.assert_equal()
