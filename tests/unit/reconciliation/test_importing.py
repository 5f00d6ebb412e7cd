"""A statement adds what nobody told, once; and all of it, or nothing."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from payments.bank.model import Direction
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.bank.statement_map import ColumnMap
from payments.bank.statement_model import UnreadableStatement
from payments.channels import service as channels
from payments.inbox.effects import Effect
from payments.kernel.errors import NotFound
from payments.kernel.money import vnd
from payments.reconciliation import maps
from payments.reconciliation.importing import Imported, StatementOfOther, finish, take_in
from payments.reconciliation.rows import STATEMENT_FILE, STATEMENT_LINE
from tests.support.bank_forms import Booked, camt053, mt940
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement


def taken(hospital: Hospital, content: bytes) -> Imported:
    return take_in(hospital.runtime, hospital.scope, PAYEE.account, content)


_accounts = itertools.count(1)


def an_account(hospital: Hospital) -> str:
    """Add one more account at the trial bank."""
    account = f"99{next(_accounts):08}"
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        channels.add_account(tx, "trial", replace(PAYEE, account=account))
    return account


def stored(hospital: Hospital, account: str = PAYEE.account) -> Counter[tuple[str, int]]:
    """Count the movements by direction and amount."""
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(
            select(BANK_CREDIT.c.direction, BANK_CREDIT.c.amount).where(
                BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.account == account
            )
        )
        return Counter((row.direction, row.amount) for row in rows)


def witnesses(hospital: Hospital) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return tx.execute(select(func.count()).select_from(EVIDENCE)).scalar_one()


def test_a_line_that_a_feed_told_adds_evidence_only(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    hospital.arrive(hospital.transfer(shown.code, shown.amount, reference="FT1"))

    told = taken(hospital, a_statement(Moved(150_000, "FT1", shown.code)))

    assert (told.added, told.known) == (0, 1)
    assert stored(hospital) == {("in", 150_000): 1}
    assert witnesses(hospital) == 2
    hospital.assert_balanced()


def test_a_feed_that_comes_after_the_statement_adds_evidence_only(hospital: Hospital) -> None:
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    taken(hospital, a_statement(Moved(150_000, "FT1", shown.code)))

    told = hospital.arrive(hospital.transfer(shown.code, shown.amount, reference="FT1"))

    assert told.effect is Effect.KNOWN
    assert hospital.view(invoice).due == vnd(0)
    hospital.assert_balanced()


def test_the_same_file_again_adds_nothing(hospital: Hospital) -> None:
    content = a_statement(Moved(5_000), Moved(5_000), Moved(-1_100, "PHI"))
    first = taken(hospital, content)

    again = taken(hospital, content)

    assert (first.added, again.added, again.repeated) == (3, 0, 3)
    assert stored(hospital) == {("in", 5_000): 2, ("out", 1_100): 1}
    hospital.assert_balanced()


def test_every_form_of_a_statement_tells_of_the_same_transfer(hospital: Hospital) -> None:
    taken(hospital, a_statement(Moved(150_000, "FT1", "VPH CK")))
    booked = [Booked(150_000, "FT1", "VPH CK"), Booked(-1_100, "FT2", "PHI")]

    first = taken(hospital, mt940(booked, account=PAYEE.account, opening=1_000_000))
    again = taken(hospital, camt053(booked, account=PAYEE.account, opening=1_000_000))

    assert (first.added, first.repeated) == (1, 1)
    assert (again.added, again.repeated) == (0, 2)
    assert stored(hospital) == {("in", 150_000): 1, ("out", 1_100): 1}


def test_an_account_without_a_column_map_takes_what_needs_none(hospital: Hospital) -> None:
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        account = f"88{next(_accounts):08}"
        channels.add_account(tx, "other", replace(PAYEE, account=account, bin="970499"))
    content = mt940([Booked(150_000, "FT1", "VPH CK")], account=account)

    assert take_in(hospital.runtime, hospital.scope, account, content).added == 1
    with pytest.raises(maps.NoColumnMap):
        take_in(hospital.runtime, hospital.scope, account, a_statement(account=account))
    with pytest.raises(NotFound):
        take_in(hospital.runtime, hospital.scope, "0000", content)


def test_two_identical_lines_of_one_file_stay_two(hospital: Hospital) -> None:
    told = taken(hospital, a_statement(Moved(5_000), Moved(5_000)))

    assert told.added == 2
    assert hospital.balance("1100") == vnd(10_000)


def test_overlapping_files_add_the_largest_count(hospital: Hospital) -> None:
    taken(hospital, a_statement(Moved(5_000)))
    taken(hospital, a_statement(Moved(5_000), Moved(5_000), Moved(7_000)))
    taken(hospital, a_statement(Moved(5_000), Moved(7_000)))

    assert stored(hospital) == {("in", 5_000): 2, ("in", 7_000): 1}


def test_one_reference_on_two_days_is_two_movements(hospital: Hospital) -> None:
    earlier = Moved(-1_100, "PHI", at="23/11/2026 23:00:00")
    later = Moved(-1_100, "PHI", at="24/11/2026 06:00:00")
    taken(hospital, a_statement(earlier, day="23/11/2026"))

    taken(hospital, a_statement(later))
    taken(hospital, a_statement(earlier, later))

    assert stored(hospital) == {("out", 1_100): 2}


def test_money_out_is_kept_and_booked_by_nobody(hospital: Hospital) -> None:
    taken(hospital, a_statement(Moved(-1_100, "PHI", "Phi quan ly")))

    assert stored(hospital) == {(Direction.OUT.value, 1_100): 1}
    assert hospital.balance("1100") == vnd(0)


def test_a_refused_file_leaves_nothing(hospital: Hospital) -> None:
    content = a_statement(Moved(5_000), Moved(6_000)).replace(b",6000,", b",6001,")

    with pytest.raises(UnreadableStatement):
        taken(hospital, content)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert tx.execute(select(func.count()).select_from(STATEMENT_FILE)).scalar_one() == 0
    assert stored(hospital) == {}


def test_a_crash_in_between_is_finished_by_the_same_file(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    lines = [Moved(1_000 + at, f"FT{at}") for at in range(5)]
    content = a_statement(*lines, Moved(150_000, "FTX", shown.code))
    whole = taken(hospital, content)
    crashed = _as_if_stopped_after(hospital, whole, lines=2)

    taken(hospital, content)

    assert crashed == 4
    assert finish(hospital.runtime, hospital.scope, whole.file).waiting == 0
    assert sum(stored(hospital).values()) == 6
    hospital.assert_balanced()


def _as_if_stopped_after(hospital: Hospital, told: Imported, lines: int) -> int:
    """Put the stored lines back to where a crash would have left them."""
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        left = tx.execute(
            update(STATEMENT_LINE)
            .where(STATEMENT_LINE.c.file_id == told.file, STATEMENT_LINE.c.line > 7 + lines)
            .values(state="waiting", effect="", credit_id=None)
        ).rowcount
        tx.execute(update(STATEMENT_FILE).values(state="importing", finished_at=None))
        return left


def test_the_job_finishes_what_is_too_much_for_a_person_to_wait_for(hospital: Hospital) -> None:
    content = a_statement(*[Moved(1_000 + at) for at in range(10)])
    told = taken(hospital, content)

    again = finish(hospital.runtime, hospital.scope, told.file)

    assert (again.added, again.waiting) == (10, 0)


def test_one_file_is_of_one_account(hospital: Hospital) -> None:
    other = an_account(hospital)
    with hospital.runtime.database.transaction(hospital.scope) as tx:
        for account in (PAYEE.account, other):
            maps.save(tx, account, ColumnMap(name="m", date="D", memo="M", amount="A", balance="B"))
    content = b"D,M,A,B\n24/11/2026,CK,5000,5000\n"
    taken(hospital, content)

    with pytest.raises(StatementOfOther):
        take_in(hospital.runtime, hospital.scope, other, content)
    with pytest.raises(NotFound):
        take_in(hospital.runtime, hospital.scope, "nobody", content)
    assert stored(hospital) == {("in", 5_000): 1}


_LINES = st.lists(
    st.sampled_from(
        [
            Moved(5_000),
            Moved(5_000, "FT1"),
            Moved(7_000, "FT1"),
            Moved(-1_100, "PHI"),
            Moved(5_000, memo="khac"),
            Moved(5_000, at="24/11/2026 06:00:00"),
        ]
    ),
    max_size=5,
)


@given(files=st.lists(_LINES, min_size=1, max_size=4), order=st.randoms(use_true_random=False))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_files_in_any_order_store_the_largest_count_of_each_line(
    hospital: Hospital, files: list[list[Moved]], order: object
) -> None:
    account = an_account(hospital)
    wanted: Counter[tuple[int, str, str]] = Counter()
    for lines in files:
        wanted |= Counter(_told(line) for line in lines)
    order.shuffle(files)  # type: ignore[attr-defined]

    for lines in [*files, files[0]]:
        content = a_statement(*_shuffled(lines, order), account=account)
        take_in(hospital.runtime, hospital.scope, account, content)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = tx.execute(select(STATEMENT_LINE).where(STATEMENT_LINE.c.account == account)).all()
        linked = {row.credit_id for row in rows}
    assert len(rows) == wanted.total() == len(linked)
    assert stored(hospital, account) == _by_amount(wanted)
    hospital.assert_balanced()


def _told(line: Moved) -> tuple[int, str, str]:
    """What makes two lines one: with a reference the memo says nothing, without one the time."""
    return (line.amount, line.reference, "" if line.reference else line.memo)


def _shuffled(lines: Sequence[Moved], order: object) -> list[Moved]:
    told = list(lines)
    order.shuffle(told)  # type: ignore[attr-defined]
    return told


def _by_amount(wanted: Counter[tuple[int, str, str]]) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for (amount, _, _), copies in wanted.items():
        found["out" if amount < 0 else "in", abs(amount)] += copies
    return found
