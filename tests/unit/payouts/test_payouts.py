"""A report is kept line by line and once; what is right is booked, and a batch is one credit."""

from __future__ import annotations

import functools
import itertools
from datetime import timedelta
from uuid import UUID

import pytest

from payments.bank.model import Direction
from payments.channels import fees
from payments.channels.routing import Fee, Terms
from payments.gateway import Capability, Settling
from payments.inbox.asking import ask_all
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, Money, vnd
from payments.payouts import booking, crediting, landing, queries, repository, taking
from payments.payouts.model import CreditUnfit, NoPayoutLine, Verdict
from payments.payouts.taking import Taken
from payments.receipts import attached
from tests.support.gateways import GatewayDesk, able_to, desk
from tests.support.hospital import PAYEE, Hospital

SETTLING = tuple(
    name
    for name in able_to(Capability.OPENS, Capability.NOTIFIES, Capability.SETTLES)
    if name != "payos"
)
PRICE = 150_000
_references = itertools.count(1)


@pytest.fixture
def momo(hospital: Hospital) -> GatewayDesk:
    return desk(hospital, "momo")


def pay(at: GatewayDesk, *, deliver: bool = True) -> UUID:
    """Let a patient pay one invoice; returns the attempt."""
    intent = at.open(at.hospital.issue())
    sent = at.play(intent, "pay")
    if deliver:
        at.deliver(*sent)
        # Some gateways' messages are only believed once the gateway has been asked.
        ask_all(at.hospital.runtime, at.hospital.scope)
    return intent


def today(at: GatewayDesk) -> HospitalDay:
    return HospitalDay.of(at.hospital.runtime.clock.now())


def report(at: GatewayDesk, day: HospitalDay | None = None, **planted: int) -> bytes | None:
    """What the gateway says of a day; None where its API is asked."""
    is_asked = at.adapter.capabilities.settling is Settling.API
    return None if is_asked else at.stand.settled(day or today(at), **planted)


def taken(at: GatewayDesk, content: bytes | None, day: HospitalDay | None = None) -> Taken:
    return taking.take_in(
        at.hospital.runtime,
        at.hospital.scope,
        at.name,
        day or today(at),
        account=PAYEE.account,
        content=content,
    )


def verdicts(at: GatewayDesk, payout: UUID) -> dict[str, int]:
    with at.hospital.runtime.database.reading(at.hospital.scope) as tx:
        told = [one.verdict.value for one in queries.lines(tx, payout)]
    return {one: told.count(one) for one in set(told)}


def transfer(at: GatewayDesk, amount: Money, days: int = 1) -> UUID:
    """Let the bank credit *amount* without a code; returns the movement."""
    hospital = at.hospital
    at.hospital.runtime.clock.advance(timedelta(days=days))  # type: ignore[attr-defined]
    told = hospital.transfer("", amount, reference=f"FT{next(_references)}")
    credit = hospital.arrive(told).credit
    assert credit is not None
    assert told.direction is Direction.IN
    return credit


def found(at: GatewayDesk, payout: UUID) -> list[UUID]:
    with at.hospital.runtime.database.reading(at.hospital.scope) as tx:
        return [one.credit for one in crediting.candidates(tx, repository.get(tx, payout))]


def net(at: GatewayDesk, payout: UUID) -> Money:
    with at.hospital.runtime.database.reading(at.hospital.scope) as tx:
        return crediting.net_of(tx, payout)


@pytest.mark.parametrize("name", SETTLING)
def test_from_payment_to_bank_credit_every_clearing_account_comes_to_zero(
    hospital: Hospital, name: str
) -> None:
    # Transfers through SePay land on our own account: only its cards are paid out.
    at = desk(hospital, name, **({"pay_with": "CARD"} if name == "sepay_pg" else {}))
    for _ in range(3):
        pay(at)
    assert hospital.balance(f"1200:{name}") == vnd(3 * PRICE)

    told = taken(at, report(at))
    for payout in told.payouts:
        came = transfer(at, net(at, payout))
        assert found(at, payout) == [came]
        crediting.confirm(hospital.runtime, hospital.scope, payout, came)

    assert (told.lines, told.added, told.kept) == (3, 3, 0)
    assert hospital.balance(f"1200:{name}") == ZERO
    assert hospital.balance("1020") == ZERO
    assert hospital.balance("2200") == ZERO
    fee = hospital.balance(f"5000:{name}")
    assert hospital.balance(f"1100:{PAYEE.account}") + fee == vnd(3 * PRICE)
    hospital.assert_balanced()


