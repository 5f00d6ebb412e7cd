"""Charts, inbox, exports and ledger tell one sum of a day, each asking in its own way."""

from __future__ import annotations

from collections.abc import Iterable

from payments.exceptions import service as exceptions
from payments.exceptions.model import Kind
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import queries as ledger
from payments.overview import queries as overview
from payments.overview.model import BANK, CASH, cashless
from payments.statements import making, ordering
from payments.statements.model import Span
from tests.support.hospital import Hospital

TODAY = HospitalDay.parse("2026-11-24")
MONEY = ("1000", "1010", "1020", "1100", "1200")


def exported(hospital: Hospital, file: str, column: str) -> Money:
    wanted = ordering.order(hospital.runtime, hospital.scope, file, "csv", Span(TODAY, TODAY))
    making.make(hospital.runtime, hospital.scope, wanted)
    told, _ = ordering.take(hospital.runtime, hospital.scope, wanted)
    return told.sums[column]


def booked(hospital: Hospital, controls: Iterable[str]) -> Money:
    """Sum what moved on the accounts of *controls* today, debit positive."""
    wanted = set(controls)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return sum(
            (
                one.debit - one.credit
                for one in ledger.day_totals(tx, TODAY)
                if one.account.partition(":")[0] in wanted
            ),
            ZERO,
        )


def test_charts_inbox_and_exports_of_a_day_are_the_ledgers(hospital: Hospital) -> None:
    hospital.open_shift("Q1")
    hospital.hand_over(hospital.issue("KB01"), vnd(200_000))
    shown = hospital.show(hospital.issue("KB01", "XN01"))
    hospital.arrive(hospital.transfer(shown.code, shown.amount + vnd(1_000), reference="00123"))
    hospital.arrive(hospital.transfer("CK TIEN VIEN", vnd(5_000), reference="00124"))
    hospital.work()

    with hospital.runtime.database.reading(hospital.scope) as tx:
        received = overview.received(tx, TODAY, TODAY)
        waiting = [
            one.amount
            for one in exceptions.inbox(tx)
            if one.kind in (Kind.CREDIT, Kind.GATEWAY) and one.amount is not None
        ]
    by_channel = {one.channel: one.amount for one in received}
    collected = sum(by_channel.values(), ZERO)

    assert set(by_channel) == {BANK, CASH}
    assert collected == cashless(received).amount_all == vnd(150_000 + 243_000 + 5_000)
    assert collected == exported(hospital, "collection", "amount") == booked(hospital, MONEY)
    assert by_channel[CASH] == booked(hospital, ["1000"])
    assert by_channel[BANK] == exported(hospital, "reconciliation", "ledger_amount")
    assert by_channel[BANK] == booked(hospital, ["1100", "1200"])
    assert sum(waiting, ZERO) == vnd(6_000) == -booked(hospital, ["2200"])
    assert sum(waiting, ZERO) == exported(hospital, "exceptions", "amount")
