"""Part payments of a large invoice: one code at a time, each counted once, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payments.demo.hospital import DESK
from payments.intents import planning, repository
from payments.intents.agreeing import agree, withdraw
from payments.intents.cash import DueChanged
from payments.intents.model import Intent
from payments.intents.plans import CODE_MAX, PlanNotNeeded, Standing, equal
from payments.intents.service import AboveCodeLimit, credit_invoice, open_transfer
from payments.intents.status import Status
from payments.invoicing.model import LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts.model import Flag
from tests.support.hospital import Hospital

#: 999 × 700.000 đ and 500 × 700.000 đ.
WHOLE = vnd(1_049_300_000)


@pytest.fixture
def postgres_only(hospital: Hospital) -> None:
    """SQLite has one writer at a time."""
    if not hospital.runtime.database.is_postgres:
        pytest.skip("SQLite has one writer at a time")


def large(hospital: Hospital) -> UUID:
    request = IssueRequest(
        PatientRequest("NGUYỄN VĂN THỬ", 1958, "99-900001"),
        (LineRequest("CT01", 999), LineRequest("CT01", 500)),
        "form-large-0001",
    )
    return issue(hospital.runtime, hospital.scope, request)


def planned(hospital: Hospital, invoice: UUID, *amounts: Money) -> None:
    due = hospital.view(invoice).due
    agree(hospital.runtime, hospital.scope, invoice, amounts or equal(due, 3), seen_due=due)


def open_codes(hospital: Hospital, invoice: UUID) -> list[Intent]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return [one for one in repository.active(tx, invoice) if one.status is Status.PENDING]


def standing(hospital: Hospital, invoice: UUID) -> Standing:
    view = hospital.view(invoice)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        plan = planning.newest(tx, invoice)
    assert plan is not None
    return plan.standing(owed=view.owed, refunded=view.refunded, due=view.due)


def transfer(hospital: Hospital, invoice: UUID, key: str = "transfer-0001") -> Intent:
    return open_transfer(hospital.runtime, hospital.scope, invoice=invoice, channel=DESK, key=key)


def test_one_code_at_a_time_and_the_next_one_after_it_is_paid(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice, vnd(400_000_000), vnd(400_000_000), vnd(249_300_000))
    first = hospital.show(invoice)

    asked = [first.amount]
    while hospital.view(invoice).due:
        [code] = open_codes(hospital, invoice)
        hospital.arrive(hospital.transfer(code.code, code.amount))
        asked += [one.amount for one in open_codes(hospital, invoice)]

    assert asked == [vnd(400_000_000), vnd(400_000_000), vnd(249_300_000)]
    assert hospital.view(invoice).paid == WHOLE
    assert standing(hospital, invoice) is Standing.DONE
    hospital.assert_balanced()


def test_whoever_pays_the_part_that_was_agreed_has_not_paid_too_little(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    code = hospital.show(invoice)

    hospital.arrive(hospital.transfer(code.code, code.amount))
    [second] = open_codes(hospital, invoice)
    hospital.arrive(hospital.transfer(second.code, second.amount - vnd(1_000)))

    exact, short = hospital.payments(invoice)
    assert exact.flags == frozenset()
    assert short.flags == {Flag.UNDERPAID}
    [rest] = open_codes(hospital, invoice)
    assert rest.amount == vnd(1_000)


def test_a_part_paid_twice_pays_the_next_one(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    code = hospital.show(invoice)

    for _ in range(2):
        hospital.arrive(hospital.transfer(code.code, code.amount))

    view = hospital.view(invoice)
    [last] = open_codes(hospital, invoice)
    assert view.paid == code.amount * 2 + ZERO
    assert last.amount == view.due
    hospital.assert_balanced()


def test_cash_for_a_part_moves_the_plan_too(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice, vnd(300_000_000), vnd(400_000_000), vnd(349_300_000))
    hospital.show(invoice)
    hospital.open_shift()

    hospital.hand_over(invoice, vnd(310_000_000), is_part=True)

    [code] = open_codes(hospital, invoice)
    assert code.amount == vnd(390_000_000)
    assert standing(hospital, invoice) is Standing.HOLDS
    hospital.assert_balanced()


def test_another_amount_due_overtakes_the_plan_and_its_code(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    code = hospital.show(invoice)
    hospital.arrive(hospital.transfer(code.code, code.amount))

    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"CT": vnd(700_000)},
        reason="bỏ chỉ định",
        key="credit-large-01",
    )

    assert standing(hospital, invoice) is Standing.OVERTAKEN
    assert open_codes(hospital, invoice) == []
    with pytest.raises(AboveCodeLimit):
        hospital.show(invoice)
    planned(hospital, invoice, *equal(hospital.view(invoice).due, 2))
    assert standing(hospital, invoice) is Standing.HOLDS


def test_plan_for_another_amount_than_the_page_showed_is_not_agreed(hospital: Hospital) -> None:
    invoice = large(hospital)

    with pytest.raises(DueChanged):
        agree(hospital.runtime, hospital.scope, invoice, equal(WHOLE, 3), seen_due=WHOLE - vnd(1))
    with pytest.raises(InvalidField):
        planned(hospital, invoice, CODE_MAX, CODE_MAX)
    with pytest.raises(PlanNotNeeded):
        planned(hospital, hospital.issue(), vnd(100_000), vnd(50_000))


def test_the_same_plan_agreed_twice_is_one_and_ends_no_code(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    code = hospital.show(invoice)

    planned(hospital, invoice)

    assert [one.id for one in open_codes(hospital, invoice)] == [code.id]


def test_new_plan_replaces_the_former_and_its_code(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    hospital.show(invoice)

    planned(hospital, invoice, *equal(WHOLE, 4))

    assert open_codes(hospital, invoice) == []
    assert hospital.show(invoice).amount == equal(WHOLE, 4)[0]


def test_withdrawn_plan_leaves_the_whole_and_twice_is_once(hospital: Hospital) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    hospital.show(invoice)

    for _ in range(2):
        withdraw(hospital.runtime, hospital.scope, invoice)

    assert standing(hospital, invoice) is Standing.WITHDRAWN
    with hospital.runtime.database.reading(hospital.scope) as tx:
        plan = planning.newest(tx, invoice)
    assert plan is not None
    assert plan.number == 2
    assert transfer(hospital, invoice).amount == WHOLE


def test_transfer_above_the_limit_of_codes_has_a_reference_and_no_picture(
    hospital: Hospital,
) -> None:
    invoice = large(hospital)

    code = transfer(hospital, invoice)
    assert transfer(hospital, invoice, "transfer-0002").id == code.id
    hospital.arrive(hospital.transfer(f"CK {code.code}", WHOLE))

    assert (code.amount, code.payload) == (WHOLE, "")
    assert code.expires_at - code.made_at > hospital.runtime.settings.code_life
    assert hospital.view(invoice).due == ZERO
    hospital.assert_balanced()


def test_short_transfer_leaves_a_reference_for_the_rest(hospital: Hospital) -> None:
    invoice = large(hospital)
    code = transfer(hospital, invoice)

    hospital.arrive(hospital.transfer(code.code, vnd(300_000_000)))
    [rest] = open_codes(hospital, invoice)
    assert (rest.amount, rest.payload) == (WHOLE - vnd(300_000_000), "")

    hospital.arrive(hospital.transfer(rest.code, vnd(300_000_000)))
    [last] = open_codes(hospital, invoice)
    assert last.amount == vnd(449_300_000)
    assert last.payload


def test_agreed_parts_are_never_changed(hospital: Hospital) -> None:
    planned(hospital, large(hospital))

    for statement in ("UPDATE payment_plan SET owed = 0", "DELETE FROM payment_plan_part"):
        with (
            pytest.raises(DBAPIError),
            hospital.runtime.database.transaction(hospital.scope) as tx,
        ):
            tx.execute(text(statement))


@pytest.mark.usefixtures("postgres_only")
def test_two_desks_at_once_agree_on_one_plan_after_the_other(
    hospital: Hospital,
) -> None:
    invoice = large(hospital)
    plans = [equal(WHOLE, 3), equal(WHOLE, 4)] * 4
    together = threading.Barrier(len(plans))

    def desk(amounts: tuple[Money, ...]) -> None:
        together.wait()
        planned(hospital, invoice, *amounts)

    with ThreadPoolExecutor(len(plans)) as pool:
        list(pool.map(desk, plans))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        plan = planning.newest(tx, invoice)
    assert plan is not None
    assert plan.amounts in plans
    assert hospital.show(invoice).amount == plan.amounts[0]


@pytest.mark.usefixtures("postgres_only")
def test_the_same_part_paid_from_two_sides_at_once_is_counted_once_each(
    hospital: Hospital,
) -> None:
    invoice = large(hospital)
    planned(hospital, invoice)
    code = hospital.show(invoice)
    transfers = [hospital.transfer(code.code, code.amount) for _ in range(2)]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(hospital.arrive, transfers))

    [last] = open_codes(hospital, invoice)
    assert hospital.view(invoice).paid == code.amount * 2
    assert last.amount == hospital.view(invoice).due
    hospital.assert_balanced()
