"""What rules would match: a line once, an invoice by one line, and never a guess between two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.bank.model import Direction
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from payments.matching.model import By, Effect, Line, Rule, State, contains, plan
from payments.reconciliation.matching import Candidate

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DAY = HospitalDay.of(AT)


def a_rule(**changes: object) -> Rule:
    rule = Rule(
        UUID(int=1),
        "Mã sai một chữ",
        1,
        By.REFERENCE,
        Effect.INVOICE,
        account="",
        pattern="",
        window_minutes=0,
        tolerance=vnd(0),
        first_day=DAY,
        last_day=None,
        state=State.ON,
        made_by="user:a",
    )
    return replace(rule, **changes)  # type: ignore[arg-type]


def an_invoice(number: int, due: int = 150_000, *, minutes: int = 0) -> Candidate:
    shown = AT - timedelta(minutes=minutes)
    return Candidate(UUID(int=number), f"VP{number}", vnd(due), f"C{number}", shown)


def a_line(*invoices: Candidate, near: tuple[str, ...] = (), **changes: object) -> Line:
    line = Line(
        UUID(int=100),
        "0071",
        "FT1",
        Direction.IN,
        vnd(150_000),
        DAY,
        AT,
        "CK VIEN PHI",
        frozenset(near),
        invoices,
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def test_a_code_one_slip_off_with_the_amount_that_is_due_pays_its_invoice() -> None:
    told = plan([a_rule()], [a_line(an_invoice(1), an_invoice(2), near=("C1",))])

    [match] = told.matches
    assert (match.target.number, match.difference) == ("VP1", vnd(0))
    assert (told.lines, told.left, told.twice) == (1, 0, ())


def test_two_invoices_for_one_line_are_named_and_neither_is_matched() -> None:
    told = plan([a_rule()], [a_line(an_invoice(1), an_invoice(2), near=("C1", "C2"))])

    assert told.matches == ()
    [odd] = told.twice
    assert (odd.first, odd.second) == ("VP1 (Mã sai một chữ · 1)", "VP2 (Mã sai một chữ · 1)")


def test_two_rules_that_mean_two_things_are_both_named() -> None:
    income = a_rule(name="Thu khác", by=By.MEMO, effect=Effect.INCOME, pattern="VIEN PHI")

    [odd] = plan([a_rule(), income], [a_line(an_invoice(1), near=("C1",))]).twice

    assert "VP1 (Mã sai một chữ · 1)" in (odd.first, odd.second)
    assert "income (Thu khác · 1)" in (odd.first, odd.second)


def test_two_rules_that_mean_the_same_match_once_by_the_first() -> None:
    timed = a_rule(name="Cùng giờ", by=By.AMOUNT_TIME, window_minutes=15)

    [match] = plan([a_rule(), timed], [a_line(an_invoice(1), near=("C1",))]).matches

    assert match.rule.name == "Mã sai một chữ"


def test_two_lines_for_one_invoice_are_left_to_a_person() -> None:
    first = a_line(an_invoice(1), near=("C1",))
    second = replace(first, credit=UUID(int=101), reference="FT2")

    told = plan([a_rule()], [first, second])

    assert told.matches == ()
    assert [odd.line.reference for odd in told.twice] == ["FT1", "FT2"]
    assert "FT2" in told.twice[0].second


@pytest.mark.parametrize(("minutes", "found"), [(15, 1), (16, 0)])
def test_amount_and_time_holds_within_its_window(minutes: int, found: int) -> None:
    rule = a_rule(by=By.AMOUNT_TIME, window_minutes=15)

    assert len(plan([rule], [a_line(an_invoice(1, minutes=minutes))]).matches) == found


@pytest.mark.parametrize(("due", "found"), [(149_000, 1), (151_000, 1), (151_001, 0), (0, 0)])
def test_a_tolerance_is_a_limit_both_ways(due: int, found: int) -> None:
    rule = a_rule(tolerance=vnd(1_000))

    assert len(plan([rule], [a_line(an_invoice(1, due), near=("C1",))]).matches) == found


@pytest.mark.parametrize("day", [DAY.plus(-1), DAY.plus(1)])
def test_a_rule_holds_on_its_days_and_on_no_other(day: HospitalDay) -> None:
    rule = a_rule(first_day=DAY, last_day=DAY)
    line = a_line(an_invoice(1), near=("C1",))

    assert plan([rule], [line]).matches
    assert not plan([rule], [replace(line, day=day)]).matches


def test_money_in_is_no_fee_and_money_out_no_income() -> None:
    fee = a_rule(by=By.MEMO, effect=Effect.BANK_FEE, pattern="PHI SMS")
    income = a_rule(by=By.MEMO, effect=Effect.INCOME, pattern="PHI SMS")
    out = a_line(direction=Direction.OUT, memo="Thu phí SMS tháng 11")

    assert [one.target.effect for one in plan([fee, income], [out]).matches] == [Effect.BANK_FEE]
    came = replace(out, direction=Direction.IN)
    assert [one.target.effect for one in plan([fee, income], [came]).matches] == [Effect.INCOME]


def test_an_account_of_its_own_says_what_its_money_is() -> None:
    rule = a_rule(by=By.ACCOUNT, effect=Effect.INCOME, account="0072")

    assert not plan([rule], [a_line()]).matches
    assert plan([rule], [a_line(account="0072")]).matches


@pytest.mark.parametrize(
    ("memo", "pattern", "is_in"),
    [
        ("Trả lãi tiền gửi T11", "LAI TIEN GUI", True),
        ("TRALAITIENGUI", "lãi tiền gửi", True),
        ("PHI QL TAI KHOAN T11", "phí*tài khoản", True),
        ("TAI KHOAN PHI", "phí*tài khoản", False),
        ("CK TIEN VIEN", "LAI TIEN GUI", False),
    ],
)
def test_words_of_a_memo_are_found_without_marks_and_spaces(
    memo: str, pattern: str, is_in: bool
) -> None:
    assert contains(memo, pattern) is is_in


@given(
    st.lists(
        st.tuples(st.sets(st.integers(1, 6), max_size=3), st.sampled_from([150_000, 90_000])),
        max_size=8,
    )
)
def test_no_line_and_no_invoice_is_ever_matched_twice(told: list[tuple[set[int], int]]) -> None:
    invoices = tuple(
        an_invoice(number, 150_000 if number % 2 else 90_000) for number in range(1, 7)
    )
    lines = [
        a_line(
            *invoices,
            near=tuple(f"C{one}" for one in near),
            credit=UUID(int=200 + place),
            amount=vnd(amount),
        )
        for place, (near, amount) in enumerate(told)
    ]

    found = plan([a_rule()], lines)

    credits = [one.line.credit for one in found.matches] + [one.line.credit for one in found.twice]
    targets = [one.target.invoice for one in found.matches]
    assert len(set(credits)) == len(credits)
    assert len(set(targets)) == len(targets)
    assert found.left == len(lines) - len(found.matches)
    assert all(
        one.line.amount == vnd(150_000 if int(one.target.number[2:]) % 2 else 90_000)
        for one in found.matches
    )
