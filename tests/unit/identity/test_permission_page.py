"""The page of the documentation is the table of the code."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from payments.identity.permission_page import markdown
from payments.identity.permissions import ROLES, Permission, Role, conflict

PAGE = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"
#: What one person must not unite: who makes, and who checks or hides it.
APART = [
    (Permission.COLLECT, Permission.RESOLVE),
    (Permission.COLLECT, Permission.SET_PRICES),
    (Permission.COLLECT, Permission.CLOSE_DAY),
    (Permission.ADMIN, Permission.COLLECT),
    (Permission.ADMIN, Permission.SEE_FINANCE),
    (Permission.ADMIN, Permission.SEE_AUDIT),
    (Permission.ADMIN, Permission.SET_PRICES),
]


def test_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown()


@pytest.mark.parametrize(("one", "other"), APART)
def test_no_role_unites_what_two_persons_do(one: Permission, other: Permission) -> None:
    assert not [role for role, may in ROLES.items() if {one, other} <= may]


def test_no_person_unites_them_by_two_logins_either() -> None:
    for first, second in product(Role, Role):
        both = ROLES[first] | ROLES[second]
        if any({one, other} <= both for one, other in APART):
            assert conflict(first, second), (first, second)
            assert conflict(second, first), (second, first)


def test_who_credits_is_another_person_than_who_issued() -> None:
    assert conflict(Role.CASHIER, Role.HEAD_CASHIER)
    assert not conflict(Role.HEAD_CASHIER, Role.HEAD_CASHIER)
