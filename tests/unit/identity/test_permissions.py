"""The table of roles keeps apart what one person must not do alone."""

from __future__ import annotations

import pytest

from payments.identity.permissions import ROLES, Permission, Role, allows


def test_every_role_is_in_the_table() -> None:
    assert set(ROLES) == set(Role)


def test_every_permission_is_given_to_somebody() -> None:
    assert set().union(*ROLES.values()) == set(Permission)


@pytest.mark.parametrize("role", Role)
def test_nobody_both_collects_and_explains_money(role: Role) -> None:
    assert not (allows(role, Permission.COLLECT) and allows(role, Permission.RESOLVE))


@pytest.mark.parametrize("role", [Role.IT_ADMIN, Role.SECURITY_OFFICER])
def test_who_keeps_the_system_sees_no_patient_and_no_money(role: Role) -> None:
    assert ROLES[role] <= {
        Permission.ADMIN,
        Permission.SEE_AUDIT,
        Permission.SIGN_OUT_OTHERS,
    }


def test_auditor_changes_nothing() -> None:
    reading = {
        Permission.SEE_FINANCE,
        Permission.EXPORT,
        Permission.SEE_AUDIT,
        Permission.SEE_PRICES,
    }

    assert ROLES[Role.AUDITOR] == reading


def test_only_the_chief_accountant_closes_a_day() -> None:
    may = {role for role in Role if allows(role, Permission.CLOSE_DAY)}

    assert may == {Role.CHIEF_ACCOUNTANT}
