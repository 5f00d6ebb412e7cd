"""A person says what money is for: once, no more than is due, no more than is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from payments.bank.model import State
from payments.kernel.codes import ALPHABET
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import vnd
from payments.receipts.attached import in_suspense
from payments.reconciliation import exceptions
from payments.reconciliation.importing import take_in
from payments.reconciliation.matching import Suggestion
from payments.reconciliation.resolving import (
    InvoiceOwesNothing,
    Match,
    NotABankLine,
    NothingInSuspense,
    attach,
    book_bank_line,
)
from payments.reconciliation.suggesting import find, suggestions
from payments.storage.columns import new_id
from payments.storage.locks import Lock
from tests.support.hospital import PAYEE, Hospital
from tests.support.statements import Moved, a_statement


def lost(hospital: Hospital, amount: int, memo: str = "CK TIEN VIEN") -> UUID:
    """Let money arrive that names no invoice; returns its movement."""
    told = hospital.arrive(hospital.transfer(memo, vnd(amount)))
    assert told.credit is not None
    return told.credit


def match(
    hospital: Hospital, credit: UUID, invoice: UUID, reason: str = "người bệnh xác nhận"
) -> Match:
    return attach(hospital.runtime, hospital.scope, credit, invoice, reason)


def left(hospital: Hospital, credit: UUID) -> int:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return in_suspense(tx, credit).dong


def test_money_in_suspense_pays_the_invoice_that_a_person_names(hospital: Hospital) -> None:
    invoice, credit = hospital.issue(), lost(hospital, 150_000)

    told = match(hospital, credit, invoice)

    assert (told.amount, told.is_new) == (vnd(150_000), True)
    assert hospital.view(invoice).due == vnd(0)
    assert left(hospital, credit) == 0
    hospital.assert_balanced()


def test_a_second_click_changes_nothing(hospital: Hospital) -> None:
    invoice, credit = hospital.issue(), lost(hospital, 100_000)
    first = match(hospital, credit, invoice)

    again = match(hospital, credit, invoice)

    assert (again.id, again.amount, again.is_new) == (first.id, first.amount, False)
    assert hospital.view(invoice).due == vnd(50_000)
    hospital.assert_balanced()


def test_what_is_over_stays_in_suspense_for_another_invoice(hospital: Hospital) -> None:
    first, second, credit = hospital.issue(), hospital.issue(), lost(hospital, 200_000)

    match(hospital, credit, first)
    match(hospital, credit, second)

    assert hospital.view(second).due == vnd(100_000)
    assert hospital.balance("2200") == vnd(0)
    with pytest.raises(NothingInSuspense):
        match(hospital, credit, hospital.issue())


def test_the_code_that_is_shown_becomes_one_for_the_rest(hospital: Hospital) -> None:
    invoice = hospital.issue()
    shown = hospital.show(invoice)

    match(hospital, lost(hospital, 100_000), invoice)

    assert hospital.show(invoice).amount == vnd(50_000)
    assert hospital.show(invoice).code != shown.code


def test_a_settled_invoice_takes_nothing(hospital: Hospital) -> None:
    invoice = hospital.issue()
    match(hospital, lost(hospital, 150_000), invoice)

    with pytest.raises(InvoiceOwesNothing):
        match(hospital, lost(hospital, 10_000), invoice)


def test_wrong_input_names_what_is_wrong(hospital: Hospital) -> None:
    with pytest.raises(InvalidField):
        match(hospital, new_id(), new_id(), reason="")
    with pytest.raises(NotFound):
        match(hospital, new_id(), hospital.issue())
    with pytest.raises(NotFound):
        match(hospital, lost(hospital, 10_000), new_id())


def test_locks_are_taken_in_the_one_order(hospital: Hospital) -> None:
    seen: list[list[Lock]] = []
    invoice, credit = hospital.issue(), lost(hospital, 10_000)
    hospital.runtime.database.on_locks = seen.append

    match(hospital, credit, invoice)

    assert seen[-1][:3] == [Lock.ENCOUNTER, Lock.INVOICE, Lock.INTENT]
    assert seen[-1] == sorted(seen[-1])


def test_two_people_cannot_spend_one_transfer_twice(hospital: Hospital) -> None:
    credit = lost(hospital, 150_000)
    invoices = [hospital.issue() for _ in range(4)]

    def try_it(invoice: UUID) -> int:
        try:
            return match(hospital, credit, invoice).amount.dong
        except NothingInSuspense:
            return 0

    with ThreadPoolExecutor(4) as people:
        amounts = list(people.map(try_it, invoices))

    assert sorted(amounts) == [0, 0, 0, 150_000]
    hospital.assert_balanced()


def test_suspense_is_listed_until_it_is_gone(hospital: Hospital) -> None:
    invoice, credit = hospital.issue(), lost(hospital, 200_000)
    match(hospital, credit, invoice)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [item] = exceptions.suspense(tx)

    assert (item.credit, item.left, item.received) == (credit, vnd(50_000), vnd(200_000))


def guesses(hospital: Hospital, credit: UUID) -> tuple[Suggestion, ...]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return suggestions(tx, hospital.runtime, find(tx, credit))


def test_a_code_with_one_wrong_letter_is_suggested_first(hospital: Hospital) -> None:
    wanted, other = hospital.issue(), hospital.issue()
    code = hospital.show(wanted).code
    hospital.show(other)
    wrong = code[:5] + next(char for char in ALPHABET if char != code[5]) + code[6:]

    first, second = guesses(hospital, lost(hospital, 150_000, f"CT DEN {wrong}"))

    assert (first.invoice, first.why, first.score) == (wanted, "code", 90)
    assert (second.invoice, second.why) == (other, "amount_time")


def test_a_short_amount_says_how_much_is_missing(hospital: Hospital) -> None:
    code = hospital.show(hospital.issue()).code
    cut = code[:-1]

    [guess] = guesses(hospital, lost(hospital, 100_000, cut))

    assert (guess.why, guess.difference) == ("code_short", vnd(-50_000))


def test_codes_of_two_invoices_in_one_memo_are_both_suggested(hospital: Hospital) -> None:
    codes = [hospital.show(hospital.issue()).code for _ in range(2)]

    found = guesses(hospital, lost(hospital, 150_000, " ".join(codes)))

    assert [one.score for one in found] == [90, 90]


def test_money_that_explains_itself_has_no_suggestion(hospital: Hospital) -> None:
    shown = hospital.show(hospital.issue())
    told = hospital.arrive(hospital.transfer(shown.code, shown.amount))
    assert told.credit is not None

    assert guesses(hospital, told.credit) == ()


def test_a_bank_fee_is_booked_when_a_person_says_so(hospital: Hospital) -> None:
    take_in(hospital.runtime, hospital.scope, PAYEE.account, a_statement(Moved(-1_100, "PHI")))
    with hospital.runtime.database.reading(hospital.scope) as tx:
        [fee] = exceptions.outgoing(tx)

    for _ in range(2):
        book_bank_line(hospital.runtime, hospital.scope, fee.credit, "phí quản lý tài khoản")

    assert hospital.balance("1100") == vnd(-1_100)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert exceptions.outgoing(tx) == ()
        assert find(tx, fee.credit).state is State.MATCHED


def test_money_that_came_in_is_no_fee(hospital: Hospital) -> None:
    with pytest.raises(NotABankLine):
        book_bank_line(hospital.runtime, hospital.scope, lost(hospital, 5_000), "phí ngân hàng")
