"""A rule is read field by field, and a wrong one is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.matching.writing import RuleRequest, checked

ACCOUNTS = ("0071", "0072")


def a_request(**changes: object) -> RuleRequest:
    asked = RuleRequest(
        "Mã sai một chữ", "reference", "invoice", "", "", 0, Money(0), "2026-11-24", ""
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "x"}, "name"),
        ({"by": "magic"}, "by"),
        ({"effect": "income"}, "effect"),
        ({"by": "memo", "effect": "income", "pattern": "CK"}, "pattern"),
        ({"by": "memo", "effect": "income", "pattern": "LAI TIEN*T1"}, "pattern"),
        ({"by": "account", "effect": "income", "account": ""}, "account"),
        ({"account": "0000"}, "account"),
        ({"by": "amount_time", "window_minutes": 0}, "window"),
        ({"tolerance": vnd(10_001)}, "tolerance"),
        ({"first_day": "24/11/2026"}, "first"),
        ({"last_day": "2026-11-23"}, "last"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        checked(a_request(**changes), ACCOUNTS)

    assert refused.value.field == field


def test_what_a_kind_does_not_use_is_left_out() -> None:
    asked = a_request(window_minutes=15, pattern="LAI TIEN GUI", tolerance=vnd(500))

    told = checked(asked, ACCOUNTS)

    assert (told.window_minutes, told.pattern, told.tolerance) == (0, "", vnd(500))
