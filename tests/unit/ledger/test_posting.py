"""Posting: once per fact, in its day, whole, and only what the chart of accounts allows."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from payments import ledger
from payments.kernel.calendar import HospitalDay
from payments.kernel.clock import FrozenClock
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.ledger.chart import CHART, control_of
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules import money_in, suspense
from payments.storage.locks import Lock, LockOrderBroken
from payments.storage.unit_of_work import Database
from tests.support.ledger import control_balances, post_all, seal_all


def a_transfer(
    line: str = "FT1", amount: int = 1_000, applied: int = 0, invoice: UUID | None = None
) -> Entry:
    return money_in.transfer_received(
        bank_account="0011",
        external_id=line,
        credit=uuid4(),
        received=vnd(amount),
        applied=vnd(applied),
        invoice=invoice,
    )


def test_same_fact_twice_is_posted_once_whatever_was_decided(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    webhook = a_transfer(applied=1_000, invoice=uuid4())
    statement = a_transfer()

    first, second = post_all(ledger_database, scope, [webhook, statement], clock.now())

    assert (first.replayed, second.replayed) == (False, True)
    assert second.txn_id == first.txn_id
    assert control_balances(ledger_database, scope) == {"1100": 1_000, "1300": -1_000}


def test_same_key_for_other_money_is_refused(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    post_all(ledger_database, scope, [a_transfer(amount=1_000)], clock.now())

    with pytest.raises(ledger.KeyReused):
        post_all(ledger_database, scope, [a_transfer(amount=2_000)], clock.now())


def test_more_than_200_postings_are_split_and_meet_themselves_again(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    postings = [Posting("1010", "3000", vnd(number)) for number in range(1, 452)]
    large = entry("opening", "opening:large", fingerprint_of("large"), *postings)

    first, again = post_all(ledger_database, scope, [large, large], clock.now())

    assert (first.replayed, again.replayed) == (False, True)
    assert control_balances(ledger_database, scope)["1010"] == sum(range(1, 452))
    with ledger_database.reading(scope) as tx:
        lines = ledger.queries.lines_of_day(tx, "1010", first.booked_on)
    assert sorted({line.key for line in lines}) == [
        "opening:large",
        "opening:large:2",
        "opening:large:3",
    ]


def test_late_event_falls_to_the_first_open_day(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    today = HospitalDay.of(clock.now())
    with ledger_database.transaction(scope) as tx:
        ledger.periods.close_day(tx, today)
        ledger.periods.close_day(tx, today.plus(1))

    [late] = post_all(ledger_database, scope, [a_transfer()], clock.now())

    assert late.booked_on == today.plus(2)
    with ledger_database.reading(scope) as tx:
        [line] = ledger.queries.lines_of_day(tx, "2200", today.plus(2))
        assert line.effective_at == clock.now()
        assert ledger.periods.state(tx, today) == "closed"
        assert ledger.periods.state(tx, today.plus(2)) == "open"


def test_fact_of_a_closed_day_is_still_known(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    [first] = post_all(ledger_database, scope, [a_transfer()], clock.now())
    with ledger_database.transaction(scope) as tx:
        ledger.periods.close_day(tx, first.booked_on)

    [again] = post_all(ledger_database, scope, [a_transfer()], clock.now())

    assert again.replayed
    assert again.booked_on == first.booked_on


def test_day_that_is_being_closed_takes_nothing(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    today = HospitalDay.of(clock.now())
    with ledger_database.transaction(scope) as tx:
        ledger.periods.start_closing(tx, today)

    [posted] = post_all(ledger_database, scope, [a_transfer()], clock.now())

    assert posted.booked_on == today.plus(1)


def test_half_past_eleven_at_night_in_utc_is_tomorrow_in_the_hospital(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    late = clock.now().replace(hour=23, minute=30)

    [posted] = post_all(ledger_database, scope, [a_transfer()], late)

    assert posted.booked_on == HospitalDay.of(clock.now()).plus(1)


def test_reversal_is_the_exact_negation_and_happens_once(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    [posted] = post_all(
        ledger_database, scope, [a_transfer(applied=600, invoice=uuid4())], clock.now()
    )

    with ledger_database.transaction(scope) as tx:
        first = ledger.reverse(tx, posted.txn_id, reason="wrong invoice")
        again = ledger.reverse(tx, posted.txn_id, reason="wrong invoice")
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse(tx, posted.txn_id, reason="again", key="reverse:other")

    assert (first.replayed, again.replayed) == (False, True)
    assert control_balances(ledger_database, scope) == {}


def test_unknown_transaction_cannot_be_reversed(ledger_database: Database, scope: Scope) -> None:
    with ledger_database.transaction(scope) as tx, pytest.raises(ledger.UnknownTransaction):
        ledger.reverse(tx, uuid4(), reason="no such thing")


@pytest.mark.parametrize(
    ("posting", "why"),
    [
        (Posting("1010", "2200", vnd(5)), "a subject is missing"),
        (
            Posting("1010", "2200", vnd(5), credit_subject=Subject("invoice", uuid4())),
            "a subject of another type",
        ),
        (Posting("1010", "9999", vnd(5)), "an account outside of the chart"),
        (Posting("1010", "4900:x", vnd(5)), "a qualifier too many"),
        (Posting("1010", "4000", vnd(5)), "a qualifier too few"),
    ],
)
def test_what_the_chart_forbids_is_refused(
    ledger_database: Database, scope: Scope, clock: FrozenClock, posting: Posting, why: str
) -> None:
    wrong = entry("opening", f"opening:{why}", fingerprint_of(why), posting)

    with pytest.raises(ledger.BadEntry):
        post_all(ledger_database, scope, [wrong], clock.now())


@pytest.mark.parametrize("amount", [-1, 10**15 + 1, 2**60])
def test_amounts_out_of_bounds_make_no_posting(amount: int) -> None:
    with pytest.raises(ledger.BadEntry):
        Posting("1010", "3000", vnd(amount))


def test_entry_that_moves_nothing_is_refused(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    nothing = entry("opening", "opening:0", fingerprint_of(0), Posting("1010", "3000", vnd(0)))

    with pytest.raises(ledger.BadEntry):
        post_all(ledger_database, scope, [nothing], clock.now())


def test_no_more_leaves_suspense_than_lies_there(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    credit = uuid4()
    arrived = money_in.transfer_received(
        bank_account="0011",
        external_id="FT1",
        credit=credit,
        received=vnd(500),
        applied=vnd(0),
        invoice=None,
    )
    match = suspense.suspense_matched(
        match=uuid4(), credit=credit, invoice=uuid4(), amount=vnd(501)
    )
    post_all(ledger_database, scope, [arrived], clock.now())

    with pytest.raises(ledger.Overdrawn):
        post_all(ledger_database, scope, [match], clock.now())

    assert control_balances(ledger_database, scope) == {"1100": 500, "2200": -500}


def test_account_of_a_transaction_that_was_rolled_back_is_not_remembered(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    with pytest.raises(ledger.BadEntry):
        _post_then_fail(ledger_database, scope)

    post_all(ledger_database, scope, [a_transfer()], clock.now())

    assert control_balances(ledger_database, scope) == {"1100": 1_000, "2200": -1_000}


def _post_then_fail(database: Database, scope: Scope) -> None:
    with database.transaction(scope) as tx:
        ledger.post(tx, a_transfer(), effective_at=tx.now(), source="job")
        ledger.post(tx, a_transfer("FT2"), effective_at=tx.now(), source="nobody")


def test_accounts_made_at_the_same_moment_are_all_made(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    def pay(number: int) -> None:
        transfer = money_in.transfer_received(
            bank_account=f"00{number % 4}",
            external_id=f"FT{number}",
            credit=uuid4(),
            received=vnd(10),
            applied=vnd(0),
            invoice=None,
        )
        ledger_database.run(
            scope,
            lambda tx: ledger.post(tx, transfer, effective_at=clock.now(), source="job"),
        )

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger_database.reading(scope) as tx:
        assert {
            code: amount.dong for code, amount in ledger.queries.balances(tx, "1100").items()
        } == {f"1100:00{number}": 30 for number in range(4)}


def test_posting_after_a_number_series_breaks_the_lock_order(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    with ledger_database.transaction(scope) as tx:
        tx.locks.append(Lock.NUMBER_SERIES)
        with pytest.raises(LockOrderBroken):
            ledger.post(tx, a_transfer(), effective_at=clock.now(), source="job")


def test_day_totals_are_the_same_before_and_after_sealing(
    ledger_database: Database, scope: Scope, clock: FrozenClock
) -> None:
    post_all(
        ledger_database,
        scope,
        [a_transfer("FT1"), a_transfer("FT2", 5, 3, uuid4())],
        clock.now(),
    )
    post_all(ledger_database, scope, [a_transfer("FT3")], clock.now() + timedelta(days=1))
    today = HospitalDay.of(clock.now())

    with ledger_database.reading(scope) as tx:
        before = ledger.queries.day_totals(tx, today)
    seal_all(ledger_database, scope)
    with ledger_database.reading(scope) as tx:
        after = ledger.queries.day_totals(tx, today)

    assert before == after
    assert {(total.account, total.debit.dong, total.credit.dong) for total in after} == {
        ("1100:0011", 1_005, 0),
        ("1300", 0, 3),
        ("2200", 0, 1_002),
    }


def test_control_code_does_not_take_in_its_neighbour() -> None:
    assert control_of("1100:x") is CHART["1100"]
    assert {control.normal_side for control in CHART.values()} == {"D", "C"}
    assert CHART["4090"].normal_side == "D"
    assert CHART["4000"].normal_side == "C"