def test_the_same_report_again_adds_nothing(momo: GatewayDesk) -> None:
    pay(momo)
    file = report(momo)
    taken(momo, file)
    before = momo.hospital.balance("1020")

    again = taken(momo, file)

    assert (again.added, again.repeated) == (0, 1)
    assert momo.hospital.balance("1020") == before


def test_differences_are_kept_and_book_nothing(momo: GatewayDesk) -> None:
    for _ in range(4):
        pay(momo)

    told = taken(momo, report(momo, missing=1, differing=1, extra=1))

    [payout] = told.payouts
    assert verdicts(momo, payout) == {"matched": 2, "amount_differs": 1, "missing_here": 1}
    assert told.kept == 2
    # One is not in the report, one differs: both lie at the gateway still, and are named.
    with momo.hospital.runtime.database.reading(momo.hospital.scope) as tx:
        lies = queries.clearing(tx, "momo")
    assert lies.balance == vnd(2 * PRICE)
    assert lies.unexplained == ZERO
    assert [one.amount for one in lies.lying] == [vnd(PRICE)] * 2
    momo.hospital.assert_balanced()


def test_a_payment_of_which_no_message_came_is_asked_about_before_it_is_booked(
    momo: GatewayDesk,
) -> None:
    """Rule (b): the report may come first. A report alone books no payment."""
    hospital = momo.hospital
    intent = pay(momo, deliver=False)
    [payout] = taken(momo, report(momo)).payouts
    assert verdicts(momo, payout) == {"missing_here": 1}
    assert hospital.balance("1020") == ZERO

    ask_all(hospital.runtime, hospital.scope)
    left = taking.again(hospital.runtime, hospital.scope, payout)

    assert left == 0
    assert verdicts(momo, payout) == {"matched": 1}
    assert momo.intent(intent).status == "captured"
    assert hospital.balance("1200:momo") == ZERO


def test_the_worker_looks_again_by_itself(momo: GatewayDesk) -> None:
    hospital = momo.hospital
    pay(momo, deliver=False)
    [payout] = taken(momo, report(momo)).payouts
    ask_all(hospital.runtime, hospital.scope)

    hospital.runtime.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    hospital.work()

    assert verdicts(momo, payout) == {"matched": 1}


def test_a_payment_is_paid_out_once_whatever_reports_say(momo: GatewayDesk) -> None:
    pay(momo)
    file = report(momo)
    assert file is not None
    taken(momo, file)
    before = momo.hospital.balance("1020")
    # The same payment on another settling day is another batch.
    later = file.replace(str(today(momo).plus(1)).encode(), str(today(momo).plus(2)).encode())

    [payout] = taken(momo, later).payouts

    assert verdicts(momo, payout) == {"paid_out_before": 1}
    assert momo.hospital.balance("1020") == before
    with pytest.raises(NoPayoutLine):
        booking.accept(momo.hospital.runtime, momo.hospital.scope, payout, 1, "cổng nói vậy")


