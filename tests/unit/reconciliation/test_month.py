"""A seeded month in short: nothing is matched wrongly, nothing is lost, twice is once."""

from __future__ import annotations

from collections import Counter

import pytest

from payments.kernel.clock import FrozenClock
from tests.support.gateways import desk
from tests.support.month import ACCOUNTS, BEGINS, FAULTS, Month, planned
from tests.support.month_proof import prove, standing
from tests.support.stage import in_memory_hospital


@pytest.mark.parametrize("seed", [1])
def test_days_of_payments_reconcile_and_telling_it_again_changes_nothing(seed: int) -> None:
    with in_memory_hospital(FrozenClock(BEGINS)) as hospital:
        month = Month(desk(hospital, "momo"), 45, seed, days=2)
        month.run()

        found, before = prove(month), standing(month)
        month.repeat()

        assert found.faults == ()
        assert found.wrong == 0
        assert found.for_a_person == len(month.told.waiting) == 3
        assert standing(month) == before


def test_a_month_is_planned_with_every_fault_as_often_as_it_should_be() -> None:
    plans = planned(20_000, 7)

    told = Counter(plan.fault for plan in plans)
    assert {name: told[name] for name in FAULTS} == {
        name: 20_000 * share // 1_000 for name, share in FAULTS.items()
    }
    assert all(plan.channel == "momo" for plan in plans if plan.fault == "fee")
    assert all(plan.channel in ACCOUNTS for plan in plans if plan.fault not in ("", "fee"))
    assert len({plan.at.date() for plan in plans}) == 30
    assert [plan.at for plan in plans] == sorted(plan.at for plan in plans)
