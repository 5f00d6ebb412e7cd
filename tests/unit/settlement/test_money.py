"""From claim to bank receipt: every account ends where the rules say, at every stage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from payments.kernel.money import ZERO, vnd
from payments.settlement import advancing, receiving, refusing, writing_off
from payments.settlement.advancing import NotTheInsurers
from payments.settlement.model import NothingLeftOfAdvance, NothingToPay, NoticeDiffers
from payments.settlement.settling import Settled
from payments.settlement.status import State
from payments.storage.locks import Lock
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


def settled(fund: Fund, advance: int) -> Settled:
    brought(fund)
    for month in MONTHS:
        fund.send(month)
    fund.report("2026Q3", *MONTHS)
    for month in MONTHS:
        fund.assess(month)
    fund.advance("2026Q3", vnd(advance))
    return fund.notice("2026Q3", fund.due("2026Q3"))


def test_what_is_left_of_an_advance_serves_the_next_quarter_once(fund: Fund) -> None:
    told = settled(fund, 9_000_000)
    left = vnd(9_000_000) - told.total

    for _ in range(2):
        moved = advancing.carry(fund.runtime, fund.scope, told.notice, "2026Q4")

    assert moved.amount == left
    assert fund.board("2026Q3").left == ZERO
    assert fund.board("2026Q4").left == left
    assert fund.hospital.balance("2300:BHXH-99.2026Q4") == -left
    assert fund.hospital.balance("2300:BHXH-99.2026Q3") == ZERO
    fund.assert_equal()


def test_what_is_left_of_an_advance_goes_back_by_a_transfer(fund: Fund) -> None:
    told = settled(fund, 9_000_000)
    left = vnd(9_000_000) - told.total
    too_much = fund.arrive(left + vnd(1), out=True)
    with pytest.raises(NothingLeftOfAdvance):
        advancing.pay_back(fund.runtime, fund.scope, told.notice, too_much)
    credit = fund.arrive(left, out=True)

    for _ in range(2):
        assert advancing.pay_back(fund.runtime, fund.scope, told.notice, credit).amount == left

    assert fund.hospital.balance("2300") == ZERO
    fund.assert_equal()


def test_what_the_insurer_pays_too_much_waits_in_suspense(fund: Fund) -> None:
    told = settled(fund, 1_000_000)

    paid = fund.pay("2026Q3", told.to_come + vnd(500))

    assert paid == told.to_come
    assert fund.hospital.balance("2200") == vnd(-500)
    with pytest.raises(NothingToPay):
        fund.pay("2026Q3", vnd(1))


def test_one_transfer_is_taken_once_whoever_clicks(fund: Fund) -> None:
    told = settled(fund, 1_000_000)
    credit = fund.arrive(told.to_come)
    quarter = fund.period("2026Q3")

    with ThreadPoolExecutor(3) as people:
        paid = list(
            people.map(
                lambda _: receiving.receive(
                    fund.runtime, fund.scope, quarter, credit, "BHXH thanh toán"
                ),
                range(3),
            )
        )

    assert paid == [told.to_come] * 3
    assert fund.hospital.balance("1410") == ZERO
    fund.assert_equal()


def test_a_patients_transfer_is_never_the_insurers(fund: Fund) -> None:
    told = settled(fund, 1_000_000)
    code = fund.hospital.show(fund.hospital.issue()).code
    over = fund.hospital.arrive(fund.hospital.transfer(code, told.to_come)).credit
    assert over is not None

    with pytest.raises(NotTheInsurers):
        receiving.receive(fund.runtime, fund.scope, fund.period("2026Q3"), over, "nhầm")


def test_locks_are_taken_in_the_one_order(fund: Fund) -> None:
    seen: list[list[Lock]] = []
    fund.runtime.database.on_locks = seen.append

    told = settled(fund, 1_000_000)
    fund.pay("2026Q3", told.to_come)

    assert any(Lock.CLAIM in locks for locks in seen)
    assert all(locks == sorted(locks) for locks in seen)
