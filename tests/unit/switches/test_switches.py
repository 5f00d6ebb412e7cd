"""What is stopped stays so over a restart, until its hour or until two people agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.kernel.clock import FrozenClock
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import Database
from payments.switches import service
from payments.switches.model import AnotherLifts, Kind, NotStopped, RefundsFrozen, State
from tests.support.hospital import Hospital


def holding(hospital: Hospital) -> set[Kind]:
    with hospital.runtime.database.reading(hospital.scope) as tx:
        return set(service.holding(tx))


def test_refunds_are_stopped_by_one_and_go_on_by_two(hospital: Hospital) -> None:
    run, scope = hospital.runtime, hospital.scope

    service.throw(run, scope, Kind.NO_REFUNDS, "Sự cố tài khoản", 4)
    with pytest.raises(RefundsFrozen):
        run.database.run(scope, service.refuse_refunds)
    asked = service.lift(run, scope, Kind.NO_REFUNDS)
    with pytest.raises(AnotherLifts):
        service.lift(run, scope, Kind.NO_REFUNDS)
    with pytest.raises(RefundsFrozen):
        run.database.run(scope, service.refuse_refunds)
    done = service.lift(run, replace(scope, actor="user:another"), Kind.NO_REFUNDS)

    assert (asked.state, done.state) == (State.LIFT_ASKED, State.OFF)
    run.database.run(scope, service.refuse_refunds)
    with pytest.raises(NotStopped):
        service.lift(run, scope, Kind.NO_REFUNDS)


def test_a_stop_survives_a_restart_and_ends_at_its_hour(
    hospital: Hospital, clock: FrozenClock
) -> None:
    service.throw(hospital.runtime, hospital.scope, Kind.READ_ONLY, "Nâng cấp máy chủ", 2)
    url = hospital.runtime.database.engine.url.render_as_string(hide_password=False)
    anew = Database(url, clock)
    restarted = replace(hospital.runtime, database=anew)

    assert set(service.active(restarted, hospital.scope)) == {Kind.READ_ONLY}
    anew.close()
    clock.advance(timedelta(hours=2))
    assert holding(hospital) == set()


def test_one_person_lets_people_sign_in_again(hospital: Hospital) -> None:
    service.throw(hospital.runtime, hospital.scope, Kind.NO_SIGN_IN, "Lộ mật khẩu", 1)
    service.lift(hospital.runtime, hospital.scope, Kind.NO_SIGN_IN)

    assert holding(hospital) == set()


@pytest.mark.parametrize(("reason", "hours"), [("", 1), ("Sự cố", 0), ("Sự cố", 73)])
def test_a_stop_says_why_and_for_how_long(
    runtime: Runtime, scope: Scope, reason: str, hours: int
) -> None:
    with pytest.raises(InvalidField):
        service.throw(runtime, scope, Kind.READ_ONLY, reason, hours)
