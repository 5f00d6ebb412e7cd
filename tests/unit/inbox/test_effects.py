"""What becomes of money that arrives: short, over, late, twice, cancelled, unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.bank.model import Direction
from payments.inbox.effects import Effect
from payments.intents.queries import latest
from payments.intents.service import cancel_invoice, credit_invoice, expire
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.clock import FrozenClock
from payments.kernel.money import ZERO, vnd
from payments.receipts.model import Flag
from payments.reconciliation.exceptions import suspense
from tests.support.hospital import Hospital, twin

PRICE = vnd(150_000)


def test_exact_money_pays_and_gets_a_receipt_number(hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice).code

    applied = hospital.arrive(hospital.transfer(code, PRICE))
    hospital.work()

    assert applied.effect is Effect.POSTED
    assert hospital.view(invoice).payment is Payment.PAID
    [payment] = hospital.payments(invoice)
    assert payment.receipt_number == "BL26000001"
    assert payment.flags == frozenset()
    assert hospital.balance("1100") == PRICE
    assert hospital.balance("1300") == ZERO


def test_the_same_message_twice_posts_once(hospital: Hospital) -> None:
    invoice = hospital.issue()
    told = hospital.transfer(hospital.show(invoice).code, PRICE)

    first, second = hospital.arrive(told), hospital.arrive(told)

    assert (first.effect, second.effect) == (Effect.POSTED, Effect.KNOWN)
    assert len(hospital.payments(invoice)) == 1


@pytest.mark.parametrize("reference_first", [True, False])
def test_two_feeds_tell_of_one_transfer_with_and_without_a_reference(
    hospital: Hospital, reference_first: bool
) -> None:
    invoice = hospital.issue()
    named = hospital.transfer(hospital.show(invoice).code, PRICE)
    nameless = twin(
        named, source="feed:casso", source_id="c-1", reference="", memo=named.memo + " CT"
    )
    order = [named, nameless] if reference_first else [nameless, named]

    effects = [hospital.arrive(told).effect for told in order]

    assert effects == [Effect.POSTED, Effect.KNOWN]
    assert hospital.balance("1100") == PRICE


def test_two_equal_messages_of_one_feed_without_reference_go_to_a_person(
    hospital: Hospital,
) -> None:
    told = hospital.transfer("GIUP DO", PRICE, reference="")

    first = hospital.arrive(told)
    second = hospital.arrive(twin(told, source_id="another"))

    assert (first.effect, second.effect) == (Effect.SUSPENSE, Effect.UNCLEAR)


def test_short_money_pays_a_part_and_the_next_code_asks_for_the_rest(hospital: Hospital) -> None:
    invoice = hospital.issue()
    first = hospital.show(invoice)

    hospital.arrive(hospital.transfer(first.code, vnd(100_000)))

    with hospital.runtime.database.reading(hospital.scope) as tx:
        rest = latest(tx, invoice)
    assert rest is not None
    assert (rest.amount, rest.is_open) == (vnd(50_000), True)
    assert rest.code != first.code
    assert hospital.view(invoice).payment is Payment.PARTIALLY_PAID
    assert hospital.payments(invoice)[0].flags == {Flag.UNDERPAID}
    hospital.arrive(hospital.transfer(rest.code, vnd(50_000)))
    assert hospital.view(invoice).payment is Payment.PAID


def test_excess_waits_in_suspense(hospital: Hospital) -> None:
    invoice = hospital.issue()

    applied = hospital.arrive(hospital.transfer(hospital.show(invoice).code, vnd(200_000)))

    assert applied.effect is Effect.SUSPENSE
    assert hospital.balance("2200") == vnd(-50_000)
    assert hospital.payments(invoice)[0].flags == {Flag.OVERPAID}


def test_a_second_full_payment_is_held_not_refused(hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    hospital.arrive(hospital.transfer(code, PRICE))

    hospital.arrive(hospital.transfer(code, PRICE))

    assert hospital.balance("2200") == -PRICE
    assert hospital.payments(invoice)[1].flags == {Flag.DUPLICATE}


@pytest.mark.parametrize(("seconds", "flags"), [(-1, set()), (0, {Flag.LATE}), (1, {Flag.LATE})])
def test_money_around_the_expiry_pays_and_says_if_it_was_late(
    hospital: Hospital, clock: FrozenClock, seconds: int, flags: set[Flag]
) -> None:
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    clock.set(shown.expires_at + timedelta(minutes=1))
    expire(hospital.runtime, hospital.scope)

    hospital.arrive(
        hospital.transfer(shown.code, PRICE, at=shown.expires_at + timedelta(seconds=seconds))
    )

    assert hospital.view(invoice).payment is Payment.PAID
    assert hospital.payments(invoice)[0].flags == flags


def test_late_and_over_on_one_code_are_two_flags_and_one_row_for_a_person(
    hospital: Hospital, clock: FrozenClock
) -> None:
    """Acceptance 4: both flags, the signed excess, one row of the inbox."""
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    clock.set(shown.expires_at + timedelta(minutes=1))

    hospital.arrive(hospital.transfer(shown.code, vnd(200_000)))

    [payment] = hospital.payments(invoice)
    assert payment.flags == {Flag.LATE, Flag.OVERPAID}
    assert (payment.applied, payment.suspense) == (PRICE, vnd(50_000))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [row] = suspense(tx)
    assert (row.received, row.left) == (vnd(200_000), vnd(50_000))


def test_money_for_a_cancelled_invoice_is_kept_for_a_person(hospital: Hospital) -> None:
    invoice = hospital.issue()
    code = hospital.show(invoice).code
    cancel_invoice(hospital.runtime, hospital.scope, invoice, "người bệnh không khám")

    hospital.arrive(hospital.transfer(code, PRICE, at=hospital.runtime.clock.now()))

    assert hospital.balance("2200") == -PRICE
    assert hospital.balance("4000") == ZERO
    assert Flag.AFTER_CANCEL in hospital.payments(invoice)[0].flags


def test_a_credit_note_replaces_the_code_in_the_same_commit(hospital: Hospital) -> None:
    invoice = hospital.issue("KB01", "XN01")
    old = hospital.show(invoice)

    credit_invoice(
        hospital.runtime,
        hospital.scope,
        invoice,
        {"XN": vnd(92_000)},
        reason="không làm xét nghiệm",
        key="credit-000001",
    )

    with hospital.runtime.database.reading(hospital.scope) as tx:
        shown = latest(tx, invoice)
    assert shown is not None
    assert (shown.amount, shown.is_open) == (PRICE, True)
    assert shown.code != old.code
    hospital.arrive(hospital.transfer(old.code, vnd(242_000)))
    assert hospital.balance("2200") == vnd(-92_000)


def test_money_without_a_code_is_visible_in_suspense(hospital: Hospital) -> None:
    applied = hospital.arrive(hospital.transfer("VPBANK CK TIEN VIEN CHO ME", vnd(2_000_000)))

    assert applied.effect is Effect.SUSPENSE
    assert hospital.balance("2200") == vnd(-2_000_000)


def test_codes_of_two_invoices_in_one_memo_name_nothing(hospital: Hospital) -> None:
    first, second = hospital.issue(), hospital.issue()
    memo = f"{hospital.show(first).code} {hospital.show(second).code}"

    hospital.arrive(hospital.transfer(memo, vnd(300_000)))

    assert hospital.balance("2200") == vnd(-300_000)
    assert hospital.payments(first) == ()


def test_money_that_leaves_is_kept_and_posts_nothing(hospital: Hospital) -> None:
    told = twin(hospital.transfer("PHI SMS", vnd(11_000)), direction=Direction.OUT)

    assert hospital.arrive(told).effect is Effect.OUTGOING
    assert hospital.balance("1100") == ZERO


def test_a_code_that_ran_out_is_replaced_when_asked_again(
    hospital: Hospital, clock: FrozenClock
) -> None:
    invoice = hospital.issue()
    old = hospital.show(invoice)
    clock.set(old.expires_at)

    new = hospital.show(invoice)

    assert new.code != old.code
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert latest(tx, invoice).status is Status.PENDING  # type: ignore[union-attr]