def test_a_fee_that_is_not_the_agreed_one_is_booked_and_shown(momo: GatewayDesk) -> None:
    hospital = momo.hospital
    fees.agree(
        hospital.runtime,
        hospital.scope,
        "momo",
        today(momo),
        Terms(Fee(per_million=11_000)),
        "HĐ 01/2026",
    )
    pay(momo)

    [payout] = taken(momo, report(momo)).payouts

    assert verdicts(momo, payout) == {"fee_differs": 1}
    assert hospital.balance("5000:momo") == vnd(PRICE * 15 // 1000)


def test_what_differs_is_booked_as_told_when_a_person_says_so_once(momo: GatewayDesk) -> None:
    hospital = momo.hospital
    pay(momo)
    [payout] = taken(momo, report(momo, differing=1)).payouts
    accept = functools.partial(booking.accept, hospital.runtime, hospital.scope, payout, 1)

    with pytest.raises(InvalidField):
        accept("")
    accept("cổng xác nhận bằng thư")
    accept("cổng xác nhận bằng thư")

    with hospital.runtime.database.reading(hospital.scope) as tx:
        lies = queries.clearing(tx, "momo")
        assert repository.count_kept(tx, payout) == 0
    # 1,000 more than we had: the difference lies there under the name of its payment.
    assert (lies.balance, lies.unexplained) == (vnd(-1_000), ZERO)
    assert [one.was_paid_out for one in lies.lying] == [True]
    hospital.assert_balanced()


def test_a_credit_of_another_amount_or_a_patients_is_no_batch(momo: GatewayDesk) -> None:
    hospital = momo.hospital
    pay(momo)
    [payout] = taken(momo, report(momo)).payouts
    confirm = functools.partial(crediting.confirm, hospital.runtime, hospital.scope, payout)
    other = transfer(momo, net(momo, payout) + vnd(1))
    invoice = hospital.issue()
    shown = hospital.show(invoice)
    hospital.arrive(hospital.transfer(shown.code, shown.amount, reference="FT-P"))
    twice = hospital.arrive(hospital.transfer(shown.code, net(momo, payout), reference="FT-P2"))
    assert twice.credit is not None

    for wrong in (other, twice.credit, UUID(int=7)):
        with pytest.raises(CreditUnfit):
            confirm(wrong)
    right = transfer(momo, net(momo, payout))
    confirm(right)
    confirm(right)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        assert attached.in_suspense(tx, right) == ZERO
        assert queries.batch(tx, payout).credit == right
    second = transfer(momo, net(momo, payout))
    with pytest.raises(CreditUnfit):
        confirm(second)


def test_a_transfer_through_a_gateway_that_landed_on_our_account_counts_once(
    hospital: Hospital,
) -> None:
    at = desk(hospital, "sepay_pg", pay_with="BANK_TRANSFER")
    pay(at)
    came = transfer(at, vnd(PRICE), days=0)
    other = transfer(at, vnd(PRICE + 1), days=0)
    assert hospital.balance("1200:sepay_pg") == -hospital.balance("2200") - vnd(1) - vnd(PRICE)

    with hospital.runtime.database.reading(hospital.scope) as tx:
        [found] = landing.landings(tx, queries.clearing(tx, "sepay_pg").lying)
    payment = found.lying.payment
    assert [one.credit for one in found.candidates] == [came]
    confirm = functools.partial(landing.confirm, hospital.runtime, hospital.scope, payment)
    with pytest.raises(CreditUnfit):
        confirm(other)
    confirm(came)
    confirm(came)

    assert hospital.balance("1200:sepay_pg") == ZERO
    assert hospital.balance("2200") == vnd(-PRICE - 1)
    again = transfer(at, vnd(PRICE), days=0)
    with pytest.raises(CreditUnfit):
        confirm(again)
    hospital.assert_balanced()


def test_a_broken_report_leaves_nothing(momo: GatewayDesk) -> None:
    pay(momo)
    file = report(momo)
    assert file is not None

    with pytest.raises(InvalidField):
        taken(momo, file[: len(file) // 2])
    with pytest.raises(NotFound):
        taking.take_in(
            momo.hospital.runtime, momo.hospital.scope, "momo", today(momo),
            account="0000", content=file,
        )  # fmt: skip
    with pytest.raises(InvalidField):
        taking.take_in(
            momo.hospital.runtime, momo.hospital.scope, "vietqr", today(momo),
            account=PAYEE.account, content=file,
        )  # fmt: skip

    with momo.hospital.runtime.database.reading(momo.hospital.scope) as tx:
        assert queries.batches(tx) == ()


def test_a_crash_between_pieces_is_finished_by_the_same_report(
    momo: GatewayDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "PIECE", 2)
    for _ in range(5):
        pay(momo)
    file = report(momo)
    whole, calls = taking._add, iter(range(9))

    def dies(*args: object, **told: object) -> int:
        if next(calls) == 1:
            raise RuntimeError("killed")
        return whole(*args, **told)  # type: ignore[arg-type]

    monkeypatch.setattr(taking, "_add", dies)
    with pytest.raises(RuntimeError, match="killed"):
        taken(momo, file)
    told = taken(momo, file)

    assert (told.added, told.repeated) == (3, 2)
    assert momo.hospital.balance("1200:momo") == ZERO
    assert all(one is Verdict.MATCHED for one in _all(momo, told.payouts[0]))


def _all(at: GatewayDesk, payout: UUID) -> list[Verdict]:
    with at.hospital.runtime.database.reading(at.hospital.scope) as tx:
        return [one.verdict for one in queries.lines(tx, payout)]
