"""What came through each channel on a day, on both databases."""

from __future__ import annotations

from payments.channels.comparing import Taken
from payments.demo.hospital import DESK
from payments.intents.taken import taken
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import vnd
from tests.support.hospital import Hospital


def of_day(hospital: Hospital, plus: int = 0) -> tuple[Taken, ...]:
    day = HospitalDay.of(hospital.runtime.clock.now()).plus(plus)
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return taken(tx, day)


def test_payments_are_counted_by_channel_and_amount(hospital: Hospital) -> None:
    for amount in (150_000, 150_000, 100_000):
        code = hospital.show(hospital.issue())
        hospital.arrive(hospital.transfer(code.code, vnd(amount)))
    hospital.arrive(hospital.transfer("CK KHONG RO", vnd(90_000)))
    hospital.open_shift()
    hospital.hand_over(hospital.issue(), vnd(150_000))

    assert of_day(hospital) == (
        Taken(DESK, vnd(100_000), 1),
        Taken(DESK, vnd(150_000), 2),
    )
    assert of_day(hospital, -1) == of_day(hospital, 1) == ()
