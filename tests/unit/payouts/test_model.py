"""What a line of a report is, and that its postings are its net to the đồng."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.channels.routing import Fee
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger.posting_rules.settlements import settled
from payments.payouts.model import Ours, Verdict, is_sound, judge, postings

PAYMENT = UUID(int=1)
PAYOUT = UUID(int=2)
AT = datetime(2026, 11, 24, tzinfo=UTC)


def line(kind: LineKind, gross: int, fee: int = 0, tax: int = 0) -> SettlementLine:
    net = vnd(gross - fee - tax)
    settles = date(2026, 11, 25)
    return SettlementLine(kind, "VPH1", "T1", vnd(gross), vnd(fee), vnd(tax), net, AT, settles)


@pytest.mark.parametrize(
    ("told", "ours", "verdict"),
    [
        (line(LineKind.PAY, 200_000, 3_300), Ours(PAYMENT, vnd(200_000)), Verdict.MATCHED),
        (line(LineKind.PAY, 200_000, 3_301), Ours(PAYMENT, vnd(200_000)), Verdict.MATCHED),
        (line(LineKind.PAY, 200_000, 3_302), Ours(PAYMENT, vnd(200_000)), Verdict.FEE_DIFFERS),
        # The contract says the fee before tax, or in all.
        (line(LineKind.PAY, 200_000, 3_300, 330), Ours(PAYMENT, vnd(200_000)), Verdict.MATCHED),
        (line(LineKind.PAY, 200_000, 3_000, 300), Ours(PAYMENT, vnd(200_000)), Verdict.MATCHED),
        (line(LineKind.PAY, 201_000, 3_300), Ours(PAYMENT, vnd(200_000)), Verdict.AMOUNT_DIFFERS),
        (line(LineKind.PAY, 200_000, 200_001), Ours(PAYMENT, vnd(200_000)), Verdict.AMOUNT_DIFFERS),
        (line(LineKind.PAY, 200_000, -1), Ours(PAYMENT, vnd(200_000)), Verdict.AMOUNT_DIFFERS),
        (line(LineKind.PAY, 200_000, 3_300), None, Verdict.MISSING_HERE),
        (
            line(LineKind.PAY, 200_000, 3_300),
            Ours(PAYMENT, vnd(200_000), was_paid_out=True),
            Verdict.PAID_OUT_BEFORE,
        ),
        (line(LineKind.REFUND, -50_000), Ours(PAYMENT, vnd(50_000)), Verdict.MATCHED),
        (line(LineKind.REFUND, 50_000), Ours(PAYMENT, vnd(50_000)), Verdict.AMOUNT_DIFFERS),
        (line(LineKind.REFUND, -50_000), None, Verdict.MISSING_HERE),
        (line(LineKind.DISPUTE, -50_000), Ours(PAYMENT, vnd(50_001)), Verdict.AMOUNT_DIFFERS),
        (line(LineKind.FEE, 0, 11_000), None, Verdict.FEE_DIFFERS),
        (line(LineKind.ADJUSTMENT, 5_000), None, Verdict.UNEXPLAINED),
    ],
)
def test_a_line_is_judged(told: SettlementLine, ours: Ours | None, verdict: Verdict) -> None:
    assert judge(told, ours, Fee(per_million=16_500)) is verdict


def test_without_a_fee_table_no_fee_differs() -> None:
    told = line(LineKind.PAY, 200_000, 99_000)

    assert judge(told, Ours(PAYMENT, vnd(200_000)), None) is Verdict.MATCHED


def test_a_line_that_does_not_add_up_is_not_sound() -> None:
    wrong = SettlementLine(
        LineKind.PAY, "V", "T", vnd(10), vnd(1), ZERO, vnd(10), AT, date(2026, 11, 25)
    )

    assert is_sound(line(LineKind.PAY, 10, 1, 1))
    assert not is_sound(wrong)


_AMOUNTS = st.integers(1, 10**9)
_LINES = st.one_of(
    st.tuples(_AMOUNTS, st.integers(0, 1000), st.integers(0, 100)).map(
        lambda t: line(LineKind.PAY, t[0], t[0] * t[1] // 2000, t[0] * t[2] // 2000)
    ),
    st.tuples(_AMOUNTS, st.integers(0, 10**6)).map(lambda t: line(LineKind.REFUND, -t[0], t[1])),
    _AMOUNTS.map(lambda gross: line(LineKind.DISPUTE, -gross)),
    st.integers(1, 10**6).map(lambda fee: line(LineKind.FEE, 0, fee)),
)


@given(st.lists(_LINES, min_size=1, max_size=30))
def test_whatever_is_booked_is_the_net_of_its_lines(lines: list[SettlementLine]) -> None:
    """1020 moves by the net, 1200 by the gross, 5000 by what the gateway keeps."""
    parts = [
        part
        for number, one in enumerate(lines, start=1)
        for part in postings(number, one, Ours(PAYMENT, abs(one.gross)), PAYOUT)
    ]
    moved: dict[str, int] = {}
    for entry in settled(
        adapter="momo", bank_account="99", batch="B", settlement=PAYOUT, lines=parts
    ):
        for one in entry.postings:
            moved[one.debit] = moved.get(one.debit, 0) + one.amount.dong
            moved[one.credit] = moved.get(one.credit, 0) - one.amount.dong

    assert Money(moved.get("1020:99", 0)) == sum((one.net for one in lines), ZERO)
    assert Money(-moved.get("1200:momo", 0)) == sum((one.gross for one in lines), ZERO)
    assert Money(moved.get("5000:momo", 0)) == sum((one.fee + one.tax for one in lines), ZERO)
