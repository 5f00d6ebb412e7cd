"""What payOS, bank feeds and statements tell of one transfer is one posting, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.gateway import Notification, Outcome, Verdict
from payments.inbox import service as inbox
from payments.inbox.rows import NOTIFICATION
from payments.intents.attempts import Flag
from payments.intents.status import Status
from payments.invoicing.status import Payment
from payments.kernel.money import ZERO, vnd
from payments.receipts.model import Flag as PaymentFlag
from payments.reconciliation.importing import take_in as import_statement
from payments.reconciliation.resolving import attach
from tests.support.feeds import FURNISHED, transfer
from tests.support.gateways import GatewayDesk, desk
from tests.support.hospital import PAYEE, Hospital
from tests.support.oracle import findings
from tests.support.statements import Moved, a_statement, moved_at

PRICE = 150_000
REFERENCE = "FT26328000001"
ORDERS = sorted(itertools.permutations(("payos", "sepay", "casso", "statement")))


@dataclass
class Telling:
    """One payer's transfer to the hospital's account, and everybody who may tell of it."""

    payos: GatewayDesk
    invoice: UUID
    intent: UUID
    reference: str = REFERENCE
    amount: int = PRICE
    memo: str = "CT DEN 9 CHU"
    account: str = PAYEE.account
    _files: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def hospital(self) -> Hospital:
        return self.payos.hospital

    def message(self, **changes: object) -> Notification:
        told = Notification(
            event_id=f"link-{self.intent}:{self.reference}",
            outcome=Outcome.CAPTURED,
            amount=vnd(self.amount),
            occurred_at=self.hospital.runtime.clock.now(),
            reference=str(self.payos.attempt(self.intent).number),
            transaction=self.reference,
            account=self.account,
            memo=self.memo,
        )
        return replace(told, **changes)  # type: ignore[arg-type]

    def tell(self, who: str, **changes: object) -> Verdict | None:
        runtime, scope = self.hospital.runtime, self.hospital.scope
        now = runtime.clock.now()
        if who == "payos":
            [verdict] = inbox.take_in(runtime, scope, "payos", [self.message(**changes)], b"{}")
            return verdict
        amount = int(str(changes.get("dong", self.amount)))
        if who == "statement":
            line = Moved(amount, self.reference, self.memo, moved_at(now))
            file = a_statement(line, opening=1_000_000 + next(self._files))
            import_statement(runtime, scope, PAYEE.account, file)
            return None
        told = replace(transfer(1, self.memo, amount, now), reference=self.reference)
        inbox.accept(runtime, scope, who, FURNISHED[who].raw(told, now))
        return None

    def rows(self, column: object) -> list[object]:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            return sorted(tx.execute(select(column)).scalars())  # type: ignore[call-overload]

    def kept(self) -> list[str]:
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            reasons = select(NOTIFICATION.c.reason).where(NOTIFICATION.c.state == "kept")
            return list(tx.execute(reasons).scalars())

    def assert_paid_once(self) -> None:
        hospital = self.hospital
        hospital.work()
        assert hospital.view(self.invoice).payment is Payment.PAID
        assert hospital.view(self.invoice).paid == vnd(PRICE)
        assert self.payos.intent(self.intent).status is Status.CAPTURED
        assert self.payos.attempt(self.intent).flags == set()
        assert len(self.rows(BANK_CREDIT.c.id)) == 1
        assert hospital.balance(f"1100:{PAYEE.account}") == vnd(PRICE)
        assert (hospital.balance("1200"), hospital.balance("2200")) == (ZERO, ZERO)
        assert self.kept() == []
        self.assert_whole()

    def assert_whole(self) -> None:
        self.hospital.work()
        self.hospital.assert_balanced()
        assert findings(self.hospital.runtime, self.hospital.scope) == []


@pytest.fixture
def payos(hospital: Hospital) -> GatewayDesk:
    return desk(hospital, "payos")


def a_transfer(payos: GatewayDesk, **told: object) -> Telling:
    invoice = payos.hospital.issue()
    return Telling(payos, invoice, payos.open(invoice), **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("other", ["sepay", "casso", "statement"])
@pytest.mark.parametrize("is_first", [True, False])
def test_two_witnesses_pay_once_whoever_is_first(
    payos: GatewayDesk, other: str, is_first: bool
) -> None:
    telling = a_transfer(payos)

    for who in ("payos", other) if is_first else (other, "payos"):
        telling.tell(who)

    assert len(telling.rows(EVIDENCE.c.id)) == 2
    telling.assert_paid_once()


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.sampled_from(ORDERS),
    again=st.lists(st.sampled_from(["payos", "sepay", "casso", "statement"]), max_size=3),
    has_code=st.booleans(),
    number=st.integers(1, 10**9),
)
def test_any_order_and_any_repeat_books_the_transfer_once(
    payos: GatewayDesk, order: Sequence[str], again: list[str], has_code: bool, number: int
) -> None:
    hospital = payos.hospital
    before = hospital.balance("1100").dong
    telling = a_transfer(payos, reference=f"FT{number:010d}{before // PRICE:03d}")
    if has_code:
        telling.memo = f"CT DEN {payos.intent(telling.intent).code}"

    for who in [*order, *again]:
        telling.tell(who)

    assert hospital.balance("1100").dong - before == PRICE
    assert hospital.view(telling.invoice).payment is Payment.PAID
    assert payos.intent(telling.intent).status is Status.CAPTURED
    assert (hospital.balance("1200"), hospital.balance("2200")) == (ZERO, ZERO)
    assert telling.kept() == []
    telling.assert_whole()


@pytest.mark.parametrize("letters", [12, 9])
def test_feed_without_a_reference_is_joined_by_the_code(payos: GatewayDesk, letters: int) -> None:
    for order in itertools.permutations(("payos", "sepay")):
        before = payos.hospital.balance("1100").dong
        telling = a_transfer(payos, reference=f"FT{before}")
        telling.memo = f"CT DEN {payos.intent(telling.intent).code[-letters:]} 6328"
        nameless = replace(telling, reference="")
        for who in order:
            (nameless if who == "sepay" else telling).tell(who)

        assert payos.hospital.balance("1100").dong - before == PRICE
        assert payos.hospital.view(telling.invoice).payment is Payment.PAID
        telling.assert_whole()


def test_real_message_of_payos_is_booked_on_the_account_that_it_names(payos: GatewayDesk) -> None:
    telling = a_transfer(payos)

    raws = payos.play(telling.intent, "pay")
    payos.deliver(*raws, *raws)

    [payment] = payos.hospital.payments(telling.invoice)
    assert payment.method == "bank"
    assert payos.hospital.view(telling.invoice).payment is Payment.PAID
    assert payos.hospital.balance("1200") == ZERO
    assert telling.rows(EVIDENCE.c.source) == ["gateway:payos"]
    telling.assert_whole()


@pytest.mark.parametrize("first", ["payos", "sepay", "statement"])
@pytest.mark.parametrize("less", [1_000, -1_000])
def test_another_amount_of_one_reference_waits_for_a_person(
    payos: GatewayDesk, first: str, less: int
) -> None:
    telling = a_transfer(payos)
    wrong = {"amount": vnd(PRICE - less)}
    second = "payos" if first != "payos" else "sepay"

    for who in (first, second, second):
        telling.tell(who, **(wrong if who == "payos" else {}))

    assert len(telling.rows(BANK_CREDIT.c.id)) == 1
    assert len(telling.kept()) == 1
    flags = payos.attempt(telling.intent).flags
    assert (Flag.AMOUNT_DIFFERS in flags) == (first != "payos")
    telling.assert_whole()


@pytest.mark.parametrize("order", [("payos", "sepay"), ("sepay", "payos")])
@pytest.mark.parametrize("amount", [100_000, 200_000])
def test_part_pays_a_part_and_excess_waits(
    payos: GatewayDesk, order: tuple[str, ...], amount: int
) -> None:
    telling = a_transfer(payos, amount=amount)

    for who in order:
        telling.tell(who)

    assert payos.hospital.view(telling.invoice).paid == vnd(min(amount, PRICE))
    assert payos.hospital.balance("1100") == vnd(amount)
    assert payos.hospital.balance("2200") == vnd(-max(0, amount - PRICE))
    telling.assert_whole()


def test_two_transfers_for_one_order_are_two(payos: GatewayDesk) -> None:
    telling = a_transfer(payos)
    other = replace(telling, reference="FT26328000002")

    for one, who in itertools.product((telling, other), ("sepay", "payos")):
        one.tell(who)

    assert len(telling.rows(BANK_CREDIT.c.id)) == 2
    assert payos.hospital.balance("1100") == vnd(2 * PRICE)
    assert payos.hospital.view(telling.invoice).paid == vnd(PRICE)
    assert payos.hospital.balance("2200") == vnd(-PRICE)
    telling.assert_whole()


def test_money_that_a_person_gave_to_another_invoice_stays_there(payos: GatewayDesk) -> None:
    telling = a_transfer(payos)
    telling.tell("sepay")
    [credit] = telling.rows(BANK_CREDIT.c.id)
    other, hospital = payos.hospital.issue(), payos.hospital
    attach(hospital.runtime, hospital.scope, UUID(str(credit)), other, "người nộp xác nhận")

    telling.tell("payos")

    assert hospital.view(other).payment is Payment.PAID
    assert hospital.view(telling.invoice).payment is Payment.UNPAID
    assert payos.attempt(telling.intent).flags == {Flag.REVIEW}
    telling.assert_whole()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"account": "0071000999999"}, "foreign-account"), ({"account": ""}, "no-account-told"),
     ({"transaction": ""}, "no-account-told")],
)  # fmt: skip
def test_what_does_not_name_a_movement_of_ours_books_nothing_and_is_kept(
    payos: GatewayDesk, changes: dict[str, object], reason: str
) -> None:
    telling = a_transfer(payos)

    telling.tell("payos", **changes)

    assert telling.kept() == [reason]
    assert (payos.hospital.balance("1100"), payos.hospital.balance("1200")) == (ZERO, ZERO)
    assert payos.hospital.payments(telling.invoice) == ()
    telling.tell("sepay")
    assert payos.hospital.balance("1100") == vnd(PRICE)
    telling.assert_whole()


def test_second_payment_is_seen_as_one_whoever_tells(payos: GatewayDesk) -> None:
    telling = a_transfer(payos)
    telling.tell("payos")
    payos.hospital.work()

    replace(telling, reference="FT26328000009").tell("payos")

    assert PaymentFlag.DUPLICATE in payos.hospital.payments(telling.invoice)[-1].flags
    telling.assert_whole()


@pytest.mark.parametrize("order", [("payos", "statement"), ("sepay", "payos")])
def test_order_that_is_none_of_ours_waits_in_suspense_for_the_money_is_there(
    payos: GatewayDesk, order: tuple[str, str]
) -> None:
    telling = a_transfer(payos)
    unknown = {"reference": "404404404"}

    told = {who: telling.tell(who, **(unknown if who == "payos" else {})) for who in order}

    assert told["payos"] is Verdict.UNKNOWN_REFERENCE
    assert telling.tell("payos", **unknown) is Verdict.DUPLICATE
    assert len(telling.rows(BANK_CREDIT.c.id)) == 1
    assert telling.hospital.balance(f"1100:{PAYEE.account}") == vnd(PRICE)
    assert telling.hospital.balance("2200") == vnd(-PRICE)
    assert telling.hospital.view(telling.invoice).paid == ZERO
    assert telling.kept() == []
    telling.assert_whole()


def test_unknown_order_on_an_account_of_others_is_kept(payos: GatewayDesk) -> None:
    telling = a_transfer(payos, account="0099999999")

    assert telling.tell("payos", reference="404404404") is Verdict.UNKNOWN_REFERENCE

    assert telling.kept() == ["unknown-reference"]
    assert telling.rows(BANK_CREDIT.c.id) == []
